"""What EC2 refuses and moto does not: removing what is in use; and what EMR wants of a network.

https://docs.aws.amazon.com/emr/latest/ManagementGuide/emr-managed-iam-policies.html

Not imitated: network interfaces, reachability, quotas. A cluster's subnet and groups are in use until it has ended.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any
from urllib.parse import parse_qs

from rehearsal.aws_wire import Refusal
from rehearsal.emr_moto import ACCOUNT

TAG = "for-use-with-amazon-emr-managed-policies"
GROUPS = ("EmrManagedMasterSecurityGroup", "EmrManagedSlaveSecurityGroup", "ServiceAccessSecurityGroup")
MORE_GROUPS = ("AdditionalMasterSecurityGroups", "AdditionalSlaveSecurityGroups")


def check_removal(region: str, body: bytes, in_use: Collection[str]) -> None:
    """Raise Refusal when a request would remove something that is in use, by a cluster or by another group's rule."""
    asked = {name: values[0] for name, values in parse_qs(body.decode()).items()}
    action = asked.get("Action", "")
    if action == "DeleteVpc" and any(True for _ in _contents(_ec2(region), asked.get("VpcId", ""))):
        raise _violation(f"The vpc '{asked['VpcId']}' has dependencies and cannot be deleted.")
    if action == "DeleteSubnet" and asked.get("SubnetId") in in_use:
        raise _violation(f"The subnet '{asked['SubnetId']}' has dependencies and cannot be deleted.")
    group = asked.get("GroupId", "")
    if action == "DeleteSecurityGroup" and (group in in_use or group in _referenced(_ec2(region), group)):
        raise _violation(f"resource {group} has a dependent object")


def network_of(instances: Mapping[str, Any]) -> frozenset[str]:
    """Give the ids of the subnet and the groups that RunJobFlow names."""
    subnets = [instances.get("Ec2SubnetId"), *instances.get("Ec2SubnetIds", ())]
    groups = [instances.get(name) for name in GROUPS]
    return frozenset(
        filter(None, [*subnets, *groups, *(one for name in MORE_GROUPS for one in instances.get(name, ()))])
    )


def check_network(region: str, named: Collection[str]) -> None:
    """Raise Refusal when a subnet or a group does not exist, or they do not lie in one VPC."""
    found = {name: _found(region, name) for name in named}
    for name, there in found.items():
        if there is None:
            what = "subnet" if name.startswith("subnet-") else "security group"
            raise Refusal("ValidationException", f"The {what} '{name}' does not exist.")
    if len({there.vpc_id for there in found.values()}) > 1:
        raise Refusal("ValidationException", "The subnet and the security groups do not belong to the same VPC.")


def untagged(region: str, named: Collection[str]) -> list[str]:
    """Give what of these lacks the tag without which EMR's own policy lets the service do nothing there."""
    ec2 = _ec2(region)
    return sorted(name for name in named if ec2.tags.get(name, {}).get(TAG) != "true")


def _found(region: str, name: str) -> Any:
    ec2 = _ec2(region)
    if name.startswith("subnet-"):
        return next((subnets[name] for subnets in ec2.subnets.values() if name in subnets), None)
    return ec2.get_security_group_from_id(name)


def _contents(ec2: Any, vpc: str) -> Iterator[Any]:
    """Give what keeps a VPC from being deleted, and moto does not look at."""
    yield from (one for one in ec2.groups.get(vpc, {}).values() if one.name != "default")
    yield from (one for one in ec2.vpc_end_points.values() if one.vpc_id == vpc and one.state != "deleted")


def _referenced(ec2: Any, group: str) -> set[str]:
    """Give the groups that rules of other groups refer to."""
    others = (one for groups in ec2.groups.values() for one in groups.values() if one.id != group)
    rules = (rule for one in others for rule in (*one.ingress_rules, *one.egress_rules))
    return {str(rule.source_group.get("GroupId")) for rule in rules}


def _violation(message: str) -> Refusal:
    return Refusal("DependencyViolation", message)


def _ec2(region: str) -> Any:
    from moto.ec2.models import ec2_backends

    return ec2_backends[ACCOUNT][region]
