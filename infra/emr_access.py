"""Who may do what in an EMR stack: the service, the nodes, and what ends the cluster."""

import json
from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_aws as aws

from infra.stack import Stack

SERVICE_POLICY = "arn:aws:iam::aws:policy/service-role/AmazonEMRServicePolicy_v2"


class Access:
    """The roles; ``rules`` is what has to be in force before the cluster is made."""

    def __init__(
        self, stack: Stack, tags: Mapping[str, str], bucket: pulumi.Output[str], child: pulumi.ResourceOptions
    ) -> None:
        self._stack, self._tags, self._child = stack, tags, child
        self._account = aws.get_caller_identity_output(opts=pulumi.InvokeOutputOptions(parent=child.parent)).account_id
        nodes = self._role("nodes", "ec2.amazonaws.com", ours=False)
        self.service = self._role("service", "elasticmapreduce.amazonaws.com")
        self.profile = aws.iam.InstanceProfile(
            f"{stack.prefix}-nodes", name=f"{stack.prefix}-nodes", role=nodes.name, tags=tags, opts=child
        )
        self.rules: list[pulumi.Resource] = [
            self._policy("nodes", nodes, bucket.apply(_bucket_rules)),
            self._policy("service", self.service, nodes.arn.apply(_pass_rules)),
            aws.iam.RolePolicyAttachment(
                f"{stack.prefix}-service", role=self.service.name, policy_arn=SERVICE_POLICY, opts=child
            ),
        ]
        self.enders: list[pulumi.Resource] = []

    def ender(self, cluster: pulumi.Output[str]) -> aws.iam.Role:
        """Give a role that may do one thing: end this cluster."""
        role = self._role("end", "scheduler.amazonaws.com")
        rules = cluster.apply(lambda arn: [_allowed("elasticmapreduce:TerminateJobFlows", arn)])
        self.enders = [self._policy("end", role, rules)]
        return role

    def _role(self, word: str, service: str, *, ours: bool = True) -> aws.iam.Role:
        """Give a role that one service can take; ``ours`` when it says for which account it asks.

        https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
        """
        condition = self._account.apply(
            lambda account: {"Condition": {"StringEquals": {"aws:SourceAccount": account}}} if ours else {}
        )
        trust = condition.apply(
            lambda only: _document(
                [{"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole", **only}]
            )
        )
        name = f"{self._stack.prefix}-{word}"
        return aws.iam.Role(name, name=name, assume_role_policy=trust, tags=self._tags, opts=self._child)

    def _policy(self, word: str, role: aws.iam.Role, rules: pulumi.Output[list[dict[str, Any]]]) -> aws.iam.RolePolicy:
        name = f"{self._stack.prefix}-{word}"
        return aws.iam.RolePolicy(name, name=name, role=role.name, policy=rules.apply(_document), opts=self._child)


def _bucket_rules(arn: str) -> list[dict[str, Any]]:
    """Let the nodes work in the stack's bucket, which is all that a job needs."""
    inside = (
        "s3:GetObject",
        "s3:PutObject",
        "s3:DeleteObject",
        "s3:AbortMultipartUpload",
        "s3:ListMultipartUploadParts",
    )
    whole = ("s3:ListBucket", "s3:GetBucketLocation", "s3:ListBucketMultipartUploads")
    return [_allowed(list(inside), f"{arn}/*"), _allowed(list(whole), arn)]


def _pass_rules(nodes: str) -> list[dict[str, Any]]:
    """Let the service give the nodes their role: its own policy knows only the role of that name in the manual."""
    only = {"StringLike": {"iam:PassedToService": "ec2.amazonaws.com*"}}
    return [{**_allowed("iam:PassRole", nodes), "Condition": only}]


def _allowed(action: str | list[str], resource: str) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource}


def _document(rules: list[dict[str, Any]]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": rules})
