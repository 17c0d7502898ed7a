"""How what is left of an EMR stack is deleted, in the order of the table: each kind after what uses it."""

import time
from collections.abc import Callable, Mapping
from typing import Any

from launcher.errors import BackendUnavailable

Ask = Callable[..., Any]
PATIENCE = 1200.0  # seconds until a cluster has ended
PAUSE = 3.0
ENDED = {"TERMINATED", "TERMINATED_WITH_ERRORS"}


def cluster(ask: Ask, cluster_id: str) -> None:
    """End a cluster and wait for it: what it uses cannot go before."""
    ask("emr", "set_termination_protection", JobFlowIds=[cluster_id], TerminationProtected=False)
    ask("emr", "terminate_job_flows", JobFlowIds=[cluster_id])
    believed = time.monotonic() + PATIENCE
    while ask("emr", "describe_cluster", ClusterId=cluster_id)["Cluster"]["Status"]["State"] not in ENDED:
        if time.monotonic() > believed:
            raise BackendUnavailable(f"{cluster_id} has not ended after {PATIENCE:.0f} s", "the same command again")
        time.sleep(PAUSE)


def schedule(ask: Ask, name: str) -> None:
    """Delete a schedule."""
    ask("scheduler", "delete_schedule", Name=name)


def bucket(ask: Ask, name: str) -> None:
    """Delete a bucket with every version of everything in it."""
    while True:
        page = ask("s3", "list_object_versions", Bucket=name, MaxKeys=1000)
        rows = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
        if not rows:
            break
        keys = [{"Key": row["Key"], "VersionId": row["VersionId"]} for row in rows]
        ask("s3", "delete_objects", Bucket=name, Delete={"Objects": keys, "Quiet": True})
    ask("s3", "delete_bucket", Bucket=name)


def instance_profile(ask: Ask, name: str) -> None:
    """Delete an instance profile, and what makes its role one of it."""
    for role in ask("iam", "get_instance_profile", InstanceProfileName=name)["InstanceProfile"]["Roles"]:
        ask("iam", "remove_role_from_instance_profile", InstanceProfileName=name, RoleName=role["RoleName"])
    ask("iam", "delete_instance_profile", InstanceProfileName=name)


def role(ask: Ask, name: str) -> None:
    """Delete a role with its policies."""
    for policy in ask("iam", "list_role_policies", RoleName=name)["PolicyNames"]:
        ask("iam", "delete_role_policy", RoleName=name, PolicyName=policy)
    for policy in ask("iam", "list_attached_role_policies", RoleName=name)["AttachedPolicies"]:
        ask("iam", "detach_role_policy", RoleName=name, PolicyArn=policy["PolicyArn"])
    ask("iam", "delete_role", RoleName=name)


def instance(ask: Ask, instance_id: str) -> None:
    """End an instance."""
    ask("ec2", "terminate_instances", InstanceIds=[instance_id])


def network_interface(ask: Ask, interface: str) -> None:
    """Delete an interface that is attached to nothing."""
    ask("ec2", "delete_network_interface", NetworkInterfaceId=interface)


def endpoint(ask: Ask, endpoint_id: str) -> None:
    """Delete an endpoint."""
    ask("ec2", "delete_vpc_endpoints", VpcEndpointIds=[endpoint_id])


def rule(ask: Ask, rule_id: str) -> None:
    """Delete a rule of a security group."""
    [row] = ask("ec2", "describe_security_group_rules", SecurityGroupRuleIds=[rule_id])["SecurityGroupRules"]
    _revoke(ask, row)


def rules(ask: Ask, group: str) -> None:
    """Delete the rules of a group and those that name it, also what EMR wrote: the group can go then."""
    [row] = ask("ec2", "describe_security_groups", GroupIds=[group])["SecurityGroups"]
    beside = [{"Name": "vpc-id", "Values": [row["VpcId"]]}]
    groups = [each["GroupId"] for each in ask("ec2", "describe_security_groups", Filters=beside)["SecurityGroups"]]
    within = [{"Name": "group-id", "Values": groups}]
    for each in ask("ec2", "describe_security_group_rules", Filters=within)["SecurityGroupRules"]:
        if group in {each["GroupId"], each.get("ReferencedGroupInfo", {}).get("GroupId")}:
            _revoke(ask, each)


def _revoke(ask: Ask, row: Mapping[str, Any]) -> None:
    way = "egress" if row["IsEgress"] else "ingress"
    ids = [row["SecurityGroupRuleId"]]
    ask("ec2", f"revoke_security_group_{way}", GroupId=row["GroupId"], SecurityGroupRuleIds=ids)


def security_group(ask: Ask, group: str) -> None:
    """Delete a group that no rule names."""
    ask("ec2", "delete_security_group", GroupId=group)


def subnet(ask: Ask, subnet_id: str) -> None:
    """Delete a subnet."""
    ask("ec2", "delete_subnet", SubnetId=subnet_id)


def route_table(ask: Ask, table: str) -> None:
    """Delete a table, away from its subnets."""
    [row] = ask("ec2", "describe_route_tables", RouteTableIds=[table])["RouteTables"]
    for each in row["Associations"]:
        ask("ec2", "disassociate_route_table", AssociationId=each["RouteTableAssociationId"])
    ask("ec2", "delete_route_table", RouteTableId=table)


def volume(ask: Ask, volume_id: str) -> None:
    """Delete a volume."""
    ask("ec2", "delete_volume", VolumeId=volume_id)


def network(ask: Ask, vpc: str) -> None:
    """Delete a network."""
    ask("ec2", "delete_vpc", VpcId=vpc)


# A step for all of a type, then the next.
REMOVERS: tuple[tuple[str, Callable[[Ask, str], None]], ...] = (
    ("cluster", cluster),
    ("schedule", schedule),
    ("bucket", bucket),
    ("instance profile", instance_profile),
    ("role", role),
    ("instance", instance),
    ("volume", volume),
    ("network interface", network_interface),
    ("endpoint", endpoint),
    ("ingress rule", rule),
    ("egress rule", rule),
    ("security group", rules),
    ("security group", security_group),
    ("route table", route_table),
    ("subnet", subnet),
    ("network", network),
)
