"""Roles, their policies, and the profiles by which machines take them.

What replaces is "Forces new resource" at https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/iam_role
and so on.
Not imitated: policies inside of a role's own properties, permission boundaries, name prefixes.
"""

import json
from typing import Any

from rehearsal.providers.aws_calls import completing, persistently, tag_list, unless_gone
from rehearsal.providers.aws_network import TAGS, tags_of
from rehearsal.providers.kinds import Kind
from rehearsal.providers.values import Properties


class Role(Kind):
    """A role."""

    name = "name"
    replaces = ("name", "path")
    updates = ("assumeRolePolicy", "description", "forceDetachPolicies", "maxSessionDuration", *TAGS)
    defaults = {"forceDetachPolicies": False, "maxSessionDuration": 3600, "path": "/"}  # noqa: RUF012 -- a literal

    def create(self, cloud: Any, inputs: Properties) -> str:
        """Make it."""
        cloud.client("iam").create_role(
            RoleName=inputs["name"],
            AssumeRolePolicyDocument=inputs["assumeRolePolicy"],
            Path=inputs["path"],
            MaxSessionDuration=inputs["maxSessionDuration"],
            Description=inputs.get("description", ""),
            Tags=tag_list(inputs["tagsAll"]),
        )
        return inputs["name"]

    def read(self, cloud: Any, resource_id: str, state: Properties) -> Properties | None:
        """Describe it."""
        answer = unless_gone(cloud.client("iam").get_role, RoleName=resource_id)
        if not answer:
            return None
        found = answer["Role"]
        return {
            "arn": found["Arn"],
            "assumeRolePolicy": json.dumps(found["AssumeRolePolicyDocument"]),
            "createDate": found["CreateDate"].isoformat(),
            "description": found.get("Description") or None,
            "maxSessionDuration": found["MaxSessionDuration"],
            "name": found["RoleName"],
            "path": found["Path"],
            "uniqueId": found["RoleId"],
            **tags_of(found, state),
        }

    def update(self, cloud: Any, resource_id: str, inputs: Properties, changed: frozenset[str]) -> None:
        """Set who may take it, for how long, and tags."""
        iam = cloud.client("iam")
        if "assumeRolePolicy" in changed:
            iam.update_assume_role_policy(RoleName=resource_id, PolicyDocument=inputs["assumeRolePolicy"])
        if changed & {"description", "maxSessionDuration"}:
            asked = {"MaxSessionDuration": inputs["maxSessionDuration"], "Description": inputs.get("description", "")}
            iam.update_role(RoleName=resource_id, **asked)
        if "tagsAll" in changed:
            _retag(iam.list_role_tags, iam.untag_role, iam.tag_role, {"RoleName": resource_id}, inputs["tagsAll"])

    def delete(self, cloud: Any, resource_id: str, state: Properties) -> None:
        """Remove it from its profiles, and itself; refused by IAM while it has policies that may not be detached."""
        iam = cloud.client("iam")
        profiles = unless_gone(iam.list_instance_profiles_for_role, RoleName=resource_id) or {"InstanceProfiles": []}
        for profile in profiles["InstanceProfiles"]:
            name = profile["InstanceProfileName"]
            unless_gone(iam.remove_role_from_instance_profile, InstanceProfileName=name, RoleName=resource_id)
        if state.get("forceDetachPolicies"):
            _detach(iam, resource_id)
        persistently(iam.delete_role, RoleName=resource_id)


class RolePolicy(Kind):
    """A policy of one role's own."""

    name = "name"
    replaces = ("name", "role")
    updates = ("policy",)

    def create(self, cloud: Any, inputs: Properties) -> str:
        """Make it."""
        asked = {"RoleName": inputs["role"], "PolicyName": inputs["name"], "PolicyDocument": inputs["policy"]}
        cloud.client("iam").put_role_policy(**asked)
        return f"{inputs['role']}:{inputs['name']}"

    def read(self, cloud: Any, resource_id: str, state: Properties) -> Properties | None:  # noqa: ARG002 -- as all
        """Describe it."""
        role, _, name = resource_id.partition(":")
        answer = unless_gone(cloud.client("iam").get_role_policy, RoleName=role, PolicyName=name)
        return {"policy": json.dumps(answer["PolicyDocument"]), "role": role, "name": name} if answer else None

    def update(self, cloud: Any, resource_id: str, inputs: Properties, changed: frozenset[str]) -> None:  # noqa: ARG002 -- only one can
        """Set it."""
        role, _, name = resource_id.partition(":")
        cloud.client("iam").put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=inputs["policy"])

    def delete(self, cloud: Any, resource_id: str, state: Properties) -> None:  # noqa: ARG002 -- as all
        """Remove it."""
        role, _, name = resource_id.partition(":")
        unless_gone(cloud.client("iam").delete_role_policy, RoleName=role, PolicyName=name)


