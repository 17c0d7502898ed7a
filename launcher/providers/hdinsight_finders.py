"""What has an HDInsight stack's tag, lies in its resource group, or is a role given there, whoever made it."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from launcher.apis.azure_resources import Manager
from launcher.errors import ResourceNotFound
from launcher.providers import Left

Finder = Callable[[Manager, str, str], Iterator[Left]]
TAG = "firesteel:stack"
OF_GROUPS = "2021-04-01"
OF_ROLES = "2022-04-01"
GROUP = "resource group"
ROLE = "role assignment"
# Type, as Azure has it in lower case -> what people call it, Pulumi's name of it, its API version.
KNOWN: Mapping[str, tuple[str, str, str]] = {
    "microsoft.hdinsight/clusters": ("cluster", "azure-native:hdinsight:Cluster", "2021-06-01"),
    "microsoft.logic/workflows": ("workflow", "azure-native:logic:Workflow", "2019-05-01"),
    "microsoft.managedidentity/userassignedidentities": (
        "identity", "azure-native:managedidentity:UserAssignedIdentity", "2023-01-31"),
    "microsoft.network/networksecuritygroups": (
        "security group", "azure-native:network:NetworkSecurityGroup", "2024-05-01"),
    "microsoft.network/virtualnetworks": ("network", "azure-native:network:VirtualNetwork", "2024-05-01"),
    "microsoft.network/virtualnetworks/subnets": ("subnet", "azure-native:network:Subnet", "2024-05-01"),
    "microsoft.storage/storageaccounts": ("storage account", "azure-native:storage:StorageAccount", "2024-01-01"),
    "microsoft.storage/storageaccounts/blobservices/containers": (
        "container", "azure-native:storage:BlobContainer", "2024-01-01"),
    "microsoft.storage/storageaccounts/managementpolicies": (
        "management policy", "azure-native:storage:ManagementPolicy", "2024-01-01"),
    "microsoft.authorization/roleassignments": (
        ROLE, "azure-native:authorization:RoleAssignment", OF_ROLES),
}  # fmt: skip


def groups(manager: Manager, name: str, prefix: str) -> Iterator[Left]:
    """Give the group of that name, unless its tags say that it is somebody else's, and every other with the tag."""
    path = f"{manager.root}/resourceGroups/{prefix}"
    if _is_ours(manager, name, path):
        yield _group(path, "by its name")
    for row in manager.listed(f"{manager.root}/resourcegroups", OF_GROUPS, _tagged(name)):
        if str(row["id"]).lower() != path.lower():
            yield _group(str(row["id"]), f"tagged {TAG}={name}")


def resources(manager: Manager, name: str, prefix: str) -> Iterator[Left]:
    """Give what is in the group, also what Azure's services have made there, and what has the tag elsewhere."""
    group = f"{manager.root}/resourceGroups/{prefix}"
    rows = manager.listed(f"{group}/resources", OF_GROUPS) if _is_ours(manager, name, group) else ()
    found = {str(row["id"]): (row, f"in {prefix}") for row in rows}
    for row in manager.listed(f"{manager.root}/resources", OF_GROUPS, _tagged(name)):
        found.setdefault(str(row["id"]), (row, f"tagged {TAG}={name}"))
    for path, (row, why) in found.items():
        yield left(path, str(row["type"]), why)
        yield from _within(manager, path, str(row["type"]).lower())


def _within(manager: Manager, path: str, kind: str) -> Iterator[Left]:
    """Give what lies in a resource and is in no list of its group."""
    below = path.rpartition("/")[2]
    if kind == "microsoft.network/virtualnetworks":
        for row in manager.listed(f"{path}/subnets", KNOWN[kind][2]):
            yield left(str(row["id"]), "Microsoft.Network/virtualNetworks/subnets", f"in {below}")
    if kind == "microsoft.storage/storageaccounts":
        for row in manager.listed(f"{path}/blobServices/default/containers", KNOWN[kind][2]):
            yield left(str(row["id"]), "Microsoft.Storage/storageAccounts/blobServices/containers", f"in {below}")
        policy = f"{path}/managementPolicies/default"
        if _there(manager, policy, KNOWN[kind][2]):
            yield left(policy, "Microsoft.Storage/storageAccounts/managementPolicies", f"in {below}")


def roles(manager: Manager, name: str, prefix: str) -> Iterator[Left]:
    """Give the roles that somebody has been given in the group."""
    group = f"{manager.root}/resourceGroups/{prefix}"
    if not _is_ours(manager, name, group):
        return
    for row in manager.listed(f"{group}/providers/Microsoft.Authorization/roleAssignments", OF_ROLES):
        scope = str(row["properties"]["scope"])
        if f"{scope}/".lower().startswith(f"{group}/".lower()):  # others hold in the whole subscription
            yield left(str(row["id"]), "Microsoft.Authorization/roleAssignments", f"in {prefix}")


def left(path: str, kind: str, why: str) -> Left:
    """Give a resource as something that is left."""
    word, token, _ = KNOWN.get(kind.lower(), (kind.partition("/")[2], "", ""))
    service = kind.partition("/")[0].removeprefix("Microsoft.").lower()
    return Left(service=service, type=word, id=path, why=why, token=token)


def _is_ours(manager: Manager, name: str, group: str) -> bool:
    """Tell whether a group is there, and its tags do not say that it is somebody else's."""
    found = _there(manager, group, OF_GROUPS)
    return bool(found) and (found.get("tags") or {TAG: name}).get(TAG) == name


def _group(path: str, why: str) -> Left:
    return Left(service="resources", type=GROUP, id=path, why=why, token="azure-native:resources:ResourceGroup")  # noqa: S106 -- Pulumi's word for a type


def _tagged(name: str) -> str:
    return f"tagName eq '{TAG}' and tagValue eq '{name}'"


def _there(manager: Manager, path: str, version: str) -> Any:
    try:
        return manager.get(path, version)
    except ResourceNotFound:
        return None


FINDERS: dict[str, Finder] = {"resources": groups, "everything in its group": resources, "authorization": roles}
