"""What the provider `aws` makes at the rehearsed AWS, reads, changes and removes there."""

import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import boto3
import pytest
from botocore.exceptions import ClientError

from rehearsal import aws
from rehearsal.aws_wire import Key
from rehearsal.emr import Service
from rehearsal.emr_cluster import Pace
from rehearsal.runners import ScriptedRunner
from rehearsal.serving import served
from tests.rehearsal import moto_state
from tests.rehearsal.provider_calls import Asked, Process, Refused, started
from tests.rigs.emr import KEY_ID, SECRET, environment

TAG = {"for-use-with-amazon-emr-managed-policies": "true"}
POLICY = "arn:aws:iam::aws:policy/service-role/AmazonEMRServicePolicy_v2"
PACE = Pace(starting=0.1, bootstrapping=0.1, terminating=0.1, look=0.05)


@pytest.fixture(scope="module")
def process() -> Iterator[Process]:
    with started() as made:
        yield made


@pytest.fixture
def asked(tmp_path: Path, process: Process) -> Iterator[Asked]:
    service = Service(ScriptedRunner(tmp_path), {KEY_ID: Key(secret=SECRET)}, pace=PACE)
    moto_state.forget()
    with service, served(service) as url, mock.patch.dict(os.environ, environment(url)):
        yield Asked(process, environment(url))
    moto_state.forget()


def test_a_network_is_made_read_and_removed(asked: Asked) -> None:
    vpc = asked.make("Vpc", cidrBlock="10.0.0.0/24", enableDnsHostnames=True, tags={"a": "b"})
    assert asked.state[vpc]["arn"] == f"arn:aws:ec2:{aws.REGION}:123456789012:vpc/{vpc}"
    assert asked.state[vpc]["tags"] == asked.state[vpc]["tagsAll"] == {"a": "b"}
    assert asked.read("Vpc", vpc) == asked.state[vpc]
    asked.remove("Vpc", vpc)
    assert asked.read("Vpc", vpc) is None
    asked.remove("Vpc", vpc)


def test_what_is_as_the_program_has_it_does_not_differ(asked: Asked) -> None:
    wanted: dict[str, Any] = {"cidrBlock": "10.0.0.0/24", "tags": {"a": "b"}}
    vpc = asked.make("Vpc", **wanted)
    assert asked.diff("Vpc", vpc, **wanted).changes is False


def test_a_change_that_needs_a_new_resource_is_told_from_one_in_place(asked: Asked) -> None:
    vpc = asked.make("Vpc", cidrBlock="10.0.0.0/24")
    assert asked.diff("Vpc", vpc, cidrBlock="10.0.0.0/23").replaces == ["cidrBlock"]
    in_place = asked.diff("Vpc", vpc, cidrBlock="10.0.0.0/24", enableDnsSupport=False)
    assert (in_place.replaces, in_place.diffs) == ([], ["enableDnsSupport"])


def test_what_somebody_else_has_changed_differs_after_it_was_read(asked: Asked) -> None:
    wanted: dict[str, Any] = {"cidrBlock": "10.0.0.0/24", "tags": {"a": "b"}}
    vpc = asked.make("Vpc", **wanted)
    client("ec2").create_tags(Resources=[vpc], Tags=[{"Key": "a", "Value": "c"}])
    found = asked.read("Vpc", vpc)
    assert found is not None
    asked.state[vpc] = found
    assert sorted(asked.diff("Vpc", vpc, **wanted).diffs) == ["tags", "tagsAll"]
    asked.change("Vpc", vpc, **wanted)
    assert asked.diff("Vpc", vpc, **wanted).changes is False


def test_one_of_two_of_the_same_name_goes_before_the_other_comes(asked: Asked) -> None:
    vpc = asked.make("Vpc", cidrBlock="10.0.0.0/24")
    group = asked.make("SecurityGroup", name="g", description="a", vpcId=vpc)
    assert asked.diff("SecurityGroup", group, name="g", description="b", vpcId=vpc).deletes_first
    assert not asked.diff("SecurityGroup", group, name="h", description="a", vpcId=vpc).deletes_first


