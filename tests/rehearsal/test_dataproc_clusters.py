"""The emulated cluster controller: clusters come up, change, and are ended by the provider's own clock."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from google.api_core import exceptions
from google.cloud import dataproc_v1 as dp

from tests.rehearsal.dataproc_api import Api, by, by_rest
from tests.rigs import dataproc as rig

State = dp.JobStatus.State


@pytest.fixture
def rest(tmp_path: Path) -> Iterator[Api]:
    with by_rest(tmp_path) as served:
        yield served


@pytest.fixture(params=["rest", "grpc"])
def api(rest: Api, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Api]:
    with by(request.param, rest, tmp_path) as served:
        yield served


def test_a_cluster_takes_time_to_come_up_and_jobs_only_then(api: Api) -> None:
    operation = api.call("create_cluster", cluster={"cluster_name": "c-2"})
    assert not operation.done()
    assert operation.metadata.cluster_name == "c-2"
    with pytest.raises(exceptions.BadRequest, match="is in state CREATING and cannot accept jobs"):
        api.submit(placement={"cluster_name": "c-2"})
    api.clock.now += timedelta(minutes=1)
    assert operation.result(timeout=10).status.state is dp.ClusterStatus.State.RUNNING
    api.submit(placement={"cluster_name": "c-2"})


@pytest.mark.parametrize(
    ("cluster", "message"),
    [
        ({"cluster_name": "Upper"}, "Invalid cluster name"),
        ({"cluster_name": "c-2", "config": {"software_config": {"image_version": "1.5-debian10"}}}, "image version"),
        ({"cluster_name": "c-2", "config": {"lifecycle_config": {"idle_delete_ttl": 60}}}, "idle_delete_ttl"),
        ({"cluster_name": "c-2", "config": {"lifecycle_config": {"auto_delete_ttl": 60}}}, "auto_delete_ttl"),
        ({"cluster_name": "c-2", "config": {"lifecycle_config": {"auto_delete_time": "past"}}}, "auto_delete_time"),
    ],
)
def test_a_cluster_that_dataproc_would_not_make_is_refused(api: Api, cluster: dict[str, Any], message: str) -> None:
    lifecycle = cluster.get("config", {}).get("lifecycle_config", {})
    values = {60: timedelta(minutes=1), "past": api.clock.now - timedelta(hours=1)}
    config = {"lifecycle_config": {field: values[value] for field, value in lifecycle.items()}}
    with pytest.raises(exceptions.BadRequest, match=message):
        api.call("create_cluster", cluster={**cluster, "config": config} if lifecycle else cluster)


def test_a_name_of_a_cluster_is_taken_once(api: Api) -> None:
    with pytest.raises(exceptions.Conflict, match="Already exists"):
        api.call("create_cluster", cluster={"cluster_name": rig.NAME})


def test_a_deleted_cluster_takes_its_jobs_with_it_and_is_gone(api: Api) -> None:
    api.submit_sleeping()
    operation = api.call("delete_cluster", cluster_name=rig.NAME)
    assert api.call("get_cluster", cluster_name=rig.NAME).status.state is dp.ClusterStatus.State.DELETING
    assert api.call("get_job", job_id="j-1").status.state is State.ERROR
    api.clock.now += timedelta(minutes=1)
    operation.result(timeout=10)
    with pytest.raises(exceptions.NotFound, match="Not found: Cluster"):
        api.call("get_cluster", cluster_name=rig.NAME)


def test_an_update_changes_what_its_mask_names(api: Api) -> None:
    asked = {"labels": {"team": "red"}, "config": {"lifecycle_config": {"idle_delete_ttl": timedelta(minutes=30)}}}
    cluster = {"cluster_name": rig.NAME, **asked}
    mask = {"paths": ["config.lifecycle_config.idle_delete_ttl"]}
    operation = api.call("update_cluster", cluster_name=rig.NAME, cluster=cluster, update_mask=mask)
    api.clock.now += timedelta(minutes=1)
    changed = operation.result(timeout=10)
    assert changed.config.lifecycle_config.idle_delete_ttl == timedelta(minutes=30)
    assert dict(changed.labels) == {}


@pytest.mark.parametrize("paths", [[], ["config.master_config"]])
def test_an_update_of_what_cannot_be_changed_is_refused(api: Api, paths: list[str]) -> None:
    with pytest.raises(exceptions.BadRequest, match="update mask"):
        api.call("update_cluster", cluster_name=rig.NAME, cluster={}, update_mask={"paths": paths})


@pytest.mark.parametrize(
    ("lifecycle", "life"),
    [
        ({"idle_delete_ttl": timedelta(minutes=5)}, timedelta(minutes=5)),
        ({"auto_delete_ttl": timedelta(minutes=10)}, timedelta(minutes=10)),
        ({"auto_delete_time": datetime(2026, 11, 24, 11, tzinfo=UTC)}, timedelta(minutes=59)),
    ],
)
def test_the_provider_ends_a_cluster_by_its_own_clock(rest: Api, lifecycle: Any, life: timedelta) -> None:
    rest.call("create_cluster", cluster={"cluster_name": "c-2", "config": {"lifecycle_config": lifecycle}})
    rest.clock.now += life - timedelta(seconds=10)
    assert rest.call("get_cluster", cluster_name="c-2").status.state is dp.ClusterStatus.State.RUNNING
    rest.clock.now += timedelta(seconds=20)
    assert rest.call("get_cluster", cluster_name="c-2").status.state is dp.ClusterStatus.State.DELETING
    rest.clock.now += timedelta(seconds=20)
    with pytest.raises(exceptions.NotFound):
        rest.call("get_cluster", cluster_name="c-2")


def test_a_job_keeps_its_cluster_from_being_idle(rest: Api) -> None:
    lifecycle = {"idle_delete_ttl": timedelta(minutes=5)}
    rest.call("create_cluster", cluster={"cluster_name": "c-2", "config": {"lifecycle_config": lifecycle}})
    rest.clock.now += timedelta(minutes=1)
    rest.submit_sleeping(placement={"cluster_name": "c-2"})
    rest.clock.now += timedelta(hours=1)
    assert rest.call("get_cluster", cluster_name="c-2").status.state is dp.ClusterStatus.State.RUNNING
