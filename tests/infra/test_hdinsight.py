from dataclasses import fields
from typing import Any

import pytest

from infra import images
from infra.errors import ConfigInvalid
from launcher.backends import build
from tests.infra.planning import MADE_UP, SUBSCRIPTION, Plan, planned

CLUSTER = "azure-native:hdinsight:Cluster"
ACCOUNT = "azure-native:storage:StorageAccount"
ROLE = "azure-native:authorization:RoleAssignment"
BLOB = "azure-native:storage:Blob"
GROUP = f"{SUBSCRIPTION}/resourceGroups/firesteel-workshop"
CONTRIBUTOR, BLOB_OWNER = "b24988ac-6180-42a0-ab88-20f7382dd24c", "b7e6dc6d-f1b7-4753-a033-0f276bb0955b"


@pytest.fixture(scope="module")
def plan() -> Plan:
    return planned("hdinsight")


def properties(found: Plan) -> dict[str, Any]:
    return found.one(CLUSTER)["properties"]


def roles(found: Plan) -> dict[str, Any]:
    return {role["name"]: role for role in properties(found)["computeProfile"]["roles"]}


def test_the_launcher_opens_its_backend_from_the_stacks_output(plan: Plan) -> None:
    backend: Any = build("workshop", plan.cluster)
    given = {field.name: getattr(backend, field.name) for field in fields(backend)}
    assert given == {key: plan.cluster[key] for key in given}
    assert plan.cluster["staging"] == "abfss://firesteel-workshop@fsworkshop.dfs.core.windows.net/firesteel"
    assert plan.cluster["endpoint"] == "https://firesteel-workshop.azurehdinsight.net"
    assert plan.cluster["subscription"] == SUBSCRIPTION.rpartition("/")[2]
    assert plan.cluster["expires_at"] == "2026-11-25T13:00:00Z"


def test_azure_deletes_the_whole_group_at_the_time_and_tries_again_each_hour(plan: Plan) -> None:
    workflow = plan.one("azure-native:logic:Workflow")
    [trigger] = workflow["definition"]["triggers"].values()
    assert trigger["recurrence"] == {"frequency": "Hour", "interval": 1, "startTime": "2026-11-25T13:00:00Z"}
    [action] = workflow["definition"]["actions"].values()
    assert action["inputs"]["method"] == "DELETE"
    assert action["inputs"]["uri"] == f"https://management.azure.com{GROUP}?api-version=2021-04-01"
    assert action["inputs"]["authentication"]["type"] == "ManagedServiceIdentity"
    assert workflow["state"] == "Enabled"


def test_what_deletes_the_group_may_do_so_there_and_nowhere_else(plan: Plan) -> None:
    given = plan.one(ROLE, "-end")
    assert given["scope"] == GROUP
    assert given["roleDefinitionId"] == (
        f"{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{CONTRIBUTOR}"
    )
    assert (given["principalId"], given["principalType"]) == ("app", "ServicePrincipal")


def test_the_cluster_reaches_its_account_by_an_identity_and_not_by_a_key(plan: Plan) -> None:
    [account] = properties(plan)["storageProfile"]["storageaccounts"]
    [identity] = plan.one(CLUSTER)["identity"]["userAssignedIdentities"]
    assert account["msiResourceId"] == identity
    assert account["isDefault"] is True
    assert not {"key", "saskey"} & set(account)
    given = plan.one(ROLE, "-storage")
    assert given["roleDefinitionId"].endswith(BLOB_OWNER)
    assert given["scope"] == account["resourceId"]
    assert given["principalId"] == "nodes"


def test_the_account_has_folders_and_no_public_containers_nor_keys(plan: Plan) -> None:
    account = plan.one(ACCOUNT)
    assert account["isHnsEnabled"] is True
    assert account["allowBlobPublicAccess"] is False
    assert account["allowSharedKeyAccess"] is False
    assert account["minimumTlsVersion"] == "TLS1_2"
    assert plan.one("azure-native:storage:BlobServiceProperties")["deleteRetentionPolicy"]["enabled"] is True


def test_the_account_forgets_old_runs() -> None:
    found = planned("hdinsight", days_kept="9")
    [rule] = found.one("azure-native:storage:ManagementPolicy")["policy"]["rules"]
    assert rule["definition"]["filters"]["prefixMatch"] == ["cluster/firesteel/runs/"]
    assert rule["definition"]["actions"]["baseBlob"]["delete"]["daysAfterModificationGreaterThan"] == 9
    assert found.one("azure-native:storage:BlobContainer")["containerName"] == "cluster"


