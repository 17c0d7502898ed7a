"""A stack of HDInsight's on the real engine, from nothing to nothing, told by commands; Azure is asked besides."""

import json
import random
import signal
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil
import pytest

from rehearsal.arm_roles import CONTRIBUTOR
from rehearsal.chaos import Chaos
from tests.stacks.azure_account import KIND, AzureAccount, account
from tests.stacks.conftest import ROOT, Answer

pytestmark = pytest.mark.parts
CHANGES = 15  # resources of a stack
WHOLE = {
    "resourceGroups": 1, "workflows": 1, "roleAssignments": 2, "userAssignedIdentities": 1, "networkSecurityGroups": 1,
    "virtualNetworks": 1, "subnets": 1, "storageAccounts": 1, "blobServices": 1, "containers": 1,
    "managementPolicies": 1, "clusters": 1, "networkInterfaces": 1, "loadBalancers": 1, "publicIPAddresses": 1,
}  # fmt: skip
# A keyring of paper, as a module that the launcher's own keyring package loads.
KEYRING = """
import json, pathlib
from keyring.backend import KeyringBackend
from keyring.errors import PasswordDeleteError
FILE = pathlib.Path(__file__).with_name("paper.json")
class Keyring(KeyringBackend):
    priority = 1
    def _all(self): return json.loads(FILE.read_text()) if FILE.exists() else {}
    def get_password(self, service, username): return self._all().get(f"{service} {username}")
    def set_password(self, service, username, password):
        FILE.write_text(json.dumps({**self._all(), f"{service} {username}": password}))
    def delete_password(self, service, username):
        found = self._all()
        if found.pop(f"{service} {username}", None) is None: raise PasswordDeleteError(service)
        FILE.write_text(json.dumps(found))
"""


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AzureAccount]:
    with account(tmp_path_factory.mktemp("stacks") / "azure") as found:
        yield found


@pytest.fixture
def azure_account(tmp_path: Path) -> Iterator[AzureAccount]:
    with account(tmp_path / "azure") as found:
        yield found


