"""Clusters of Dataproc.

What is changed in place is what the vendor's provider sends to UpdateCluster: labels, numbers of workers, the end.
All else is "Forces new resource" at https://registry.terraform.io/providers/hashicorp/google/latest/docs/resources/dataproc_cluster.
Not imitated: clusters on Kubernetes, autoscaling policies. What the rehearsed Dataproc does not know, it refuses.
"""

import time
from collections.abc import Iterator, Mapping
from typing import Any

from rehearsal.providers.errors import Incomplete, ProviderError
from rehearsal.providers.gcp_calls import DONE_WITHIN, LOOK, Google, Refused, unless_gone
from rehearsal.providers.gcp_storage import ATTRIBUTION, labels_of
from rehearsal.providers.kinds import Kind
from rehearsal.providers.values import Properties, same, shaped

# Names with Pulumi, and with the service: https://cloud.google.com/dataproc/docs/reference/rest/v1/ClusterConfig
NAMES: Mapping[str, str] = {
    "machineType": "machineTypeUri", "network": "networkUri", "overrideProperties": "properties",
    "preemptibleWorkerConfig": "secondaryWorkerConfig", "script": "executableFile", "stagingBucket": "configBucket",
    "subnetwork": "subnetworkUri", "timeoutSec": "executionTimeout", "zone": "zoneUri",
}  # fmt: skip
OURS: Mapping[str, str] = {theirs: ours for ours, theirs in NAMES.items()}
FREE = frozenset({"metadata", "overrideProperties", "properties"})  # tables whose names are the user's
# What can be changed, and what UpdateCluster's mask calls it.
CHANGEABLE: Mapping[tuple[str, str], str] = {
    ("workerConfig", "numInstances"): "config.workerConfig.numInstances",
    ("preemptibleWorkerConfig", "numInstances"): "config.secondaryWorkerConfig.numInstances",
    ("lifecycleConfig", "idleDeleteTtl"): "config.lifecycleConfig.idleDeleteTtl",
    ("lifecycleConfig", "autoDeleteTime"): "config.lifecycleConfig.autoDeleteTime",
}


class Cluster(Kind):
    """A cluster: there when it runs, gone when it is deleted, by whomever."""

    name = "name"
    replaces = ("name", "project", "region")
    updates = ("clusterConfig", "gracefulDecommissionTimeout", "labels")
    computed = ("clusterConfig", "project")
    defaults = {"gracefulDecommissionTimeout": "0s", "region": "global"}  # noqa: RUF012 -- a literal

    def create(self, cloud: Google, inputs: Properties) -> str:
        """Ask for it, and wait until it runs."""
        project = cloud.project(inputs)
        folder = f"projects/{project}/regions/{inputs['region']}/clusters"
        body = {
            "projectId": project, "clusterName": inputs["name"], "config": _theirs(inputs.get("clusterConfig", {})),
            "labels": {**inputs.get("labels", {}), **ATTRIBUTION},
        }  # fmt: skip
        made = f"{folder}/{inputs['name']}"
        try:
            cloud.dataproc("POST", folder, body)
        except Refused as error:
            # One that could not be started stays, in state ERROR, until it is deleted.
            found = unless_gone(cloud.ask, "dataproc", "GET", made)
            if found is None or found["status"]["state"] != "ERROR":
                raise
            raise Incomplete(made, str(error)) from error
        return made

    def read(self, cloud: Google, resource_id: str, state: Properties) -> Properties | None:
        """Describe it."""
        found = unless_gone(cloud.ask, "dataproc", "GET", resource_id)
        if found is None or found["status"]["state"] == "DELETING":
            return None
        return {
            **labels_of(found),
            "clusterConfig": _seen(_ours(found["config"]), state.get("clusterConfig")),
            "name": found["clusterName"],
            "project": found["projectId"],
        }

    def in_place(self, name: str, old: Any, new: Any) -> bool:
        """Tell whether a new configuration differs in nothing but what can be changed."""
        return name != "clusterConfig" or same(_fixed(old or {}), _fixed(new or {}))

    def update(self, cloud: Google, resource_id: str, inputs: Properties, changed: frozenset[str]) -> None:
        """Set labels, numbers of workers, and the end."""
        body: Properties = {}
        masks: list[str] = []
        if "labels" in changed:
            body["labels"] = {**inputs.get("labels", {}), **ATTRIBUTION}
            masks.append("labels")
        if "clusterConfig" in changed:
            body["config"], more = _changes(inputs["clusterConfig"], self._configured(cloud, resource_id))
            masks += more
        if masks:
            timeout = {"gracefulDecommissionTimeout": inputs["gracefulDecommissionTimeout"]}
            cloud.dataproc("PATCH", resource_id, body, updateMask=",".join(masks), **timeout)

    def delete(self, cloud: Google, resource_id: str, state: Properties) -> None:  # noqa: ARG002 -- as all
        """Delete it, and wait until it is gone, also when its own end has come."""
        found = unless_gone(cloud.ask, "dataproc", "GET", resource_id)
        if found and found["status"]["state"] != "DELETING":
            unless_gone(cloud.dataproc, "DELETE", resource_id)
        deadline = time.monotonic() + DONE_WITHIN
        while unless_gone(cloud.ask, "dataproc", "GET", resource_id):
            if time.monotonic() > deadline:
                raise ProviderError(f"{resource_id} is still there after {DONE_WITHIN:.0f} s")
            time.sleep(LOOK)

    @staticmethod
    def _configured(cloud: Google, resource_id: str) -> Properties:
        return _ours(cloud.ask("dataproc", "GET", resource_id)["config"])


