"""How what is left of an HDInsight stack is deleted: a group with all in it, else each thing after what uses it."""

from collections.abc import Iterable

from launcher.apis.azure_resources import Manager
from launcher.errors import JobRejected, ResourceNotFound
from launcher.providers import Left
from launcher.providers.hdinsight_finders import GROUP, KNOWN, OF_GROUPS

# What these are in use by goes first; what is named here nowhere, a service's own, goes with what it was made for.
ORDER = (
    "cluster", "workflow", "role assignment", "management policy", "container", "storage account", "identity",
)  # fmt: skip
LAST = ("subnet", "network", "security group")


def remove(manager: Manager, left: Iterable[Left]) -> None:
    """Delete these; what is gone in the meantime, or still in use, is passed over."""
    given = list(left)
    groups = [each.id for each in given if each.type == GROUP]
    for group in groups:
        manager.delete(group, OF_GROUPS)
    for group in groups:
        manager.await_gone(group, OF_GROUPS)
    whole = tuple(f"{group}/".lower() for group in groups)
    for each in sorted((each for each in given if each.type != GROUP), key=_turn):
        if not each.id.lower().startswith(whole):
            _delete(manager, each)


def _delete(manager: Manager, each: Left) -> None:
    version = _version(manager, each)
    try:
        manager.delete(each.id, version)
        manager.await_gone(each.id, version)
    except (ResourceNotFound, JobRejected):  # gone in the meantime, or still in use: `left` says
        return


def _turn(each: Left) -> int:
    if each.type in ORDER:
        return ORDER.index(each.type)
    return len(ORDER) + (1 + LAST.index(each.type) if each.type in LAST else 0)


def _version(manager: Manager, each: Left) -> str:
    """Give the API version for a resource: ours, else the newest that Azure names for its type."""
    for _, token, version in KNOWN.values():
        if each.token and each.token == token:
            return version
    words = each.id.rpartition("/providers/")[2].split("/")
    found = manager.get(f"{manager.root}/providers/{words[0]}", OF_GROUPS)
    kind = "/".join(words[1::2]).lower()
    rows = [row for row in found.get("resourceTypes", ()) if str(row["resourceType"]).lower() == kind]
    return max((str(version) for row in rows for version in row["apiVersions"] if "preview" not in version), default="")
