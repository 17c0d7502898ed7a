"""The races that the stories have found, or that they are about, each by itself."""

import random
import threading
import time
from collections.abc import Callable, Generator
from pathlib import Path

import pytest

from launcher import launching, runs
from launcher.errors import BackendUnavailable, JobNotFound
from launcher.model import JobSpec, JobState, Submission
from launcher.runs import Cloud
from rehearsal.chaos import Chaos
from tests.chaos import plain
from tests.chaos.simulation import Simulation
from tests.chaos.story import Steps, cloud_on

LONG = 1000.0  # seconds
Opened = Callable[..., tuple[Cloud, plain.Plain]]


@pytest.fixture
def simulation() -> Generator[Simulation]:
    simulation = Simulation(random.Random(1))  # noqa: S311 -- an order, not a secret
    with simulation.clock():
        yield simulation


@pytest.fixture
def opened(simulation: Simulation, tmp_path: Path) -> Opened:
    """Give a cloud whose service has these faults at every chance."""

    def open_with(*switches: str) -> tuple[Cloud, plain.Plain]:
        service = plain.Plain(tmp_path, Chaos(1, dict.fromkeys(switches, 1.0), budget=1000))
        return cloud_on("plain", service, Steps(simulation, service.runner.settle)), service

    return open_with


def planned(cloud: Cloud, *args: str) -> Submission:
    return runs.planned(cloud, JobSpec(workload="selftest", args=args))


def handed_over_by_a_launcher_that_dies(cloud: Cloud, *args: str) -> str:
    """Record an intent and submit its job, as a launcher that is killed before it can record the acceptance."""
    plan = planned(cloud, *args)
    with launching.announced() as me:
        intent = Submission.from_json({**plan.to_json(), "launched_by": me})
        cloud.records.intend(intent)
        cloud.backend.submit(cloud.backend.request(intent.spec, intent.run))
    return plan.run.run_id


@pytest.mark.parametrize(("args", "state"), [((), JobState.SUCCEEDED), (("--exit", "3"), JobState.FAILED)])
def test_a_job_that_was_forgotten_before_its_launcher_was_replaced_is_settled_by_its_receipt(
    opened: Opened, simulation: Simulation, args: tuple[str, ...], state: JobState
) -> None:
    cloud, service = opened("forget")
    run_id = handed_over_by_a_launcher_that_dies(cloud, *args)
    simulation.sleep(LONG)
    standing = runs.resume(cloud, run_id)
    assert (standing.status.state, standing.status.native) == (state, "forgotten")
    assert service.truth(run_id) is state


def test_a_job_that_has_started_and_was_forgotten_without_a_receipt_is_not_called_dead(
    opened: Opened, simulation: Simulation
) -> None:
    cloud, _ = opened("forget", "no_receipt")
    run_id = handed_over_by_a_launcher_that_dies(cloud)
    simulation.sleep(LONG)
    assert runs.resume(cloud, run_id).status.state is JobState.UNKNOWN
    assert cloud.records.outcome(run_id) is None


def test_a_job_that_reaches_the_service_after_its_run_was_given_up_never_works(
    opened: Opened, simulation: Simulation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plain, "PATIENCE", 0.0)
    cloud, service = opened("late")
    with pytest.raises(BackendUnavailable):
        handed_over_by_a_launcher_that_dies(cloud)
    service.chaos.calm()
    (run_id,) = cloud.records.run_ids()
    assert runs.resume(cloud, run_id).status.state is JobState.FAILED
    simulation.sleep(LONG)
    assert service.find(run_id) == run_id
    simulation.sleep(LONG)
    assert service.find(run_id) == run_id
    assert service.executions() == []


def test_a_job_that_starts_while_its_run_is_being_given_up_keeps_the_run(
    opened: Opened, simulation: Simulation
) -> None:
    cloud, service = opened("stale")
    run_id = handed_over_by_a_launcher_that_dies(cloud, "--sleep", "40")
    simulation.sleep(plain.STARTUP)
    service.runner.settle()
    assert cloud.records.give_up(run_id) is False
    assert service.executions() == [run_id]


def test_a_run_that_was_given_up_is_given_up_for_the_next_who_asks_too(opened: Opened) -> None:
    cloud, _ = opened()
    assert [cloud.records.give_up("selftest-20260101-000000-0000") for _ in range(2)] == [True, True]


def test_a_job_that_has_ended_by_the_services_word_is_not_cancelled(opened: Opened, simulation: Simulation) -> None:
    cloud, _ = opened("no_receipt")
    run_id = runs.submit(cloud, planned(cloud)).run.run_id
    simulation.sleep(plain.STARTUP + 1)
    assert runs.cancel(cloud, run_id).status.state is JobState.UNKNOWN
    assert not cloud.records.submission(run_id).cancel_requested_at


def test_a_cancel_that_reached_nobody_leaves_no_trace(opened: Opened, simulation: Simulation) -> None:
    cloud, _ = opened("forget", "no_receipt")
    run_id = runs.submit(cloud, planned(cloud)).run.run_id
    simulation.sleep(LONG)
    with pytest.raises(JobNotFound):
        runs.cancel(cloud, run_id)
    assert runs.look(cloud, run_id).status.state is JobState.UNKNOWN


def test_a_late_resume_does_not_undo_the_wish_to_cancel(opened: Opened) -> None:
    cloud, _ = opened()
    run_id = handed_over_by_a_launcher_that_dies(cloud, "--sleep", "3600")
    intent = cloud.records.submission(run_id)
    runs.resume(cloud, run_id)
    runs.cancel(cloud, run_id)
    stands = cloud.records.accept(Submission.from_json({**intent.to_json(), "job_id": run_id}))
    assert stands.cancel_requested_at
    assert stands == cloud.records.submission(run_id)


def test_a_receipt_that_comes_late_still_decides(opened: Opened, simulation: Simulation) -> None:
    cloud, _ = opened("late_receipt")
    run_id = runs.submit(cloud, planned(cloud)).run.run_id
    simulation.sleep(plain.STARTUP + 0.5)
    assert runs.look(cloud, run_id).status.state is JobState.UNKNOWN
    simulation.sleep(LONG)
    assert runs.look(cloud, run_id).status.state is JobState.SUCCEEDED


def test_a_lie_of_the_service_does_not_win_over_the_receipt(opened: Opened, simulation: Simulation) -> None:
    cloud, _ = opened("lie")
    run_id = runs.submit(cloud, planned(cloud, "--exit", "3")).run.run_id
    simulation.sleep(LONG)
    assert runs.look(cloud, run_id).status.state is JobState.FAILED


def test_what_sleeps_beside_the_story_does_not_move_its_clock() -> None:
    simulation, go, over = Simulation(random.Random(1)), threading.Event(), threading.Event()  # noqa: S311 -- an order

    def beside() -> None:
        go.wait(10)
        time.sleep(0.01)
        over.set()

    stranger = threading.Thread(target=beside)
    stranger.start()
    with simulation.clock():
        go.set()
        assert over.wait(10)
        assert simulation.now == 0
    stranger.join()
