"""The resource types that the provider `azure-native` imitates: those of which an HDInsight stack consists."""

import uuid
from collections.abc import Mapping
from typing import Any

from rehearsal.providers.azure_kind import ArmKind
from rehearsal.providers.kinds import Kind
from rehearsal.providers.values import Properties

GROUP = "/resourceGroups/{resourceGroupName}"
ACCOUNT = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/{{accountName}}"
NETWORK = f"{GROUP}/providers/Microsoft.Network"
OF_NETWORK, OF_STORAGE = "2024-05-01", "2024-01-01"


class ResourceGroup(ArmKind):
    """A resource group."""

    path, version = GROUP, "2024-03-01"
    name = "resourceGroupName"
    replaces = ("resourceGroupName", "location")
    updates = ("tags",)


class NetworkSecurityGroup(ArmKind):
    """A network's rules of who may come in."""

    path, version = f"{NETWORK}/networkSecurityGroups/{{networkSecurityGroupName}}", OF_NETWORK
    name = "networkSecurityGroupName"
    replaces = ("resourceGroupName", "networkSecurityGroupName", "location")
    updates = ("securityRules", "tags")
    listed = ("securityRules",)


class VirtualNetwork(ArmKind):
    """A network."""

    path, version = f"{NETWORK}/virtualNetworks/{{virtualNetworkName}}", OF_NETWORK
    name = "virtualNetworkName"
    replaces = ("resourceGroupName", "virtualNetworkName", "location")
    updates = ("addressSpace", "enableDdosProtection", "enableVmProtection", "tags")

    def update(self, cloud: Any, resource_id: str, inputs: Properties, changed: frozenset[str]) -> None:  # noqa: ARG002 -- all at once
        """Write it anew with the subnets that it has: each is a resource of its own, and would go.

        https://www.pulumi.com/registry/packages/azure-native/api-docs/network/virtualnetwork/
        """
        found = cloud.get(resource_id, self.version) or {}
        body = self.body(inputs)
        body["properties"]["subnets"] = found.get("properties", {}).get("subnets", [])
        cloud.put(resource_id, self.version, body)


class Subnet(ArmKind):
    """A part of a network."""

    path, version = f"{NETWORK}/virtualNetworks/{{virtualNetworkName}}/subnets/{{subnetName}}", OF_NETWORK
    name = "subnetName"
    replaces = ("resourceGroupName", "virtualNetworkName", "subnetName")
    updates = (
        "addressPrefix", "networkSecurityGroup", "serviceEndpoints", "defaultOutboundAccess",
        "privateEndpointNetworkPolicies", "privateLinkServiceNetworkPolicies",
    )  # fmt: skip
    filled = ("networkSecurityGroup",)


class UserAssignedIdentity(ArmKind):
    """An identity that machines can have."""

    path = f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{{resourceName}}"
    version = "2023-01-31"
    name = "resourceName"
    replaces = ("resourceGroupName", "resourceName", "location")
    updates = ("tags",)


class StorageAccount(ArmKind):
    """A storage account."""

    path, version = ACCOUNT, OF_STORAGE
    name = "accountName"
    replaces = ("resourceGroupName", "accountName", "location", "isHnsEnabled")
    updates = (
        "kind", "sku", "enableHttpsTrafficOnly", "minimumTlsVersion", "allowBlobPublicAccess", "allowSharedKeyAccess",
        "allowCrossTenantReplication", "tags",
    )  # fmt: skip


class BlobContainer(ArmKind):
    """A container of a storage account."""

    path, version = f"{ACCOUNT}/blobServices/default/containers/{{containerName}}", OF_STORAGE
    name = "containerName"
    replaces = ("resourceGroupName", "accountName", "containerName")
    updates = ("publicAccess",)


