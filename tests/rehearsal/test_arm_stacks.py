"""The emulated resource manager for what a stack is made of: what it takes, what it refuses, what it does at a time."""

from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

from rehearsal.arm import Arm
from rehearsal.arm_roles import BLOB_OWNER, CONTRIBUTOR
from rehearsal.entra import Entra

SUBSCRIPTION = "00000000-0000-0000-0000-000000000001"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/g"
NETWORK = f"{GROUP}/providers/Microsoft.Network"
STORAGE = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/account1"
IDENTITY = f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/nodes"
WORKFLOW = f"{GROUP}/providers/Microsoft.Logic/workflows/end"
CLUSTER = f"{GROUP}/providers/Microsoft.HDInsight/clusters/spark"
HERE = {"location": "westeurope"}
AT = "2026-11-25T13:00:00Z"
ONE_O_CLOCK = 1795611600.0  # the same, in seconds since 1970


class Azure:
    """A subscription, its clock, and an application that owns it."""

    def __init__(self) -> None:
        self.now = ONE_O_CLOCK - 60
        entra: Any = {"authority": "a", "tenant": "t", "client_id": "c", "client_secret": "s"}
        self.entra = Entra(**entra)
        self.arm = Arm(self.entra, subscription=SUBSCRIPTION, clock=lambda: self.now)
        form = {"grant_type": "client_credentials", "client_id": "c", "client_secret": "s", "scope": "x/.default"}
        self._headers = {"Authorization": f"Bearer {self.entra.token(form)[1]['access_token']}"}

    def ask(self, method: str, path: str, version: str, body: Any = None) -> TestResponse:
        query = {"api-version": version}
        return Client(self.arm).open(path, method=method, query_string=query, json=body, headers=self._headers)

    def put(self, path: str, version: str, body: Any) -> Any:
        answered = self.ask("PUT", path, version, body)
        assert answered.status_code < 300, answered.text
        return answered.json


@pytest.fixture
def azure() -> Azure:
    made = Azure()
    made.put(GROUP, "2021-04-01", HERE)
    return made


def refused(answered: TestResponse) -> tuple[int, str]:
    return answered.status_code, (answered.json or {})["error"]["code"]


def role(principal: str, name: str) -> dict[str, Any]:
    place = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{name}"
    return {"properties": {"principalId": principal, "principalType": "ServicePrincipal", "roleDefinitionId": place}}


def ending(uri: str = f"https://management.azure.com{GROUP}?api-version=2021-04-01") -> dict[str, Any]:
    inputs = {"method": "DELETE", "uri": uri, "authentication": {"type": "ManagedServiceIdentity"}}
    recurrence = {"frequency": "Hour", "interval": 1, "startTime": AT}
    definition = {
        "triggers": {"at": {"type": "Recurrence", "recurrence": recurrence}},
        "actions": {"delete": {"type": "Http", "inputs": inputs}},
    }
    properties = {"state": "Enabled", "definition": definition}
    return {**HERE, "identity": {"type": "SystemAssigned"}, "properties": properties}


def networked(azure: Azure) -> None:
    azure.put(f"{NETWORK}/networkSecurityGroups/rules", "2024-05-01", {**HERE, "properties": {"securityRules": []}})
    space = {"addressSpace": {"addressPrefixes": ["10.77.0.0/24"]}}
    azure.put(f"{NETWORK}/virtualNetworks/net", "2024-05-01", {**HERE, "properties": space})
    subnet = {"addressPrefix": "10.77.0.0/24", "networkSecurityGroup": {"id": f"{NETWORK}/networkSecurityGroups/rules"}}
    azure.put(f"{NETWORK}/virtualNetworks/net/subnets/nodes", "2024-05-01", {"properties": subnet})


def stored(azure: Azure) -> str:
    """Make an account with a container, and an identity; gives the identity's principal."""
    account = {**HERE, "kind": "StorageV2", "sku": {"name": "Standard_LRS"}, "properties": {"isHnsEnabled": True}}
    azure.put(STORAGE, "2024-01-01", account)
    azure.put(f"{STORAGE}/blobServices/default/containers/cluster", "2024-01-01", {"properties": {}})
    return azure.put(IDENTITY, "2023-01-31", HERE)["properties"]["principalId"]


