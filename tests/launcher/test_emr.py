"""EMR's backend over the emulated service: nothing is added twice, everything is found, what it asks of the API."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from unittest import mock

import pytest
from botocore.session import get_session

from launcher.apis import aws
from launcher.backend import Request
from launcher.backends import emr
from launcher.backends.emr import Emr
from launcher.checks import findings
from launcher.checks.emr import checks
from launcher.errors import BackendUnavailable, JobNotFound, JobRejected
from launcher.model import Application, JobSpec, JobState, Run
from launcher.storage import Storage
from rehearsal import emr_step_operations, wire
from rehearsal.chaos import Chaos
from tests.rigs.emr import Witness, administer, scripted

APP = Application(main="s3://b/main.py", py_files=("s3://b/jobs.zip",), digest="d")
Scripted = tuple[Emr, Witness]


@pytest.fixture(autouse=True)
def _impatient() -> Iterator[None]:
    with mock.patch.object(emr, "LISTING_LAG", 0.3), mock.patch.object(emr, "PAUSE", 0.1):
        yield


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Scripted]:
    with scripted(tmp_path / "s", startup=0) as found:
        yield found


@pytest.fixture
def faulty(tmp_path: Path) -> Callable[..., AbstractContextManager[Scripted]]:
    """Give services in which one fault befalls each operation so many times."""

    def made(switch: str, times: int) -> AbstractContextManager[Scripted]:
        return scripted(tmp_path / switch, Chaos(1, {switch: 1.0}, budget=times), startup=0)

    return made


def submit(backend: Emr, name: str, *args: str) -> str:
    return backend.submit(request(backend, name, *args))


def add(backend: Emr, name: str) -> str:
    """Add a step without looking for one of its name first."""
    return backend.cluster.add(request(backend, name))


def request(backend: Emr, name: str, *args: str) -> Request:
    """Give the request of a run whose intent is recorded, as the job wants it."""
    run = Run(run_id=name, app=APP, directory=f"{backend.staging}/runs/{name}")
    Storage(run.directory).put("intent.json", b"{}")
    return backend.request(JobSpec(workload="selftest", args=args), run)


def named(witness: Witness, name: str) -> int:
    return sum(step.name == name for step in witness.service.steps())


def test_every_state_of_a_step_that_the_sdk_knows_is_in_the_table() -> None:
    known = get_session().get_service_model("emr").shape_for("StepState").enum
    assert set(emr.STATES) == set(known)


def test_the_sdk_is_not_imported_before_it_is_used() -> None:
    code = "import sys, launcher.backends.emr, launcher.checks.emr; print('botocore' in sys.modules)"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout == "False\n"


def test_a_repeated_submit_finds_the_step_although_the_service_would_add_another(service: Scripted) -> None:
    backend, witness = service
    assert submit(backend, "a") == submit(backend, "a")
    assert named(witness, "a") == 1


def test_a_submission_whose_answer_is_lost_is_not_sent_again_and_is_found(
    faulty: Callable[..., AbstractContextManager[Scripted]],
) -> None:
    with faulty("reset_after", 1) as (backend, witness):
        with pytest.raises(BackendUnavailable, match="cut"):
            submit(backend, "a")
        assert backend.find("a") == witness.service.steps()[0].id
        assert named(witness, "a") == 1


def test_a_submission_that_the_service_failed_after_is_not_sent_again(
    faulty: Callable[..., AbstractContextManager[Scripted]],
) -> None:
    with faulty("error_after", 1) as (backend, witness):
        with pytest.raises(BackendUnavailable, match="failed inside"):
            submit(backend, "a")
        assert named(witness, "a") == 1


def test_a_submission_that_is_carried_out_late_is_found(
    faulty: Callable[..., AbstractContextManager[Scripted]],
) -> None:
    late, patience = mock.patch.object(wire, "LATE", (0.3, 0.3)), mock.patch.object(emr, "LISTING_LAG", 30.0)
    with late, patience, faulty("late", 1) as (backend, witness):
        with pytest.raises(BackendUnavailable):
            submit(backend, "a")
        assert backend.find("a")
        assert named(witness, "a") == 1


def test_a_throttled_submission_is_sent_again(faulty: Callable[..., AbstractContextManager[Scripted]]) -> None:
    with faulty("throttle", 3) as (backend, witness):
        assert submit(backend, "a") == witness.service.steps()[0].id
        assert named(witness, "a") == 1


def test_a_service_that_throttles_for_too_long_is_unavailable(
    faulty: Callable[..., AbstractContextManager[Scripted]],
) -> None:
    with faulty("throttle", 8) as (backend, _), mock.patch.object(aws, "LONGEST_PAUSE", 0.01):
        impatient = aws.Service(name="emr", region=backend.region, where="EMR", explain=lambda _: None, tries=3)
        with pytest.raises(BackendUnavailable, match="too many requests"):
            impatient.ask("list_steps", ClusterId=backend.cluster_id)


def test_a_step_beyond_the_listings_page_is_found(service: Scripted) -> None:
    backend, _ = service
    first = submit(backend, "first", "--sleep", "600")
    for number in range(120):
        add(backend, f"other-{number}")
    assert backend.find("first") == first


def test_a_step_is_found_on_short_pages(faulty: Callable[..., AbstractContextManager[Scripted]]) -> None:
    with faulty("truncate", 1000) as (backend, _):
        steps = {name: add(backend, name) for name in map(str, range(9))}
        assert {name: backend.find(name) for name in steps} == steps


def test_a_step_that_the_listing_does_not_show_yet_is_found(
    faulty: Callable[..., AbstractContextManager[Scripted]],
) -> None:
    lag, patience = mock.patch.object(emr_step_operations, "STALE", (2, 2)), mock.patch.object(emr, "LISTING_LAG", 30.0)
    with lag, patience, faulty("stale", 1000) as (backend, _):
        step = add(backend, "a")
        assert backend.cluster.named("a") is None
        assert backend.find("a") == step


def test_none_is_believed_only_after_the_listing_had_time(service: Scripted) -> None:
    backend, witness = service
    assert backend.find("a") is None
    assert len(witness.service.calls) > 1


def test_thirty_states_cost_one_call(service: Scripted) -> None:
    backend, witness = service
    steps = [add(backend, str(number)) for number in range(30)]
    del witness.service.calls[:]
    assert set(backend.statuses(steps)) == set(steps)
    assert witness.service.calls == ["ListSteps"]


def test_states_of_steps_beyond_the_newest_page_come_by_tens(service: Scripted) -> None:
    backend, witness = service
    steps = [add(backend, str(number)) for number in range(75)]
    del witness.service.calls[:]
    assert set(backend.statuses(steps)) == set(steps)
    assert witness.service.calls == ["ListSteps"] * 4


def test_a_step_that_is_unknown_is_left_out_of_many_states(service: Scripted) -> None:
    backend, _ = service
    steps = [submit(backend, name) for name in "abc"]
    assert set(backend.statuses([steps[0], "s-UNKNOWN", "", *steps[1:]])) == set(steps)
    assert not backend.statuses(["s-UNKNOWN"])


def test_a_job_that_waits_for_others_is_pending(tmp_path: Path) -> None:
    with scripted(tmp_path / "s", at_a_time=1, startup=0) as (backend, _):
        first, second = (submit(backend, name, "--sleep", "600") for name in "ab")
        assert backend.status(first).state is JobState.RUNNING
        assert backend.status(second).state is JobState.PENDING
        backend.cancel(first)
        backend.status(first)
        assert backend.status(first).state is JobState.CANCELLED
        assert backend.status(second).state is JobState.RUNNING


def test_a_waiting_step_is_cancelled_and_never_runs(tmp_path: Path) -> None:
    with scripted(tmp_path / "s", at_a_time=1, startup=0) as (backend, witness):
        submit(backend, "a", "--sleep", "600")
        second = submit(backend, "b")
        backend.cancel(second)
        assert backend.status(second).state is JobState.CANCELLED
        assert witness.truth("b") is JobState.CANCELLED
        backend.cancel(second)


def test_the_services_account_of_a_failure_is_the_message(service: Scripted) -> None:
    backend, _ = service
    failed = submit(backend, "a", "--exit", "3")
    backend.status(failed)
    status = backend.status(failed)
    assert (status.state, status.native) == (JobState.FAILED, "FAILED")
    assert "Unknown Error" in status.message


def test_a_word_that_the_service_has_new_is_unknown_and_kept(service: Scripted) -> None:
    backend, witness = service
    step = submit(backend, "a", "--sleep", "600")
    administer(witness.url, "say", job=step, word="LEVITATING")
    status = backend.status(step)
    assert (status.state, status.native) == (JobState.UNKNOWN, "LEVITATING")


def test_a_cluster_without_a_log_folder_has_no_logs(service: Scripted) -> None:
    backend, _ = service
    assert list(backend.logs(submit(backend, "a"))) == []


def test_logs_of_a_step_that_is_unknown_are_not_found(service: Scripted) -> None:
    with pytest.raises(JobNotFound):
        list(service[0].logs("s-UNKNOWN"))


def test_arguments_that_are_too_long_are_refused_before_anything_is_asked(service: Scripted) -> None:
    backend, witness = service
    with pytest.raises(JobRejected, match="10240"):
        backend.cluster.add(request(backend, "a", "x" * 11_000))
    assert not witness.service.calls


def test_the_policy_in_the_guide_is_what_the_launcher_calls(service: Scripted) -> None:
    backend, witness = service
    step = submit(backend, "a", "--sleep", "600")
    backend.status(step)
    list(backend.logs(step))
    backend.cancel(step)
    list(findings(checks(backend)))
    page = (Path(__file__).resolve().parents[2] / "docs" / "clouds" / "emr.md").read_text(encoding="utf-8")
    policy = json.loads(page.partition("```json\n")[2].partition("```")[0])
    listed = {action.partition(":")[2] for action in policy["Statement"][0]["Action"]}
    assert listed == set(witness.service.calls)