@pytest.fixture(scope="module")
def paper(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("keyring")
    (folder / "paper_keyring.py").write_text(KEYRING, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def made(shared: AzureAccount, paper: Path) -> tuple[str, Answer]:
    """A stack that is up."""
    name = shared.name()
    return name, shared.launch("up", "--cloud", name, *KIND, "--json", **with_keyring(paper))


def with_keyring(paper: Path) -> dict[str, str]:
    return {"PYTHONPATH": str(paper), "PYTHON_KEYRING_BACKEND": "paper_keyring.Keyring"}


def kept(paper: Path) -> dict[str, str]:
    file = paper / "paper.json"
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}


def workflow(found: AzureAccount, name: str) -> Any:
    """Give the workflow that ends a stack."""
    rows = found.service.resources.of_kind("Microsoft.Logic/workflows").values()
    return next(row for row in rows if f"/firesteel-{name}/" in row["id"])


def test_up_gives_the_cluster_and_azure_has_the_time_that_was_agreed(
    shared: AzureAccount, made: tuple[str, Answer]
) -> None:
    name, answer = made
    assert answer.code == 0, answer.err
    cluster = answer.json["cluster"]
    assert shared.clusters(name) == [cluster["cluster_name"]]
    assert shared.things(name) == WHOLE
    assert json.loads(shared.launch("clouds", "--json").out)[name] == cluster
    agreed = datetime.fromisoformat(cluster["expires_at"])
    assert abs(agreed - datetime.now(UTC) - timedelta(hours=4)) < timedelta(minutes=10)
    [trigger] = workflow(shared, name)["properties"]["definition"]["triggers"].values()
    assert trigger["recurrence"]["startTime"] == cluster["expires_at"]


def test_the_gateways_password_is_in_the_keyring_and_nowhere_in_the_clear(
    shared: AzureAccount, made: tuple[str, Answer], paper: Path
) -> None:
    name, answer = made
    [(entry, password)] = kept(paper).items()
    assert entry == f"{answer.json['cluster']['endpoint'].removeprefix('https://')} admin"
    [body] = [each.body for each in shared.service.clusters.made() if f"/firesteel-{name}/" in each.path]
    gateway = body["properties"]["clusterDefinition"]["configurations"]["gateway"]
    assert gateway["restAuthCredential.password"] == password
    planted = [password, shared.variables["AZURE_CLIENT_SECRET"], shared.variables["ARM_CLIENT_SECRET"]]
    written = [path.read_text(encoding="utf-8", errors="replace") for path in shared.home.rglob("*") if path.is_file()
               and "cache" not in path.parts]  # fmt: skip
    texts = [answer.out, answer.err, *written, (ROOT / f"Pulumi.{name}.yaml").read_text(encoding="utf-8")]
    assert [text[:200] for text in texts if any(secret in text for secret in planted)] == []


def test_extend_moves_the_end_in_azure_and_leaves_the_cluster(shared: AzureAccount, made: tuple[str, Answer]) -> None:
    name, answer = made
    moved = shared.launch("extend", "--cloud", name, "--for", "6h", "--json")
    assert moved.code == 0, moved.err
    assert moved.json["cluster"]["cluster_name"] == answer.json["cluster"]["cluster_name"]
    assert "create" not in moved.json["changes"]
    end = moved.json["cluster"]["expires_at"]
    assert (
        workflow(shared, name)["properties"]["definition"]["triggers"]["at-the-end"]["recurrence"]["startTime"] == end
    )
    [group] = [row for row in shared.service.resources.groups() if row["name"] == f"firesteel-{name}"]
    assert group["tags"]["firesteel:expires-at"] == end
    again = shared.launch("up", "--cloud", name, "--json")
    assert (again.code, again.json["changes"]) == (0, {}), again.err


def test_an_end_that_nobody_may_carry_out_is_noticed(shared: AzureAccount, made: tuple[str, Answer]) -> None:
    name = made[0]
    place = f"/subscriptions/{shared.variables['ARM_SUBSCRIPTION_ID']}/resourceGroups/firesteel-{name}"
    [role] = [row for row in shared.service.roles.listed(place) if row["properties"]["scope"] == place
              and row["properties"]["roleDefinitionId"].endswith(CONTRIBUTOR)]  # fmt: skip
    shared.service.roles.delete(role["id"])
    found = shared.launch("up", "--cloud", name)
    assert found.code == 6
    assert "has no time at which it ends it" in found.err
    shared.service.roles.put(role["id"], place, {"properties": role["properties"]})


def test_another_number_of_workers_is_another_cluster_and_asked_for(
    shared: AzureAccount, made: tuple[str, Answer], paper: Path
) -> None:
    name = made[0]
    before = shared.clusters(name)
    asked = shared.launch("up", "--cloud", name, "--workers", "3")
    assert asked.code != 0
    assert f"This deletes Cluster firesteel-{name}" in asked.err
    assert shared.clusters(name) == before
    changed = shared.launch("up", "--cloud", name, "--workers", "3", "--yes", "--json", **with_keyring(paper))
    assert changed.code == 0, changed.err
    [cluster] = shared.clusters(name)
    assert [cluster] != before
    assert list(kept(paper)) == [f"{cluster}.azurehdinsight.net admin"]
    [found] = [each for each in shared.service.clusters.made() if each.path.endswith(cluster)]
    assert {role["name"]: role["targetInstanceCount"] for role in found.roles}["workernode"] == 3


def test_a_machine_without_the_state_sees_all_of_it(
    shared: AzureAccount, made: tuple[str, Answer], tmp_path: Path
) -> None:
    where = ("--kind", "hdinsight", "--region", "westeurope")
    seen = shared.launch("sweep", "--cloud", made[0], *where, "--json", FIRESTEEL_HOME=str(tmp_path))
    assert seen.code == 1, seen.err
    kinds = {each["type"] for each in seen.json["left"]}
    assert {"resource group", "cluster", "workflow", "storage account", "container", "subnet", "role assignment",
            "networkInterfaces", "publicIPAddresses"} <= kinds  # fmt: skip


def test_down_ends_all_of_it_and_the_keyring_forgets(
    shared: AzureAccount, made: tuple[str, Answer], paper: Path
) -> None:
    name = made[0]
    answer = shared.launch("down", "--cloud", name, "--yes", "--json", **with_keyring(paper))
    assert answer.code == 0, answer.err
    assert answer.json["left"] == []
    assert shared.things(name) == {}
    assert kept(paper) == {}
    assert not (ROOT / f"Pulumi.{name}.yaml").exists()


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.long), pytest.param(3, marks=pytest.mark.long)])
def test_a_stack_whose_up_was_killed_can_be_taken_down(azure_account: AzureAccount, seed: int) -> None:
    name = azure_account.name()
    process = azure_account.start("up", "--cloud", name, *KIND)
    process.until("creating", random.Random(seed).randrange(1, CHANGES))  # noqa: S311 -- to be had again
    process.signalled(signal.SIGKILL)
    down = azure_account.launch("down", "--cloud", name, "--yes")
    assert down.code == 0, down.err
    assert azure_account.things(name) == {}


