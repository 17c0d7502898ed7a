"""What keeps a cluster from starting after EMR has accepted it: what its service role may not do.

https://docs.aws.amazon.com/emr/latest/ManagementGuide/emr-managed-iam-policies.html

Asked only of a role that has EMR's own policy of the second version, which allows nothing in a network without its tag,
and no other role for the machines than the one of the manual.
"""

from collections.abc import Mapping
from typing import Any

from rehearsal import ec2_rules, iam_rules

POLICY = "AmazonEMRServicePolicy_v2"


def flaw(asked: Mapping[str, Any], region: str) -> str:
    """Give why a cluster as RunJobFlow asks for it will end with errors; empty when it will not."""
    role = iam_rules.role_named(asked["ServiceRole"])
    if role is None or not iam_rules.attached(role, POLICY):
        return ""
    lacking = ec2_rules.untagged(region, ec2_rules.network_of(asked["Instances"]))
    if {tag["Key"]: tag.get("Value") for tag in asked.get("Tags", ())}.get(ec2_rules.TAG) != "true":
        lacking.append("the cluster")
    if lacking:
        said = f"without the tag {ec2_rules.TAG}=true: {', '.join(lacking)}"
        return f"Service role {role.name} has insufficient EC2 permissions ({said})"
    nodes = iam_rules.role_of_profile(asked["JobFlowRole"])
    if nodes is None or not iam_rules.allows(role, "iam:PassRole", nodes.arn):
        return f"Service role {role.name} may not pass the role of {asked['JobFlowRole']} (iam:PassRole)"
    return ""
