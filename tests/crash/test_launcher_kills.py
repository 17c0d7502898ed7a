"""kill -9 of launchers at random moments, some of them at the same time: what is true after the next resume."""

import random
import re
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from launcher.model import JobState, JobStatus
from tests.crash.machine import Machine, is_settled, machine_below, until

TOGETHER = 2  # launchers at once, at most
BEYOND = 1.5  # times the usual duration: some launchers get through
RESUMES = 0.2  # of the volleys
QUIET = 120.0  # seconds; an archive of classes may be under way on a busy machine


@dataclass(frozen=True, slots=True, kw_only=True)
class Aftermath:
    """A machine after its launchers were killed, resumed and settled; ``told`` are the handles that were printed."""

    machine: Machine
    settled: dict[str, JobStatus]
    told: tuple[str, ...]
    seed: int


@pytest.fixture(
    scope="module",
    params=[20, pytest.param(200, marks=[pytest.mark.long, pytest.mark.timeout(3000)])],
    ids=lambda launches: f"{launches} launches",
)
def aftermath(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, rng: random.Random, seed: int
) -> Iterator[Aftermath]:
    with machine_below(tmp_path_factory.mktemp("launcher kills"), parallel=2) as machine:
        told = _storm(machine, rng, request.param)
        settled = machine.settle()
        until(lambda: not machine.processes(), f"all processes end (seed {seed})", seconds=QUIET, pause=0.5)
        assert machine.run("resume")[0] == 0
        yield Aftermath(machine=machine, settled=settled, told=told, seed=seed)


def test_every_run_has_exactly_one_outcome(aftermath: Aftermath) -> None:
    open_ones = [run_id for run_id, status in aftermath.machine.outcomes().items() if not is_settled(status)]
    assert (open_ones, aftermath.settled) == ([], aftermath.machine.outcomes()), f"seed {aftermath.seed}"


def test_no_run_is_executed_twice_and_each_that_succeeded_once(aftermath: Aftermath) -> None:
    times = {run_id: aftermath.machine.times_executed(run_id) for run_id in aftermath.settled}
    expected = {run_id: int(status.state is JobState.SUCCEEDED) for run_id, status in aftermath.settled.items()}
    assert times == expected, f"seed {aftermath.seed}"


def test_a_job_that_the_service_took_from_a_dying_launcher_is_not_lost(aftermath: Aftermath) -> None:
    """It succeeds, unless a resume had declared it never submitted before the service had it: then it never runs."""
    lost = [status for status in aftermath.settled.values() if status.native not in {"done", "none"}]
    assert lost == [], f"seed {aftermath.seed}"


def test_every_handle_that_was_printed_is_a_run_that_succeeded(aftermath: Aftermath) -> None:
    states = {handle: aftermath.settled[handle.partition("/")[2]].state for handle in aftermath.told}
    assert set(states.values()) <= {JobState.SUCCEEDED}, f"seed {aftermath.seed}: {states}"


def test_every_job_of_the_service_belongs_to_a_recorded_run(aftermath: Aftermath) -> None:
    jobs = {path.name for path in aftermath.machine.home.glob("local/jobs/*")}
    assert jobs <= set(aftermath.settled), f"seed {aftermath.seed}"


def test_nothing_of_the_killed_launchers_stays(aftermath: Aftermath) -> None:
    assert aftermath.machine.litter() == [], f"seed {aftermath.seed}"


def test_another_resume_changes_nothing(aftermath: Aftermath) -> None:
    before = _contents(aftermath.machine.home)
    code, out, err = aftermath.machine.run("resume")
    assert (code, out, err) == (0, "", "nothing was left open\n"), f"seed {aftermath.seed}"
    assert _contents(aftermath.machine.home) == before, f"seed {aftermath.seed}"


def _storm(machine: Machine, rng: random.Random, launches: int) -> tuple[str, ...]:
    """Start launchers and kill each at its moment; gives the handles that some could print before."""
    told, usual = _usual(machine)
    last = 0
    while last < launches:
        volley = range(last + 1, min(last + rng.randint(1, TOGETHER), launches) + 1)
        launched = [machine.start(*_words(machine, number)) for number in volley]
        # A resume meets submissions that are under way, and is killed like them.
        launched += [machine.start("resume")] if rng.random() < RESUMES else []
        told += _killed([(rng.uniform(0, BEYOND * usual * len(launched)), process) for process in launched])
        last = volley[-1]
    return tuple(text for text in told if re.fullmatch(r"local/\S+", text))


def _usual(machine: Machine) -> tuple[list[str], float]:
    """Give two handles and the seconds that a launch takes while a job runs."""
    first = machine.run(*_words(machine, -1))[1].strip()
    began = time.monotonic()
    return [first, machine.run(*_words(machine, 0))[1].strip()], time.monotonic() - began


def _words(machine: Machine, number: int) -> tuple[str, ...]:
    return ("submit", "selftest", "--detach", "--", "--append", str(machine.executions / str(number)))


def _killed(moments: "list[tuple[float, subprocess.Popen[str]]]") -> list[str]:
    """Kill -9 each process (itself only) at its moment, in seconds from now; gives what each had printed."""
    began = time.monotonic()
    answers: list[str] = []
    for moment, process in sorted(moments, key=lambda pair: pair[0]):
        time.sleep(max(0.0, began + moment - time.monotonic()))
        with process:
            process.kill()
            assert process.stdout is not None
            answers.append(process.stdout.read().strip())
    return answers


def _contents(home: Path) -> dict[str, tuple[int, bytes]]:
    files = (path for path in home.rglob("*") if path.is_file() and "cache" not in path.parts)
    return {str(path): (path.stat().st_mtime_ns, path.read_bytes()) for path in files}
