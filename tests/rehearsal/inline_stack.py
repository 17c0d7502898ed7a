"""A tiny stack by the Automation API, in a process of its own: acts come on stdin as JSON, results go to stdout.

In pytest's own process its event loops and sockets, which it leaves to the garbage collector, would fail the tests.
"""

import json
import sys
from typing import Any

import pulumi
import pulumi_aws
from pulumi import automation
from pulumi.automation.errors import CommandError

REGION = "eu-central-1"
TRUST = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}


def program(wish: dict[str, Any]) -> None:
    """Make ten resources, as wished; or one that no class of the SDK would register."""
    if "raw" in wish:
        pulumi.CustomResource(wish["raw"], "wrong", wish["inputs"])
        return
    block, dns = wish.get("block", "10.0.0.0/24"), wish.get("dns", False)
    vpc = pulumi_aws.ec2.Vpc("net", cidr_block=block, enable_dns_hostnames=dns, tags={"a": "b"})
    pulumi_aws.ec2.Subnet("net", vpc_id=vpc.id, cidr_block="10.0.0.0/25")
    document = json.dumps({"Version": "2012-10-17", "Statement": [TRUST]})
    pulumi_aws.iam.Role("nodes", assume_role_policy=document)
    _bucket(wish)
    pulumi.export("account", pulumi_aws.get_caller_identity().account_id)


def _bucket(wish: dict[str, Any]) -> None:
    bucket = pulumi_aws.s3.Bucket("data", force_destroy=True, tags={"a": "b"})
    name = bucket.id
    versioned = pulumi_aws.s3.BucketVersioning("data", bucket=name, versioning_configuration={"status": "Enabled"})
    pulumi_aws.s3.BucketPublicAccessBlock("data", bucket=name, block_public_acls=True)
    pulumi_aws.s3.BucketServerSideEncryptionConfiguration(
        "data", bucket=name, rules=[{"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}]
    )
    pulumi_aws.s3.BucketLifecycleConfiguration(
        "data",
        bucket=name,
        rules=[{"id": "a", "status": "Enabled", "filter": {"prefix": "a/"}, "expiration": {"days": 3}}],
    )
    after = pulumi.ResourceOptions(depends_on=[versioned])
    pulumi_aws.s3.BucketObjectv2("script", bucket=name, key="a/b.sh", content=wish.get("text", "one"), opts=after)
    pulumi.export("domain", bucket.bucket_domain_name)


def act(folder: str, root: str, asked: dict[str, Any]) -> dict[str, Any]:
    """Do one thing to the stack; gives what changed, or the error."""
    backend = automation.ProjectBackend(url=f"file://{folder}/state")
    workspace = automation.LocalWorkspaceOptions(
        pulumi_command=automation.PulumiCommand(root=root),
        project_settings=automation.ProjectSettings(name="kit", runtime="python", backend=backend),
        pulumi_home=f"{folder}/pulumi",
        env_vars={"PULUMI_CONFIG_PASSPHRASE": "of a test", **asked.get("env", {})},
    )
    wish = asked.get("wish", {})
    stack = automation.create_or_select_stack("dev", "kit", lambda: program(wish), opts=workspace)
    stack.set_config("aws:region", automation.ConfigValue(REGION))
    try:
        return _done(stack, asked["verb"])
    except CommandError as error:
        return {"error": str(error)}


def _done(stack: automation.Stack, verb: str) -> dict[str, Any]:
    if verb == "preview":
        return {"changes": dict(stack.preview().change_summary)}
    changes = {"up": stack.up, "refresh": stack.refresh, "destroy": stack.destroy}[verb]().summary.resource_changes
    return {"changes": dict(changes or {}), "outputs": {name: one.value for name, one in stack.outputs().items()}}


if __name__ == "__main__":
    told = json.load(sys.stdin)
    json.dump([act(told["folder"], told["root"], asked) for asked in told["acts"]], sys.stdout)
