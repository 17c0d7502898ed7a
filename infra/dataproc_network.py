"""The network of a Dataproc stack: one subnet without public addresses, from which Google's own services are reached.

https://cloud.google.com/dataproc/docs/concepts/configuring-clusters/network
"""

import pulumi
import pulumi_gcp as gcp

from infra.stack import Stack

BLOCK = "10.77.0.0/24"
SSH = "22"


class Network:
    """The subnet and the tag of the nodes; ``rules`` has to be there before the cluster."""

    def __init__(self, stack: Stack, project: str, child: pulumi.ResourceOptions) -> None:
        self.tag = stack.prefix
        self._project, self._child = project, child
        # The route to the internet's gateway stays: Private Google Access takes it, and nodes without an address of
        # the internet's get no further. https://cloud.google.com/vpc/docs/configure-private-google-access
        self._network = network = gcp.compute.Network(
            self.tag, project=project, auto_create_subnetworks=False, description=self._about("network", stack),
            opts=child,
        )  # fmt: skip
        self.subnet = gcp.compute.Subnetwork(
            self.tag, project=project, region=stack.region, network=network.id, ip_cidr_range=BLOCK,
            private_ip_google_access=True, description=self._about("subnet", stack), opts=child,
        )  # fmt: skip
        self.rules: list[pulumi.Resource] = [
            gcp.compute.Firewall(
                f"{self.tag}-nodes", project=project, network=network.self_link, direction="INGRESS",
                description=self._about("between the nodes", stack), source_tags=[self.tag], target_tags=[self.tag],
                allows=[
                    {"protocol": "icmp"}, {"protocol": "tcp", "ports": ["0-65535"]},
                    {"protocol": "udp", "ports": ["0-65535"]},
                ],
                opts=child,
            ),
            gcp.compute.Firewall(
                f"{self.tag}-ssh", project=project, network=network.self_link, direction="INGRESS",
                description=self._about("ssh", stack), source_ranges=list(stack.ssh_source), target_tags=[self.tag],
                allows=[{"protocol": "tcp", "ports": [SSH]}], opts=child,
            ),
        ]  # fmt: skip

    @staticmethod
    def _about(what: str, stack: Stack) -> str:
        """Give a description that says whose it is: networks and firewall rules have no labels.

        Without the end, as a network's description cannot be changed.
        """
        return f"firesteel-stack={stack.name}: {what}"