def cluster() -> dict[str, Any]:
    network = {"id": f"{NETWORK}/virtualNetworks/net", "subnet": f"{NETWORK}/virtualNetworks/net/subnets/nodes"}
    counts = {"headnode": 2, "workernode": 2, "zookeepernode": 3}
    gateway = {"restAuthCredential.username": "admin", "restAuthCredential.password": "made up"}
    account = {"name": "account1.dfs.core.windows.net", "isDefault": True, "fileSystem": "cluster",
               "resourceId": STORAGE, "msiResourceId": IDENTITY}  # fmt: skip
    return {
        **HERE,
        "identity": {"type": "UserAssigned", "userAssignedIdentities": {IDENTITY: {}}},
        "properties": {
            "clusterVersion": "5.1", "osType": "Linux", "tier": "Standard",
            "clusterDefinition": {"kind": "Spark", "configurations": {"gateway": gateway}},
            "computeProfile": {"roles": [{"name": name, "targetInstanceCount": count, "virtualNetworkProfile": network}
                                         for name, count in counts.items()]},
            "storageProfile": {"storageaccounts": [account]},
        },
    }  # fmt: skip


def test_the_workflow_deletes_the_group_at_its_time_by_its_identitys_role(azure: Azure) -> None:
    who = azure.put(WORKFLOW, "2019-05-01", ending())["identity"]["principalId"]
    azure.put(f"{GROUP}/providers/Microsoft.Authorization/roleAssignments/r", "2022-04-01", role(who, CONTRIBUTOR))
    azure.arm.tick()
    assert azure.ask("GET", GROUP, "2021-04-01").status_code == 200
    azure.now = ONE_O_CLOCK
    azure.arm.tick()
    assert azure.ask("GET", GROUP, "2021-04-01").status_code == 404
    assert [outcome.error for outcome in azure.arm.workflows.history] == [""]


def test_a_workflow_whose_identity_has_no_role_deletes_nothing_and_tries_again_each_hour(azure: Azure) -> None:
    azure.put(WORKFLOW, "2019-05-01", ending())
    for hours in (0, 0.5, 1):
        azure.now = ONE_O_CLOCK + hours * 3600
        azure.arm.tick()
    assert azure.ask("GET", GROUP, "2021-04-01").status_code == 200
    assert ["AuthorizationFailed" in outcome.error for outcome in azure.arm.workflows.history] == [True, True]


def test_a_workflow_that_is_switched_off_does_nothing(azure: Azure) -> None:
    body = ending()
    body["properties"]["state"] = "Disabled"
    azure.put(WORKFLOW, "2019-05-01", body)
    azure.now = ONE_O_CLOCK
    azure.arm.tick()
    assert azure.arm.workflows.history == []


@pytest.mark.parametrize(
    "changed",
    [
        lambda body: body["properties"]["definition"]["triggers"]["at"].pop("recurrence"),
        lambda body: body["properties"]["definition"]["actions"]["delete"]["inputs"].update(method="POST"),
        lambda body: body["properties"]["definition"]["actions"]["delete"]["inputs"].update(
            uri="https://example.org/x"
        ),
        lambda body: body["properties"]["definition"]["actions"]["delete"]["inputs"].pop("authentication"),
        lambda body: body.pop("identity"),
    ],
)
def test_a_workflow_that_would_not_be_carried_out_is_refused(azure: Azure, changed: Callable[[Any], Any]) -> None:
    body = ending()
    changed(body)
    assert refused(azure.ask("PUT", WORKFLOW, "2019-05-01", body)) == (501, "NotImitatedByTheRehearsal")


def test_what_is_in_use_is_not_removed(azure: Azure) -> None:
    networked(azure)
    rules, net = f"{NETWORK}/networkSecurityGroups/rules", f"{NETWORK}/virtualNetworks/net"
    assert refused(azure.ask("DELETE", rules, "2024-05-01")) == (400, "InUseNetworkSecurityGroupsCannotBeDeleted")
    who = stored(azure)
    azure.put(f"{STORAGE}/providers/Microsoft.Authorization/roleAssignments/r", "2022-04-01", role(who, BLOB_OWNER))
    azure.put(CLUSTER, "2021-06-01", cluster())
    for path in (f"{net}/subnets/nodes", net):
        assert azure.ask("DELETE", path, "2024-05-01").status_code == 400
    without = {**HERE, "properties": {"addressSpace": {"addressPrefixes": ["10.77.0.0/24"]}}}
    assert azure.ask("PUT", net, "2024-05-01", without).status_code == 400
    assert azure.ask("DELETE", CLUSTER, "2021-06-01").status_code == 202
    assert azure.ask("DELETE", net, "2024-05-01").status_code == 200


