"""Dataproc's cluster controller without a transport: clusters that start, live, and are ended by the provider's clock.

https://cloud.google.com/dataproc/docs/concepts/configuring-clusters/scheduled-deletion
"""

import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from google.cloud import dataproc_v1 as dp
from google.longrunning import operations_pb2

from rehearsal import dataproc_filters
from rehearsal.chaos import Chaos
from rehearsal.dataproc_errors import Refused, invalid
from rehearsal.dataproc_operations import Operations

State = dp.ClusterStatus.State
NAME = re.compile(r"[a-z](?:[-a-z0-9]{0,52}[a-z0-9])?")
TAKES_JOBS = {State.RUNNING, State.UPDATING}
IMAGE = re.compile(r"(2\.2|2\.3|3\.0)(\.\d+)?(-(ml-)?(debian|ubuntu|rocky)\d+)?")
# field of the lifecycle -> the shortest and the longest time that Dataproc takes
BOUNDS = {
    "idle_delete_ttl": (timedelta(minutes=5), timedelta(days=14)),
    "auto_delete_ttl": (timedelta(minutes=10), timedelta(days=14)),
}
MASKS = {
    "labels",
    "config.worker_config.num_instances",
    "config.secondary_worker_config.num_instances",
    "config.lifecycle_config.idle_delete_ttl",
    "config.lifecycle_config.auto_delete_time",
    "config.lifecycle_config.auto_delete_ttl",
}


@dataclass(slots=True, kw_only=True)
class Record:
    """A cluster, when it was made, and since when it has been without a job."""

    cluster: dp.Cluster
    made: datetime
    idle_since: datetime