def test_a_group_begins_without_rules_and_ends_with_those_about_it_when_that_is_wished(asked: Asked) -> None:
    vpc = asked.make("Vpc", cidrBlock="10.0.0.0/24")
    one, other = (asked.make("SecurityGroup", name=name, vpcId=vpc, revokeRulesOnDelete=True) for name in "ab")
    ec2 = client("ec2")
    assert ec2.describe_security_groups(GroupIds=[one])["SecurityGroups"][0]["IpPermissionsEgress"] == []
    for group, referenced in ((one, other), (other, one)):
        asked.make("Egress", securityGroupId=group, referencedSecurityGroupId=referenced, ipProtocol="-1")
    with pytest.raises(ClientError, match="has a dependent object"):
        ec2.delete_security_group(GroupId=one)
    for group in (one, other):
        asked.remove("SecurityGroup", group)
        assert asked.read("SecurityGroup", group) is None


def test_a_network_with_groups_in_it_is_not_removed(asked: Asked) -> None:
    vpc = asked.make("Vpc", cidrBlock="10.0.0.0/24")
    group = asked.make("SecurityGroup", name="g", vpcId=vpc)
    threading.Timer(1.0, client("ec2").delete_security_group, kwargs={"GroupId": group}).start()
    with pytest.raises(ClientError, match="has dependencies and cannot be deleted"):
        client("ec2").delete_vpc(VpcId=vpc)
    asked.remove("Vpc", vpc)  # is asked again until the group has gone
    assert asked.read("Vpc", vpc) is None


def test_a_cluster_is_made_changed_and_ended(asked: Asked) -> None:
    wanted = cluster(asked)
    made = asked.make("Cluster", **wanted)
    assert asked.state[made]["clusterState"] == "WAITING"
    assert asked.state[made]["arn"].endswith(f":cluster/{made}")
    assert asked.diff("Cluster", made, **wanted).changes is False
    changed = {**wanted, "stepConcurrencyLevel": 5, "autoTerminationPolicy": {"idleTimeout": 120}}
    assert asked.diff("Cluster", made, **changed).replaces == []
    asked.change("Cluster", made, **changed)
    emr = client("emr")
    assert emr.describe_cluster(ClusterId=made)["Cluster"]["StepConcurrencyLevel"] == 5
    assert emr.get_auto_termination_policy(ClusterId=made)["AutoTerminationPolicy"] == {"IdleTimeout": 120}
    assert asked.diff("Cluster", made, **{**wanted, "logUri": "s3://elsewhere/"}).replaces == ["logUri"]
    asked.remove("Cluster", made)
    assert emr.describe_cluster(ClusterId=made)["Cluster"]["Status"]["State"] == "TERMINATED"
    assert asked.read("Cluster", made) is None


def test_a_cluster_of_fleets_is_one_to_emr_too(asked: Asked) -> None:
    kind = {"instanceType": "m5.xlarge", "weightedCapacity": 1}
    fleets = {
        "masterInstanceFleet": {"targetOnDemandCapacity": 1, "instanceTypeConfigs": [kind]},
        "coreInstanceFleet": {"targetSpotCapacity": 2, "instanceTypeConfigs": [kind]},
    }
    plain = {name: value for name, value in cluster(asked).items() if not name.endswith("InstanceGroup")}
    made = asked.make("Cluster", **plain, **fleets)
    emr = client("emr")
    assert emr.describe_cluster(ClusterId=made)["Cluster"]["InstanceCollectionType"] == "INSTANCE_FLEET"
    found = {one["InstanceFleetType"]: one for one in emr.list_instance_fleets(ClusterId=made)["InstanceFleets"]}
    assert (found["CORE"]["TargetSpotCapacity"], found["MASTER"]["ProvisionedOnDemandCapacity"]) == (2, 1)
    with pytest.raises(ClientError, match="mutually exclusive"):
        emr.list_instance_groups(ClusterId=made)
    asked.remove("Cluster", made)


