"""Azure HDInsight: a resource group with all that a Spark cluster needs, and what deletes the group at the time.

https://learn.microsoft.com/azure/hdinsight/hdinsight-hadoop-provision-linux-clusters
"""

from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_azure_native as azure

from infra.errors import ConfigInvalid
from infra.hdinsight_cluster import USER, cluster, password
from infra.hdinsight_deadline import end
from infra.hdinsight_network import Network
from infra.hdinsight_storage import Storage
from infra.stack import Stack

DOMAIN = ".azurehdinsight.net"


class HDInsight(pulumi.ComponentResource):
    """The service's component; ``cluster`` is what the launcher needs to know of it."""

    cluster: Mapping[str, Any]

    def __init__(self, stack: Stack) -> None:
        super().__init__("firesteel:hdinsight:Cluster", stack.name)
        if stack.spot:
            raise ConfigInvalid("spot", "HDInsight has no machines that Azure takes back", "false")
        child = pulumi.ResourceOptions(parent=self)
        group = azure.resources.ResourceGroup(
            stack.prefix,
            resource_group_name=stack.prefix,
            location=stack.region,
            tags=stack.tags,
            # Its name is taken until it is gone.
            opts=pulumi.ResourceOptions.merge(child, pulumi.ResourceOptions(delete_before_replace=True)),
        )
        # First of all, so that what is half made is deleted too.
        last = end(stack, group, child)
        network = Network(stack, group, child)
        storage = Storage(stack, group, child)
        word = password(f"{stack.prefix}-gateway", child)
        found = cluster(stack, group, network, storage, [*last, *storage.rules], word, child)
        # Encrypted in the state; the launcher keeps it in the system's keyring.
        pulumi.export("login", {"host": pulumi.Output.concat(found.name, DOMAIN), "user": USER, "password": word})
        self.cluster = {
            "staging": storage.uri("firesteel"),
            "endpoint": pulumi.Output.concat("https://", found.name, DOMAIN),
            "user": USER,
            "subscription": group.id.apply(_subscription),
            "resource_group": group.name,
            "cluster_name": found.name,
            "python": stack.python,
            "spark": stack.image.spark,
        }
        self.register_outputs({"cluster": self.cluster})


def _subscription(group: str) -> str:
    """Give the subscription of a resource group's id: /subscriptions/ID/resourceGroups/NAME."""
    return group.split("/")[2]
