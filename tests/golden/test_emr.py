"""What is sent to EMR, as committed files that a person has read."""

import json

import pytest
from botocore.session import get_session
from botocore.validate import ParamValidator

from launcher.backends.emr import Emr
from rehearsal import emr_model
from tests.golden.orders import ORDERS, golden, request

BACKEND = Emr(
    staging="s3://firesteel-workshop/firesteel",
    region="eu-central-1",
    cluster_id="j-2AXXXXXXGAPLF",
    python="/usr/bin/python3.11",
    spark="4.1.1",
)

every_workload = pytest.mark.parametrize("name", ORDERS)


@every_workload
def test_the_request_is_the_one_that_was_read_by_a_person(name: str) -> None:
    assert request(BACKEND, name) == golden("emr", name)


@every_workload
def test_the_vendors_own_model_takes_the_request(name: str) -> None:
    shape = get_session().get_service_model("emr").operation_model("AddJobFlowSteps").input_shape
    assert not ParamValidator().validate(request(BACKEND, name), shape).has_errors()


@every_workload
def test_the_request_keeps_to_the_services_lengths_and_characters(name: str) -> None:
    sent = request(BACKEND, name)
    assert emr_model.checked("AddJobFlowSteps", json.dumps(sent).encode()) == sent
