"""Six launchers at the same time, with the same input: one copy of everything shared, a run of its own for each."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest

from launcher import runs
from launcher.model import JobState
from tests.crash.machine import Machine, machine_below, until

LAUNCHERS = 6
PARALLEL = 2
SIZE = 1 << 28
A_POLL = 0.5  # seconds: jobs look at the queue in turns


@dataclass(frozen=True, slots=True, kw_only=True)
class AtOnce:
    """The six runs in the order in which the service took them, all of them ended."""

    machine: Machine
    run_ids: tuple[str, ...]

    def times(self, name: str) -> list[float]:
        return [(self.machine.job(run_id).folder / name).stat().st_mtime for run_id in self.run_ids]


@pytest.fixture(scope="module")
def at_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AtOnce]:
    folder = tmp_path_factory.mktemp("at once")
    (folder / "points.csv").write_text("x,y\n1,2\n", encoding="utf-8")
    with machine_below(folder, parallel=PARALLEL) as machine:
        blockers = [machine.submit("--sleep", "600") for _ in range(PARALLEL)]
        _submit_together(machine, folder / "points.csv")
        tickets = sorted(path.name for path in (machine.home / "local" / "queue").iterdir())
        run_ids = tuple(ticket.partition("-")[2] for ticket in tickets[PARALLEL:])
        _end_each_as_it_starts(machine, [*blockers, *run_ids])
        yield AtOnce(machine=machine, run_ids=run_ids)


def test_each_has_a_run_of_its_own(at_once: AtOnce) -> None:
    assert len(set(at_once.run_ids)) == LAUNCHERS
    assert {status.state for status in at_once.machine.settle().values()} == {JobState.CANCELLED}


def test_package_and_input_are_stored_once(at_once: AtOnce) -> None:
    stored = [path.name for room in ("apps", "data") for path in at_once.machine.home.glob(f"{room}/**/*")]
    assert sorted(name for name in stored if "." in name) == ["jobs.zip", "main.py", "points.csv"]


def test_they_start_in_the_order_in_which_the_service_took_them(at_once: AtOnce) -> None:
    started = at_once.times("started")
    assert all(later > earlier - A_POLL for earlier, later in pairwise(started))


def test_no_more_of_them_run_at_a_time_than_the_queue_allows(at_once: AtOnce) -> None:
    started, ended = at_once.times("started"), at_once.times("ended.json")
    running = [sum(begin <= moment < end for begin, end in zip(started, ended, strict=True)) for moment in started]
    assert max(running) <= PARALLEL


def test_an_upload_that_is_killed_leaves_nothing_that_a_job_would_read(at_once: AtOnce, tmp_path: Path) -> None:
    months = tmp_path / "months"
    months.mkdir()
    with (months / "april.csv").open("wb") as file:
        file.truncate(SIZE)
    data = at_once.machine.home / "data"
    before = set(data.rglob("*"))
    with at_once.machine.start("submit", "selftest", "--detach", "--input", str(months)) as launcher:
        until(lambda: any(path.is_file() for path in set(data.rglob("*")) - before), "the upload has begun")
        launcher.kill()
    visible = [path for path in set(data.rglob("*")) - before if path.is_file() and path.name[0] not in "._"]
    assert [path.stat().st_size for path in visible] in ([], [SIZE])


def _submit_together(machine: Machine, file: Path) -> None:
    words = ("submit", "selftest", "--detach", "--input", str(file), "--", "--sleep", "600")
    for launcher in [machine.start(*words) for _ in range(LAUNCHERS)]:
        _, err = launcher.communicate(timeout=120)
        assert launcher.returncode == 0, err


def _end_each_as_it_starts(machine: Machine, run_ids: list[str]) -> None:
    """Cancel jobs one by one: where they stand in the queue is all that is asked of them."""
    for run_id in run_ids:
        until(lambda run_id=run_id: machine.job(run_id).started, f"{run_id} starts")
        runs.cancel(machine.cloud, run_id)
