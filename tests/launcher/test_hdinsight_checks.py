"""What ``launcher doctor`` says of a cluster on HDInsight, over an emulated resource manager and a scripted Livy."""

import json
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest import mock

import httpx
import pytest
from azure.identity import DefaultAzureCredential
from azure.mgmt.hdinsight import HDInsightManagementClient
from werkzeug.wrappers import Request

from launcher.apis import azure_manager
from launcher.backends.hdinsight import HDInsight
from launcher.checks import Finding, findings
from launcher.checks.hdinsight import TAG, checks
from launcher.errors import ConfigError
from rehearsal import processes
from rehearsal.arm import Arm
from rehearsal.azure_account import GROUP, NAME
from tests.rigs.azure_manager import AZURE, END, body, managed
from tests.rigs.hdinsight import scripted


@pytest.fixture
def manager(tmp_path: Path) -> Generator[str]:
    with managed(tmp_path) as url:
        yield url


@pytest.fixture
def backend(manager: str, tmp_path: Path) -> Generator[HDInsight]:
    """A cluster that is well: Livy answers, the resource manager has it, with its end."""
    with scripted(tmp_path / "staging") as (livy, _):
        enter(manager, body())
        yield replace(livy, subscription=AZURE.subscription, resource_group=GROUP, cluster_name=NAME)


def enter(manager: str, cluster: Any) -> None:
    options: dict[str, Any] = {"credential_scopes": [f"{manager}/.default"], "polling_interval": 0}
    with (
        DefaultAzureCredential(disable_instance_discovery=True) as credential,
        HDInsightManagementClient(credential, AZURE.subscription, manager, **options) as client,
    ):
        client.clusters.begin_create(GROUP, NAME, cluster).result()


def look(backend: HDInsight) -> dict[str, Finding]:
    return {finding.name: finding for finding in findings(checks(backend))}


def test_a_cluster_that_is_well(backend: HDInsight, manager: str) -> None:
    found = look(backend)
    assert [(finding.name, finding.ok) for finding in found.values()] == [
        ("endpoint", True),
        ("credentials", True),
        ("cluster", True),
        ("deadline", True),
    ]
    assert found["credentials"].found.startswith("admin at the gateway (Livy 0.7.1-scripted)")
    assert found["credentials"].found.endswith(f"{AZURE.client_id} of tenant {AZURE.tenant} at {manager}")
    assert found["cluster"].found == "firesteel is Running, HDInsight 5.1.0, Spark 3.3, 6 nodes"
    assert END in found["deadline"].found


@pytest.mark.parametrize("state", ["Deleting", "Error", "Unknown"])
def test_a_cluster_in_another_state_is_not_well(backend: HDInsight, manager: str, state: str) -> None:
    httpx.post(f"{manager}/_rehearsal/say", json={"cluster": NAME, "word": state}).raise_for_status()
    cluster = look(backend)["cluster"]
    assert (cluster.ok, cluster.found) == (False, f"firesteel is {state}")
    assert cluster.hint == f"az hdinsight show --name {NAME} --resource-group {GROUP}"


@pytest.mark.parametrize(
    ("end", "said"),
    [("2020-01-01T00:00:00Z", "still costs money"), ("soon", "is no time"), ("", "costs money until somebody deletes")],
)
def test_an_end_that_does_not_come_is_not_well(manager: str, tmp_path: Path, end: str, said: str) -> None:
    with scripted(tmp_path / "staging") as (livy, _):
        enter(manager, body(end))
        deadline = look(replace(livy, subscription=AZURE.subscription, resource_group=GROUP, cluster_name=NAME))[
            "deadline"
        ]
    assert not deadline.ok
    assert said in deadline.found
    assert deadline.hint.startswith("az ")


def test_a_cluster_that_was_deleted_is_told(backend: HDInsight) -> None:
    cluster = look(replace(backend, cluster_name="another"))["cluster"]
    assert not cluster.ok
    assert "knows no such cluster" in cluster.found


def test_a_login_that_does_not_hold_is_told(backend: HDInsight, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_CLIENT_SECRET", "wrong")
    found = look(backend)
    assert {finding.hint for finding in found.values() if not finding.ok} == {"az login"}
    assert "AADSTS7000215" in found["cluster"].found


def test_without_a_network_each_line_says_so(backend: HDInsight, tmp_path: Path) -> None:
    nobody = f"127.0.0.1:{processes.free_port()}"
    (tmp_path / "az" / "clouds.config").write_text(
        f"[FiresteelRehearsal]\nendpoint_resource_manager = https://{nobody}\n", encoding="utf-8"
    )
    found = look(replace(backend, endpoint=f"https://{nobody}"))
    assert not any(finding.ok for finding in found.values())
    assert all("cannot be reached" in finding.found for finding in found.values())


def test_the_resource_manager_is_that_of_azs_cloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_CONFIG_DIR", str(tmp_path))
    monkeypatch.delenv("AZURE_CLOUD_NAME", raising=False)
    assert azure_manager.endpoint() == "https://management.azure.com"
    (tmp_path / "config").write_text("[cloud]\nname = AzureChinaCloud\n", encoding="utf-8")
    assert azure_manager.endpoint() == "https://management.chinacloudapi.cn"
    monkeypatch.setenv("AZURE_CLOUD_NAME", "Ours")
    with pytest.raises(ConfigError, match="'Ours' is not registered"):
        azure_manager.endpoint()
    (tmp_path / "clouds.config").write_text("[Ours]\nendpoint_resource_manager = https://x/\n", encoding="utf-8")
    assert azure_manager.endpoint() == "https://x"


def test_the_tag_is_the_one_that_the_stacks_set() -> None:
    assert TAG in body()["tags"]


def test_the_role_in_the_guide_is_what_the_resource_manager_is_asked(backend: HDInsight) -> None:
    with mock.patch.object(Arm, "_admit", autospec=True, side_effect=Arm._admit) as admitted:  # noqa: SLF001 -- watched
        look(backend)
    asked = {_action(call.args[1]) for call in admitted.call_args_list}
    page = (Path(__file__).resolve().parents[2] / "docs" / "clouds" / "hdinsight.md").read_text(encoding="utf-8")
    role = json.loads(page.partition("```json\n")[2].partition("```")[0])
    assert asked == set(role["Actions"])


def _action(request: Request) -> str:
    """Give the action that a request is, by the rule at https://learn.microsoft.com/azure/role-based-access-control."""
    _, _, kind = request.path.partition("/providers/")
    word = {"GET": "read", "DELETE": "delete"}.get(request.method, "write")
    return f"{'/'.join(kind.split('/')[:2]) or 'Microsoft.Resources/subscriptions/resourceGroups'}/{word}"
