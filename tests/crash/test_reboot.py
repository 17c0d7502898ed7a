"""A machine that goes down with one job running and one waiting: all ends at once, nobody can say a last word."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from launcher import runs
from launcher.local_service.spool import Job
from launcher.model import JobSpec, JobState, JobStatus
from tests.crash.faults import Faults, cloud_on
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


@pytest.mark.parametrize("record", ["outcome", "submission", "receipt"])
def test_a_record_that_a_power_failure_left_empty_was_never_written(record: str, tmp_path: Path) -> None:
    cloud = cloud_on(tmp_path, Faults({}))
    plan = runs.planned(cloud, JobSpec(workload="selftest", args=("--raise", "as asked")))
    run_id = runs.submit(cloud, plan).run.run_id
    runs.look(cloud, run_id)
    (tmp_path / "runs" / run_id / f"{record}.json").write_bytes(b"")
    assert runs.resume(cloud, run_id).status.state is JobState.FAILED
    assert [outcome and outcome.state for outcome in cloud.records.outcomes([run_id])] == [JobState.FAILED]


def test_an_intent_that_a_power_failure_left_empty_is_no_run_and_hides_none(tmp_path: Path) -> None:
    cloud = cloud_on(tmp_path, Faults({}))
    first, second = (runs.submit(cloud, runs.planned(cloud, JobSpec(workload="selftest"))) for _ in range(2))
    for word in ("intent", "submission"):
        (tmp_path / "runs" / first.run.run_id / f"{word}.json").write_bytes(b"")
    found = runs.each(cloud, cloud.records.run_ids(), runs.resume)
    assert [standing.submission.run.run_id for standing in found] == [second.run.run_id]


def test_a_last_word_that_a_power_failure_left_empty_says_that_it_was_lost(tmp_path: Path) -> None:
    (tmp_path / "ended.json").touch()
    assert (Job(folder=tmp_path).ended() or {})["word"] == "lost"


def test_the_queue_is_free_for_a_new_job(rebooted: Machine) -> None:
    assert rebooted.run("submit", "selftest", "--", "--append", str(rebooted.executions / "c"))[0] == 0
    assert (rebooted.executions / "c").exists()
