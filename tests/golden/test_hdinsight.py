"""The bodies that are sent to Livy, as committed files that a person has read."""

import pytest

from launcher.backends.hdinsight import HDInsight
from rehearsal import livy_request
from tests.golden.orders import ORDERS, golden, request

BACKEND = HDInsight(
    staging="abfs://cluster@account.dfs.core.windows.net/firesteel",
    endpoint="https://firesteel.azurehdinsight.net",
    user="admin",
    subscription="00000000-0000-0000-0000-000000000000",
    resource_group="firesteel",
    cluster_name="firesteel",
    python="/usr/bin/miniforge/envs/py38/bin/python",
    spark="3.3.1",
)

every_workload = pytest.mark.parametrize("name", ORDERS)


@every_workload
def test_the_request_is_the_one_that_was_read_by_a_person(name: str) -> None:
    assert request(BACKEND, name) == golden("hdinsight", name)


@every_workload
def test_livy_takes_the_request(name: str) -> None:
    sent = request(BACKEND, name)
    assert livy_request.misfit(sent) == ""
    assert livy_request.refusal(sent, ()) == ""
