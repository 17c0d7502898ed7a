"""The resource types that an HDInsight stack consists of, beside clusters: what each is made of and what it refers to.

Bodies are held against the description of the type in Pulumi's SDK, which is generated from Azure's own specification
(https://github.com/Azure/azure-rest-api-specs), with its `properties` flattened as there.
"""

import re
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rehearsal.arm_errors import Refused

ACCOUNT_NAME = re.compile(r"[a-z0-9]{3,24}")
# What is in the URL and not in the body.
PATH = {
    "resourceGroupName", "virtualNetworkName", "subnetName", "networkSecurityGroupName", "resourceName", "accountName",
    "containerName", "blobServicesName", "managementPolicyName", "workflowName",
}  # fmt: skip
# https://github.com/pulumi/pulumi-azure-native: properties whose own properties are not flattened.
FREE = {"definition"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Type:
    """A type: its API version, Pulumi's name of it, its only possible name where there is one, what it refers to."""

    version: str
    pulumi: str
    refers: tuple[str, ...] = ()  # dotted paths in a body
    only: str = ""
    tracked: bool = True  # it has a location and tags, and a group lists it


TYPES: Mapping[str, Type] = {
    "Microsoft.Logic/workflows": Type(version="2019-05-01", pulumi="azure-native:logic:Workflow"),
    "Microsoft.ManagedIdentity/userAssignedIdentities": Type(
        version="2023-01-31", pulumi="azure-native:managedidentity:UserAssignedIdentity"
    ),
    "Microsoft.Network/networkSecurityGroups": Type(
        version="2024-05-01", pulumi="azure-native:network:NetworkSecurityGroup"
    ),
    "Microsoft.Network/virtualNetworks": Type(version="2024-05-01", pulumi="azure-native:network:VirtualNetwork"),
    "Microsoft.Network/virtualNetworks/subnets": Type(
        version="2024-05-01", pulumi="azure-native:network:Subnet", refers=("properties.networkSecurityGroup.id",),
        tracked=False,
    ),
    "Microsoft.Storage/storageAccounts": Type(version="2024-01-01", pulumi="azure-native:storage:StorageAccount"),
    "Microsoft.Storage/storageAccounts/blobServices": Type(
        version="2024-01-01", pulumi="azure-native:storage:BlobServiceProperties", only="default", tracked=False
    ),
    "Microsoft.Storage/storageAccounts/blobServices/containers": Type(
        version="2024-01-01", pulumi="azure-native:storage:BlobContainer", tracked=False
    ),
    "Microsoft.Storage/storageAccounts/managementPolicies": Type(
        version="2024-01-01", pulumi="azure-native:storage:ManagementPolicy", only="default", tracked=False
    ),
}  # fmt: skip
BY_NAME = {name.lower(): name for name in TYPES}
# What HDInsight itself makes: https://learn.microsoft.com/azure/hdinsight/hdinsight-virtual-network-architecture
MADE_BY_SERVICES = ("Microsoft.Network/networkInterfaces", "Microsoft.Network/loadBalancers",
                    "Microsoft.Network/publicIPAddresses")  # fmt: skip


def check(kind: str, name: str, body: Any) -> None:
    """Raise Refused for a body, or a name, that Azure would not take."""
    from rehearsal.providers import descriptions

    described = TYPES[kind]
    if not isinstance(body, Mapping):
        raise Refused(400, "InvalidRequestContent", "The request content was invalid: no object.")
    if described.tracked and not body.get("location"):
        raise Refused(400, "LocationRequired", "The location property is required for this definition.")
    if described.only and name != described.only:
        raise Refused(400, "InvalidResourceName", f"{kind} has the name {described.only} and no other.")
    if kind == "Microsoft.Storage/storageAccounts" and not ACCOUNT_NAME.fullmatch(name):
        said = f"{name} is not a valid storage account name: 3 to 24 lower-case letters and digits."
        raise Refused(400, "AccountNameInvalid", said)
    wrong = (problem for problem in descriptions.problems(descriptions.inputs_of(described.pulumi), flat(body))
             if not (problem[0] in PATH and problem[1].startswith("is required")))  # fmt: skip
    if found := next(wrong, None):
        raise Refused(400, "InvalidRequestContent", f"The request content was invalid: {found[0]} {found[1]}")


def flat(value: Any) -> Any:
    """Give a body with every `properties` flattened into what it belongs to."""
    if isinstance(value, list):
        return [flat(item) for item in value]
    if not isinstance(value, Mapping):
        return value
    own = {name: item if name in FREE else flat(item) for name, item in value.items() if name != "properties"}
    return own | (flat(value["properties"]) if isinstance(value.get("properties"), Mapping) else {})


def references(kind: str, body: Mapping[str, Any]) -> Iterator[str]:
    """Give the ids of what a resource refers to."""
    for path in TYPES[kind].refers:
        found: Any = body
        for word in path.split("."):
            found = found.get(word) if isinstance(found, Mapping) else None
        if found:
            yield str(found)


def given(kind: str, name: str, tenant: str, body: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    """Give what Azure adds to a new resource, or keeps of the one that it was: identities, addresses."""
    if before:
        return dict(before)
    who = {"principalId": str(uuid.uuid4()), "tenantId": tenant}
    if kind == "Microsoft.ManagedIdentity/userAssignedIdentities":
        return {"properties": {**who, "clientId": str(uuid.uuid4())}}
    if kind == "Microsoft.Storage/storageAccounts":
        hosts = {word: f"https://{name}.{word}.core.windows.net/" for word in ("blob", "dfs")}
        return {"properties": {"primaryEndpoints": hosts, "provisioningState": "Succeeded"}}
    if (body.get("identity") or {}).get("type") == "SystemAssigned":
        return {"identity": who}
    return {}
