"""Google Dataproc (Managed Service for Apache Spark): a private network, two buckets, an account, a cluster that ends.

https://cloud.google.com/dataproc/docs/guides/create-cluster
"""

from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_gcp as gcp
from pulumi_gcp.dataproc import (
    ClusterClusterConfigArgsDict,
    ClusterClusterConfigGceClusterConfigArgsDict,
)

from infra.dataproc_access import Access
from infra.dataproc_network import Network
from infra.dataproc_storage import Buckets
from infra.errors import ConfigInvalid
from infra.stack import Stack

USUAL_TYPE = "n2-standard-4"
DISK_TYPE, DISK_SIZE = "pd-balanced", 100  # GiB
# Workers that Google may take back come in addition to these.
# https://cloud.google.com/dataproc/docs/concepts/compute/secondary-vms
PRIMARIES = 2


class Dataproc(pulumi.ComponentResource):
    """The service's component; ``cluster`` is what the launcher needs to know of it."""

    cluster: Mapping[str, Any]

    def __init__(self, stack: Stack) -> None:
        super().__init__("firesteel:dataproc:Cluster", stack.name)
        project = pulumi.Config().get("project") or ""
        if not project:
            raise ConfigInvalid("project", "it is not set", "the id of a project of yours, not its number")
        _check_workers(stack)
        child = pulumi.ResourceOptions(parent=self)
        labels = _labels(stack)
        network = Network(stack, project, child)
        buckets = Buckets(stack, project, labels, child)
        access = Access(stack, project, buckets.names, child)
        found = gcp.dataproc.Cluster(
            stack.prefix,
            name=stack.prefix,
            project=project,
            region=stack.region,
            labels=labels,
            graceful_decommission_timeout="600s",
            cluster_config=_config(stack, network, buckets, access),
            opts=pulumi.ResourceOptions.merge(
                child,
                # Its name is taken until it is gone.
                pulumi.ResourceOptions(
                    depends_on=[*network.rules, *access.rules, *buckets.files], delete_before_replace=True
                ),
            ),
        )
        self.cluster = {
            "staging": buckets.uri("firesteel"),
            "project": project,
            "region": stack.region,
            "cluster_name": found.name,
            "python": stack.python,
            "spark": stack.image.spark,
        }
        self.register_outputs({"cluster": self.cluster})


def _check_workers(stack: Stack) -> None:
    least = PRIMARIES + 1 if stack.spot else PRIMARIES
    if stack.workers < least:
        said = f"{stack.workers} is too few: {PRIMARIES} of Dataproc's workers always stay"
        raise ConfigInvalid("workers", said, f"at least {least}{' with spot' if stack.spot else ''}")


def _labels(stack: Stack) -> dict[str, str]:
    """Give the stack's tags in what Google takes for a label: a-z, 0-9, - and _, at most 63.

    https://cloud.google.com/dataproc/docs/guides/creating-managing-labels
    """
    return {
        key.replace(":", "-"): value.lower().replace(":", "-").replace(".", "-") for key, value in stack.tags.items()
    }


def _config(stack: Stack, network: Network, buckets: Buckets, access: Access) -> ClusterClusterConfigArgsDict:
    worker = stack.worker_type or USUAL_TYPE
    found: ClusterClusterConfigArgsDict = {
        # Ours, because those that the service makes on its own stay behind.
        "staging_bucket": buckets.staging.name,
        "temp_bucket": buckets.temporary.name,
        "gce_cluster_config": _machines(buckets, network, access),
        "master_config": {
            "num_instances": 1, "machine_type": stack.leader_type or USUAL_TYPE,
            "disk_config": {"boot_disk_type": DISK_TYPE, "boot_disk_size_gb": DISK_SIZE},
        },
        "worker_config": {
            "num_instances": PRIMARIES if stack.spot else stack.workers, "machine_type": worker,
            "disk_config": {"boot_disk_type": DISK_TYPE, "boot_disk_size_gb": DISK_SIZE},
        },
        "software_config": {
            "image_version": stack.image.name,
            "override_properties": {"dataproc:dataproc.scheduler.max-concurrent-jobs": str(stack.parallel)},
        },
        # Web pages by Google's own login, instead of by an open port.
        "endpoint_config": {"enable_http_port_access": True},
        "initialization_actions": buckets.initialization_actions(),
        "lifecycle_config": {
            "idle_delete_ttl": f"{int(stack.idle.total_seconds())}s", "auto_delete_time": stack.expires_at,
        },
    }  # fmt: skip
    if stack.spot:
        found["preemptible_worker_config"] = {
            "num_instances": stack.workers - PRIMARIES, "preemptibility": "SPOT",
            "disk_config": {"boot_disk_type": DISK_TYPE, "boot_disk_size_gb": DISK_SIZE},
        }  # fmt: skip
    return found


def _machines(buckets: Buckets, network: Network, access: Access) -> ClusterClusterConfigGceClusterConfigArgsDict:
    return {
        "subnetwork": network.subnet.self_link,
        "internal_ip_only": True,
        "tags": [network.tag],
        "service_account": access.account.email,
        # What the account may do is said by its roles alone.
        "service_account_scopes": ["https://www.googleapis.com/auth/cloud-platform"],
        "shielded_instance_config": {
            "enable_secure_boot": True,
            "enable_vtpm": True,
            "enable_integrity_monitoring": True,
        },
        "metadata": buckets.metadata(),
    }