class RolePolicyAttachment(Kind):
    """A role's use of a policy that others use too."""

    replaces = ("policyArn", "role")

    def create(self, cloud: Any, inputs: Properties) -> str:
        """Make it."""
        cloud.client("iam").attach_role_policy(RoleName=inputs["role"], PolicyArn=inputs["policyArn"])
        return f"{inputs['role']}/{inputs['policyArn']}"

    def read(self, cloud: Any, resource_id: str, state: Properties) -> Properties | None:  # noqa: ARG002 -- as all
        """Find it among the role's."""
        role, _, policy = resource_id.partition("/")
        answer = unless_gone(cloud.client("iam").list_attached_role_policies, RoleName=role) or {"AttachedPolicies": []}
        there = any(one["PolicyArn"] == policy for one in answer["AttachedPolicies"])
        return {"role": role, "policyArn": policy} if there else None

    def delete(self, cloud: Any, resource_id: str, state: Properties) -> None:  # noqa: ARG002 -- as all
        """Remove it."""
        role, _, policy = resource_id.partition("/")
        unless_gone(cloud.client("iam").detach_role_policy, RoleName=role, PolicyArn=policy)


class InstanceProfile(Kind):
    """What gives machines a role."""

    name = "name"
    replaces = ("name", "path")
    updates = ("role", *TAGS)
    defaults = {"path": "/"}  # noqa: RUF012 -- a literal

    def create(self, cloud: Any, inputs: Properties) -> str:
        """Make it, then give it its role."""
        iam, name = cloud.client("iam"), inputs["name"]
        iam.create_instance_profile(InstanceProfileName=name, Path=inputs["path"], Tags=tag_list(inputs["tagsAll"]))
        with completing(name):
            if "role" in inputs:
                iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=inputs["role"])
        return name

    def read(self, cloud: Any, resource_id: str, state: Properties) -> Properties | None:
        """Describe it."""
        answer = unless_gone(cloud.client("iam").get_instance_profile, InstanceProfileName=resource_id)
        if not answer:
            return None
        found = answer["InstanceProfile"]
        return {
            "arn": found["Arn"],
            "createDate": found["CreateDate"].isoformat(),
            "name": found["InstanceProfileName"],
            "path": found["Path"],
            "role": found["Roles"][0]["RoleName"] if found["Roles"] else None,
            "uniqueId": found["InstanceProfileId"],
            **tags_of(found, state),
        }

    def update(self, cloud: Any, resource_id: str, inputs: Properties, changed: frozenset[str]) -> None:
        """Set its role, and tags."""
        iam, profile = cloud.client("iam"), {"InstanceProfileName": resource_id}
        if "role" in changed:
            for role in iam.get_instance_profile(**profile)["InstanceProfile"]["Roles"]:
                iam.remove_role_from_instance_profile(**profile, RoleName=role["RoleName"])
            if "role" in inputs:
                iam.add_role_to_instance_profile(**profile, RoleName=inputs["role"])
        if "tagsAll" in changed:
            _retag(
                _tags_of_profile(iam), iam.untag_instance_profile, iam.tag_instance_profile, profile, inputs["tagsAll"]
            )

    def delete(self, cloud: Any, resource_id: str, state: Properties) -> None:  # noqa: ARG002 -- as all
        """Take its role away, and remove it."""
        iam, profile = cloud.client("iam"), {"InstanceProfileName": resource_id}
        found = unless_gone(iam.get_instance_profile, **profile)
        for role in found["InstanceProfile"]["Roles"] if found else ():
            unless_gone(iam.remove_role_from_instance_profile, **profile, RoleName=role["RoleName"])
        persistently(iam.delete_instance_profile, **profile)


def _tags_of_profile(iam: Any) -> Any:
    """Give a call that reads a profile's tags: moto lacks ListInstanceProfileTags."""
    return lambda **who: {"Tags": iam.get_instance_profile(**who)["InstanceProfile"].get("Tags", [])}


def _retag(read: Any, remove: Any, add: Any, who: dict[str, str], wanted: dict[str, str]) -> None:
    if other := [tag["Key"] for tag in read(**who)["Tags"] if tag["Key"] not in wanted]:
        remove(**who, TagKeys=other)
    if wanted:
        add(**who, Tags=tag_list(wanted))


def _detach(iam: Any, role: str) -> None:
    for one in (unless_gone(iam.list_attached_role_policies, RoleName=role) or {}).get("AttachedPolicies", ()):
        unless_gone(iam.detach_role_policy, RoleName=role, PolicyArn=one["PolicyArn"])
    for name in (unless_gone(iam.list_role_policies, RoleName=role) or {}).get("PolicyNames", ()):
        unless_gone(iam.delete_role_policy, RoleName=role, PolicyName=name)
