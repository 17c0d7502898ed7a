"""What `launcher doctor` says of a Dataproc cluster, over the emulated service."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from google.cloud import dataproc_v1 as dp

from launcher.apis.dataproc_faults import OVERRIDE
from launcher.backends.dataproc import Dataproc
from launcher.checks import dataproc as checks
from launcher.errors import BackendUnavailable, JobRejected, LauncherError
from rehearsal import google_login
from rehearsal.processes import free_port
from tests.rigs import dataproc as rig
from tests.rigs.dataproc import Witness

State = dp.ClusterStatus.State


@dataclass(frozen=True, slots=True)
class Cloud:
    """A backend and the service behind it."""

    backend: Dataproc
    witness: Witness

    def check(self, name: str) -> str:
        return checks.checks(self.backend)[name]()

    def set_end(self, **lifecycle: Any) -> None:
        cluster = {"cluster_name": rig.NAME, "config": {"lifecycle_config": lifecycle}}
        mask = {"paths": [f"config.lifecycle_config.{field}" for field in lifecycle]}
        place: dict[str, Any] = {"project_id": rig.PROJECT, "region": rig.REGION, "cluster_name": rig.NAME}
        self.witness.service.clusters.update(dp.UpdateClusterRequest(**place, cluster=cluster, update_mask=mask))
        self.witness.service.advance()


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Cloud]:
    with rig.scripted(tmp_path / "cloud") as (backend, witness):
        yield Cloud(backend, witness)


def test_the_endpoint_is_told_with_its_transport(cloud: Cloud) -> None:
    assert cloud.check("endpoint") == f"{cloud.witness.url} answers (REST)"


def test_an_endpoint_that_refuses_what_is_asked_is_there(cloud: Cloud) -> None:
    elsewhere = replace(cloud, backend=replace(cloud.backend, cluster_name="c-2"))
    assert elsewhere.check("endpoint").endswith("answers (REST)")


def test_an_endpoint_where_nobody_listens_is_not(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(OVERRIDE, f"http://127.0.0.1:{free_port()}")
    with pytest.raises(BackendUnavailable) as refused:
        cloud.check("endpoint")
    assert "check the network" in refused.value.hint


def test_the_credentials_are_told_by_whose_they_are(cloud: Cloud) -> None:
    assert cloud.check("credentials") == "rehearsal@p-1.iam.gserviceaccount.com"


def test_the_project_whose_quota_is_used_is_told_too(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_CLOUD_QUOTA_PROJECT", "p-9")
    assert cloud.check("credentials") == "rehearsal@p-1.iam.gserviceaccount.com, quota of project p-9"


def test_credentials_that_are_not_taken_are_told(cloud: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    google_login.write_key(tmp_path / "foreign.json", project=rig.PROJECT, token_uri=rig.NOWHERE)
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "foreign.json"))
    with pytest.raises(BackendUnavailable) as refused:
        cloud.check("credentials")
    assert refused.value.hint == "gcloud auth application-default login"


def test_a_cluster_that_runs_is_told_with_its_image(cloud: Cloud) -> None:
    assert cloud.check("cluster") == "c-1 is RUNNING, image unknown, 0 workers"


@pytest.mark.parametrize(
    ("state", "verb"), [("ERROR", "describe"), ("DELETING", "describe"), ("STOPPED", "start"), ("CREATING", "describe")]
)
def test_a_cluster_that_takes_no_jobs_is_told_with_what_to_type(cloud: Cloud, state: str, verb: str) -> None:
    cloud.witness.service.clusters.enter(rig.NAME, State[state], "as told")
    with pytest.raises(JobRejected, match=f"c-1 is {state}: as told") as refused:
        cloud.check("cluster")
    assert refused.value.hint == f"gcloud dataproc clusters {verb} c-1 --region europe-west1 --project p-1"


def test_a_cluster_that_nothing_ends_is_bad(cloud: Cloud) -> None:
    with pytest.raises(LauncherError, match="nothing ends c-1") as refused:
        cloud.check("deadline")
    assert refused.value.hint.startswith("gcloud dataproc clusters update c-1 ")
    assert refused.value.hint.endswith("--max-age 4h --max-idle 30m")


def test_the_end_that_dataproc_itself_will_make_is_told(cloud: Cloud) -> None:
    cloud.set_end(idle_delete_ttl=timedelta(minutes=30), auto_delete_ttl=timedelta(hours=4))
    assert cloud.check("deadline") == "Dataproc deletes c-1 4:00:00 after its start, or after 0:30:00 without a job"
