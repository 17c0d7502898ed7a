"""The nine promises of launcher.backend, over every rig."""

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import psutil
import pytest

from launcher import runs
from launcher.errors import BackendUnavailable, JobNotFound, LauncherError
from launcher.model import JobSpec, JobState, Submission
from tests.contract.conftest import AWKWARD, Service

SECRET = "s3cr3t-5f1c0a"  # noqa: S105 -- planted to be looked for
NOBODY = "selftest-20200101-000000-0000"

pytestmark = pytest.mark.timeout(600)  # the first test of a cloud waits for the cloud


def test_request_gives_the_same_for_the_same_input_and_sends_nothing(service: Service, tmp_path: Path) -> None:
    fresh = service.on(tmp_path)
    plan = fresh.plan("--line", "a b'c\"d $HOME `x`\n")
    first, second = (fresh.backend.request(plan.spec, plan.run) for _ in range(2))
    assert json.dumps(first) == json.dumps(second)
    assert fresh.backend.find(plan.run.run_id) is None


def test_request_passes_every_argument_as_it_is(service: Service) -> None:
    awkward = "a b'c\"d $HOME `x`\n; rm"
    plan = service.plan("--line", awkward)
    words = json.loads(json.dumps(_flat(service.backend.request(plan.spec, plan.run))))
    assert awkward in map(unquote, words)  # percent-encoded where a shell would act on it


def test_after_submit_status_works_from_another_process(service: Service, succeeded: Submission) -> None:
    code = (
        "import sys; from pathlib import Path; from tests.contract.conftest import RIGS;"
        "rig = next(r for r in RIGS if r.name == sys.argv[1]);"
        "print(rig.open(Path(sys.argv[2])).status(sys.argv[3]).state)"
    )
    argv = [sys.executable, "-c", code, service.rig.name, str(service.folder), succeeded.job_id]
    root = Path(__file__).resolve().parents[2]
    answer = subprocess.run(argv, capture_output=True, text=True, check=True, cwd=root, env=_environment(root))
    assert answer.stdout.strip() in {"PENDING", "RUNNING", "SUCCEEDED"}


def test_a_repeated_submit_finds_the_first_job(service: Service, executions: Path, succeeded: Submission) -> None:
    again = service.backend.submit(service.backend.request(succeeded.spec, succeeded.run))
    assert again == succeeded.job_id
    assert service.until(succeeded.job_id).state is JobState.SUCCEEDED
    assert len(executions.read_text(encoding="utf-8").splitlines()) == 1


def test_a_service_that_cannot_be_asked_is_unavailable_and_has_no_half_job(service: Service, tmp_path: Path) -> None:
    backend = service.rig.unreachable(tmp_path)
    plan = service.plan()
    with pytest.raises(BackendUnavailable):
        backend.submit(backend.request(plan.spec, plan.run))
    assert backend.find(plan.run.run_id) is None


def test_find_gives_the_job_of_a_run_id_or_none(service: Service, succeeded: Submission) -> None:
    assert service.backend.find(succeeded.run.run_id) == succeeded.job_id
    assert service.backend.find(NOBODY) is None


def test_a_word_that_is_not_in_the_table_is_unknown_and_kept(service: Service, tmp_path: Path) -> None:
    fresh = service.on(tmp_path)
    job_id = fresh.submit("--sleep", "600").job_id
    word = service.rig.unmapped
    try:
        service.rig.say(tmp_path, job_id, word)
        status = fresh.backend.status(job_id)
        assert (status.state, status.native) == (JobState.UNKNOWN, word)
    finally:
        with contextlib.suppress(LauncherError):
            fresh.backend.cancel(job_id)
        _end_processes(tmp_path)


def test_statuses_gives_the_known_of_many_jobs_as_status_does(
    service: Service, succeeded: Submission, raising: Submission
) -> None:
    known = [succeeded.job_id, raising.job_id]
    for job_id in known:
        service.until(job_id)
    assert service.backend.statuses([*known, NOBODY]) == {name: service.backend.status(name) for name in known}
    assert service.backend.statuses([]) == {}


