"""The provider ends a cluster at the time, by a schedule of its own: whoever asked for it may be gone by then."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.rehearsal import moto_state
from tests.rehearsal.emr_world import World, served_world
from tests.rigs.emr import administer

# The world's clock begins at 2027-01-15T08:00:00Z.
IN_AN_HOUR = "at(2027-01-15T09:00:00)"
TARGET = "arn:aws:scheduler:::aws-sdk:emr:terminateJobFlows"
ROLE = "arn:aws:iam::123456789012:role/t-end"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with served_world(tmp_path) as made:
        yield made
    moto_state.forget()


def test_the_cluster_ends_at_the_time_and_not_before(world: World) -> None:
    made = world.ready()
    allow(world, f"arn:aws:elasticmapreduce:*:*:cluster/{made}")
    schedule(world, made)
    world.passes(3600 - 120 - 1)
    assert world.state(made) == "WAITING"
    world.passes(1)
    world.passes(60)
    assert world.state(made) == "TERMINATED"
    [outcome] = administer(world.url, "schedules")["schedules"]
    assert outcome["error"] == ""


def test_a_time_is_that_of_the_schedules_own_time_zone(world: World) -> None:
    made = world.ready()
    allow(world, "*")
    schedule(world, made, ScheduleExpression="at(2027-01-15T10:00:00)", ScheduleExpressionTimezone="Europe/Berlin")
    world.passes(3600 - 120)
    assert world.state(made) == "TERMINATING"


def test_a_schedule_that_was_moved_ends_the_cluster_at_the_new_time(world: World) -> None:
    made = world.ready()
    allow(world, "*")
    schedule(world, made)
    asked = described(made, ScheduleExpression="at(2027-01-15T10:00:00)")
    world.client("scheduler").update_schedule(**asked)
    world.passes(3600)
    assert world.state(made) == "WAITING"
    world.passes(3600)
    assert world.state(made) == "TERMINATING"


@pytest.mark.parametrize(
    ("policy", "protected", "said"),
    [
        ("arn:aws:elasticmapreduce:*:*:cluster/j-ANOTHER", False, "may not elasticmapreduce:TerminateJobFlows"),
        ("*", True, "termination protected"),
    ],
)
def test_a_schedule_that_may_not_or_cannot_fails_in_silence_and_the_rehearsal_tells(
    world: World,
    policy: str,
    protected: Any,
    said: str,
) -> None:
    made = world.ready()
    world.client().set_termination_protection(JobFlowIds=[made], TerminationProtected=protected)
    allow(world, policy)
    schedule(world, made)
    world.passes(3600)
    assert world.state(made) == "WAITING"
    [outcome] = administer(world.url, "schedules")["schedules"]
    assert said in outcome["error"]


def test_a_schedule_is_carried_out_once_and_goes_when_that_is_wished(world: World) -> None:
    made = world.ready()
    allow(world, "*")
    schedule(world, made, ActionAfterCompletion="DELETE")
    for _ in range(3):
        world.passes(3600)
    assert len(administer(world.url, "schedules")["schedules"]) == 1
    assert world.client("scheduler").list_schedules()["Schedules"] == []


@pytest.mark.parametrize(
    "change",
    [
        {"ScheduleExpression": "rate(1 hour)"},
        {"Target": {"Arn": "arn:aws:scheduler:::aws-sdk:ec2:terminateInstances", "RoleArn": ROLE}},
    ],
)
def test_what_would_never_be_carried_out_here_is_refused(world: World, change: dict[str, Any]) -> None:
    allow(world, "*")
    with pytest.raises(ClientError, match="and nothing else"):
        schedule(world, "j-1", **change)


def test_a_role_that_the_scheduler_may_not_take_is_refused(world: World) -> None:
    with pytest.raises(ClientError, match="must allow AWS EventBridge Scheduler to assume the role"):
        schedule(world, "j-1")


def allow(world: World, clusters: str) -> None:
    """Make a role by which the scheduler may end these clusters."""
    iam = world.client("iam")
    principal = {"Service": "scheduler.amazonaws.com"}
    trust = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    rule = {"Effect": "Allow", "Action": "elasticmapreduce:TerminateJobFlows", "Resource": clusters}
    iam.create_role(RoleName="t-end", AssumeRolePolicyDocument=document(trust))
    iam.put_role_policy(RoleName="t-end", PolicyName="end", PolicyDocument=document(rule))


def document(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def schedule(world: World, cluster: str, **change: Any) -> None:
    world.client("scheduler").create_schedule(**described(cluster, **change))


def described(cluster: str, **change: Any) -> dict[str, Any]:
    target = {"Arn": TARGET, "RoleArn": ROLE, "Input": json.dumps({"JobFlowIds": [cluster]})}
    window = {"Mode": "OFF"}
    asked = {"Name": "end", "ScheduleExpression": IN_AN_HOUR, "FlexibleTimeWindow": window, "Target": target}
    return {**asked, **change}