def test_a_cluster_needs_its_network_its_storage_and_its_identitys_role(azure: Azure) -> None:
    assert refused(azure.ask("PUT", CLUSTER, "2021-06-01", cluster())) == (400, "InvalidResourceReference")
    networked(azure)
    stored(azure)
    assert refused(azure.ask("PUT", CLUSTER, "2021-06-01", cluster())) == (400, "UserErrorStoragePermission")


def test_what_hdinsight_makes_itself_comes_and_goes_with_its_cluster(azure: Azure) -> None:
    networked(azure)
    who = stored(azure)
    azure.put(f"{STORAGE}/providers/Microsoft.Authorization/roleAssignments/r", "2022-04-01", role(who, BLOB_OWNER))
    azure.put(CLUSTER, "2021-06-01", cluster())
    kinds = listed(azure)
    assert {"networkInterfaces", "loadBalancers", "publicIPAddresses", "clusters"} <= kinds
    azure.ask("DELETE", CLUSTER, "2021-06-01")
    assert kinds - listed(azure) == {"networkInterfaces", "loadBalancers", "publicIPAddresses", "clusters"}


def listed(azure: Azure) -> set[str]:
    rows = (azure.ask("GET", f"{GROUP}/resources", "2021-04-01").json or {})["value"]
    return {row["type"].rpartition("/")[2] for row in rows}


def test_a_role_is_given_once(azure: Azure) -> None:
    who = stored(azure)
    azure.put(f"{GROUP}/providers/Microsoft.Authorization/roleAssignments/r", "2022-04-01", role(who, CONTRIBUTOR))
    again = f"{GROUP}/providers/Microsoft.Authorization/roleAssignments/s"
    answered = azure.ask("PUT", again, "2022-04-01", role(who, CONTRIBUTOR))
    assert refused(answered) == (409, "RoleAssignmentExists")


def test_who_has_no_role_may_do_nothing(azure: Azure) -> None:
    mine = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization/roleAssignments/{azure.entra.principal}"
    azure.ask("DELETE", mine, "2022-04-01")
    assert refused(azure.ask("GET", GROUP, "2021-04-01")) == (403, "AuthorizationFailed")
    assert refused(azure.ask("DELETE", GROUP, "2021-04-01")) == (403, "AuthorizationFailed")


@pytest.mark.parametrize(
    ("path", "version", "body", "code"),
    [
        (f"{NETWORK}/virtualNetworks/n", "2024-05-01", {**HERE, "properties": {"adressSpace": {}}}, 400),
        (f"{NETWORK}/virtualNetworks/n", "2024-05-01", {"properties": {}}, 400),
        (f"{NETWORK}/virtualNetworks/n", "2019-01-01", HERE, 400),
        (f"{NETWORK}/natGateways/n", "2024-05-01", HERE, 404),
        (f"{NETWORK}/virtualNetworks/none/subnets/n", "2024-05-01", {"properties": {}}, 404),
        (STORAGE.replace("account1", "Account_1"), "2024-01-01",
         {**HERE, "kind": "StorageV2", "sku": {"name": "Standard_LRS"}}, 400),
        (STORAGE, "2024-01-01", {**HERE, "kind": "StorageV2"}, 400),
        (f"{GROUP}2/providers/Microsoft.ManagedIdentity/userAssignedIdentities/n", "2023-01-31", HERE, 404),
    ],
)  # fmt: skip
def test_what_azure_would_refuse_is_refused(azure: Azure, path: str, version: str, body: Any, code: int) -> None:
    assert azure.ask("PUT", path, version, body).status_code == code


def test_a_name_of_a_storage_account_is_taken_in_the_whole_world(azure: Azure) -> None:
    stored(azure)
    azure.put(GROUP.replace("/g", "/other"), "2021-04-01", HERE)
    body = {**HERE, "kind": "StorageV2", "sku": {"name": "Standard_LRS"}}
    answered = azure.ask("PUT", STORAGE.replace("resourceGroups/g", "resourceGroups/other"), "2024-01-01", body)
    assert refused(answered) == (409, "StorageAccountAlreadyTaken")
