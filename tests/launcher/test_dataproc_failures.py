"""What goes wrong between the launcher and Dataproc, each in our words, with the command that mends it."""

import json
import socket
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from google.cloud import dataproc_v1 as dp

from launcher.apis import dataproc as dataproc_api
from launcher.apis.dataproc_faults import OVERRIDE
from launcher.errors import BackendUnavailable, JobRejected, UsageError
from rehearsal import google_login
from rehearsal.processes import free_port
from tests.launcher.dataproc_cloud import Cloud, by, faulty, hurry, opened
from tests.rigs import dataproc as rig

State = dp.ClusterStatus.State
PROMPT = 6.0  # seconds in which a missing network has to be told, the time to import Google's client included


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


@pytest.mark.parametrize(
    ("change", "message", "hint"),
    [
        ({"region": "us-east1"}, "is not for this region", "gcloud dataproc clusters list --region us-east1"),
        ({"project": "p-2"}, "denies access", "gcloud projects add-iam-policy-binding p-2"),
        ({"cluster_name": "c-2"}, "there is no cluster c-2", "gcloud dataproc clusters list"),
    ],
)
def test_a_wrong_key_of_the_cluster_is_told(either: Cloud, change: dict[str, str], message: str, hint: str) -> None:
    wrong = replace(either, backend=replace(either.backend, **change))
    with pytest.raises(JobRejected, match=message) as refused:
        wrong.submit()
    assert hint in refused.value.hint
    assert either.submitted() == []


@pytest.mark.parametrize("state", ["CREATING", "ERROR", "DELETING", "STOPPED"])
def test_a_cluster_that_takes_no_jobs_is_told_with_its_state(either: Cloud, state: str) -> None:
    either.witness.service.clusters.enter(rig.NAME, State[state])
    with pytest.raises(JobRejected, match=f"c-1 takes no jobs: .* is in state {state}") as refused:
        either.submit()
    assert refused.value.hint == "gcloud dataproc clusters describe c-1 --region europe-west1 --project p-1"


def test_a_job_that_is_too_large_is_refused(cloud: Cloud) -> None:
    with pytest.raises(JobRejected, match="larger than Dataproc takes") as refused:
        cloud.submit(0, "--line", "x" * (11 << 20))
    assert "--input" in refused.value.hint


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("fault", ["throttle", "error_before", "error_after", "reset_before", "reset_after"])
def test_a_passing_fault_is_not_seen_and_makes_no_second_job(fault: str, tmp_path: Path) -> None:
    with faulty(tmp_path, 2, **{fault: 1.0}) as (backend, witness):
        cloud = Cloud(backend, witness, tmp_path)
        assert cloud.submit() == "selftest-20261124-101530-0000"
        assert len(cloud.submitted()) == 1


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    ("fault", "message"),
    [("throttle", "throttles requests"), ("error_before", "failed inside"), ("reset_before", "was cut")],
)
def test_a_fault_that_stays_is_unavailability(fault: str, message: str, tmp_path: Path) -> None:
    everywhere = faulty(tmp_path, 1000, **{fault: 1.0})
    with everywhere as (backend, witness), pytest.raises(BackendUnavailable, match=message):
        Cloud(backend, witness, tmp_path).submit()


@pytest.mark.usefixtures("impatient")
def test_expired_credentials_are_told_with_the_command_that_renews_them(tmp_path: Path) -> None:
    expired = pytest.raises(BackendUnavailable, match="expired or were revoked")
    with faulty(tmp_path, 1000, expire=1.0) as (backend, witness), expired as refused:
        Cloud(backend, witness, tmp_path).submit()
    assert refused.value.hint == "gcloud auth application-default login"


def test_a_foreign_key_is_not_taken(either: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    google_login.write_key(tmp_path / "foreign.json", project=rig.PROJECT, token_uri=rig.NOWHERE)
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "foreign.json"))
    with pytest.raises(BackendUnavailable, match="expired or were revoked"):
        either.submit()


@pytest.mark.parametrize("content", [None, "", "{}", '{"type": "service_account"}'])
def test_a_key_file_that_cannot_be_used_is_told(
    content: str | None, cloud: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "key.json"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(path))
    with pytest.raises(UsageError, match="no usable Google credentials") as refused:
        cloud.submit()
    assert refused.value.hint == "gcloud auth application-default login"


def test_without_any_credentials_it_is_said_soon(cloud: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS")
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path / "no gcloud"))
    began = time.monotonic()
    with pytest.raises(UsageError, match="no usable Google credentials"):
        cloud.submit()
    assert time.monotonic() - began < PROMPT


def test_a_login_that_google_no_longer_takes_is_told(
    cloud: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "token").write_text("a claim", encoding="utf-8")
    federated = {
        "type": "external_account",
        "audience": "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/q",
        "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
        "token_url": f"{cloud.witness.url}/token",
        "credential_source": {"file": str(tmp_path / "token")},
    }
    (tmp_path / "login.json").write_text(json.dumps(federated), encoding="utf-8")
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "login.json"))
    with pytest.raises(BackendUnavailable, match="unsupported_grant_type") as refused:
        cloud.submit()
    assert refused.value.hint == "gcloud auth application-default login"


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("address", ["http://127.0.0.1:{port}", "127.0.0.1:{port}"])
def test_an_address_where_nobody_listens_is_told_soon(
    address: str, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(OVERRIDE, address.format(port=free_port()))
    began = time.monotonic()
    with pytest.raises(BackendUnavailable, match=r"127\.0\.0\.1") as refused:
        cloud.submit()
    assert OVERRIDE in refused.value.hint
    assert time.monotonic() - began < PROMPT


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("scheme", ["http://", ""])
def test_a_server_that_accepts_and_is_mute_is_given_up(
    scheme: str, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dataproc_api, "ANSWER_SECONDS", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as mute:
        monkeypatch.setenv(OVERRIDE, f"{scheme}127.0.0.1:{mute.getsockname()[1]}")
        began = time.monotonic()
        with pytest.raises(BackendUnavailable):
            cloud.submit()
    assert time.monotonic() - began < PROMPT


def test_the_regions_own_endpoint_is_asked_by_grpc_unless_gcloud_is_told_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv(OVERRIDE, raising=False)
    assert dataproc_api.endpoint("europe-west1") == ("europe-west1-dataproc.googleapis.com:443", "grpc")
    monkeypatch.setenv(OVERRIDE, "https://dataproc.example/")
    assert dataproc_api.endpoint("europe-west1") == ("https://dataproc.example", "rest")
