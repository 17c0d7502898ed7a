"""Submitting and looking, as functions."""

from pathlib import Path

import pytest

from launcher import runs
from launcher.errors import BackendUnavailable, nothing_sent
from launcher.model import JobSpec, JobState
from launcher.records import Records
from launcher.runs import Cloud
from launcher.storage import Storage
from tests.rigs.scripted import Scripted


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


def test_a_submission_that_never_reached_the_service_is_settled_though_the_service_cannot_be_asked(
    tmp_path: Path,
) -> None:
    def refuse(_call: str) -> None:
        with nothing_sent():
            raise BackendUnavailable("the password is refused")

    backend = Scripted(staging=f"file://{tmp_path}", before=refuse)
    storage = Storage(backend.staging)
    cloud = Cloud(name="it", kind="scripted", backend=backend, storage=storage, records=Records(storage))
    plan = runs.planned(cloud, JobSpec(workload="selftest"))
    with pytest.raises(BackendUnavailable, match="the password is refused"):
        runs.submit(cloud, plan)
    settled = cloud.records.outcome(plan.run.run_id)
    assert settled is not None
    assert settled.message == "never submitted: the password is refused"