class BlobServiceProperties(ArmKind):
    """What a storage account does with all its blobs; it comes and goes with the account."""

    path, version = f"{ACCOUNT}/blobServices/{{blobServicesName}}", OF_STORAGE
    replaces = ("resourceGroupName", "accountName", "blobServicesName")
    updates = ("deleteRetentionPolicy",)

    def create(self, cloud: Any, inputs: Properties) -> str:
        """Write it over what every account has."""
        path = self.id(cloud, inputs)
        cloud.put(path, self.version, self.body(inputs))
        return path

    def delete(self, cloud: Any, resource_id: str, state: Properties) -> None:  # noqa: ARG002 -- as all
        """Write what every account has."""
        if cloud.get(resource_id, self.version):
            cloud.put(resource_id, self.version, {"properties": {"deleteRetentionPolicy": {"enabled": False}}})


class ManagementPolicy(ArmKind):
    """When a storage account forgets."""

    path, version = f"{ACCOUNT}/managementPolicies/{{managementPolicyName}}", OF_STORAGE
    replaces = ("resourceGroupName", "accountName", "managementPolicyName")
    updates = ("policy",)


class RoleAssignment(ArmKind):
    """What somebody may do somewhere."""

    path, version = "{scope}/providers/Microsoft.Authorization/roleAssignments/{roleAssignmentName}", "2022-04-01"
    name = "roleAssignmentName"
    replaces = ("scope", "roleAssignmentName", "principalId")
    updates = ("principalType", "roleDefinitionId")

    def autonamed(self, name: str) -> str:  # noqa: ARG002 -- such a name is an UUID whatever it is for
        """Give an UUID."""
        return str(uuid.uuid4())

    def id(self, cloud: Any, inputs: Properties) -> str:  # noqa: ARG002 -- the scope has all of it
        """Give the id below its scope."""
        return self.path.format(**inputs)


class Workflow(ArmKind):
    """A Logic App."""

    path, version = f"{GROUP}/providers/Microsoft.Logic/workflows/{{workflowName}}", "2019-05-01"
    name = "workflowName"
    replaces = ("resourceGroupName", "workflowName", "location")
    updates = ("definition", "identity", "state", "tags")


class Cluster(ArmKind):
    """An HDInsight cluster."""

    path = f"{GROUP}/providers/Microsoft.HDInsight/clusters/{{clusterName}}"
    version = "2024-08-01-preview"
    name = "clusterName"
    replaces = ("resourceGroupName", "clusterName", "location")
    updates = ("properties", "identity", "tags")

    def body(self, inputs: Properties) -> dict[str, Any]:
        """Give what is written: its properties are `properties` here too."""
        found = {name: inputs[name] for name in ("location", "properties", "identity", "tags") if name in inputs}
        identities = found.get("identity", {}).get("userAssignedIdentities")
        if isinstance(identities, list):
            found["identity"] = {**found["identity"], "userAssignedIdentities": {each: {} for each in identities}}
        return found

    def seen(self, found: Mapping[str, Any], state: Properties) -> Properties:
        """Give what the cloud has, but for its properties: it tells no password, and a longer version."""
        told = {name: found.get(name) for name in ("id", "name", "type", "location", "tags", "etag")}
        return {name: value for name, value in told.items() if name not in self.updates or name in state}


KINDS: Mapping[str, Kind] = {
    "azure-native:authorization:RoleAssignment": RoleAssignment(),
    "azure-native:hdinsight:Cluster": Cluster(),
    "azure-native:logic:Workflow": Workflow(),
    "azure-native:managedidentity:UserAssignedIdentity": UserAssignedIdentity(),
    "azure-native:network:NetworkSecurityGroup": NetworkSecurityGroup(),
    "azure-native:network:Subnet": Subnet(),
    "azure-native:network:VirtualNetwork": VirtualNetwork(),
    "azure-native:resources:ResourceGroup": ResourceGroup(),
    "azure-native:storage:BlobContainer": BlobContainer(),
    "azure-native:storage:BlobServiceProperties": BlobServiceProperties(),
    "azure-native:storage:ManagementPolicy": ManagementPolicy(),
    "azure-native:storage:StorageAccount": StorageAccount(),
}
