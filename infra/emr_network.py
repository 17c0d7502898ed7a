"""The network of an EMR stack: one private subnet without a way out but to S3, and the three groups of the service.

https://docs.aws.amazon.com/emr/latest/ManagementGuide/emr-vpc-host-job-flows.html
"""

from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_aws as aws

from infra.stack import Stack

BLOCK = "10.77.0.0/24"
SSH = 22
SERVICE, NODES = 9443, 8443  # ports of the service's calls in a private subnet


class Network:
    """The subnet and the groups; ``rules`` has to be there before the cluster."""

    def __init__(self, stack: Stack, tags: Mapping[str, str], child: pulumi.ResourceOptions) -> None:
        self._name, self._tags, self._child = stack.prefix, tags, child
        self._vpc = aws.ec2.Vpc(
            self._name, cidr_block=BLOCK, enable_dns_support=True, enable_dns_hostnames=True, tags=tags, opts=child
        )
        self.subnet = aws.ec2.Subnet(
            self._name, vpc_id=self._vpc.id, cidr_block=BLOCK, map_public_ip_on_launch=False, tags=tags, opts=child
        )
        self._s3 = self._endpoint(stack.region)
        # Groups of our own: those that EMR would make refer to each other, and keep the VPC from being deleted.
        self.leader, self.workers, self.service = map(self._group, ("leader", "workers", "service"))
        self.rules: list[pulumi.Resource] = [*self._between_nodes(), *self._to_s3(), *self._with_service()]
        for at, block in enumerate(stack.ssh_source):
            self._ingress(f"ssh-{at}", self.leader, cidr_ipv4=block, from_port=SSH, to_port=SSH, ip_protocol="tcp")

    def _endpoint(self, region: str) -> aws.ec2.VpcEndpoint:
        """Let the subnet reach S3, by a gateway that costs nothing, and nothing else."""
        table = aws.ec2.RouteTable(self._name, vpc_id=self._vpc.id, tags=self._tags, opts=self._child)
        aws.ec2.RouteTableAssociation(self._name, subnet_id=self.subnet.id, route_table_id=table.id, opts=self._child)
        return aws.ec2.VpcEndpoint(
            self._name, vpc_id=self._vpc.id, service_name=f"com.amazonaws.{region}.s3", vpc_endpoint_type="Gateway",
            route_table_ids=[table.id], tags=self._tags, opts=self._child,
        )  # fmt: skip

    def _group(self, word: str) -> aws.ec2.SecurityGroup:
        # EMR writes rules of its own into them: these go first when a group is deleted.
        return aws.ec2.SecurityGroup(
            f"{self._name}-{word}", name=f"{self._name}-{word}", description=f"EMR: {word}", vpc_id=self._vpc.id,
            revoke_rules_on_delete=True, tags=self._tags, opts=self._child,
        )  # fmt: skip

    def _between_nodes(self) -> list[pulumi.Resource]:
        """Let leader and workers talk; the ways in are written by EMR itself."""
        nodes = {"leader": self.leader, "workers": self.workers}
        return [
            self._egress(f"{word}-{other}", group, referenced_security_group_id=nodes[other].id, ip_protocol="-1")
            for word, group in nodes.items()
            for other in nodes
        ]

    def _to_s3(self) -> list[pulumi.Resource]:
        https = {"from_port": 443, "to_port": 443, "ip_protocol": "tcp"}
        return [
            self._egress(f"{word}-s3", group, prefix_list_id=self._s3.prefix_list_id, **https)
            for word, group in (("leader", self.leader), ("workers", self.workers))
        ]

    def _with_service(self) -> list[pulumi.Resource]:
        up = {"from_port": SERVICE, "to_port": SERVICE, "ip_protocol": "tcp"}
        down = {"from_port": NODES, "to_port": NODES, "ip_protocol": "tcp"}
        return [
            self._egress("leader-service", self.leader, referenced_security_group_id=self.service.id, **up),
            self._ingress("service-leader", self.service, referenced_security_group_id=self.leader.id, **up),
            self._egress("service-leader", self.service, referenced_security_group_id=self.leader.id, **down),
            self._egress("service-workers", self.service, referenced_security_group_id=self.workers.id, **down),
        ]

    def _ingress(self, word: str, group: aws.ec2.SecurityGroup, **rule: Any) -> pulumi.Resource:
        return aws.vpc.SecurityGroupIngressRule(
            f"{self._name}-{word}",
            security_group_id=group.id,
            description=word,
            tags=self._tags,
            opts=self._child,
            **rule,
        )

    def _egress(self, word: str, group: aws.ec2.SecurityGroup, **rule: Any) -> pulumi.Resource:
        return aws.vpc.SecurityGroupEgressRule(
            f"{self._name}-{word}",
            security_group_id=group.id,
            description=word,
            tags=self._tags,
            opts=self._child,
            **rule,
        )
