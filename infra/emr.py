"""Amazon EMR on EC2: a private network, a bucket, three roles, a cluster, and a schedule that ends it.

https://docs.aws.amazon.com/emr/latest/ManagementGuide/emr-what-is-emr.html
"""

import json
from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_aws as aws

from infra.emr_access import Access
from infra.emr_bucket import Bucket
from infra.emr_network import Network
from infra.stack import Stack

USUAL_TYPE = "m5.xlarge"
DISK = {"type": "gp3", "size": 64, "volumes_per_instance": 1}  # GiB


class Emr(pulumi.ComponentResource):
    """The service's component; ``cluster`` is what the launcher needs to know of it."""

    cluster: Mapping[str, Any]

    def __init__(self, stack: Stack) -> None:
        super().__init__("firesteel:emr:Cluster", stack.name)
        child = pulumi.ResourceOptions(parent=self)
        # With it on subnet, groups and cluster, EMR's own policy lets the service work there and nowhere else.
        # https://docs.aws.amazon.com/emr/latest/ManagementGuide/emr-managed-iam-policies.html
        tags = {**stack.tags, "Name": stack.prefix, "for-use-with-amazon-emr-managed-policies": "true"}
        bucket = Bucket(stack, tags, child)
        network = Network(stack, tags, child)
        access = Access(stack, tags, bucket.arn, child)
        found = _cluster(stack, tags, bucket, network, access, child)
        _end(stack, found, access, child)
        self.cluster = {
            "staging": bucket.uri("firesteel"),
            "region": stack.region,
            "cluster_id": found.id,
            "python": stack.python,
            "spark": stack.image.spark,
        }
        self.register_outputs({"cluster": self.cluster})


def _cluster(  # noqa: PLR0913, PLR0917 -- what a cluster is made of
    stack: Stack,
    tags: Mapping[str, str],
    bucket: Bucket,
    network: Network,
    access: Access,
    child: pulumi.ResourceOptions,
) -> aws.emr.Cluster:
    return aws.emr.Cluster(
        stack.prefix,
        name=stack.prefix,
        release_label=stack.image.name,
        applications=["Spark"],
        service_role=access.service.arn,
        log_uri=bucket.uri("logs/"),
        ec2_attributes={
            "instance_profile": access.profile.arn,
            "subnet_id": network.subnet.id,
            "emr_managed_master_security_group": network.leader.id,
            "emr_managed_slave_security_group": network.workers.id,
            "service_access_security_group": network.service.id,
        },
        **_machines(stack),
        configurations_json=json.dumps(_configurations(stack)),
        bootstrap_actions=bucket.bootstrap_actions(),
        auto_termination_policy={"idle_timeout": int(stack.idle.total_seconds())},
        step_concurrency_level=stack.parallel,
        keep_job_flow_alive_when_no_steps=True,
        termination_protection=False,  # or neither the schedule nor the idle time could end it
        tags=tags,
        # Steps are the launcher's. What the service may do, and what it installs from, is there before the cluster.
        opts=pulumi.ResourceOptions.merge(
            child,
            pulumi.ResourceOptions(ignore_changes=["steps"], depends_on=[*access.rules, *network.rules, *bucket.files]),
        ),
    )


def _machines(stack: Stack) -> dict[str, Any]:
    """Groups of machines that stay; with spot, fleets: only these may be taken back and refilled.

    https://docs.aws.amazon.com/emr/latest/ManagementGuide/emr-instance-fleet.html
    """
    leader, worker = stack.leader_type or USUAL_TYPE, stack.worker_type or USUAL_TYPE
    if not stack.spot:
        return {
            "master_instance_group": {"name": "leader", "instance_type": leader, "ebs_configs": [DISK]},
            "core_instance_group": {
                "name": "workers", "instance_type": worker, "instance_count": stack.workers, "ebs_configs": [DISK],
            },
        }  # fmt: skip
    spot = {
        "allocation_strategy": "capacity-optimized",
        "timeout_action": "SWITCH_TO_ON_DEMAND",
        "timeout_duration_minutes": 10,
    }
    types = {"weighted_capacity": 1, "ebs_configs": [DISK]}
    return {
        "master_instance_fleet": {
            "name": "leader", "target_on_demand_capacity": 1,
            "instance_type_configs": [{"instance_type": leader, **types}],
        },
        "core_instance_fleet": {
            "name": "workers", "target_spot_capacity": stack.workers,
            "instance_type_configs": [{"instance_type": worker, **types}],
            "launch_specifications": {"spot_specifications": [spot]},
        },
    }  # fmt: skip


def _configurations(stack: Stack) -> list[dict[str, Any]]:
    """Name the interpreter: what `python3` is on a release's nodes is older than what the jobs' packages need."""
    return [
        {
            "Classification": "spark-env",
            "Properties": {},
            "Configurations": [{"Classification": "export", "Properties": {"PYSPARK_PYTHON": stack.python}}],
        }
    ]


def _end(stack: Stack, cluster: aws.emr.Cluster, access: Access, child: pulumi.ResourceOptions) -> None:
    """Have the provider end the cluster at the time, by one call that it makes itself.

    https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-universal.html
    """
    aws.scheduler.Schedule(
        f"{stack.prefix}-end",
        name=f"{stack.prefix}-end",
        description=f"ends the cluster of {stack.name}",
        schedule_expression=f"at({stack.until:%Y-%m-%dT%H:%M:%S})",
        schedule_expression_timezone="UTC",
        flexible_time_window={"mode": "OFF"},
        target={
            "arn": "arn:aws:scheduler:::aws-sdk:emr:terminateJobFlows",
            "role_arn": access.ender(cluster.arn).arn,
            "input": cluster.id.apply(lambda name: json.dumps({"JobFlowIds": [name]})),
            "retry_policy": {"maximum_event_age_in_seconds": 3600, "maximum_retry_attempts": 10},
        },
        opts=pulumi.ResourceOptions.merge(child, pulumi.ResourceOptions(depends_on=access.enders)),
    )
