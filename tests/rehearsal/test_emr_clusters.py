"""Time passes on the emulated EMR as on the real one: clusters, queues, ends, the bill."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from tests.rehearsal.emr_world import INSTANCES, STEP, World, served_world
from tests.rigs.emr import administer


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with served_world(tmp_path) as made:
        yield made


def test_a_cluster_takes_its_time_to_start_and_to_end(world: World) -> None:
    made = world.cluster()
    states = [world.state(made)]
    for _ in range(2):
        world.passes(60)
        states.append(world.state(made))
    world.client().terminate_job_flows(JobFlowIds=[made])
    states.append(world.state(made))
    world.passes(60)
    assert [*states, world.state(made)] == ["STARTING", "BOOTSTRAPPING", "WAITING", "TERMINATING", "TERMINATED"]


def test_a_protected_cluster_is_not_terminated(world: World) -> None:
    made = world.ready(Instances={**INSTANCES, "TerminationProtected": True})
    with pytest.raises(ClientError, match="termination protected"):
        world.client().terminate_job_flows(JobFlowIds=[made])
    assert world.state(made) == "WAITING"


def test_steps_wait_until_the_cluster_is_ready_and_then_for_each_other(world: World) -> None:
    made = world.cluster()
    first, second = (world.step(made, name, "--sleep", "30") for name in "ab")
    world.passes(60)
    assert world.state(made, first) == "PENDING"
    world.passes(60)
    assert (world.state(made, first), world.state(made, second)) == ("RUNNING", "PENDING")
    world.passes(30)
    assert (world.state(made, first), world.state(made, second)) == ("COMPLETED", "RUNNING")


def test_as_many_steps_run_at_a_time_as_the_cluster_is_told_to(world: World) -> None:
    made = world.ready(StepConcurrencyLevel=2)
    steps = [world.step(made, name, "--sleep", "30") for name in "abc"]
    world.passes(1)
    assert [world.state(made, step) for step in steps] == ["RUNNING", "RUNNING", "PENDING"]
    world.client().modify_cluster(ClusterId=made, StepConcurrencyLevel=3)
    world.passes(1)
    assert world.state(made, steps[2]) == "RUNNING"


def test_a_failed_step_says_why_and_the_next_goes_on(world: World) -> None:
    made = world.ready()
    failed, after = world.step(made, "a", "--exit", "3"), world.step(made, "b")
    world.passes(1)
    world.passes(1)
    status = world.client().describe_step(ClusterId=made, StepId=failed)["Step"]["Status"]
    assert (status["State"], status["FailureDetails"]["Reason"]) == ("FAILED", "Unknown Error.")
    assert world.state(made, after) == "COMPLETED"


def test_a_step_may_end_the_cluster_or_the_queue_by_failing(world: World) -> None:
    ending, waiting = world.ready(), world.ready()
    world.step(ending, "a", "--exit", "1", action="TERMINATE_CLUSTER")
    world.step(waiting, "b", "--exit", "1", action="CANCEL_AND_WAIT")
    last = world.step(waiting, "c")
    world.passes(1)
    world.passes(61)
    assert world.state(ending) == "TERMINATED_WITH_ERRORS"
    assert (world.state(waiting), world.state(waiting, last)) == ("WAITING", "CANCELLED")


def test_the_end_of_the_cluster_ends_its_steps(world: World) -> None:
    made = world.ready()
    running, waiting = (world.step(made, name, "--sleep", "600") for name in "ab")
    world.passes(1)
    world.client().terminate_job_flows(JobFlowIds=[made])
    world.passes(1)
    assert (world.state(made, running), world.state(made, waiting)) == ("INTERRUPTED", "CANCELLED")
    assert world.runner.word(running) == "killed"
    with pytest.raises(ClientError, match="may not be modified"):
        world.step(made, "c")


def test_an_idle_cluster_ends_by_its_policy_and_not_while_a_step_runs(world: World) -> None:
    made = world.ready(AutoTerminationPolicy={"IdleTimeout": 600})
    world.step(made, "a", "--sleep", "900")
    world.passes(1)
    world.passes(899)
    assert world.state(made) != "TERMINATING"
    world.passes(2)
    world.passes(601)
    assert world.state(made) == "TERMINATING"


def test_the_policy_can_be_put_read_and_removed(world: World) -> None:
    made, emr = world.ready(), world.client()
    assert "AutoTerminationPolicy" not in emr.get_auto_termination_policy(ClusterId=made)
    emr.put_auto_termination_policy(ClusterId=made, AutoTerminationPolicy={"IdleTimeout": 60})
    assert emr.get_auto_termination_policy(ClusterId=made)["AutoTerminationPolicy"] == {"IdleTimeout": 60}
    emr.remove_auto_termination_policy(ClusterId=made)
    world.passes(3600)
    assert world.state(made) == "WAITING"


def test_a_cluster_that_is_not_to_stay_ends_with_its_last_step(world: World) -> None:
    made = world.cluster(Instances={**INSTANCES, "KeepJobFlowAliveWhenNoSteps": False}, Steps=[STEP])
    world.passes(120)
    world.passes(1)
    world.passes(60)
    assert world.state(made) == "TERMINATED"


def test_the_bill_counts_instances_from_start_to_end(world: World) -> None:
    group = {"InstanceRole": "CORE", "InstanceType": "m5.2xlarge", "InstanceCount": 3}
    made = world.ready(Instances={**INSTANCES, "InstanceGroups": [*INSTANCES["InstanceGroups"], group]})
    world.passes(3480)
    bill = administer(world.url, "usage")["usage"][0]
    assert (bill["instances"], bill["instance_hours"]) == ({"m5.xlarge": 1, "m5.2xlarge": 3}, 4.0)
    world.client().terminate_job_flows(JobFlowIds=[made])
    world.passes(60)
    world.passes(7200)
    assert administer(world.url, "usage")["usage"][0]["seconds"] == 3660.0


def test_cancelling_is_answered_for_each_step(world: World) -> None:
    made, emr = world.ready(), world.client()
    running, waiting = (world.step(made, name, "--sleep", "600") for name in "ab")
    world.passes(1)
    answers = emr.cancel_steps(ClusterId=made, StepIds=[running, waiting])["CancelStepsInfoList"]
    assert [answer["Status"] for answer in answers] == ["SUBMITTED", "SUBMITTED"]
    assert (world.state(made, running), world.state(made, waiting)) == ("CANCELLED", "CANCELLED")
    again = emr.cancel_steps(ClusterId=made, StepIds=[running])["CancelStepsInfoList"][0]
    assert again["Status"] == "FAILED"
    assert "CANCELLED" in again["Reason"]


def test_pages_have_fifty_steps_and_lose_none_that_come_meanwhile(world: World) -> None:
    made, emr = world.ready(), world.client()
    first = [emr.add_job_flow_steps(JobFlowId=made, Steps=[STEP] * 40)["StepIds"] for _ in range(3)]
    page = emr.list_steps(ClusterId=made)
    assert len(page["Steps"]) == 50
    emr.add_job_flow_steps(JobFlowId=made, Steps=[STEP] * 7)
    seen = [step["Id"] for step in page["Steps"]]
    while "Marker" in page:
        page = emr.list_steps(ClusterId=made, Marker=page["Marker"])
        seen += [step["Id"] for step in page["Steps"]]
    assert seen == [step for steps in reversed(first) for step in reversed(steps)]