def _theirs(config: Mapping[str, Any]) -> Properties:
    """Give a configuration with the service's names."""
    return {NAMES.get(name, name): _inner(name, value, _theirs) for name, value in config.items()}


def _ours(config: Mapping[str, Any]) -> Properties:
    """Give a configuration with Pulumi's names."""
    return {OURS.get(name, name): _inner(name, value, _ours) for name, value in config.items()}


def _inner(name: str, value: Any, renamed: Any) -> Any:
    if name == "timeoutSec":
        return f"{value}s"
    if name == "executionTimeout":
        return int(float(value.removesuffix("s")))
    if isinstance(value, list):
        return [renamed(item) if isinstance(item, Mapping) else item for item in value]
    return renamed(value) if isinstance(value, Mapping) and name not in FREE else value


def _seen(found: Any, written: Any) -> Any:
    """Give what the service says of what the program has written; what is false or empty, the service leaves out."""
    if isinstance(found, Mapping) and isinstance(written, Mapping):
        left_out = {name: value for name, value in written.items() if name not in found and not value}
        return {**left_out, **{name: _seen(found[name], value) for name, value in written.items() if name in found}}
    return shaped(found, written)


def _fixed(config: Mapping[str, Any]) -> Properties:
    """Give of a configuration what cannot be changed."""
    within = {(group, name) for group, name in CHANGEABLE}
    return {
        group: {name: value for name, value in table.items() if (group, name) not in within}
        if isinstance(table, Mapping) else table
        for group, table in config.items()
    }  # fmt: skip


def _changes(wanted: Mapping[str, Any], found: Mapping[str, Any]) -> tuple[Properties, list[str]]:
    """Give the part of a configuration that is to be changed, and its mask."""
    body: Properties = {}
    masks: list[str] = []
    for group, name, value in _changed(wanted, found):
        body.setdefault(group, {})[name] = value
        masks.append(CHANGEABLE[group, name])
    return _theirs(body), masks


def _changed(wanted: Mapping[str, Any], found: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
    for group, name in CHANGEABLE:
        new, old = wanted.get(group, {}).get(name), found.get(group, {}).get(name)
        if new is not None and new != old:
            yield group, name, new
