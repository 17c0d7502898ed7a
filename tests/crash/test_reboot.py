"""A machine that goes down with one job running and one waiting: everything ends at once, nobody can say a last word."""

from collections.abc import Iterator

import pytest

from launcher.model import JobState, JobStatus
from tests.crash.machine import Machine, end, machine_below, until


@pytest.fixture(scope="module")
def rebooted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    with machine_below(tmp_path_factory.mktemp("reboot"), parallel=1) as machine:
        running, _ = (machine.submit("--append", str(machine.executions / name), "--sleep", "600") for name in "ab")
        until((machine.executions / "a").exists, f"{running} runs")
        end(machine.processes())
        assert machine.processes() == []
        assert machine.run("resume")[0] == 0
        yield machine


def test_resume_settles_the_running_and_the_waiting_job_as_killed(rebooted: Machine) -> None:
    message = "its processes were killed, or the machine was restarted"
    lost = JobStatus(state=JobState.FAILED, native="lost", message=message)
    assert list(rebooted.outcomes().values()) == [lost, lost]


def test_the_waiting_job_never_runs(rebooted: Machine) -> None:
    assert sorted(rebooted.times_executed(run_id) for run_id in rebooted.run_ids()) == [0, 1]


def test_nothing_of_the_jobs_stays(rebooted: Machine) -> None:
    assert (rebooted.litter(), rebooted.processes()) == ([], [])


def test_the_queue_is_free_for_a_new_job(rebooted: Machine) -> None:
    assert rebooted.run("submit", "selftest", "--", "--append", str(rebooted.executions / "c"))[0] == 0
    assert (rebooted.executions / "c").exists()
