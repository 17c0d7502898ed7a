"""HDInsight clusters as the resource manager keeps them: created, tagged, changed by scripts, deleted, in time.

https://learn.microsoft.com/rest/api/hdinsight/clusters
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rehearsal.arm_model import refusal

KIND = "Microsoft.HDInsight/clusters"
NEEDED = ("clusterVersion", "osType", "tier", "clusterDefinition", "computeProfile", "storageProfile")
ROLES = {"headnode", "workernode", "zookeepernode"}
READY = {"provisioningState": "Succeeded", "clusterState": "Running"}


@dataclass(kw_only=True)
class Cluster:
    """One cluster: what was asked for, from when it is ready, and a state that was ordered by a test."""

    path: str
    body: dict[str, Any]
    ready_at: float
    created: str
    said: str = ""
    scripts: list[dict[str, Any]] = field(default_factory=list)

    def view(self) -> dict[str, Any]:
        """Give the cluster as GET shows it: without the secrets that its creation named."""
        name = self.path.rpartition("/")[2]
        definition = {key: value for key, value in self._sent["clusterDefinition"].items() if key != "configurations"}
        return {
            "id": self.path,
            "name": name,
            "type": KIND,
            "location": self.body["location"],
            "etag": "00000000-0000-0000-0000-000000000000",
            "tags": self.body.get("tags") or {},
            "properties": {
                **{key: value for key, value in self._sent.items() if key != "storageProfile"},
                "clusterVersion": f"{self._sent['clusterVersion']}.0",
                "clusterDefinition": definition,
                "createdDate": self.created,
                **self._state(),
                "connectivityEndpoints": [
                    {"name": "HTTPS", "protocol": "TCP", "location": f"{name}.azurehdinsight.net", "port": 443}
                ],
            },
        }

    @property
    def roles(self) -> list[dict[str, Any]]:
        """Give its groups of nodes."""
        return list(self._sent["computeProfile"]["roles"])

    @property
    def ready(self) -> bool:
        """True when its creation has ended."""
        return time.monotonic() >= self.ready_at

    @property
    def _sent(self) -> dict[str, Any]:
        return self.body["properties"]

    def _state(self) -> dict[str, str]:
        if self.said:
            return {"provisioningState": "Failed" if self.said == "Error" else "Succeeded", "clusterState": self.said}
        return READY if self.ready else {"provisioningState": "InProgress", "clusterState": "HdInsightConfiguration"}


def refused(body: Any) -> str:
    """Give why a cluster cannot be created like that, empty when it can."""
    return refusal(body, "ClusterCreateParametersExtended") or _incomplete(body) or _unfit(body["properties"])


def _incomplete(body: Mapping[str, Any]) -> str:
    if not body or not body.get("location"):
        return "The location property is required for this definition."
    absent = [name for name in NEEDED if not (body.get("properties") or {}).get(name)]
    return f"properties.{absent[0]} is required." if absent else ""


def _unfit(properties: Mapping[str, Any]) -> str:
    roles = {role.get("name") for role in properties["computeProfile"].get("roles") or []}
    if roles != ROLES:
        return f"A Spark cluster has the roles {', '.join(sorted(ROLES))}; got {', '.join(sorted(map(str, roles)))}."
    accounts = properties["storageProfile"].get("storageaccounts") or []
    if sum(bool(account.get("isDefault")) for account in accounts) != 1:
        return "Exactly one storage account is the default one."
    gateway = (properties["clusterDefinition"].get("configurations") or {}).get("gateway") or {}
    if not gateway.get("restAuthCredential.username") or not gateway.get("restAuthCredential.password"):
        return "The gateway needs restAuthCredential.username and restAuthCredential.password."
    return ""
