"""The buckets of a Dataproc stack: private, encrypted by Google, versioned, and forgetful."""

from collections.abc import Mapping
from pathlib import Path

import pulumi
import pulumi_gcp as gcp
from pulumi_gcp.dataproc import ClusterClusterConfigInitializationActionArgsDict
from pulumi_gcp.storage import BucketLifecycleRuleArgsDict

from infra.stack import Stack

BOOTSTRAP = Path(__file__).resolve().parent.parent / "bootstrap"
SCRIPTS = ("dataproc.sh", "common.sh")
FOLDER = "bootstrap"
PATIENCE = 1800  # seconds: TensorFlow takes longer than the 600 that the service would wait
# What Dataproc itself writes into a staging bucket: what spark-submit printed.
OUTPUT = "google-cloud-dataproc-metainfo/"


class Buckets:
    """The two buckets and what lies in them from the beginning; ``files`` has to be there before the nodes."""

    def __init__(self, stack: Stack, project: str, labels: Mapping[str, str], child: pulumi.ResourceOptions) -> None:
        self._stack, self._project, self._labels, self._child = stack, project, labels, child
        self.staging = self._bucket("", [_old(stack.days_kept, "firesteel/runs/", OUTPUT)])
        self.temporary = self._bucket("-temp", [_old(stack.days_kept)])
        self.names = {"staging": self.staging.name, "temp": self.temporary.name}
        self.files: list[pulumi.Resource] = [
            gcp.storage.BucketObject(
                f"{stack.prefix}-{script}", bucket=self.staging.name, name=f"{FOLDER}/{script}",
                source=pulumi.FileAsset(str(BOOTSTRAP / script)), content_type="text/x-shellscript", opts=child,
            )
            for script in (SCRIPTS if stack.wheelhouse else ())
        ]  # fmt: skip

    def _bucket(self, word: str, rules: list[BucketLifecycleRuleArgsDict]) -> gcp.storage.Bucket:
        # Its name is Pulumi's, with random letters: names of buckets are unique in the world. Whatever is in it when
        # the stack is taken down goes with it, at once: soft deletion would keep it, and its price, for a week.
        return gcp.storage.Bucket(
            f"{self._stack.prefix}{word}", project=self._project, location=self._stack.region, force_destroy=True,
            uniform_bucket_level_access=True, public_access_prevention="enforced", versioning={"enabled": True},
            soft_delete_policy={"retention_duration_seconds": 0}, lifecycle_rules=[*rules, *LEFTOVERS],
            labels=self._labels, opts=self._child,
        )  # fmt: skip

    def uri(self, path: str) -> pulumi.Output[str]:
        """Give the address of something in the staging bucket."""
        return pulumi.Output.concat("gs://", self.staging.name, "/", path)

    def initialization_actions(self) -> list[ClusterClusterConfigInitializationActionArgsDict]:
        """Give what every node runs when its software is there; nothing without a wheelhouse to install from.

        https://cloud.google.com/dataproc/docs/concepts/configuring-clusters/init-actions
        """
        return [{"script": self.uri(f"{FOLDER}/dataproc.sh"), "timeout_sec": PATIENCE}] if self.files else []

    def metadata(self) -> dict[str, pulumi.Input[str]]:
        """Give what the action on the nodes has to know: it takes no arguments."""
        if not self.files:
            return {}
        return {
            "firesteel-common": self.uri(f"{FOLDER}/common.sh"),
            "firesteel-wheelhouse": self.uri(self._stack.wheelhouse),
            "firesteel-python": self._stack.python,
        }


def _old(days: int, *prefixes: str) -> BucketLifecycleRuleArgsDict:
    rule: BucketLifecycleRuleArgsDict = {"action": {"type": "Delete"}, "condition": {"age": days}}
    if prefixes:
        rule["condition"] = {"age": days, "matches_prefixes": list(prefixes)}
    return rule


LEFTOVERS: list[BucketLifecycleRuleArgsDict] = [
    {"action": {"type": "Delete"}, "condition": {"days_since_noncurrent_time": 1, "with_state": "ARCHIVED"}},
    {"action": {"type": "AbortIncompleteMultipartUpload"}, "condition": {"age": 1}},
]
