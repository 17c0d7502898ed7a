"""What carries an EMR stack's tag or name, or lies in its network, whoever made it, service by service."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from launcher.errors import ResourceNotFound
from launcher.metrics import is_object
from launcher.providers import Left

Ask = Callable[..., Any]
Finder = Callable[[Ask, str, str], Iterator[Left]]
TAG = "firesteel:stack"
# Clusters that have not ended; one that is ending still costs.
ALIVE = ["STARTING", "BOOTSTRAPPING", "RUNNING", "WAITING", "TERMINATING"]
GONE = {"terminated", "shutting-down", "deleted", "deleting"}
# What can lie in a network: how it is listed, where its id is, what it is called.
IN_NETWORK = (
    ("describe_instances", "Instances", "InstanceId", "instance"),
    ("describe_network_interfaces", "NetworkInterfaces", "NetworkInterfaceId", "network interface"),
    ("describe_vpc_endpoints", "VpcEndpoints", "VpcEndpointId", "endpoint"),
    ("describe_security_groups", "SecurityGroups", "GroupId", "security group"),
    ("describe_subnets", "Subnets", "SubnetId", "subnet"),
    ("describe_route_tables", "RouteTables", "RouteTableId", "route table"),
)
# What the stack makes itself: service, and Pulumi's name of the type.
MADE = {
    "cluster": ("emr", "aws:emr/cluster:Cluster"),
    "schedule": ("scheduler", "aws:scheduler/schedule:Schedule"),
    "bucket": ("s3", "aws:s3/bucket:Bucket"),
    "instance profile": ("iam", "aws:iam/instanceProfile:InstanceProfile"),
    "role": ("iam", "aws:iam/role:Role"),
    "endpoint": ("ec2", "aws:ec2/vpcEndpoint:VpcEndpoint"),
    "ingress rule": ("ec2", "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"),
    "egress rule": ("ec2", "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"),
    "security group": ("ec2", "aws:ec2/securityGroup:SecurityGroup"),
    "subnet": ("ec2", "aws:ec2/subnet:Subnet"),
    "route table": ("ec2", "aws:ec2/routeTable:RouteTable"),
    "network": ("ec2", "aws:ec2/vpc:Vpc"),
}


def clusters(ask: Ask, _name: str, prefix: str) -> Iterator[Left]:
    """Give the clusters of that name that have not ended."""
    for row in ask("emr", "list_clusters", ClusterStates=ALIVE).get("Clusters", ()):
        if row["Name"] == prefix:
            yield _left("cluster", row["Id"], f"called {prefix}, {row['Status']['State']}")


def schedules(ask: Ask, _name: str, prefix: str) -> Iterator[Left]:
    """Give the schedule that ends the cluster."""
    if _there(ask, "scheduler", "get_schedule", Name=f"{prefix}-end"):
        yield _left("schedule", f"{prefix}-end", "by its name")


def buckets(ask: Ask, name: str, prefix: str) -> Iterator[Left]:
    """Give the buckets with the tag, and those whose name Pulumi made and which have no tag yet."""
    made = re.compile(re.escape(prefix) + r"-[0-9a-f]{7}")
    for row in ask("s3", "list_buckets").get("Buckets", ()):
        if not row["Name"].startswith(f"{prefix}-"):
            continue
        found = _there(ask, "s3", "get_bucket_tagging", Bucket=row["Name"])
        tags = {tag["Key"]: tag["Value"] for tag in found.get("TagSet", ())} if found else {}
        if tags.get(TAG) == name:
            yield _left("bucket", row["Name"], f"tagged {TAG}={name}")
        elif not tags and made.fullmatch(row["Name"]):
            yield _left("bucket", row["Name"], "by its name")


def roles(ask: Ask, _name: str, prefix: str) -> Iterator[Left]:
    """Give the roles and the instance profile."""
    if _there(ask, "iam", "get_instance_profile", InstanceProfileName=f"{prefix}-nodes"):
        yield _left("instance profile", f"{prefix}-nodes", "by its name")
    for word in ("nodes", "service", "end"):
        if _there(ask, "iam", "get_role", RoleName=f"{prefix}-{word}"):
            yield _left("role", f"{prefix}-{word}", "by its name")


def network(ask: Ask, name: str, _prefix: str) -> Iterator[Left]:
    """Give the networks with the tag, and all that lies in them, also what EMR or others have made there."""
    tagged = [{"Name": f"tag:{TAG}", "Values": [name]}]
    vpcs = [row["VpcId"] for row in ask("ec2", "describe_vpcs", Filters=tagged)["Vpcs"]]
    for vpc in vpcs:
        yield _left("network", vpc, f"tagged {TAG}={name}")
        yield from _listed(ask, [{"Name": "vpc-id", "Values": [vpc]}], f"in {vpc}")
    yield from _listed(ask, tagged, f"tagged {TAG}={name}")
    for row in ask("ec2", "describe_volumes", Filters=tagged)["Volumes"]:
        yield _left("volume", row["VolumeId"], f"tagged {TAG}={name}")
    # EMR's own rules in our groups have no tag: they come and go with its clusters.
    for row in ask("ec2", "describe_security_group_rules", Filters=tagged)["SecurityGroupRules"]:
        word = "egress rule" if row["IsEgress"] else "ingress rule"
        yield _left(word, row["SecurityGroupRuleId"], f"tagged {TAG}={name}")


def _listed(ask: Ask, filters: Sequence[Mapping[str, Any]], why: str) -> Iterator[Left]:
    for operation, key, id_, word in IN_NETWORK:
        for row in _rows(ask("ec2", operation, Filters=filters), key):
            if not _default(row) and _state(row) not in GONE:
                yield _left(word, row[id_], why)


def _rows(answer: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    if key == "Instances":  # which come in the reservations that they were started by
        return [row for reservation in answer["Reservations"] for row in reservation["Instances"]]
    return list(answer[key])


def _default(row: Mapping[str, Any]) -> bool:
    """Tell whether it comes and goes with its network: the default group, the main table."""
    return row.get("GroupName") == "default" or any(each.get("Main") for each in row.get("Associations", ()))


def _state(row: Mapping[str, Any]) -> str:
    state: Any = row.get("State", "")
    return str(state["Name"] if is_object(state) else state).lower()


def _left(word: str, id_: str, why: str) -> Left:
    service, token = MADE.get(word, ("ec2", ""))
    return Left(service=service, type=word, id=id_, why=why, token=token)


def _there(ask: Ask, service: str, operation: str, **parameters: Any) -> Any:
    try:
        return ask(service, operation, **parameters)
    except ResourceNotFound:
        return None


FINDERS: dict[str, Finder] = {
    "emr": clusters,
    "scheduler": schedules,
    "s3": buckets,
    "iam": roles,
    "ec2": network,
}
