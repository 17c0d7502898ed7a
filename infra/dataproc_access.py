"""Who may do what in a Dataproc stack: one account for the nodes."""

from collections.abc import Mapping

import pulumi
import pulumi_gcp as gcp

from infra.stack import Stack

# What the agent on the nodes needs, which also lets it read and write in the project's other buckets.
# https://cloud.google.com/dataproc/docs/concepts/configuring-clusters/service-accounts
WORKER = "roles/dataproc.worker"
STORAGE = "roles/storage.objectUser"


class Access:
    """The nodes' account; ``rules`` is what has to be in force before the cluster is made."""

    def __init__(
        self, stack: Stack, project: str, buckets: Mapping[str, pulumi.Output[str]], child: pulumi.ResourceOptions
    ) -> None:
        self.account = gcp.serviceaccount.Account(
            stack.prefix, project=project, account_id=f"spark-{stack.name}",
            display_name=stack.prefix, description=f"firesteel-stack={stack.name}: nodes", opts=child,
        )  # fmt: skip
        member = pulumi.Output.concat("serviceAccount:", self.account.email)
        self.rules: list[pulumi.Resource] = [
            gcp.projects.IAMMember(f"{stack.prefix}-nodes", project=project, role=WORKER, member=member, opts=child),
            *(
                gcp.storage.BucketIAMMember(
                    f"{stack.prefix}-{word}", bucket=bucket, role=STORAGE, member=member, opts=child
                )
                for word, bucket in buckets.items()
            ),
        ]
