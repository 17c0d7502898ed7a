"""The cluster of an HDInsight stack: two head nodes, three of ZooKeeper's, workers; its passwords are made up.

https://learn.microsoft.com/rest/api/hdinsight/clusters/create
"""

from collections.abc import Sequence

import pulumi
import pulumi_azure_native as azure
import pulumi_random as random
from pulumi_azure_native.hdinsight import LinuxOperatingSystemProfileArgsDict, RoleArgsDict

from infra.hdinsight_network import Network
from infra.hdinsight_storage import Storage
from infra.stack import Stack

USER = "admin"  # at the gateway
SSH_USER = "sshuser"
# https://learn.microsoft.com/azure/hdinsight/hdinsight-supported-node-configuration
USUAL_TYPE, ZOOKEEPER_TYPE = "Standard_E4_v3", "Standard_A2_v2"
HEADS, ZOOKEEPERS = 2, 3  # HDInsight takes no other numbers


def cluster(  # noqa: PLR0913, PLR0917 -- what a cluster is made of
    stack: Stack,
    group: azure.resources.ResourceGroup,
    network: Network,
    storage: Storage,
    before: Sequence[pulumi.Resource],
    word: pulumi.Output[str],
    child: pulumi.ResourceOptions,
) -> azure.hdinsight.Cluster:
    """Make the cluster after what has to be in force; its name is Pulumi's, with random letters: it is an address."""
    return azure.hdinsight.Cluster(
        stack.prefix,
        resource_group_name=group.name,
        location=stack.region,
        identity={
            "type": "UserAssigned",
            "user_assigned_identities": storage.identity.id.apply(_used),
        },
        properties={
            "cluster_version": stack.image.name,
            "os_type": "Linux",
            "tier": "Standard",
            "min_supported_tls_version": "1.2",
            "encryption_in_transit_properties": {"is_encryption_in_transit_enabled": True},
            "network_properties": {"resource_provider_connection": "Inbound", "private_link": "Disabled"},
            "cluster_definition": {
                "kind": "Spark",
                "component_version": {"Spark": stack.image.spark},
                "configurations": {
                    "gateway": {
                        "restAuthCredential.isEnabled": True,
                        "restAuthCredential.username": USER,
                        "restAuthCredential.password": word,
                    }
                },
            },
            "storage_profile": {
                "storageaccounts": [
                    {
                        "name": storage.host, "is_default": True, "file_system": storage.container.name,
                        "resource_id": storage.account.id, "msi_resource_id": storage.identity.id,
                    }
                ]
            },
            "compute_profile": {"roles": _roles(stack, network, storage, child)},
        },
        tags=stack.tags,
        # HDInsight takes no PUT for a cluster that is there, also not for its tags: another one takes its place.
        # https://github.com/Azure/azure-cli/issues/7676
        opts=pulumi.ResourceOptions.merge(
            child,
            pulumi.ResourceOptions(
                depends_on=list(before), ignore_changes=["tags"], replace_on_changes=["identity", "properties"]
            ),
        ),
    )  # fmt: skip


def _roles(stack: Stack, network: Network, storage: Storage, child: pulumi.ResourceOptions) -> list[RoleArgsDict]:
    head, worker = stack.leader_type or USUAL_TYPE, stack.worker_type or USUAL_TYPE
    login, actions = _login(stack, child), storage.script_actions()
    counts = (("headnode", HEADS, head), ("workernode", stack.workers, worker))
    roles = [*counts, ("zookeepernode", ZOOKEEPERS, ZOOKEEPER_TYPE)]
    return [
        {
            "name": name, "target_instance_count": count, "hardware_profile": {"vm_size": size},
            "os_profile": {"linux_operating_system_profile": login},
            "virtual_network_profile": {"id": network.network.id, "subnet": network.subnet},
            "script_actions": [] if name == "zookeepernode" else actions,
        }
        for name, count, size in roles
    ]  # fmt: skip


def _login(stack: Stack, child: pulumi.ResourceOptions) -> LinuxOperatingSystemProfileArgsDict:
    """Give how ssh lets in: by the configured key, or by a password that is in the encrypted state alone."""
    key = pulumi.Config().get("public_key")
    if key:
        return {"username": SSH_USER, "ssh_profile": {"public_keys": [{"certificate_data": key}]}}
    return {"username": SSH_USER, "password": password(f"{stack.prefix}-ssh", child)}


def password(name: str, child: pulumi.ResourceOptions) -> pulumi.Output[str]:
    """Make up what HDInsight takes: a digit, a letter of each case, a sign, and none of the signs that it refuses."""
    made = random.RandomPassword(
        name, length=32, special=True, override_special="!#%*-_", min_lower=1, min_upper=1, min_numeric=1,
        min_special=1, opts=child,
    )  # fmt: skip
    return pulumi.Output.secret(made.result)


def _used(identity: str) -> dict[str, azure.hdinsight.UserAssignedIdentityArgsDict]:
    return {identity: {}}
