"""The network of a stack on OpenStack: its own or one that is there, with a router and an address only if wanted.

https://docs.openstack.org/neutron/latest/admin/intro-os-networking.html
"""

from collections.abc import Sequence

import pulumi
import pulumi_openstack as openstack

from infra.openstack_settings import Settings
from infra.stack import Stack

BLOCK = "10.77.0.0/24"
LEADER = "10.77.0.10"
SSH = 22


class Network:
    """Ports for the servers; ``ways`` has to be there before a server that wants to reach anything."""

    def __init__(self, stack: Stack, settings: Settings, tags: Sequence[str], child: pulumi.ResourceOptions) -> None:
        self._name, self._settings, self._tags, self._child = stack.prefix, settings, list(tags), child
        self.ways: list[pulumi.Resource] = []
        self._subnet: openstack.networking.Subnet | None = None
        self._network = self._found(settings.network) if settings.network else self._own()
        self._nodes, self._ssh = self._group("nodes"), self._group("ssh")
        self._between_nodes()
        for at, block in enumerate(stack.ssh_source):
            self._allow(f"ssh-{at}", self._ssh, protocol="tcp", port=SSH, remote_ip_prefix=block)

    def leader(self) -> openstack.networking.Port:
        """Give the leader's port: known before any server is, so that the workers can be told its address."""
        return self._port("leader", [self._nodes.id, self._ssh.id], LEADER)

    def worker(self, number: int) -> openstack.networking.Port:
        """Give a worker's port, at which only the stack's own servers are heard."""
        return self._port(f"worker-{number}", [self._nodes.id], None)

    def address(self, port: openstack.networking.Port) -> pulumi.Output[str]:
        """Give the address at which a port is reached from outside: a floating one where there are such."""
        pool = self._settings.external_network
        if not pool:
            return port.all_fixed_ips[0]
        floating = openstack.networking.FloatingIp(
            self._name, pool=pool, region=self._settings.region, tags=self._tags, opts=self._child
        )
        openstack.networking.FloatingIpAssociate(
            self._name, floating_ip=floating.address, port_id=port.id, region=self._settings.region,
            opts=pulumi.ResourceOptions.merge(self._child, pulumi.ResourceOptions(depends_on=self.ways)),
        )  # fmt: skip
        return floating.address

    def _found(self, name: str, *, external: bool | None = None) -> pulumi.Output[str]:
        return openstack.networking.get_network_output(
            name=name, external=external, region=self._settings.region,
            opts=pulumi.InvokeOutputOptions(parent=self._child.parent),
        ).id  # fmt: skip

    def _own(self) -> pulumi.Output[str]:
        """Make a network and its subnet, and a router only where there is something to route to."""
        region, external = self._settings.region, self._settings.external_network
        network = openstack.networking.Network(self._name, region=region, tags=self._tags, opts=self._child)
        self._subnet = subnet = openstack.networking.Subnet(
            self._name, network_id=network.id, cidr=BLOCK, ip_version=4, no_gateway=None if external else True,
            region=region, tags=self._tags, opts=self._child,
        )  # fmt: skip
        if external:
            router = openstack.networking.Router(
                self._name, external_network_id=self._found(external, external=True), region=region, tags=self._tags,
                opts=self._child,
            )  # fmt: skip
            interface = openstack.networking.RouterInterface(
                self._name, router_id=router.id, subnet_id=subnet.id, region=region, opts=self._child
            )
            self.ways.append(interface)
        return network.id

    def _group(self, word: str) -> openstack.networking.SecGroup:
        """Make a group; the ways out that OpenStack gives to every group stay: where its services are is its own."""
        return openstack.networking.SecGroup(
            f"{self._name}-{word}", description=f"Spark: {word}", region=self._settings.region, tags=self._tags,
            opts=self._child,
        )  # fmt: skip

    def _between_nodes(self) -> None:
        for protocol in ("tcp", "udp", "icmp"):
            self._allow(f"nodes-{protocol}", self._nodes, protocol=protocol, remote_group_id=self._nodes.id)

    def _allow(  # noqa: PLR0913 -- what a rule is made of
        self,
        word: str,
        group: openstack.networking.SecGroup,
        *,
        protocol: str,
        port: int | None = None,
        remote_ip_prefix: str | None = None,
        remote_group_id: pulumi.Output[str] | None = None,
    ) -> None:
        openstack.networking.SecGroupRule(
            f"{self._name}-{word}", security_group_id=group.id, direction="ingress", ethertype="IPv4",
            protocol=protocol, port_range_min=port, port_range_max=port, remote_ip_prefix=remote_ip_prefix,
            remote_group_id=remote_group_id, description=word, region=self._settings.region, opts=self._child,
        )  # fmt: skip

    def _port(self, word: str, groups: Sequence[pulumi.Output[str]], address: str | None) -> openstack.networking.Port:
        own = self._subnet
        return openstack.networking.Port(
            f"{self._name}-{word}", network_id=self._network, security_group_ids=list(groups),
            fixed_ips=[{"subnet_id": own.id, "ip_address": address}] if own else None,
            region=self._settings.region, tags=self._tags, opts=self._child,
        )  # fmt: skip