def test_logs_can_be_asked_for_in_any_state(service: Service, raising: Submission) -> None:
    assert isinstance(list(service.backend.logs(raising.job_id)), list)
    service.until(raising.job_id)
    assert all(isinstance(line, str) for line in service.backend.logs(raising.job_id))


def test_cancel_ends_a_running_job_and_may_be_repeated(service: Service) -> None:
    submission = service.submit("--sleep", "600")
    job_id = submission.job_id
    service.until(job_id, state=JobState.RUNNING)
    runs.cancel(service.cloud, submission.run.run_id)
    service.backend.cancel(job_id)
    assert service.until(job_id).state is JobState.CANCELLED
    service.backend.cancel(job_id)
    assert service.backend.status(job_id).state is JobState.CANCELLED


def test_cancel_of_an_ended_job_changes_nothing(service: Service, succeeded: Submission) -> None:
    before = service.until(succeeded.job_id)
    service.backend.cancel(succeeded.job_id)
    assert service.backend.status(succeeded.job_id) == before


@pytest.mark.parametrize("job_id", [NOBODY, ""])
def test_an_unknown_id_is_not_found_by_status_logs_and_cancel_alike(service: Service, job_id: str) -> None:
    for call in (service.backend.status, lambda name: list(service.backend.logs(name)), service.backend.cancel):
        with pytest.raises(JobNotFound):
            call(job_id)


def test_exit_code_nought_is_success(service: Service, succeeded: Submission) -> None:
    assert service.until(succeeded.job_id).state is JobState.SUCCEEDED
    assert runs.look(service.cloud, succeeded.run.run_id).status.state is JobState.SUCCEEDED


def test_another_exit_code_is_failure(service: Service, exiting: Submission) -> None:
    assert service.until(exiting.job_id).state is JobState.FAILED


def test_an_exception_in_the_driver_is_failure_and_the_receipt_says_why(service: Service, raising: Submission) -> None:
    assert service.until(raising.job_id).state is JobState.FAILED
    assert "as asked" in runs.look(service.cloud, raising.run.run_id).status.message


def test_arguments_and_variables_reach_the_job_as_they_are(
    service: Service, succeeded: Submission, raising: Submission
) -> None:
    service.until(raising.job_id)
    assert AWKWARD in runs.look(service.cloud, raising.run.run_id).status.message
    service.until(succeeded.job_id)
    metrics = runs.look(service.cloud, succeeded.run.run_id).metrics
    assert metrics
    assert metrics["variable"] == [AWKWARD, AWKWARD], "on the driver, on an executor"


def test_no_secret_of_the_environment_is_in_a_request_a_record_a_log_or_on_a_command_line(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLANTED_SECRET", SECRET)
    secrets = (SECRET, *service.rig.secrets())
    fresh = service.on(tmp_path)
    plan = runs.planned(fresh.cloud, JobSpec(workload="selftest", args=("--sleep", "2"), env={"GREETING": "hello"}))
    request = json.dumps(fresh.backend.request(plan.spec, plan.run))
    assert [secret for secret in secrets if secret in request] == []
    job_id = runs.submit(fresh.cloud, plan).job_id
    while not fresh.backend.status(job_id).state.final:
        assert [line for line in _command_lines() if any(secret in line for secret in secrets)] == []
    stored = {name: fresh.cloud.storage.get(name) for name in fresh.cloud.storage.objects("")}
    stored |= {str(path): path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    stored["the service's log"] = "\n".join(fresh.backend.logs(job_id)).encode()
    assert [name for name, data in stored.items() if any(secret.encode() in data for secret in secrets)] == []


def _flat(value: object) -> list[str]:
    if isinstance(value, dict):
        return [word for item in value.values() for word in _flat(item)]
    if isinstance(value, list):
        return [word for item in value for word in _flat(item)]
    return [str(value)]


def _environment(root: Path) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(root)}


def _command_lines() -> Iterator[str]:
    for process in psutil.process_iter():
        try:
            yield " ".join(process.cmdline())
        except psutil.Error:
            continue


def _end_processes(folder: Path) -> None:
    for process in psutil.process_iter():
        try:
            if any(str(folder) in word for word in process.cmdline()):
                process.kill()
        except psutil.Error:
            continue