def test_a_network_without_the_tag_ends_the_cluster_and_the_engine_is_told_its_id(asked: Asked) -> None:
    wanted = cluster(asked, policy=True, tags={})
    with pytest.raises(Refused, match=r"insufficient EC2 permissions .*subnet-\w+, the cluster") as caught:
        asked.make("Cluster", **wanted)
    made, state = caught.value.resource_id, dict(caught.value.state)
    asked.state[made] = state
    assert asked.diff("Cluster", made, **wanted).replaces == ["clusterState"]
    asked.remove("Cluster", made)


def test_a_service_role_that_may_not_pass_the_nodes_role_ends_the_cluster(asked: Asked) -> None:
    wanted = cluster(asked, policy=True, tags=TAG)
    with pytest.raises(Refused, match="may not pass the role"):
        asked.make("Cluster", **wanted)
    allowed = {"Effect": "Allow", "Action": "iam:PassRole", "Resource": asked.state["t-nodes"]["arn"]}
    document = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    policy = asked.make("RolePolicy", role="t-service", policy=document)
    made = asked.make("Cluster", **wanted)
    asked.remove("Cluster", made)
    asked.remove("RolePolicy", policy)


@pytest.mark.parametrize("missing", ["subnetId", "emrManagedMasterSecurityGroup"])
def test_a_cluster_in_a_network_that_does_not_exist_is_refused(asked: Asked, missing: str) -> None:
    wanted = cluster(asked)
    name = "subnet-0" if missing == "subnetId" else "sg-0"
    with pytest.raises(Refused, match=f"'{name}' does not exist"):
        asked.make("Cluster", **{**wanted, "ec2Attributes": {**wanted["ec2Attributes"], missing: name}})


def test_steps_are_the_launchers(asked: Asked) -> None:
    jar = {"jar": "command-runner.jar"}
    step = {"name": "s", "actionOnFailure": "CONTINUE", "hadoopJarStep": jar}
    with pytest.raises(Refused, match="are the launcher's"):
        asked.make("Cluster", **cluster(asked), steps=[step])


def client(service: str) -> Any:
    return boto3.client(service, region_name=aws.REGION)  # pyright: ignore[reportArgumentType, reportCallIssue] -- a name by rule


def cluster(asked: Asked, *, policy: bool = False, tags: dict[str, str] | None = None) -> dict[str, Any]:
    """Make what a cluster needs, and give its inputs; its roles go with the test."""
    for name, service in (("t-service", "elasticmapreduce"), ("t-nodes", "ec2")):
        allowed = {"Effect": "Allow", "Principal": {"Service": f"{service}.amazonaws.com"}, "Action": "sts:AssumeRole"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
        asked.make("Role", name=name, assumeRolePolicy=document, forceDetachPolicies=True)
    asked.make("InstanceProfile", name="t-profile", role="t-nodes")
    if policy:
        asked.make("RolePolicyAttachment", role="t-service", policyArn=POLICY)
    vpc = asked.make("Vpc", cidrBlock="10.0.0.0/24")
    subnet = asked.make("Subnet", vpcId=vpc, cidrBlock="10.0.0.0/24", **({"tags": tags} if tags else {}))
    return {
        "name": "t",
        "releaseLabel": "emr-7.14.0",
        "serviceRole": "t-service",
        "applications": ["Spark"],
        "ec2Attributes": {"instanceProfile": "t-profile", "subnetId": subnet},
        "masterInstanceGroup": {"instanceType": "m5.xlarge"},
        "coreInstanceGroup": {"instanceType": "m5.xlarge", "instanceCount": 2},
        **({"tags": tags} if tags else {}),
    }
