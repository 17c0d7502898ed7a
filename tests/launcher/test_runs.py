"""Submitting and looking, as functions."""

from pathlib import Path

import pytest

from launcher import runs
from launcher.model import JobSpec, JobState


@pytest.mark.usefixtures("scripted")
def test_two_launchers_that_draw_the_same_run_id_get_two_runs() -> None:
    cloud = runs.open_cloud("it")
    plan = runs.planned(cloud, JobSpec(workload="selftest"))
    first, second = runs.submit(cloud, plan), runs.submit(cloud, plan)
    assert first.run.run_id == plan.run.run_id != second.run.run_id
    assert {runs.look(cloud, one.run.run_id).status.state for one in (first, second)} == {JobState.SUCCEEDED}


def test_a_run_that_has_ended_stays_as_it_ended_when_the_service_forgets_it(scripted: Path) -> None:
    cloud = runs.open_cloud("it")
    run_id = runs.submit(cloud, runs.planned(cloud, JobSpec(workload="selftest"))).run.run_id
    before = runs.look(cloud, run_id)
    for path in (scripted / "service").iterdir():
        path.unlink()
    assert runs.look(cloud, run_id) == before


def test_a_run_that_the_service_forgot_before_anyone_looked_is_settled_by_its_receipt(scripted: Path) -> None:
    cloud = runs.open_cloud("it")
    submission = runs.submit(cloud, runs.planned(cloud, JobSpec(workload="selftest")))
    cloud.backend.status(submission.job_id)  # the scripted job writes its receipt
    for path in (scripted / "service").iterdir():
        path.unlink()
    assert runs.look(cloud, submission.run.run_id).status.state is JobState.SUCCEEDED
