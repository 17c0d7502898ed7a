"""The bucket of an EMR stack: private, encrypted, versioned, and forgetful."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pulumi
import pulumi_aws as aws

from infra.stack import Stack

BOOTSTRAP = Path(__file__).resolve().parent.parent / "bootstrap"
SCRIPTS = ("emr.sh", "common.sh")
FOLDER = "bootstrap"


class Bucket:
    """The bucket and what lies in it from the beginning; ``files`` has to be there before the nodes."""

    def __init__(self, stack: Stack, tags: Mapping[str, str], child: pulumi.ResourceOptions) -> None:
        self._stack = stack
        # Its name is Pulumi's, with random letters: names of buckets are unique in the world. Whatever is in it when
        # the stack is taken down goes with it.
        self._bucket = bucket = aws.s3.Bucket(stack.prefix, force_destroy=True, tags=tags, opts=child)
        self.arn = bucket.arn
        name = stack.prefix
        aws.s3.BucketPublicAccessBlock(
            name, bucket=bucket.id, block_public_acls=True, block_public_policy=True, ignore_public_acls=True,
            restrict_public_buckets=True, opts=child,
        )  # fmt: skip
        aws.s3.BucketServerSideEncryptionConfiguration(
            name, bucket=bucket.id, rules=[{"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}],
            opts=child,
        )  # fmt: skip
        versioning = aws.s3.BucketVersioning(
            name, bucket=bucket.id, versioning_configuration={"status": "Enabled"}, opts=child
        )
        aws.s3.BucketLifecycleConfiguration(
            name, bucket=bucket.id, rules=_lifecycle(stack.days_kept),
            opts=pulumi.ResourceOptions.merge(child, pulumi.ResourceOptions(depends_on=[versioning])),
        )  # fmt: skip
        self.files: list[pulumi.Resource] = [
            aws.s3.BucketObjectv2(
                f"{name}-{script}", bucket=bucket.id, key=f"{FOLDER}/{script}",
                source=pulumi.FileAsset(str(BOOTSTRAP / script)), content_type="text/x-shellscript",
                opts=pulumi.ResourceOptions.merge(child, pulumi.ResourceOptions(depends_on=[versioning])),
            )
            for script in (SCRIPTS if stack.wheelhouse else ())
        ]  # fmt: skip

    def uri(self, path: str) -> pulumi.Output[str]:
        """Give the address of something in the bucket."""
        return pulumi.Output.concat("s3://", self._bucket.bucket, "/", path)

    def bootstrap_actions(self) -> list[Any]:
        """Give what every node runs before its software comes; nothing without a wheelhouse to install from.

        https://docs.aws.amazon.com/emr/latest/ManagementGuide/emr-plan-bootstrap.html
        """
        if not self.files:
            return []
        args = [self.uri(f"{FOLDER}/common.sh"), self.uri(self._stack.wheelhouse), self._stack.python]
        return [{"name": "packages", "path": self.uri(f"{FOLDER}/emr.sh"), "args": args}]


def _lifecycle(days: int) -> list[Any]:
    every = {"status": "Enabled", "filter": {"prefix": ""}}
    return [
        {"id": "runs", "status": "Enabled", "filter": {"prefix": "firesteel/runs/"}, "expiration": {"days": days}},
        {"id": "logs", "status": "Enabled", "filter": {"prefix": "logs/"}, "expiration": {"days": days}},
        {"id": "leftovers", **every, "noncurrent_version_expiration": {"noncurrent_days": 1},
         "abort_incomplete_multipart_upload": {"days_after_initiation": 1}},
    ]  # fmt: skip
