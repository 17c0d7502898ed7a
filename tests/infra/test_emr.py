import json
from dataclasses import fields
from typing import Any

import pytest

from infra import images
from launcher.backends import build
from tests.infra.planning import Plan, planned

CLUSTER = "aws:emr/cluster:Cluster"


@pytest.fixture(scope="module")
def plan() -> Plan:
    return planned("emr")


def test_the_launcher_opens_its_backend_from_the_stacks_output(plan: Plan) -> None:
    backend: Any = build("workshop", plan.cluster)
    given = {field.name: getattr(backend, field.name) for field in fields(backend)}
    assert given == {key: plan.cluster[key] for key in given}
    assert plan.cluster["expires_at"] == "2026-11-25T13:00:00Z"
    assert plan.cluster["staging"] == "s3://firesteel-workshop/firesteel"


def test_the_provider_ends_the_cluster_at_the_time_and_when_it_idles(plan: Plan) -> None:
    schedule = plan.one("aws:scheduler/schedule:Schedule")
    assert (schedule["scheduleExpression"], schedule["scheduleExpressionTimezone"]) == (
        "at(2026-11-25T13:00:00)",
        "UTC",
    )
    assert schedule["target"]["arn"] == "arn:aws:scheduler:::aws-sdk:emr:terminateJobFlows"
    assert json.loads(schedule["target"]["input"]) == {"JobFlowIds": [plan.cluster["cluster_id"]]}
    cluster = plan.one(CLUSTER)
    assert cluster["autoTerminationPolicy"] == {"idleTimeout": 3600}
    assert cluster["terminationProtection"] is False


def test_what_ends_the_cluster_may_do_nothing_else(plan: Plan) -> None:
    [rule] = json.loads(plan.one("aws:iam/rolePolicy:RolePolicy", "-end")["policy"])["Statement"]
    assert rule == {
        "Effect": "Allow",
        "Action": "elasticmapreduce:TerminateJobFlows",
        "Resource": "arn:mock:cluster/firesteel-workshop",
    }


def test_the_nodes_may_use_the_stacks_bucket_and_nothing_else(plan: Plan) -> None:
    rules = json.loads(plan.one("aws:iam/rolePolicy:RolePolicy", "-nodes")["policy"])["Statement"]
    assert {rule["Resource"].partition("/*")[0] for rule in rules} == {"arn:mock:bucket/firesteel-workshop"}


def test_every_group_is_ours_and_can_be_deleted(plan: Plan) -> None:
    groups = plan.of("aws:ec2/securityGroup:SecurityGroup")
    assert all(group.inputs["revokeRulesOnDelete"] for group in groups)
    given = plan.one(CLUSTER)["ec2Attributes"]
    assert {given[name] for name in given if name.endswith("SecurityGroup")} == {
        f"securitygroup-{group.name}" for group in groups
    }


def test_who_may_open_ssh_is_who_the_configuration_names() -> None:
    found = planned("emr", ssh_source="192.0.2.7/32, 198.51.100.0/24")
    rules = [each.inputs for each in found.of("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")]
    assert [(rule["cidrIpv4"], rule["fromPort"]) for rule in rules if "cidrIpv4" in rule] == [
        ("192.0.2.7/32", 22),
        ("198.51.100.0/24", 22),
    ]


def test_with_spot_the_workers_are_a_fleet_that_falls_back_to_machines_that_stay() -> None:
    cluster = planned("emr", spot="true", workers="5").one(CLUSTER)
    assert "coreInstanceGroup" not in cluster
    assert cluster["coreInstanceFleet"]["targetSpotCapacity"] == 5
    [spot] = cluster["coreInstanceFleet"]["launchSpecifications"]["spotSpecifications"]
    assert spot["timeoutAction"] == "SWITCH_TO_ON_DEMAND"
    assert cluster["masterInstanceFleet"]["targetOnDemandCapacity"] == 1


def test_nodes_install_from_the_bucket_only_when_there_is_something_to_install(plan: Plan) -> None:
    assert plan.of("aws:s3/bucketObjectv2:BucketObjectv2") == []
    assert plan.one(CLUSTER)["bootstrapActions"] == []
    found = planned("emr", wheelhouse="wheelhouse/abc")
    [action] = found.one(CLUSTER)["bootstrapActions"]
    assert action["path"] == "s3://firesteel-workshop/bootstrap/emr.sh"
    assert action["args"][1:] == ["s3://firesteel-workshop/wheelhouse/abc", "/usr/bin/python3.11"]
    assert [each.inputs["key"] for each in found.of("aws:s3/bucketObjectv2:BucketObjectv2")] == [
        "bootstrap/emr.sh",
        "bootstrap/common.sh",
    ]


@pytest.mark.parametrize("image", images.IMAGES["emr"], ids=lambda image: image.name)
def test_each_release_brings_its_spark_and_its_interpreter(image: images.Image) -> None:
    found = planned("emr", image=image.name)
    assert found.one(CLUSTER)["releaseLabel"] == image.name
    assert (found.cluster["spark"], found.cluster["python"]) == (image.spark, image.python)


def test_the_bucket_is_private_encrypted_versioned_and_forgets_runs(plan: Plan) -> None:
    block = plan.one("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock")
    assert all(
        block[key] for key in ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
    )
    [rule] = plan.one("aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration")["rules"]
    assert rule["applyServerSideEncryptionByDefault"]["sseAlgorithm"] == "AES256"
    assert plan.one("aws:s3/bucketVersioning:BucketVersioning")["versioningConfiguration"]["status"] == "Enabled"
    rules = plan.one("aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration")["rules"]
    assert {"firesteel/runs/", "logs/"} <= {rule["filter"]["prefix"] for rule in rules}
