"""Security groups and their rules.

What replaces is "Forces new resource" at https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/security_group
and vpc_security_group_ingress_rule. Not imitated: rules inside of a group's own properties, IPv6.
"""

from typing import Any

from rehearsal.providers.aws_calls import persistently, tag_table, unless_gone
from rehearsal.providers.aws_network import TAGS, labels, retag, tags_of
from rehearsal.providers.kinds import Kind
from rehearsal.providers.values import Properties


class SecurityGroup(Kind):
    """A security group, which begins without rules, as the vendor's provider leaves it."""

    name = "name"
    replaces = ("description", "name", "vpcId")
    updates = ("revokeRulesOnDelete", *TAGS)
    computed = ("vpcId",)
    defaults = {"description": "Managed by Pulumi", "revokeRulesOnDelete": False}  # noqa: RUF012 -- a literal

    def create(self, cloud: Any, inputs: Properties) -> str:
        """Make it, and take away the rule that EC2 gives it."""
        asked = {"GroupName": inputs["name"], "Description": inputs["description"]}
        asked |= {"VpcId": inputs["vpcId"]} if "vpcId" in inputs else {}
        ec2 = cloud.client("ec2")
        made = ec2.create_security_group(**asked, **labels("security-group", inputs))["GroupId"]
        _revoke(ec2, _rules(ec2, made))
        return made

    def read(self, cloud: Any, resource_id: str, state: Properties) -> Properties | None:
        """Describe it."""
        answer = unless_gone(cloud.client("ec2").describe_security_groups, GroupIds=[resource_id])
        if not answer or not answer["SecurityGroups"]:
            return None
        found = answer["SecurityGroups"][0]
        return {
            "arn": cloud.arn("ec2", f"security-group/{resource_id}"),
            "description": found["Description"],
            "name": found["GroupName"],
            "ownerId": cloud.account,
            "vpcId": found["VpcId"],
            **tags_of(found, state),
        }

    def update(self, cloud: Any, resource_id: str, inputs: Properties, changed: frozenset[str]) -> None:
        """Set tags."""
        retag(cloud, resource_id, inputs, changed)

    def delete(self, cloud: Any, resource_id: str, state: Properties) -> None:
        """Remove it, with all rules of it and about it when that is wished; else EC2 refuses while it is named."""
        ec2 = cloud.client("ec2")
        if state.get("revokeRulesOnDelete"):
            about = ec2.describe_security_group_rules()["SecurityGroupRules"]
            _revoke(ec2, [rule for rule in about if resource_id in {rule["GroupId"], _referenced(rule)}])
        persistently(ec2.delete_security_group, GroupId=resource_id)


class Rule(Kind):
    """A rule of a security group. The vendor's provider changes most of it in place; here it is made anew."""

    replaces = (
        "cidrIpv4", "description", "fromPort", "ipProtocol", "prefixListId", "referencedSecurityGroupId",
        "securityGroupId", "toPort",
    )  # fmt: skip
    updates = TAGS
    alone = True

    def __init__(self, *, egress: bool) -> None:
        self._verb = "egress" if egress else "ingress"

    def create(self, cloud: Any, inputs: Properties) -> str:
        """Make it."""
        authorize = getattr(cloud.client("ec2"), f"authorize_security_group_{self._verb}")
        tags = labels("security-group-rule", inputs)
        made = authorize(GroupId=inputs["securityGroupId"], IpPermissions=[_permission(inputs)], **tags)
        return made["SecurityGroupRules"][0]["SecurityGroupRuleId"]

    def read(self, cloud: Any, resource_id: str, state: Properties) -> Properties | None:
        """Describe it."""
        ec2 = cloud.client("ec2")
        found = next((rule for rule in _rules(ec2, state["securityGroupId"]) if _id(rule) == resource_id), None)
        if found is None:
            return None
        ports = {"fromPort": found.get("FromPort"), "toPort": found.get("ToPort")} if "fromPort" in state else {}
        return {
            "arn": cloud.arn("ec2", f"security-group-rule/{resource_id}"),
            "cidrIpv4": found.get("CidrIpv4"),
            # Moto forgets that of rules between groups.
            "description": found.get("Description") or state.get("description"),
            "ipProtocol": found["IpProtocol"],
            "prefixListId": found.get("PrefixListId"),
            "referencedSecurityGroupId": _referenced(found) or None,
            "securityGroupRuleId": resource_id,
            **ports,
            **(tags_of(found, state) if tag_table(found.get("Tags")) else {}),
        }

    def update(self, cloud: Any, resource_id: str, inputs: Properties, changed: frozenset[str]) -> None:
        """Set tags."""
        retag(cloud, resource_id, inputs, changed)

    def delete(self, cloud: Any, resource_id: str, state: Properties) -> None:
        """Remove it."""
        ec2, group = cloud.client("ec2"), state["securityGroupId"]
        _revoke(ec2, [rule for rule in _rules(ec2, group) if _id(rule) == resource_id])


def _permission(inputs: Properties) -> dict[str, Any]:
    """Give the rule as EC2 takes it: one protocol, one range of ports, one partner."""
    ports = {word: inputs[name] for word, name in (("FromPort", "fromPort"), ("ToPort", "toPort")) if name in inputs}
    about = {"Description": inputs["description"]} if "description" in inputs else {}
    partners = (
        ("cidrIpv4", "IpRanges", "CidrIp"),
        ("prefixListId", "PrefixListIds", "PrefixListId"),
        ("referencedSecurityGroupId", "UserIdGroupPairs", "GroupId"),
    )
    found = {many: [{one: inputs[name], **about}] for name, many, one in partners if name in inputs}
    return {"IpProtocol": inputs["ipProtocol"], **ports, **found}


def _rules(ec2: Any, group: str) -> list[dict[str, Any]]:
    wanted = [{"Name": "group-id", "Values": [group]}]
    answer = unless_gone(ec2.describe_security_group_rules, Filters=wanted)
    return answer["SecurityGroupRules"] if answer else []


def _revoke(ec2: Any, rules: list[dict[str, Any]]) -> None:
    for rule in rules:
        revoke = ec2.revoke_security_group_egress if rule["IsEgress"] else ec2.revoke_security_group_ingress
        unless_gone(revoke, GroupId=rule["GroupId"], SecurityGroupRuleIds=[_id(rule)])


def _referenced(rule: dict[str, Any]) -> str:
    return str(rule.get("ReferencedGroupInfo", {}).get("GroupId", ""))


def _id(rule: dict[str, Any]) -> str:
    return str(rule["SecurityGroupRuleId"])