@pytest.mark.parametrize("name", ["a", "a-b", "a" * 24])
def test_the_accounts_name_fits_what_azure_takes_with_eight_random_letters(name: str) -> None:
    [account] = planned("hdinsight", name).of(ACCOUNT)
    assert account.name.isalnum()
    assert account.name.islower()
    assert len(account.name) <= 24 - 8


def test_passwords_are_made_up_and_are_secrets(plan: Plan) -> None:
    [cluster] = plan.of(CLUSTER)
    gateway = cluster.inputs["properties"]["clusterDefinition"]["configurations"]["gateway"]
    assert gateway["restAuthCredential.username"] == plan.cluster["user"]
    assert gateway["restAuthCredential.password"] == MADE_UP
    assert "properties" in cluster.secrets
    assert MADE_UP not in str(plan.cluster)


def test_ssh_lets_in_by_the_configured_key_instead_of_a_password(plan: Plan) -> None:
    login = roles(plan)["headnode"]["osProfile"]["linuxOperatingSystemProfile"]
    assert login == {"username": "sshuser", "password": MADE_UP}
    found = planned("hdinsight", public_key="ssh-ed25519 AAAA")
    login = roles(found)["headnode"]["osProfile"]["linuxOperatingSystemProfile"]
    assert login == {"username": "sshuser", "sshProfile": {"publicKeys": [{"certificateData": "ssh-ed25519 AAAA"}]}}


def test_only_hdinsight_itself_and_the_named_people_come_in() -> None:
    found = planned("hdinsight", ssh_source="192.0.2.7/32, 198.51.100.0/24")
    rules = found.one("azure-native:network:NetworkSecurityGroup")["securityRules"]
    people = ["192.0.2.7/32", "198.51.100.0/24"]
    assert [
        (rule["destinationPortRange"], rule.get("sourceAddressPrefix"), rule.get("sourceAddressPrefixes"))
        for rule in rules
    ] == [("443", "HDInsight", None), ("443", None, people), ("22", None, people)]
    assert len({rule["priority"] for rule in rules}) == len(rules)


def test_every_node_is_in_the_subnet_that_the_rules_guard(plan: Plan) -> None:
    subnet = plan.one("azure-native:network:Subnet")
    assert subnet["networkSecurityGroup"]["id"].endswith("/NetworkSecurityGroup/firesteel-workshop")
    for role in roles(plan).values():
        assert role["virtualNetworkProfile"]["subnet"].endswith("/Subnet/firesteel-workshop")


def test_there_are_two_head_nodes_three_of_zookeepers_and_the_workers() -> None:
    found = roles(planned("hdinsight", workers="5", worker_type="Standard_E8_v3"))
    assert {name: role["targetInstanceCount"] for name, role in found.items()} == {
        "headnode": 2,
        "workernode": 5,
        "zookeepernode": 3,
    }
    assert found["workernode"]["hardwareProfile"]["vmSize"] == "Standard_E8_v3"


def test_nodes_install_from_the_container_only_when_there_is_something_to_install(plan: Plan) -> None:
    assert plan.of(BLOB) == []
    assert all(role["scriptActions"] == [] for role in roles(plan).values())
    found = planned("hdinsight", wheelhouse="wheelhouse/abc")
    [action] = roles(found)["workernode"]["scriptActions"]
    assert action["uri"].endswith("fsworkshop.blob.core.windows.net/firesteel-workshop/bootstrap/hdinsight.sh")
    place = "abfss://firesteel-workshop@fsworkshop.dfs.core.windows.net"
    assert action["parameters"] == (
        f"{place}/bootstrap/common.sh {place}/wheelhouse/abc /usr/bin/miniforge/envs/py38/bin/python"
    )
    assert roles(found)["zookeepernode"]["scriptActions"] == []
    assert [each.inputs["blobName"] for each in found.of(BLOB)] == ["bootstrap/hdinsight.sh", "bootstrap/common.sh"]
    assert found.one(ACCOUNT)["allowSharedKeyAccess"] is True


@pytest.mark.parametrize("image", images.IMAGES["hdinsight"], ids=lambda image: image.name)
def test_each_version_brings_its_spark_and_its_interpreter(image: images.Image) -> None:
    found = planned("hdinsight", image=image.name)
    assert properties(found)["clusterVersion"] == image.name
    assert properties(found)["clusterDefinition"]["componentVersion"] == {"Spark": image.spark}
    assert (found.cluster["spark"], found.cluster["python"]) == (image.spark, image.python)


def test_spot_is_refused_with_its_key() -> None:
    with pytest.raises(ConfigInvalid, match=r"^spot: HDInsight has no machines"):
        planned("hdinsight", spot="true")
