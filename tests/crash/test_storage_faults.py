"""Every call of the storage and of the service failing in turn: before its effect, after it, or with the launcher."""

import contextlib
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from launcher import runs, waiting
from launcher.errors import JobNotFound, LauncherError
from launcher.model import JobSpec, JobState
from launcher.runs import Cloud
from tests.crash.faults import Fault, Faults, Killed, cloud_on, executions, outcome_files, recorded_outcome

LONGEST = 0.3  # seconds
PATIENCE = 0.2  # seconds
MOST_CALLS = 60

# What people do: each command may fail, and the next one follows.
STORIES: dict[str, tuple[tuple[str, ...], tuple[str, ...], JobState]] = {
    "a run that succeeds": ((), ("wait", "resume"), JobState.SUCCEEDED),
    "a run that fails": (("--raise", "as asked"), ("wait", "resume"), JobState.FAILED),
    "a run that is cancelled": (("--sleep", "600"), ("cancel", "wait", "resume", "cancel"), JobState.CANCELLED),
    "a run that has ended before it is cancelled": ((), ("cancel", "resume", "wait"), JobState.SUCCEEDED),
}
COMMANDS: dict[str, Callable[[Cloud, str], object]] = {
    "wait": lambda cloud, run_id: waiting.wait(cloud, run_id, _unheard, timeout=LONGEST, patience=PATIENCE),
    "cancel": runs.cancel,
    "resume": runs.resume,
}


@pytest.mark.parametrize("fault", list(Fault))
@pytest.mark.parametrize("story", list(STORIES))
def test_any_call_may_fail_once_and_the_run_still_has_one_outcome(story: str, fault: Fault, tmp_path: Path) -> None:
    calls = _lived_through(tmp_path / "without faults", story, {})
    for call in range(calls):
        _lived_through(tmp_path / str(call), story, {call: fault})


@given(
    story=st.sampled_from(list(STORIES)),
    plan=st.dictionaries(st.integers(0, MOST_CALLS), st.sampled_from(list(Fault)), max_size=12),
)
@settings(deadline=None, max_examples=60)
def test_any_calls_may_fail_together_and_the_run_still_has_one_outcome(story: str, plan: dict[int, Fault]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        _lived_through(Path(folder), story, plan)


def test_a_wait_outlives_one_failing_call_of_any_kind(tmp_path: Path) -> None:
    """But the very first: a wait that has not found its run says so at once."""
    for call in range(1, 25):
        folder = tmp_path / str(call)
        run_id = runs.submit(_sound(folder), _planned(_sound(folder), ("--sleep", "0.2"))).run.run_id
        cloud = cloud_on(folder, Faults({call: Fault.REFUSED}))
        assert waiting.wait(cloud, run_id, _unheard).status.state is JobState.SUCCEEDED, f"call {call}"


def test_a_job_that_was_submitted_but_not_recorded_is_told_with_the_command_that_finds_it(tmp_path: Path) -> None:
    submitted = _index_of_first_record_after_submit(tmp_path / "counted")
    cloud = cloud_on(tmp_path / "faulty", Faults({submitted: Fault.REFUSED}))
    plan = _planned(cloud, ())
    with pytest.raises(LauncherError, match="was submitted, but could not be recorded") as error:
        runs.submit(cloud, plan)
    assert error.value.hint == f"launcher resume {plan.handle}"
    assert runs.resume(_sound(tmp_path / "faulty"), plan.run.run_id).status.state is JobState.SUCCEEDED


def _lived_through(folder: Path, story: str, plan: Mapping[int, Fault]) -> int:
    """Live through a story with these faults, resume, and check; gives the number of calls."""
    args, commands, end = STORIES[story]
    faults = Faults(plan)
    cloud = cloud_on(folder, faults)
    submission = _planned(cloud, args)
    run_id = submission.run.run_id
    with contextlib.suppress(LauncherError, Killed):
        runs.submit(cloud, submission)
    for command in commands:
        with contextlib.suppress(LauncherError, Killed):
            COMMANDS[command](cloud, run_id)
    _check(folder, run_id, end, f"{story}, {plan}")
    return faults.calls


def _check(folder: Path, run_id: str, end: JobState, case: str) -> None:
    """A run that was executed ends as it was meant to, and one that was not has failed; an unrecorded one never ran."""
    sound = _sound(folder)
    try:
        state = runs.resume(sound, run_id).status.state
    except JobNotFound:
        assert executions(folder) == 0, f"lost: {case}"
        return
    if not state.final:  # the end of a job that sleeps had not been asked for yet
        runs.cancel(sound, run_id)
    first = recorded_outcome(folder, run_id)
    runs.resume(sound, run_id)
    assert first == recorded_outcome(folder, run_id), case
    assert first is not None, case
    assert len(outcome_files(folder)) == 1, case
    assert (executions(folder), first.state) in {(1, end), (0, JobState.FAILED)}, case


def _index_of_first_record_after_submit(folder: Path) -> int:
    """Count the calls of an undisturbed submission: the last one records that the service has the job."""
    faults = Faults({})
    cloud = cloud_on(folder, faults)
    runs.submit(cloud, _planned(cloud, ()))
    return faults.calls - 1


def _planned(cloud: Cloud, args: tuple[str, ...]) -> runs.Submission:
    return runs.planned(cloud, JobSpec(workload="selftest", args=args))


def _sound(folder: Path) -> Cloud:
    return cloud_on(folder, Faults({}))


def _unheard(_line: str) -> None:
    return
