"""What is peculiar to Dataproc, over the emulated service by REST and by gRPC, with jobs by the clock."""

import json
import os
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from google.cloud import dataproc_v1 as dp

from launcher.apis import dataproc as dataproc_api
from launcher.apis import driver_output
from launcher.apis.dataproc_jobs import STATES
from launcher.backends import dataproc as backends
from launcher.errors import JobNotFound, JobRejected
from launcher.model import JobState
from tests.launcher.dataproc_cloud import Cloud, by, faulty, hurry, opened
from tests.rigs import dataproc as rig


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Cloud]:
    with opened(tmp_path) as served:
        yield served


@pytest.fixture(params=["rest", "grpc"])
def either(cloud: Cloud, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Cloud]:
    with by(request.param, cloud, tmp_path) as served:
        yield served


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    hurry(monkeypatch)


def test_the_table_has_every_state_of_googles_own_list() -> None:
    assert set(STATES) == {state.name for state in dp.JobStatus.State} - {"STATE_UNSPECIFIED"}


def test_a_repeated_submission_gives_the_first_job(either: Cloud) -> None:
    assert either.submit() == either.submit() == "selftest-20261124-101530-0000"
    assert len(either.submitted()) == 1


def test_an_id_that_exists_is_taken_as_success_if_it_is_the_same_job(either: Cloud) -> None:
    either.submit()
    again = {**either.request(), "request_id": "another"}  # so that Dataproc says ALREADY_EXISTS
    assert either.backend.submit(again) == "selftest-20261124-101530-0000"
    assert len(either.submitted()) == 1


@pytest.mark.parametrize("request_id", ["the first one's", "another"])
def test_another_job_under_the_same_id_is_refused(either: Cloud, request_id: str) -> None:
    either.submit()
    other = either.request(0, "--sleep", "1")
    if request_id == "another":
        other["request_id"] = request_id
    with pytest.raises(JobRejected, match="has another job selftest-20261124-101530-0000"):
        either.backend.submit(other)


@pytest.mark.parametrize("run_id", ["x" * 101, "a b", "a.b", "ä"])
def test_a_run_id_that_is_no_job_id_is_refused_before_anything_is_sent(cloud: Cloud, run_id: str) -> None:
    with pytest.raises(JobRejected, match="at most 100 of A-Z"):
        cloud.request(run_id=run_id)


@pytest.mark.usefixtures("impatient")
def test_find_knows_the_job_of_this_cluster_only(either: Cloud) -> None:
    job_id = either.submit()
    assert either.backend.find(job_id) == job_id
    assert replace(either.backend, cluster_name="other").find(job_id) is None
    assert either.backend.find("selftest-20261124-101530-ffff") is None


def test_find_waits_for_a_job_whose_request_is_still_under_way(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    sleep = time.sleep

    def pause(seconds: float) -> None:
        if threading.current_thread() is not threading.main_thread():  # some other thread of this process
            sleep(seconds)
            return
        pauses.append(seconds)
        cloud.submit()

    monkeypatch.setattr(time, "sleep", pause)
    assert cloud.backend.find("selftest-20261124-101530-0000") is not None
    assert pauses == [backends.PAUSE]


@pytest.mark.usefixtures("impatient")
def test_many_jobs_are_asked_for_by_pages_whatever_their_length(tmp_path: Path) -> None:
    with faulty(tmp_path, 1000, truncate=1.0) as (backend, witness):
        cloud = Cloud(backend, witness, tmp_path)
        job_ids = [cloud.submit(number) for number in range(8)]
        found = backend.statuses([*job_ids, "selftest-20261124-101530-ffff", ""])
        assert list(found) == job_ids
        assert found == {job_id: backend.status(job_id) for job_id in job_ids}


def test_one_call_tells_of_thirty_jobs(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    job_ids = [cloud.submit(number) for number in range(30)]
    asked: list[str] = []
    ask = dataproc_api.ask

    def counted(where: Any, controller: str, method: str, request: Any) -> Any:
        asked.append(method)
        return ask(where, controller, method, request)

    monkeypatch.setattr(dataproc_api, "ask", counted)
    assert len(cloud.backend.statuses(job_ids)) == 30
    assert asked == ["list_jobs"]


@pytest.mark.usefixtures("impatient")
def test_a_job_that_a_list_lacks_is_asked_for_by_itself(tmp_path: Path) -> None:
    with faulty(tmp_path, 1000, stale=1.0) as (backend, witness):
        cloud = Cloud(backend, witness, tmp_path)
        job_ids = [cloud.submit(number) for number in range(6)]
        assert list(backend.statuses(job_ids)) == job_ids


def test_googles_own_account_of_a_failure_is_the_message(either: Cloud) -> None:
    job_id = either.submit(0, "--exit", "3")
    deadline = time.monotonic() + 20
    while not either.backend.status(job_id).state.final and time.monotonic() < deadline:
        time.sleep(0.05)
    status = either.backend.status(job_id)
    assert (status.state, status.native) == (JobState.FAILED, "ERROR")
    assert status.message.startswith("Google Cloud Dataproc Agent reports job failure.")


def test_a_job_that_is_cancelled_before_it_runs_is_cancelled(either: Cloud) -> None:
    job_id = either.submit(0, "--sleep", "600")
    either.backend.cancel(job_id)
    assert either.backend.status(job_id).state in {JobState.RUNNING, JobState.CANCELLED}
    either.backend.cancel(job_id)
    assert either.backend.status(job_id).state is JobState.CANCELLED


def test_a_job_that_dataproc_has_forgotten_is_not_found(cloud: Cloud) -> None:
    job_id = cloud.submit(0, "--sleep", "600")
    cloud.backend.cancel(job_id)
    cloud.witness.service.advance()
    cloud.witness.service.jobs.delete(dp.DeleteJobRequest(project_id=rig.PROJECT, region=rig.REGION, job_id=job_id))
    for call in (cloud.backend.status, cloud.backend.logs, cloud.backend.cancel):
        with pytest.raises(JobNotFound, match=job_id):
            call(job_id)
    assert cloud.backend.statuses([job_id]) == {}


def test_an_output_is_read_across_the_ends_of_its_pieces(tmp_path: Path) -> None:
    for number, piece in enumerate((b"one\ntw", b"o\nthr\xc3", b"\xa9e\n\xff", b"")):
        (tmp_path / f"driveroutput.{number:09d}").write_bytes(piece)
    assert list(driver_output.lines(f"file://{tmp_path}/driveroutput")) == ["one", "two", "thrée", "\\xff"]
    assert list(driver_output.lines(f"file://{tmp_path}/nothing")) == []
    assert list(driver_output.lines("")) == []


def test_the_key_is_in_no_request(cloud: Cloud) -> None:
    key = json.loads(Path(os.environ["GOOGLE_APPLICATION_CREDENTIALS"]).read_text(encoding="utf-8"))
    assert key["private_key"][40:80] not in json.dumps(cloud.request())
