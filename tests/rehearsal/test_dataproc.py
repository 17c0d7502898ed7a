"""The emulated job controller does and refuses what Google's does, by REST and by gRPC."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from google.api_core import exceptions
from google.cloud import dataproc_v1 as dp

from launcher.storage import Storage
from rehearsal import dataproc_submit
from rehearsal.dataproc_output import CHUNK, Output
from tests.rehearsal.dataproc_api import JOB, PYSPARK, Api, by, by_rest

State = dp.JobStatus.State


@pytest.fixture
def rest(tmp_path: Path) -> Iterator[Api]:
    with by_rest(tmp_path) as served:
        yield served


@pytest.fixture(params=["rest", "grpc"])
def api(rest: Api, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Api]:
    with by(request.param, rest, tmp_path) as served:
        yield served


def test_a_job_runs_from_pending_to_done_and_keeps_its_history(api: Api) -> None:
    job = api.submit(reference={"job_id": "j-1"})
    assert (job.status.state, job.done) == (State.PENDING, False)
    job = api.call("get_job", job_id="j-1")
    assert (job.status.state, job.done) == (State.DONE, True)
    assert [status.state for status in job.status_history] == [State.PENDING]
    assert job.placement.cluster_uuid
    assert job.job_uuid


def test_a_job_without_an_id_gets_one(api: Api) -> None:
    assert len(api.submit().reference.job_id) == 36


def test_an_id_is_taken_once(api: Api) -> None:
    api.submit(reference={"job_id": "j-1"})
    with pytest.raises(exceptions.Conflict, match="Already exists: Job projects/p-1/regions/europe-west1/jobs/j-1"):
        api.submit(reference={"job_id": "j-1"})


def test_a_request_that_is_repeated_gives_the_first_job(api: Api) -> None:
    first = api.call("submit_job", job=JOB, request_id="r-1")
    assert api.call("submit_job", job=JOB, request_id="r-1").reference == first.reference


@pytest.mark.parametrize(
    ("job", "message"),
    [
        ({"placement": {}}, "Cluster name is required"),
        ({"pyspark_job": None}, "Job type is required"),
        ({"pyspark_job": {}}, "must be a .py file"),
        ({"pyspark_job": {"main_python_file_uri": "gs://b/main.jar"}}, "must be a .py file"),
        ({"pyspark_job": {**PYSPARK, "python_file_uris": ["gs://b/jobs.tar"]}}, "must be .py, .egg or .zip"),
        ({"reference": {"job_id": "a b"}}, "Invalid job id"),
        ({"reference": {"job_id": "x" * 101}}, "Invalid job id"),
        ({"reference": {"project_id": "p-2"}}, "must match request project id"),
        ({"labels": {"Upper": "x"}}, "Invalid label"),
        ({"labels": {f"k{n}": "" for n in range(33)}}, "No more than 32 labels"),
        ({"placement": {"cluster_name": "c-2"}}, "Not found: Cluster projects/p-1/regions/europe-west1/clusters/c-2"),
    ],
)
def test_a_job_that_dataproc_would_not_take_is_refused(api: Api, job: dict[str, Any], message: str) -> None:
    with pytest.raises((exceptions.BadRequest, exceptions.NotFound), match=message):
        api.submit(**job)
    assert not (api.runner.folder / "submitted").exists()


@pytest.mark.parametrize(
    "job",
    [
        {"pyspark_job": None, "spark_job": {"main_class": "A"}},
        {"scheduling": {"max_failures_per_hour": 1}},
        {"driver_scheduling_config": {"memory_mb": 1, "vcores": 1}},
        {"pyspark_job": {**PYSPARK, "logging_config": {"driver_log_levels": {"root": 5}}}},
    ],
)
def test_what_the_rehearsal_does_not_imitate_is_said(api: Api, job: dict[str, Any]) -> None:
    with pytest.raises((exceptions.MethodNotImplemented, exceptions.ServerError), match="The rehearsal"):
        api.submit(**job)


@pytest.mark.parametrize("size", [0, 1, 2, 3, 7])
def test_a_list_is_complete_whatever_the_pages(api: Api, size: int) -> None:
    for number in range(7):
        api.submit(reference={"job_id": f"j-{number}"})
    listed = [job.reference.job_id for job in api.call("list_jobs", page_size=size)]
    assert listed == [f"j-{number}" for number in reversed(range(7))]


def test_a_page_is_at_most_a_hundred(rest: Api) -> None:
    for number in range(101):
        rest.submit(reference={"job_id": f"j-{number}"})
    assert [len(page.jobs) for page in rest.call("list_jobs", page_size=1000).pages] == [100, 1]


def test_a_job_that_comes_between_two_pages_moves_nothing(rest: Api) -> None:
    for number in range(4):
        rest.submit(reference={"job_id": f"j-{number}"})
    pages = rest.call("list_jobs", page_size=2).pages
    first = [job.reference.job_id for job in next(pages).jobs]
    rest.submit(reference={"job_id": "j-new"})
    assert first + [job.reference.job_id for job in next(pages).jobs] == ["j-3", "j-2", "j-1", "j-0"]


@pytest.mark.parametrize(
    ("request_", "ids"),
    [
        ({"filter": "labels.team = red"}, ["j-1"]),
        ({"filter": "labels.team = *"}, ["j-2", "j-1"]),
        ({"filter": "status.state = ACTIVE AND labels.team = *"}, []),
        ({"filter": "status.state = NON_ACTIVE"}, ["j-2", "j-1", "j-0"]),
        ({"cluster_name": "c-2"}, []),
        ({"job_state_matcher": "ACTIVE"}, []),
        ({"job_state_matcher": "NON_ACTIVE"}, ["j-2", "j-1", "j-0"]),
    ],
)
def test_a_list_holds_what_the_filter_lets_through(api: Api, request_: dict[str, str], ids: list[str]) -> None:
    for number, labels in enumerate(({}, {"team": "red"}, {"team": "blue"})):
        api.submit(reference={"job_id": f"j-{number}"}, labels=labels)
        api.call("get_job", job_id=f"j-{number}")
    assert [job.reference.job_id for job in api.call("list_jobs", **request_)] == ids


@pytest.mark.parametrize(
    "request_", [{"filter": "color = red"}, {"filter": "status.state"}, {"page_token": "x"}, {"page_size": -1}]
)
def test_a_list_that_makes_no_sense_is_refused(api: Api, request_: dict[str, Any]) -> None:
    with pytest.raises(exceptions.BadRequest):
        api.call("list_jobs", **request_)


def test_a_job_is_cancelled_in_steps_and_an_ended_one_is_not(api: Api) -> None:
    api.submit_sleeping()
    assert api.call("cancel_job", job_id="j-1").status.state is State.CANCEL_PENDING
    assert api.call("get_job", job_id="j-1").status.state is State.CANCELLED
    with pytest.raises(exceptions.BadRequest, match="is in state CANCELLED and can not be cancelled"):
        api.call("cancel_job", job_id="j-1")


def test_a_job_can_be_deleted_when_it_has_ended(api: Api) -> None:
    api.submit_sleeping()
    with pytest.raises(exceptions.BadRequest, match="is active"):
        api.call("delete_job", job_id="j-1")
    api.call("cancel_job", job_id="j-1")
    api.call("delete_job", job_id="j-1")
    with pytest.raises(exceptions.NotFound, match="Not found: Job"):
        api.call("get_job", job_id="j-1")


def test_the_drivers_output_grows_in_pieces_below_the_name_that_the_job_has(rest: Api, tmp_path: Path) -> None:
    uri = rest.submit(reference={"job_id": "j-1"}).driver_output_resource_uri
    rest.call("get_job", job_id="j-1")
    folder, _, name = uri.rpartition("/")
    assert Storage(folder).get(f"{name}.000000000") == rest.runner.output("j-1")
    output = Output(f"file://{tmp_path}/driveroutput")
    output.store(b"a" * 10)
    output.store(b"a" * (CHUNK + 10))
    assert [len(Storage(f"file://{tmp_path}").get(f"driveroutput.00000000{n}")) for n in (0, 1)] == [CHUNK, 10]


@pytest.mark.parametrize(("change", "error"), [({"region": "us-east1"}, "invalid or not supported by this endpoint")])
def test_another_region_is_refused(api: Api, change: dict[str, str], error: str) -> None:
    with pytest.raises(exceptions.BadRequest, match=error):
        api.call("get_job", job_id="j-1", **change)


def test_another_project_is_denied(api: Api) -> None:
    with pytest.raises(exceptions.Forbidden, match="Permission denied"):
        api.call("list_jobs", project_id="p-2")


def test_the_command_is_the_one_that_the_agent_would_run() -> None:
    own = {**PYSPARK, "args": ["a b", "$c"], "python_file_uris": ["gs://b/1.zip", "gs://b/2.py"], "file_uris": ["f"]}
    job = dp.Job(reference={"job_id": "j-1"}, pyspark_job={**own, "properties": {"spark.x": "1"}}, job_uuid="u")
    tags = "spark.yarn.tags=dataproc_job_j-1,dataproc_uuid_u"
    head = ["--master", "yarn", "--conf", tags, "--conf", "spark.x=1", "--py-files", "gs://b/1.zip,gs://b/2.py"]
    assert dataproc_submit.command(job) == [*head, "--files", "f", "gs://b/main.py", "a b", "$c"]
