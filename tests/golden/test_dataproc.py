"""What is sent to Dataproc, as committed files that a person has read."""

import pytest
from google.cloud import dataproc_v1 as dp
from google.protobuf import json_format

from launcher.backends.dataproc import Dataproc
from rehearsal import dataproc_submit
from tests.golden.orders import ORDERS, golden, request

BACKEND = Dataproc(
    staging="gs://firesteel-workshop/firesteel",
    project="firesteel-workshop",
    region="europe-west1",
    cluster_name="firesteel",
    python="/opt/conda/default/bin/python",
    spark="3.5.3",
)

every_workload = pytest.mark.parametrize("name", ORDERS)


@every_workload
def test_the_request_is_the_one_that_was_read_by_a_person(name: str) -> None:
    assert request(BACKEND, name) == golden("dataproc", name)


@every_workload
def test_the_vendors_own_message_takes_the_request_and_loses_nothing_of_it(name: str) -> None:
    sent = request(BACKEND, name)
    parsed = json_format.ParseDict(sent, dp.SubmitJobRequest.pb(dp.SubmitJobRequest()))
    taken = json_format.MessageToDict(parsed, preserving_proto_field_name=True)
    restarts = sent["job"]["scheduling"]  # numbers that are nought, which protobuf leaves out
    assert set(restarts.values()) == {0}
    assert {**taken, "job": {**taken["job"], "scheduling": restarts}} == sent


@every_workload
def test_the_request_keeps_to_the_services_lengths_and_characters(name: str) -> None:
    dataproc_submit.check(dp.SubmitJobRequest(request(BACKEND, name)))


def test_every_argument_reaches_spark_submit_as_it_was_sent() -> None:
    request_of_awkward = request(BACKEND, "selftest")
    sent = request_of_awkward["job"]["pyspark_job"]["args"]
    assert dataproc_submit.command(dp.Job(dp.SubmitJobRequest(request_of_awkward).job))[-len(sent) :] == sent
