"""The resource manager's operations on HDInsight clusters.

https://learn.microsoft.com/rest/api/hdinsight
A cluster cannot be written anew: PUT is for one that is not there. Not imitated: resizing, autoscale, and what becomes
of a cluster whose network or storage is taken away by force.
"""

import secrets
import time
from collections.abc import Iterator, Mapping
from typing import Any

from rehearsal import arm_types
from rehearsal.arm_clusters import Cluster, refused
from rehearsal.arm_errors import Refused
from rehearsal.arm_model import refusal
from rehearsal.arm_resources import Resources
from rehearsal.arm_roles import BLOB_OWNER, Roles

CORES = 60  # of a new subscription in a region
# https://learn.microsoft.com/rest/api/hdinsight/locations/get-capabilities
CAPABILITIES = {
    "versions": {"iaas": {"available": [{"friendlyName": "5.1", "displayName": "HDInsight 5.1", "isDefault": True,
                                         "componentVersions": {"Spark": "3.3"}}]}},
}  # fmt: skip


class Clusters:
    """Clusters by their ids in lower case; ``seconds`` is what a creation or a script takes."""

    def __init__(self, resources: Resources, roles: Roles, seconds: float) -> None:
        self._resources, self._roles, self._seconds = resources, roles, seconds
        self._made: dict[str, Cluster] = {}

    def get(self, path: str) -> Cluster:
        """Give a cluster; raises Refused when there is none."""
        if path.lower() not in self._made:
            name = path.rpartition("/")[2]
            raise Refused(404, "ResourceNotFound", f"The Resource 'Microsoft.HDInsight/clusters/{name}' was not found.")
        return self._made[path.lower()]

    def made(self) -> list[Cluster]:
        """Give all clusters, with what nobody is told of them."""
        return list(self._made.values())

    def listed(self, prefix: str = "") -> list[dict[str, Any]]:
        """Give the clusters below a path."""
        return [each.view() for path, each in self._made.items() if path.startswith(prefix.lower())]

    def create(self, path: str, body: Any) -> Cluster:
        """Make a cluster; raises Refused."""
        if said := refused(body):
            raise Refused(400, "InvalidRequestContent", said)
        if path.lower() in self._made:
            raise Refused(409, "Conflict", "A cluster of that name exists.")
        self._resources.require_group("/".join(path.split("/")[:5]))
        self._require_parts(path, body)
        now = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime())
        made = Cluster(path=path, body=body or {}, ready_at=time.monotonic() + self._seconds, created=now)
        self._made[path.lower()] = made
        self._furnish(made)
        return made

    def tag(self, path: str, body: Any) -> Cluster:
        """Set a cluster's tags."""
        if said := refusal(body, "ClusterPatchParameters"):
            raise Refused(400, "InvalidRequestContent", said)
        found = self.get(path)
        found.body["tags"] = (body or {}).get("tags") or {}
        return found

    def delete(self, path: str) -> bool:
        """Remove a cluster, and tell whether it was there."""
        found = self._made.pop(path.lower(), None)
        if found:
            self._resources.release(found.path)
        return found is not None

    def forget(self, group: str) -> None:
        """Remove the clusters of a group that is gone."""
        for path in [path for path in self._made if path.startswith(f"{group.lower()}/")]:
            del self._made[path]

    def run_script(self, path: str, body: Any) -> None:
        """Run scripts on a cluster."""
        if said := refusal(body, "ExecuteScriptActionParameters") or ("" if body else "a body is required"):
            raise Refused(400, "InvalidRequestContent", said)
        found = self.get(path)
        if not found.ready or found.said:
            raise Refused(409, "PreconditionFailed", "The cluster is not in state Running.")
        found.scripts += [dict(action) for action in (body or {}).get("scriptActions") or []]

    def say(self, name: str, word: str) -> None:
        """Have the clusters of a name say a state, for a test."""
        for each in self._made.values():
            if each.path.rpartition("/")[2] == name:
                each.said = word

    def usages(self) -> list[dict[str, Any]]:
        """Give what is used of the cores, each node for four."""
        nodes = sum(role.get("targetInstanceCount", 0) for each in self._made.values() for role in each.roles)
        name = {"value": "cores", "localizedValue": "Cores"}
        return [{"unit": "Count", "currentValue": 4 * nodes, "limit": CORES, "name": name}]

    def _require_parts(self, path: str, body: Mapping[str, Any]) -> None:
        """Raise Refused when what a cluster refers to is not there, or its identity may not open the storage."""
        for wanted in _parts(body):
            self._resources.require(wanted, path)
        for account in body["properties"]["storageProfile"]["storageaccounts"]:
            place, identity = account.get("resourceId"), account.get("msiResourceId")
            if not place or not identity:
                continue
            container = f"{place}/blobServices/default/containers/{account['fileSystem']}"
            self._resources.require(container, path)
            who = self._resources.get(identity)["properties"]["principalId"]
            if not self._roles.has(who, BLOB_OWNER, place):
                said = f"The managed identity {identity} has no permission on the storage account {place}."
                raise Refused(400, "UserErrorStoragePermission", said)

    def _furnish(self, made: Cluster) -> None:
        """Make in the network's group what the service makes by itself, when there is a network of the customer's."""
        subnets = list(dict.fromkeys(role["virtualNetworkProfile"]["subnet"] for role in made.roles
                                     if role.get("virtualNetworkProfile")))  # fmt: skip
        for subnet in subnets:
            group = "/".join(subnet.split("/")[:5])
            for kind in arm_types.MADE_BY_SERVICES:
                name = f"{kind.rpartition('/')[2].lower()}-{secrets.token_hex(4)}"
                owner = {"id": made.path, "location": made.body["location"]}
                self._resources.add(f"{group}/providers/{kind}/{name}", kind, owner, subnet)


def _parts(body: Mapping[str, Any]) -> Iterator[str]:
    properties = body["properties"]
    yield from (body.get("identity") or {}).get("userAssignedIdentities") or {}
    for account in properties["storageProfile"].get("storageaccounts") or ():
        yield from (account[name] for name in ("resourceId", "msiResourceId") if account.get(name))
    for role in properties["computeProfile"]["roles"]:
        network = role.get("virtualNetworkProfile") or {}
        yield from (network[name] for name in ("id", "subnet") if network.get(name))
