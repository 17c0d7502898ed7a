"""kill -9 of random members of a job's process tree at random moments: what is true of it, and of the next job."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from time import sleep

import psutil
import pytest

from launcher import runs
from launcher.model import JobState, JobStatus
from tests.crash.machine import Machine, end, is_settled, machine_below, until

PHASES = ("running", "starting", "pending")
SOON = 10.0  # seconds until nothing of a killed job may be left
LATER = 60.0  # seconds until the service, on a busy machine, must have noticed


@dataclass(frozen=True, slots=True, kw_only=True)
class Aftermath:
    """A machine with one job at a time whose jobs were killed; ``killed`` says what of each run."""

    machine: Machine
    seed: int
    killed: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    settled: dict[str, JobStatus] = field(default_factory=dict[str, JobStatus])

    def __str__(self) -> str:
        return f"seed {self.seed}, killed {self.killed}"


@pytest.fixture(
    scope="module",
    params=[4, pytest.param(40, marks=[pytest.mark.long, pytest.mark.timeout(3000)])],
    ids=lambda kills: f"{kills} kills",
)
def aftermath(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, rng: random.Random, seed: int
) -> Iterator[Aftermath]:
    with machine_below(tmp_path_factory.mktemp("job kills"), parallel=1) as machine:
        found = Aftermath(machine=machine, seed=seed)
        queue = [_submitted(machine)]
        while len(found.killed) < request.param:
            queue.append(_submitted(machine))
            queue = _strike(found, queue, PHASES[len(found.killed) % len(PHASES)], rng)
        found.settled.update(machine.settle())
        until(lambda: not machine.processes(), f"all processes end ({found})", seconds=LATER, pause=0.5)
        yield found


def test_every_run_has_exactly_one_outcome_that_says_what_happened(aftermath: Aftermath) -> None:
    assert aftermath.settled == aftermath.machine.outcomes(), str(aftermath)
    assert all(is_settled(status) for status in aftermath.settled.values()), str(aftermath)
    failed = [status for status in aftermath.settled.values() if status.state is JobState.FAILED]
    assert all(status.message for status in failed), str(aftermath)


def test_a_job_that_was_killed_before_its_receipt_has_failed(aftermath: Aftermath) -> None:
    records = aftermath.machine.cloud.records
    without = {run_id for run_id in aftermath.settled if records.receipt(run_id) is None}
    assert {aftermath.settled[run_id].state for run_id in without} <= {JobState.FAILED}, str(aftermath)


def test_no_run_is_executed_twice_and_each_that_succeeded_once(aftermath: Aftermath) -> None:
    for run_id, status in aftermath.settled.items():
        allowed = {1} if status.state is JobState.SUCCEEDED else {0, 1}
        assert aftermath.machine.times_executed(run_id) in allowed, f"{run_id}, {aftermath}"


def test_jobs_that_were_not_killed_succeed(aftermath: Aftermath) -> None:
    others = {run_id: status.state for run_id, status in aftermath.settled.items() if run_id not in aftermath.killed}
    assert set(others.values()) == {JobState.SUCCEEDED}, str(aftermath)


def test_nothing_of_the_killed_jobs_stays(aftermath: Aftermath) -> None:
    assert aftermath.machine.litter() == [], str(aftermath)


def _submitted(machine: Machine) -> str:
    number = len(machine.run_ids())
    return machine.submit("--append", str(machine.executions / str(number)), "--stages", "1", "--sleep", "1")


def _strike(found: Aftermath, queue: list[str], phase: str, rng: random.Random) -> list[str]:
    """Kill members of the first job, or of the second while it is pending; gives the queue without the victim."""
    machine, cloud = found.machine, found.machine.cloud
    victim = queue[1] if phase == "pending" else queue[0]
    _reach(machine, victim, phase)
    sleep(rng.uniform(0, 1.5))
    members = machine.members(victim)
    targets = rng.sample(members, rng.randint(1, len(members))) if members else []
    found.killed[victim] = [phase, *map(_name, targets)]
    end(targets)
    until(lambda: runs.look(cloud, victim).status.state.final, f"{victim} has ended ({found})", seconds=LATER)
    until(lambda: not machine.members(victim), f"no process of {victim} is left ({found})", seconds=SOON)
    rest = [run_id for run_id in queue if run_id != victim]
    until(lambda: machine.job(rest[0]).started, f"the next job starts ({found})", seconds=LATER)
    return rest


def _reach(machine: Machine, run_id: str, phase: str) -> None:
    """Wait until a job is in this phase of its life, or has ended."""
    job, first_act = machine.job(run_id), machine.home / "runs" / run_id / "started.json"
    reached = {
        "pending": lambda: True,
        "starting": lambda: job.started,
        "running": first_act.exists,
    }
    until(lambda: reached[phase]() or job.ended() is not None, f"{run_id} is {phase}")


def _name(process: psutil.Process) -> str:
    try:
        return process.name()
    except psutil.Error:
        return "gone"
