"""Whether a Dataproc cluster can be reached, takes jobs, and will end."""

from collections.abc import Mapping
from typing import Any

from launcher.apis import dataproc as dataproc_api
from launcher.backends.dataproc import Dataproc
from launcher.checks import Check
from launcher.errors import JobRejected, LauncherError

SDK = ("google.cloud.dataproc_v1", "google.cloud.storage")
# https://cloud.google.com/dataproc/docs/reference/rest/v1/ClusterStatus#State
TAKES_JOBS = frozenset({"RUNNING", "UPDATING"})


def checks(backend: Dataproc) -> Mapping[str, Check]:
    """Give the checks of a cluster: its endpoint, the credentials, itself, and when it ends."""
    return {
        "endpoint": lambda: _endpoint(backend),
        "credentials": lambda: _credentials(backend),
        "cluster": lambda: _alive(backend),
        "deadline": lambda: _deadline(backend),
    }


def _endpoint(backend: Dataproc) -> str:
    _answer(backend)
    address, transport = dataproc_api.endpoint(backend.region)
    return f"{address} answers ({'gRPC' if transport == 'grpc' else 'REST'})"


def _credentials(backend: Dataproc) -> str:
    who = dataproc_api.identity(backend.where())
    _answer(backend)
    return who


def _answer(backend: Dataproc) -> None:
    """Make sure that Dataproc answers and takes the credentials; a refusal of what is asked is an answer."""
    try:
        _cluster(backend)
    except JobRejected:
        return


def _cluster(backend: Dataproc) -> Any:
    request = {"project_id": backend.project, "region": backend.region, "cluster_name": backend.cluster_name}
    return dataproc_api.ask(backend.where(), "ClusterController", "get_cluster", request)


def _alive(backend: Dataproc) -> str:
    cluster = _cluster(backend)
    state = str(cluster.status.state.name)
    image = cluster.config.software_config.image_version or "unknown"
    workers = cluster.config.worker_config.num_instances
    if state in TAKES_JOBS:
        return f"{backend.cluster_name} is {state}, image {image}, {workers} workers"
    verb = "start" if state == "STOPPED" else "describe"
    because = f": {cluster.status.detail}" if cluster.status.detail else ""
    raise JobRejected(f"{backend.cluster_name} is {state}{because}", _gcloud(backend, verb))


def _deadline(backend: Dataproc) -> str:
    """Give what the provider itself will do: https://cloud.google.com/dataproc/docs/concepts/configuring-clusters/scheduled-deletion."""
    lifecycle = _cluster(backend).config.lifecycle_config
    ends = [f"at {lifecycle.auto_delete_time:%Y-%m-%d %H:%M} UTC"] if lifecycle.auto_delete_time else []
    ends += [f"{lifecycle.auto_delete_ttl} after its start"] if lifecycle.auto_delete_ttl else []
    ends += [f"after {lifecycle.idle_delete_ttl} without a job"] if lifecycle.idle_delete_ttl else []
    if ends:
        return f"Dataproc deletes {backend.cluster_name} {', or '.join(ends)}"
    message = f"nothing ends {backend.cluster_name}: it costs money until somebody deletes it"
    raise LauncherError(message, f"{_gcloud(backend, 'update')} --max-age 4h --max-idle 30m")


def _gcloud(backend: Dataproc, verb: str) -> str:
    place = f"--region {backend.region} --project {backend.project}"
    return f"gcloud dataproc clusters {verb} {backend.cluster_name} {place}"