@pytest.mark.long
@pytest.mark.parametrize("seed", [4, 5])
def test_an_up_that_was_killed_goes_on_and_nothing_is_there_twice(azure_account: AzureAccount, seed: int) -> None:
    name = azure_account.name()
    process = azure_account.start("up", "--cloud", name, *KIND)
    process.until("creating", random.Random(seed).randrange(1, CHANGES))  # noqa: S311 -- to be had again
    process.signalled(signal.SIGKILL)
    again = azure_account.launch("up", "--cloud", name, *KIND)
    assert again.code == 0, again.err
    assert azure_account.things(name) == WHOLE


def test_what_fails_in_the_middle_leaves_nothing_after_down(azure_account: AzureAccount) -> None:
    name = azure_account.name()
    chaos = f"seed={striking_late(name)},reset_after=0.4"
    failed = azure_account.launch("up", "--cloud", name, *KIND, FIRESTEEL_REHEARSAL_CHAOS=chaos)
    assert failed.code == 6, failed.err
    assert "Connection was closed" in failed.err
    assert azure_account.things(name) != {}
    down = azure_account.launch("down", "--cloud", name, "--yes")
    assert down.code == 0, down.err
    assert azure_account.things(name) == {}


def striking_late(name: str) -> int:
    """Give a seed that spares a stack's group, passwords and workflow, and loses the answer about its account."""

    def struck(seed: int, token: str, what: str) -> bool:
        return Chaos(seed, {"reset_after": 0.4}).strikes("reset_after", f"create {token}::{what}")

    prefix = f"firesteel-{name}"
    spared = [("azure-native:resources:ResourceGroup", prefix), ("azure-native:logic:Workflow", f"{prefix}-end")]
    spared += [("random:index/randomPassword:RandomPassword", f"{prefix}-{word}") for word in ("gateway", "ssh")]
    account = ("azure-native:storage:StorageAccount", f"fs{name.replace('-', '')}"[:16])
    seeds = range(10_000)
    return next(seed for seed in seeds if struck(seed, *account) and not any(struck(seed, *each) for each in spared))


def test_azure_ends_the_whole_group_when_everything_of_ours_is_gone(tmp_path: Path) -> None:
    later = timedelta()

    def clock() -> float:
        return time.time() + later.total_seconds()

    with account(tmp_path / "azure", clock=clock) as found:
        name = found.name()
        up = found.launch("up", "--cloud", name, *KIND)
        assert up.code == 0, up.err
        assert "this machine has no keyring" in up.err
        assert "export FIRESTEEL_HDINSIGHT_PASSWORD" in up.err
        assert [each for each in psutil.process_iter() if _home(each) == str(found.home)] == []
        later = timedelta(hours=3, minutes=30)
        time.sleep(1)
        assert found.things(name) == WHOLE
        later = timedelta(hours=4, minutes=10)
        deadline = time.monotonic() + 30
        while found.things(name):
            assert time.monotonic() < deadline, found.service.workflows.history
            time.sleep(0.1)
        later = timedelta()
        down = found.launch("down", "--cloud", name, "--yes")
        assert down.code == 0, down.err


def _home(process: psutil.Process) -> str:
    try:
        return process.environ().get("FIRESTEEL_HOME", "")
    except psutil.Error:
        return ""