class Clusters:
    """All clusters of a project in a region.

    ``active`` gives the unfinished jobs of a cluster by its uuid, ``abandon`` ends them; ``seconds`` is what creating,
    updating and deleting take.
    """

    def __init__(  # noqa: PLR0913 -- each by name
        self,
        operations: Operations,
        now: Callable[[], datetime],
        *,
        active: Callable[[str], list[str]],
        abandon: Callable[[str], None],
        seconds: float = 2.0,
        chaos: Chaos | None = None,
    ) -> None:
        self._operations = operations
        self._now = now
        self._active = active
        self._abandon = abandon
        self._seconds = seconds
        self._chaos = chaos
        self._records: dict[str, Record] = {}
        # Looks whether there is what a new cluster names, where somebody keeps that; raises Refused.
        self.furnished: Callable[[dp.Cluster], None] = lambda _: None

    def create(self, request: dp.CreateClusterRequest) -> operations_pb2.Operation:
        """Begin to create a cluster."""
        name = request.cluster.cluster_name
        if not NAME.fullmatch(name):
            raise invalid(f"Invalid cluster name '{name}'. Must match pattern (?:[a-z](?:[-a-z0-9]{{0,52}}[a-z0-9])?).")
        if request.cluster.project_id not in {"", request.project_id}:
            raise invalid("Cluster project id must match request project id.")
        if name in self._records:
            raise Refused("ALREADY_EXISTS", f"Already exists: Failed to create cluster: Cluster {_path(request, name)}")
        cluster = dp.Cluster(request.cluster)
        cluster.project_id, cluster.cluster_uuid = request.project_id, str(uuid.uuid4())
        self._check(cluster)
        self.furnished(cluster)
        self._records[name] = Record(cluster=cluster, made=self._now(), idle_since=self._now())
        self.enter(name, State.CREATING)
        return self._operations.begin("CREATE", cluster, self._seconds, lambda: self._become(name, State.RUNNING))

    def get(self, request: dp.GetClusterRequest) -> dp.Cluster:
        """Give one cluster."""
        return self._shown(self._known(request))

    def listing(self, request: dp.ListClustersRequest) -> dp.ListClustersResponse:
        """Give a page of the clusters that a filter lets through."""
        wanted = dataproc_filters.terms(request.filter, ("status.state", "clusterName"))
        listed = [r for r in reversed(self._records.values()) if _matches(r.cluster, wanted)]
        rows, token = dataproc_filters.page(listed, request.page_size, request.page_token, self._chaos, "clusters")
        return dp.ListClustersResponse(clusters=[self._shown(record) for record in rows], next_page_token=token)

    def update(self, request: dp.UpdateClusterRequest) -> operations_pb2.Operation:
        """Begin to change what the mask names."""
        cluster = self._known(request).cluster
        paths = list(request.update_mask.paths)
        if not paths or not set(paths) <= MASKS:
            raise invalid(f"Invalid update mask: {', '.join(paths)}. Known: {', '.join(sorted(MASKS))}.")
        if cluster.status.state is not State.RUNNING:
            raise Refused("FAILED_PRECONDITION", f"Cluster {_path(request, request.cluster_name)} is not running.")
        changed = dp.Cluster(cluster)
        mask = dp.UpdateClusterRequest.pb(request).update_mask
        given, kept = dp.Cluster.pb(request.cluster), dp.Cluster.pb(changed)
        mask.MergeMessage(given, kept, replace_message_field=True, replace_repeated_field=True)
        self._check(changed)
        self._records[request.cluster_name].cluster = changed
        self.enter(request.cluster_name, State.UPDATING)
        name = request.cluster_name
        return self._operations.begin("UPDATE", changed, self._seconds, lambda: self._become(name, State.RUNNING))

    def delete(self, request: dp.DeleteClusterRequest) -> operations_pb2.Operation:
        """Begin to delete a cluster; its jobs end."""
        cluster = self._known(request).cluster
        if request.cluster_uuid not in {"", cluster.cluster_uuid}:
            raise Refused("NOT_FOUND", f"Not found: Cluster {_path(request, request.cluster_name)}")
        if cluster.status.state is State.DELETING:
            said = f"Cannot delete cluster '{request.cluster_name}' while it has other pending delete operations."
            raise Refused("FAILED_PRECONDITION", said)
        return self._end(request.cluster_name)

    def all(self) -> list[dp.Cluster]:
        """Give all clusters; those that are being deleted still have machines."""
        return [record.cluster for record in list(self._records.values())]

    def taking_jobs(self, request: dp.SubmitJobRequest) -> dp.Cluster:
        """Give the cluster that a job is for; raises Refused when it is not there or takes none."""
        name = request.job.placement.cluster_name
        if name not in self._records:
            raise Refused("NOT_FOUND", f"Not found: Cluster {_path(request, name)}")
        cluster = self._records[name].cluster
        if cluster.status.state not in TAKES_JOBS:
            raise invalid(f"Cluster '{name}' is in state {cluster.status.state.name} and cannot accept jobs.")
        return cluster

    def advance(self) -> None:
        """Finish what has come due, and end the clusters whose time is over."""
        self._operations.advance()
        for name, record in list(self._records.items()):
            if self._active(record.cluster.cluster_uuid):
                record.idle_since = self._now()
            if record.cluster.status.state in TAKES_JOBS and self._over(record):
                self._end(name)

    def enter(self, name: str, state: dp.ClusterStatus.State, detail: str = "") -> None:
        """Put a cluster into a state."""
        cluster = self._records[name].cluster
        if cluster.status.state:
            cluster.status_history.append(cluster.status)
        cluster.status = dp.ClusterStatus(state=state, detail=detail, state_start_time=self._now())

    def _become(self, name: str, state: dp.ClusterStatus.State) -> dp.Cluster | None:
        record = self._records.get(name)
        if record is None or record.cluster.status.state is State.DELETING:
            return None  # it was ended meanwhile
        self.enter(name, state)
        return self._shown(record)

    def _end(self, name: str) -> operations_pb2.Operation:
        cluster = self._records[name].cluster
        self.enter(name, State.DELETING)
        self._abandon(cluster.cluster_uuid)
        return self._operations.begin("DELETE", cluster, self._seconds, lambda: self._records.pop(name) and None)

    def _over(self, record: Record) -> bool:
        lifecycle: Any = record.cluster.config.lifecycle_config
        idle, age, end = lifecycle.idle_delete_ttl, lifecycle.auto_delete_ttl, lifecycle.auto_delete_time
        now = self._now()
        return bool(
            (idle and now - record.idle_since >= idle) or (age and now - record.made >= age) or (end and now >= end)
        )

    def _check(self, cluster: dp.Cluster) -> None:
        lifecycle: Any = cluster.config.lifecycle_config
        for field, (shortest, longest) in BOUNDS.items():
            given = getattr(lifecycle, field)
            if given and not shortest <= given <= longest:
                raise invalid(f"Invalid value for {field}: must be between {shortest} and {longest}, found: {given}.")
        end = lifecycle.auto_delete_time
        ahead = end - self._now() if end else None
        shortest, longest = BOUNDS["auto_delete_ttl"]
        if ahead is not None and not shortest <= ahead <= longest:
            raise invalid(f"Invalid value for auto_delete_time: must be {shortest} to {longest} from now.")
        image = cluster.config.software_config.image_version
        if image and not IMAGE.fullmatch(image):
            raise invalid(f"Selected software image version '{image}' can not be used to create new clusters.")

    def _known(self, request: Any) -> Record:
        record = self._records.get(request.cluster_name)
        if record is None:
            raise Refused("NOT_FOUND", f"Not found: Cluster {_path(request, request.cluster_name)}")
        return record

    def _shown(self, record: Record) -> dp.Cluster:
        shown: Any = dp.Cluster(record.cluster)
        if shown.config.lifecycle_config.idle_delete_ttl:
            shown.config.lifecycle_config.idle_start_time = record.idle_since
        return shown


def _matches(cluster: dp.Cluster, wanted: dict[str, str]) -> bool:
    named = wanted.get("clusterName", cluster.cluster_name) == cluster.cluster_name
    stated = wanted.get("status.state", "*") in {"*", cluster.status.state.name, _activity(cluster)}
    return named and stated and dataproc_filters.labelled(cluster.labels, wanted)


def _activity(cluster: dp.Cluster) -> str:
    idle = {State.ERROR, State.DELETING, State.STOPPED}
    return "INACTIVE" if cluster.status.state in idle else "ACTIVE"


def _path(request: Any, name: str) -> str:
    return f"projects/{request.project_id}/regions/{request.region}/clusters/{name}"
