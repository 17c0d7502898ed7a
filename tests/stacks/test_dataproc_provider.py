"""What the launcher asks Google of a Dataproc stack, without an engine: what would be refused, and what is left."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from launcher.errors import LauncherError, UsageError
from launcher.providers import provider
from rehearsal import gcp
from tests.stacks.gcp_account import PLACE, PROJECT, GcpAccount, account

pytestmark = pytest.mark.parts
SETTINGS = {"project": PROJECT, "region": gcp.REGION}


@pytest.fixture
def cloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[GcpAccount]:
    with account(tmp_path / "gcp", quotas={"N2_CPUS": 24, "CPUS": 8}) as found:
        for name, value in found.variables.items():
            monkeypatch.setenv(name, value)
        yield found


def wrong(**settings: str) -> list[LauncherError]:
    return provider("dataproc", "t-1", SETTINGS | settings).preflight()


def test_a_project_in_which_all_is_allowed_and_free_is_fine(cloud: GcpAccount) -> None:
    assert cloud.secrets
    assert wrong() == []


@pytest.mark.parametrize(
    ("settings", "said", "hint"),
    [
        ({"project": ""}, "lies in a project of yours", "--project ID"),
        ({"project": "another"}, "The caller does not have permission", "docs/clouds/dataproc.md"),
        ({"region": "mars-west1"}, "mars-west1", "gcloud dataproc clusters list"),
        ({"workers": "9"}, "40 CPUs are wanted, and of the quota N2_CPUS in europe-west1 24 are free", "--workers"),
        ({"worker_type": "e2-standard-8"}, "16 CPUs are wanted, and of the quota CPUS", "--workers"),
        ({"leader_type": "n2-huge-4"}, "has no machines of type n2-huge-4", "gcloud compute machine-types list"),
    ],
)
@pytest.mark.usefixtures("cloud")
def test_what_google_would_refuse_is_told_before_anything_is_made(
    settings: dict[str, str], said: str, hint: str
) -> None:
    [error] = wrong(**settings)
    assert said in error.message
    assert hint in error.hint


def test_permissions_that_are_missing_are_named_with_the_role_that_has_them(cloud: GcpAccount) -> None:
    cloud.rest("resource_manager", "POST", f"{PLACE}:setIamPolicy", {"policy": {"bindings": []}})
    [error] = wrong()
    assert "these credentials may not: dataproc.clusters.create, compute.networks.create" in error.message
    assert "--role roles/dataproc.editor" in error.hint


@pytest.mark.usefixtures("cloud")
def test_without_credentials_it_says_how_to_log_in(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "none.json"))
    [error] = wrong()
    assert isinstance(error, UsageError)
    assert (error.hint, "credentials" in error.message) == ("gcloud auth application-default login", True)


def test_a_stack_of_a_similar_name_is_not_ours(cloud: GcpAccount) -> None:
    theirs = provider("dataproc", "t-1", SETTINGS)
    for name, labels in (
        ("firesteel-t-1-1234567", {}),
        ("firesteel-t-1-temp-1234567", {"firesteel-stack": "t-1-temp"}),
        ("firesteel-t-1-other", {"firesteel-stack": "t-1"}),
        ("firesteel-t-1-notours", {}),
    ):
        cloud.rest("storage", "POST", "b", {"name": name, "location": gcp.REGION, "labels": labels}, project=PROJECT)
    for name in ("t-1", "t-1-temp"):
        about = {
            "name": f"firesteel-{name}",
            "autoCreateSubnetworks": False,
            "description": f"firesteel-stack={name}: n",
        }
        cloud.rest("compute", "POST", f"{PLACE}/global/networks", about)
    found = {each.id for each in theirs.left()}
    ours = {f"{PLACE}/global/networks/firesteel-t-1", "firesteel-t-1-1234567", "firesteel-t-1-other"}
    assert found == ours
    theirs.remove(theirs.left())
    assert theirs.left() == []
    assert provider("dataproc", "t-1-temp", SETTINGS).left() != []
