"""Spark on OpenStack's servers: a network, a leader, workers, a container, and a credential that ends them.

https://docs.openstack.org/api-ref/compute/
"""

from collections.abc import Mapping
from typing import Any

import pulumi

from infra import openstack_deadline, openstack_settings
from infra.openstack_network import Network
from infra.openstack_servers import Servers
from infra.stack import Stack


class OpenStack(pulumi.ComponentResource):
    """The component; ``cluster`` is what the launcher needs to know of it."""

    cluster: Mapping[str, Any]

    def __init__(self, stack: Stack) -> None:
        super().__init__("firesteel:openstack:Cluster", stack.name)
        settings = openstack_settings.read(stack)
        child = pulumi.ResourceOptions(parent=self)
        network = Network(stack, settings, [f"{key}={value}" for key, value in stack.tags.items()], child)
        container = openstack_deadline.Container(stack, settings, child)
        servers = Servers(stack, settings, network, container.letter, child)
        container.put(openstack_deadline.letter(stack, settings, servers.ids, child))
        self.cluster = {
            "staging": settings.staging or container.staging,
            "master": servers.address,
            "user": settings.user,
            "spark_master": pulumi.Output.concat("spark://", servers.inside, ":7077"),
            "python": stack.python,
            "spark": stack.image.spark,
        }
        self.register_outputs({"cluster": self.cluster})
