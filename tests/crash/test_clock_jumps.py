"""A clock that jumps by decades: it is shown to people, and decides nothing."""

import datetime as dt
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from launcher import launching, locks, runs, waiting
from launcher.local_service.spool import Spool
from launcher.model import JobSpec, JobState, Submission
from launcher.runs import Cloud
from tests.crash.faults import Faults, cloud_on

THEN, AHEAD = (dt.datetime(year, 1, 1, tzinfo=dt.UTC) for year in (1999, 2099))
Set = Callable[[dt.datetime], None]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Set:
    return lambda moment: monkeypatch.setattr(launching, "now", lambda: moment)


@pytest.fixture
def cloud(tmp_path: Path) -> Cloud:
    return cloud_on(tmp_path, Faults({}))


def test_the_queue_keeps_the_order_of_acceptance(cloud: Cloud, clock: Set, tmp_path: Path) -> None:
    spool = Spool(root=tmp_path / "local")
    spool.prepare()
    run_ids: list[str] = []
    held = []
    for moment in (AHEAD, THEN, AHEAD, THEN):
        clock(moment)
        run_ids.append(_planned(cloud).run.run_id)
        held.append(_accepted(spool, run_ids[-1]))
    turns = [[run_id for run_id in run_ids if _has_turn(spool, run_id)]]
    while held:
        held.pop(0).close()
        turns.append([run_id for run_id in run_ids[-len(held) :] if held and _has_turn(spool, run_id)])
    assert turns == [[run_id] for run_id in run_ids] + [[]]


@pytest.mark.parametrize(("before", "after"), [(THEN, AHEAD), (AHEAD, THEN)])
def test_a_run_ends_as_it_would(cloud: Cloud, clock: Set, before: dt.datetime, after: dt.datetime) -> None:
    clock(before)
    run_id = runs.submit(cloud, _planned(cloud, "--sleep", "0.2")).run.run_id
    clock(after)
    assert waiting.wait(cloud, run_id, _unheard, timeout=20).status.state is JobState.SUCCEEDED


@pytest.mark.parametrize("moment", [THEN, AHEAD])
def test_a_wait_takes_as_long_as_it_was_told_to(cloud: Cloud, clock: Set, moment: dt.datetime) -> None:
    run_id = runs.submit(cloud, _planned(cloud, "--sleep", "600")).run.run_id
    clock(moment)
    began = time.monotonic()
    assert waiting.wait(cloud, run_id, _unheard, timeout=0.5).status.state is JobState.RUNNING
    assert 0.5 <= time.monotonic() - began < 10


@pytest.mark.parametrize("moment", [THEN, AHEAD])
def test_a_submission_under_way_on_this_machine_is_left_alone(cloud: Cloud, clock: Set, moment: dt.datetime) -> None:
    with launching.announced() as me:
        run_id = _intended(cloud, me)
        clock(moment)
        assert runs.resume(cloud, run_id).status.state is JobState.UNKNOWN
    assert runs.resume(cloud, run_id).status.state is JobState.FAILED


@pytest.mark.parametrize("moment", [THEN, AHEAD])
def test_a_launcher_on_a_machine_with_another_clock_does_not_keep_a_run_open(
    cloud: Cloud, clock: Set, moment: dt.datetime
) -> None:
    run_id = _intended(cloud, "elsewhere:0123456789abcdef")
    assert runs.resume(cloud, run_id).status.state is JobState.UNKNOWN
    clock(moment)
    assert runs.resume(cloud, run_id).status.state is JobState.FAILED


def _planned(cloud: Cloud, *args: str) -> Submission:
    return runs.planned(cloud, JobSpec(workload="selftest", args=args))


def _intended(cloud: Cloud, launched_by: str) -> str:
    """Record an intent as a launcher does that has not got further yet."""
    plan = _planned(cloud)
    spec = {**plan.to_json(), "launched_by": launched_by}
    cloud.records.intend(Submission.from_json(spec))
    return plan.run.run_id


def _accepted(spool: Spool, run_id: str) -> locks.IO[bytes]:
    """Put a job into the queue that lives until the lock given is closed."""
    draft = spool.root / "jobs" / f".draft-{run_id}"
    draft.mkdir()
    lock = locks.take(draft / "lock")
    assert lock is not None
    assert spool.enqueue(run_id, draft)
    return lock


def _has_turn(spool: Spool, run_id: str) -> bool:
    return spool.take_turn(run_id, 1)


def _unheard(_line: str) -> None:
    return
