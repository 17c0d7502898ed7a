"""A run directory that is removed under way: nobody could find the job any more, so it ends, and leaves nothing."""

import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from launcher import runs
from tests.crash.machine import Machine, machine_below, until

QUICKLY = 20.0  # seconds, on a busy machine; without a sign of the removal it would be a minute


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """Two runs without a directory: one ran and was waited for, one was pending; and what ``launcher wait`` said."""

    machine: Machine
    ran: str
    pending: str
    code: int
    err: str
    seconds: float


@pytest.fixture(scope="module")
def removed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Removed]:
    with machine_below(tmp_path_factory.mktemp("removed runs"), parallel=1) as machine:
        ran = machine.submit("--append", str(machine.executions / "a"), "--lines", "100000", "--rate", "50")
        pending = machine.submit("--append", str(machine.executions / "b"))
        with machine.start("wait", f"local/{ran}") as waiting:
            log = machine.home / "runs" / ran / "log"
            until(lambda: log.exists() and waiting.poll() is None, f"{ran} prints")
            began = time.monotonic()
            for run_id in (pending, ran):
                _remove(machine.home / "runs" / run_id)
            _, err = waiting.communicate(timeout=100)
        seconds = time.monotonic() - began
        yield Removed(machine=machine, ran=ran, pending=pending, code=waiting.returncode, err=err, seconds=seconds)


def test_wait_ends_quickly_with_5_and_says_what_happened(removed: Removed) -> None:
    assert removed.code == 5
    assert "its run directory was removed" in removed.err
    assert removed.seconds < QUICKLY


def test_the_job_ends(removed: Removed) -> None:
    until(lambda: not removed.machine.members(removed.ran), "the job's processes end", seconds=QUICKLY)
    log = (removed.machine.job(removed.ran).folder / "service.log").read_text(encoding="utf-8")
    assert "the run directory was removed" in log


def test_a_job_whose_directory_was_removed_while_it_waited_does_not_run(removed: Removed) -> None:
    until(lambda: removed.machine.job(removed.pending).ended() is not None, "the service has ended it")
    assert not (removed.machine.executions / "b").exists()


def test_the_directories_do_not_come_back(removed: Removed) -> None:
    until(lambda: not removed.machine.processes(), "all processes end")
    assert list((removed.machine.home / "runs").iterdir()) == []


def test_a_directory_without_a_record_is_no_run_and_hides_none(removed: Removed) -> None:
    other = removed.machine.submit()
    (removed.machine.home / "runs" / removed.ran / "log").mkdir(parents=True)
    cloud = removed.machine.cloud
    found = [standing.submission.run.run_id for standing in runs.each(cloud, cloud.records.run_ids())]
    shutil.rmtree(removed.machine.home / "runs" / removed.ran)
    assert found == [other]


def _remove(directory: Path) -> None:
    """Remove a directory that is still being written to."""

    def gone() -> bool:
        shutil.rmtree(directory, ignore_errors=True)
        return not directory.exists()

    until(gone, f"{directory} is removed", seconds=QUICKLY)
