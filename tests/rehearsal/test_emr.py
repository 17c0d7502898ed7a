"""The emulated EMR refuses what the real one refuses, and what it does not imitate."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from botocore.exceptions import ClientError
from botocore.session import get_session
from botocore.validate import ParamValidator

from tests.rehearsal.emr_world import JAR, KEY_ID, STEP, World, served_world


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with served_world(tmp_path) as made:
        yield made


def code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code"))


def test_an_operation_that_emr_does_not_have_is_unknown(world: World) -> None:
    assert world.raw("ElasticMapReduce.MakeCoffee", b"{}") == (404, "UnknownOperationException")


def test_an_operation_that_is_not_imitated_is_refused_loudly(world: World) -> None:
    assert world.raw("ElasticMapReduce.ListStudios", b"{}") == (501, "NotImitatedByTheRehearsal")


def test_a_service_that_is_not_imitated_is_refused(world: World) -> None:
    assert world.raw("DynamoDB.ListTables", b"{}", service="dynamodb") == (404, "UnknownOperationException")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"ClusterId": "j-1", "Colour": "red"}, "ValidationException"),
        ({}, "ValidationException"),
        ({"ClusterId": 7}, "SerializationException"),
        ({"ClusterId": "j-1", "StepStates": ["DANCING"]}, "ValidationException"),
        ({"ClusterId": "j-1", "StepIds": "s-1"}, "SerializationException"),
    ],
)
def test_a_request_that_does_not_fit_the_model_is_refused(world: World, body: Any, expected: str) -> None:
    assert world.raw("ElasticMapReduce.ListSteps", json.dumps(body).encode()) == (400, expected)


def test_a_request_that_is_no_json_is_refused(world: World) -> None:
    assert world.raw("ElasticMapReduce.ListSteps", b"<xml/>") == (400, "SerializationException")


def test_a_request_without_a_signature_is_refused(world: World) -> None:
    answer = httpx.post(world.url, content=b"{}", trust_env=False)
    assert (answer.status_code, answer.json()["__type"]) == (403, "MissingAuthenticationTokenException")


@pytest.mark.parametrize("name", ["emr", "sts"])
def test_an_unknown_key_and_a_wrong_secret_are_refused(world: World, name: str) -> None:
    call = {"emr": "list_clusters", "sts": "get_caller_identity"}[name]
    unknown, wrong = world.client(name, key_id="AKIANOBODY"), world.client(name, secret="wrong")  # noqa: S106 -- no secret
    expected = {
        "emr": ("UnrecognizedClientException", "InvalidSignatureException"),
        "sts": ("InvalidClientTokenId", "SignatureDoesNotMatch"),
    }
    for client, word in zip((unknown, wrong), expected[name], strict=True):
        with pytest.raises(ClientError) as error:
            getattr(client, call)()
        assert code(error.value) == word


def test_an_expired_key_is_refused(world: World) -> None:
    world.service.keys[KEY_ID].expires_at = world.now
    with pytest.raises(ClientError) as error:
        world.client().list_clusters()
    assert code(error.value) == "ExpiredTokenException"


def test_a_key_with_a_session_token_is_refused_without_it(world: World) -> None:
    world.service.keys[KEY_ID].token = "t"  # noqa: S105 -- no secret
    with pytest.raises(ClientError) as error:
        world.client().list_clusters()
    assert code(error.value) == "UnrecognizedClientException"


def test_a_cluster_that_is_unknown_is_refused_in_the_words_of_each_generation(world: World) -> None:
    with pytest.raises(ClientError, match="Cluster id 'j-NONE' is not valid"):
        world.client().list_steps(ClusterId="j-NONE")
    with pytest.raises(ClientError, match="Specified job flow ID does not exist"):
        world.client().add_job_flow_steps(JobFlowId="j-NONE", Steps=[STEP])


def test_a_cluster_is_unknown_in_another_region(world: World) -> None:
    made = world.cluster()
    with pytest.raises(ClientError, match="is not valid"):
        world.client(region="us-east-1").describe_cluster(ClusterId=made)
    assert world.client(region="us-east-1").list_clusters()["Clusters"] == []


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"ReleaseLabel": "emr-9.9.9"}, "release label is invalid"),
        ({"ServiceRole": "Nobody"}, "Invalid ServiceRole: Nobody"),
        ({"JobFlowRole": "Nobody"}, "Invalid InstanceProfile: Nobody"),
        ({"Name": "a|b"}, "invalid characters"),
        ({"LogUri": "file:///tmp"}, "Invalid LogUri"),
        ({"StepConcurrencyLevel": 257}, "between 1 and 256"),
        ({"AutoTerminationPolicy": {"IdleTimeout": 59}}, "between 60 and 604800"),
        ({"ManagedScalingPolicy": {}}, "does not imitate RunJobFlow with ManagedScalingPolicy"),
        ({"Instances": {"InstanceFleets": [{"InstanceFleetType": "CORE"}]}}, "no valid capacity"),
    ],
)
def test_a_cluster_that_cannot_be_is_refused(world: World, more: dict[str, Any], said: str) -> None:
    with pytest.raises(ClientError, match=said):
        world.cluster(**more)
    assert not world.service.clusters


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ({**STEP, "HadoopJarStep": {"Jar": "s3://b/own.jar"}}, "does not imitate a step other than"),
        ({**STEP, "HadoopJarStep": {**JAR, "Args": ["hive"]}}, "does not imitate a step other than"),
        ({**STEP, "HadoopJarStep": {**JAR, "MainClass": "M"}}, "does not imitate a step with"),
        ({**STEP, "HadoopJarStep": {**JAR, "Args": ["spark-submit", *["x" * 200] * 60]}}, "10240"),
        ({**STEP, "Name": "n" * 257}, "may have 256"),
        ({**STEP, "ActionOnFailure": "PRAY"}, "must be one of"),
    ],
)
def test_a_step_that_cannot_be_is_refused(world: World, step: dict[str, Any], said: str) -> None:
    made = world.cluster()
    with pytest.raises(ClientError, match=said):
        world.client().add_job_flow_steps(JobFlowId=made, Steps=[step])


def test_a_marker_of_nobody_and_too_many_ids_are_refused(world: World) -> None:
    made = world.ready()
    with pytest.raises(ClientError, match="Marker 'x' is not valid"):
        world.client().list_steps(ClusterId=made, Marker="x")
    with pytest.raises(ClientError, match="At most 10"):
        world.client().list_steps(ClusterId=made, StepIds=[f"s-{number}" for number in range(11)])


def test_more_than_256_active_steps_are_refused(world: World) -> None:
    made = world.cluster()
    world.client().add_job_flow_steps(JobFlowId=made, Steps=[STEP] * 256)
    with pytest.raises(ClientError, match="Maximum number of active steps"):
        world.client().add_job_flow_steps(JobFlowId=made, Steps=[STEP])


def test_what_it_answers_fits_the_vendors_model(world: World) -> None:
    made = world.ready(LogUri="s3://logs/x", Tags=[{"Key": "firesteel:stack", "Value": "it"}])
    step = world.step(made, "a", "--exit", "1")
    world.passes(1)
    model, emr = get_session().get_service_model("emr"), world.client()
    answers = {
        "DescribeCluster": emr.describe_cluster(ClusterId=made),
        "DescribeStep": emr.describe_step(ClusterId=made, StepId=step),
        "ListSteps": emr.list_steps(ClusterId=made),
        "ListClusters": emr.list_clusters(),
        "ListInstanceGroups": emr.list_instance_groups(ClusterId=made),
    }
    for operation, answer in answers.items():
        answer.pop("ResponseMetadata")
        report = ParamValidator().validate(answer, model.operation_model(operation).output_shape)
        assert not report.has_errors(), report.generate_report()
    described = answers["DescribeCluster"]["Cluster"]
    assert described["LogUri"] == "s3n://logs/x"
    assert described["Tags"] == [{"Key": "firesteel:stack", "Value": "it"}]
