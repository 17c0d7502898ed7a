"""The network of an HDInsight stack: one subnet, into which only HDInsight itself and ``ssh_source`` may come.

https://learn.microsoft.com/azure/hdinsight/control-network-traffic
"""

import pulumi
import pulumi_azure_native as azure
from pulumi_azure_native.network import SecurityRuleArgsDict

from infra.stack import Stack

BLOCK = "10.77.0.0/24"
HTTPS, SSH = "443", "22"
SUBNET = "nodes"


class Network:
    """The virtual network and the subnet's id."""

    def __init__(self, stack: Stack, group: azure.resources.ResourceGroup, child: pulumi.ResourceOptions) -> None:
        rules = azure.network.NetworkSecurityGroup(
            stack.prefix, resource_group_name=group.name, location=stack.region, security_rules=_rules(stack),
            tags=stack.tags, opts=child,
        )  # fmt: skip
        self.network = azure.network.VirtualNetwork(
            stack.prefix, resource_group_name=group.name, location=stack.region,
            address_space={"address_prefixes": [BLOCK]}, tags=stack.tags,
            # Else a change of the network would take a subnet away that is a resource of its own.
            opts=pulumi.ResourceOptions.merge(child, pulumi.ResourceOptions(ignore_changes=["subnets"])),
        )  # fmt: skip
        subnet = azure.network.Subnet(
            stack.prefix, resource_group_name=group.name, virtual_network_name=self.network.name, subnet_name=SUBNET,
            address_prefix=BLOCK, network_security_group={"id": rules.id},
            service_endpoints=[{"service": "Microsoft.Storage"}],
            # HDInsight's nodes fetch from Azure's services outside: a subnet without a way out fails to make a cluster.
            default_outbound_access=True,
            opts=child,
        )  # fmt: skip
        self.subnet = subnet.id


def _rules(stack: Stack) -> list[SecurityRuleArgsDict]:
    """Give who may come in: HDInsight's management by its service tag, and people to the gateway and to ssh.

    Azure's own rules below these let the subnet's nodes talk, and refuse everybody else.
    """
    people = list(stack.ssh_source)
    return [
        {**_allowed("HDInsight", 300, HTTPS), "source_address_prefix": "HDInsight"},
        {**_allowed("gateway", 310, HTTPS), "source_address_prefixes": people},
        {**_allowed("ssh", 320, SSH), "source_address_prefixes": people},
    ]


def _allowed(name: str, priority: int, port: str) -> SecurityRuleArgsDict:
    return {
        "name": name, "priority": priority, "direction": "Inbound", "access": "Allow", "protocol": "Tcp",
        "source_port_range": "*", "destination_address_prefix": "VirtualNetwork", "destination_port_range": port,
    }  # fmt: skip
