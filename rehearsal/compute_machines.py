"""The machines of Dataproc's clusters as Compute Engine lists them, and the quota that they use.

https://cloud.google.com/dataproc/docs/concepts/compute/dataproc-compute-engine
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from google.cloud import dataproc_v1 as dp

from rehearsal.compute_resources import HOME

# What a new project has, roughly: https://cloud.google.com/compute/resource-usage
QUOTAS: Mapping[str, float] = {"CPUS": 72.0, "N2_CPUS": 72.0}
USUAL = "n2-standard-4"  # of a cluster that names no type
TYPE = re.compile(r"(?P<family>e2|n1|n2)-(?:standard|highmem|highcpu)-(?P<cpus>2|4|8|16|32|64)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """One machine of a cluster; ``subnetwork`` is a path, empty in the project's own network."""

    name: str
    type: str
    subnetwork: str
    labels: Mapping[str, str]


def of(clusters: Iterable[dp.Cluster]) -> list[Machine]:
    """Give the machines of clusters: NAME-m, NAME-w-0, NAME-sw-xxxx."""
    return [machine for cluster in clusters for machine in _machines(cluster)]


def cpus(name: str) -> int:
    """Give how many CPUs a type has; 0 when there is no such type."""
    found = TYPE.fullmatch(name)
    return int(found["cpus"]) if found else 0


def metric(name: str) -> str:
    """Give the quota that a type counts for."""
    return "N2_CPUS" if name.startswith("n2-") else "CPUS"


def quotas(limits: Mapping[str, float], machines: Iterable[Machine]) -> list[dict[str, Any]]:
    """Give the region's quotas, with what these machines use of them."""
    used = dict.fromkeys(limits, 0.0)
    for machine in machines:
        used[metric(machine.type)] += cpus(machine.type)
    return [{"metric": name, "limit": limit, "usage": used[name]} for name, limit in limits.items()]


def row(machine: Machine, kind: str, zone: str) -> dict[str, Any]:
    """Give a machine, or its disk, as a list has it."""
    about = {
        "kind": f"compute#{kind.rstrip('s')}", "name": machine.name, "zone": zone, "labels": dict(machine.labels),
        "selfLink": f"{zone}/{kind}/{machine.name}",
    }  # fmt: skip
    if kind == "disks":
        return {**about, "status": "READY", "users": [f"{zone}/instances/{machine.name}"]}
    subnetwork = HOME + machine.subnetwork
    types = f"{zone}/machineTypes/{machine.type}"
    return {**about, "status": "RUNNING", "machineType": types, "networkInterfaces": [{"subnetwork": subnetwork}]}


def _machines(cluster: dp.Cluster) -> list[Machine]:
    config: Any = cluster.config
    link = config.gce_cluster_config.subnetwork_uri
    subnetwork = link[link.index("projects/") :] if "projects/" in link else link
    labels = {**cluster.labels, "goog-dataproc-cluster-name": cluster.cluster_name}
    labels["goog-dataproc-cluster-uuid"] = cluster.cluster_uuid
    groups = (  # word, how many, type
        ("m", config.master_config.num_instances or 1, config.master_config.machine_type_uri),
        ("w", config.worker_config.num_instances, config.worker_config.machine_type_uri),
        # Secondary workers are of the primary ones' type.
        ("sw", config.secondary_worker_config.num_instances, config.worker_config.machine_type_uri),
    )
    return [
        Machine(
            name=f"{cluster.cluster_name}-{word}{'' if word == 'm' and count == 1 else f'-{number}'}",
            type=(kind or USUAL).rpartition("/")[2], subnetwork=subnetwork, labels=labels,
        )
        for word, count, kind in groups
        for number in range(count)
    ]  # fmt: skip
