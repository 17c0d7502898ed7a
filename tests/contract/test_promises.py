"""The nine promises of launcher.backend, over every rig."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from launcher import runs
from launcher.errors import BackendUnavailable, JobNotFound
from launcher.model import JobSpec, JobState
from tests.contract.conftest import Service

SECRET = "s3cr3t-5f1c0a"  # noqa: S105 -- planted to be looked for


def test_request_gives_the_same_for_the_same_input_and_sends_nothing(service: Service, tmp_path: Path) -> None:
    fresh = service.on(tmp_path)
    plan = fresh.plan("--line", "a b'c\"d $HOME `x`\n")
    first, second = (fresh.backend.request(plan.spec, plan.run) for _ in range(2))
    assert json.dumps(first) == json.dumps(second)
    assert fresh.backend.find(plan.run.run_id) is None


def test_request_passes_every_argument_as_it_is(service: Service) -> None:
    awkward = "a b'c\"d $HOME `x`\n; rm"
    plan = service.plan("--line", awkward)
    assert awkward in json.loads(json.dumps(_flat(service.backend.request(plan.spec, plan.run))))


def test_after_submit_status_works_from_another_process(service: Service, succeeded: str) -> None:
    code = (
        "import sys; from pathlib import Path; from tests.contract.conftest import RIGS;"
        "rig = next(r for r in RIGS if r.name == sys.argv[1]);"
        "print(rig.open(Path(sys.argv[2])).status(sys.argv[3]).state)"
    )
    argv = [sys.executable, "-c", code, service.rig.name, str(service.folder), succeeded]
    root = Path(__file__).resolve().parents[2]
    answer = subprocess.run(argv, capture_output=True, text=True, check=True, cwd=root, env=_environment(root))
    assert answer.stdout.strip() in {"PENDING", "RUNNING", "SUCCEEDED"}


def test_a_repeated_submit_finds_the_first_job(service: Service, executions: Path, succeeded: str) -> None:
    submission = service.cloud.records.submission(succeeded)
    again = service.backend.submit(service.backend.request(submission.spec, submission.run))
    assert again == succeeded
    assert service.until(succeeded).state is JobState.SUCCEEDED
    assert len(executions.read_text(encoding="utf-8").splitlines()) == 1


def test_a_service_that_cannot_be_asked_is_unavailable_and_has_no_half_job(service: Service, tmp_path: Path) -> None:
    backend = service.rig.unreachable(tmp_path)
    plan = service.plan()
    with pytest.raises(BackendUnavailable):
        backend.submit(backend.request(plan.spec, plan.run))
    assert backend.find(plan.run.run_id) is None


def test_find_gives_the_job_of_a_run_id_or_none(service: Service, succeeded: str) -> None:
    assert service.backend.find(succeeded) == succeeded
    assert service.backend.find("selftest-20200101-000000-0000") is None


def test_a_word_that_is_not_in_the_table_is_unknown_and_kept(service: Service, tmp_path: Path) -> None:
    fresh = service.on(tmp_path)
    job_id = fresh.submit("--sleep", "600")
    try:
        service.rig.say(tmp_path, job_id, "levitating")
        status = fresh.backend.status(job_id)
        assert (status.state, status.native) == (JobState.UNKNOWN, "levitating")
    finally:
        _end_processes(tmp_path)


def test_logs_can_be_asked_for_in_any_state(service: Service, raising: str) -> None:
    assert isinstance(list(service.backend.logs(raising)), list)
    service.until(raising)
    assert all(isinstance(line, str) for line in service.backend.logs(raising))


def test_cancel_ends_a_running_job_and_may_be_repeated(service: Service) -> None:
    job_id = service.submit("--sleep", "600")
    service.until(job_id, state=JobState.RUNNING)
    service.backend.cancel(job_id)
    service.backend.cancel(job_id)
    assert service.until(job_id).state is JobState.CANCELLED
    service.backend.cancel(job_id)
    assert service.backend.status(job_id).state is JobState.CANCELLED


def test_cancel_of_an_ended_job_changes_nothing(service: Service, succeeded: str) -> None:
    before = service.until(succeeded)
    service.backend.cancel(succeeded)
    assert service.backend.status(succeeded) == before


@pytest.mark.parametrize("job_id", ["selftest-20200101-000000-0000", ""])
def test_an_unknown_id_is_not_found_by_status_logs_and_cancel_alike(service: Service, job_id: str) -> None:
    for call in (service.backend.status, lambda name: list(service.backend.logs(name)), service.backend.cancel):
        with pytest.raises(JobNotFound):
            call(job_id)


def test_exit_code_nought_is_success(service: Service, succeeded: str) -> None:
    assert service.until(succeeded).state is JobState.SUCCEEDED
    assert runs.look(service.cloud, succeeded).status.state is JobState.SUCCEEDED


def test_another_exit_code_is_failure(service: Service, exiting: str) -> None:
    assert service.until(exiting).state is JobState.FAILED


def test_an_exception_in_the_driver_is_failure_and_the_receipt_says_why(service: Service, raising: str) -> None:
    assert service.until(raising).state is JobState.FAILED
    assert "as asked" in runs.look(service.cloud, raising).status.message


def test_no_secret_of_the_environment_is_in_a_request_a_record_a_log_or_on_a_command_line(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    fresh = service.on(tmp_path)
    plan = runs.planned(fresh.cloud, JobSpec(workload="selftest", args=("--sleep", "2"), env={"GREETING": "hello"}))
    assert SECRET not in json.dumps(fresh.backend.request(plan.spec, plan.run))
    job_id = runs.submit(fresh.cloud, plan).job_id
    while not fresh.backend.status(job_id).state.final:
        assert not [line for line in _command_lines() if SECRET in line]
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and SECRET.encode() in path.read_bytes()]


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
