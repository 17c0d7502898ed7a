"""The Dataproc API of one project in one region, without a transport: who may call what, and who answers.

Real is what the jobs do: a Runner runs them. Not imitated: any other job type than PySpark, restarts, batches,
sessions, workflow templates, autoscaling, stopping a cluster, IAM, quotas, the machines of a cluster (its configuration
is kept, its initialization actions do not run), the reuse of a deleted job's id. State is in memory: a
restart forgets everything. What is not known is refused with Google's UNIMPLEMENTED or INVALID_ARGUMENT.
"""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from google.cloud import dataproc_v1 as dp
from google.longrunning import operations_pb2
from google.protobuf import empty_pb2

from launcher.errors import LauncherError
from rehearsal import dataproc_submit
from rehearsal.chaos import Chaos
from rehearsal.dataproc_clusters import Clusters
from rehearsal.dataproc_errors import Refused, invalid
from rehearsal.dataproc_jobs import Jobs
from rehearsal.dataproc_operations import Operations
from rehearsal.google_login import Login
from rehearsal.runners import Runner

AUDIENCE = "https://dataproc.googleapis.com/"
V1 = "google.cloud.dataproc.v1."
LONGRUNNING = "google.longrunning."


@dataclass(frozen=True, slots=True)
class Method:
    """A method of the API: its request's and its answer's class, and the function behind it."""

    request: Any
    answer: Any
    call: Callable[[Any], Any]


def utc() -> datetime:
    """Give the time."""
    return datetime.fromtimestamp(time.time(), UTC)  # a story that is told by the clock moves this one


class Service:
    """One project's Dataproc in one region; ``folder`` is the URI of the staging bucket of its clusters."""

    def __init__(  # noqa: PLR0913 -- each by name
        self,
        runner: Runner,
        login: Login,
        *,
        project: str,
        region: str,
        folder: str,
        chaos: Chaos | None = None,
        now: Callable[[], datetime] = utc,
        seconds: float = 2.0,
    ) -> None:
        self.login = login
        self.project, self.region = project, region
        self._lock = threading.RLock()
        self._operations = Operations(f"projects/{project}/regions/{region}", now)
        self.jobs = Jobs(runner, folder, now, chaos)
        active, abandon = self.jobs.active, self.jobs.abandon
        self.clusters = Clusters(self._operations, now, active=active, abandon=abandon, seconds=seconds, chaos=chaos)
        self.methods = self._methods()

    def call(self, name: str, request: Any, authorization: str) -> Any:
        """Answer a call of the method with this full name; raises Refused."""
        if name not in self.methods:
            raise Refused("UNIMPLEMENTED", f"The rehearsal does not imitate {name}.")
        self.login.check(authorization, AUDIENCE)
        self._check_place(request)
        with self._lock:
            self.clusters.advance()
            try:
                return self.methods[name].call(request)
            except LauncherError as error:  # of the storage that takes the drivers' output
                raise Refused("INTERNAL", error.message) from error

    def advance(self) -> None:
        """Let what runs by itself go on: jobs, their output, the clusters' ends."""
        with self._lock:
            self.jobs.advance()
            self.clusters.advance()

    def say(self, job_id: str, number: int) -> None:
        """Show this number as the state of a job from now on."""
        with self._lock:
            self.jobs.say(job_id, number)

    def _check_place(self, request: Any) -> None:
        if hasattr(request, "name"):  # of an operation
            _, project, _, region, *_ = [*request.name.split("/"), "", "", "", ""]
        else:
            project, region = request.project_id, request.region
        if project != self.project:
            what = f"'//dataproc.googleapis.com/projects/{project}/regions/{region}' (or it may not exist)"
            raise Refused("PERMISSION_DENIED", f"Permission denied on resource {what}.", "IAM_PERMISSION_DENIED")
        if region != self.region:
            where = f"permitted regions: '[{self.region}]'"
            raise invalid(f"Region '{region}' invalid or not supported by this endpoint; {where}")

    def _submit(self, request: dp.SubmitJobRequest) -> dp.Job:
        dataproc_submit.check(request)
        return self.jobs.submit(request, self.clusters.taking_jobs)

    def _delete_job(self, request: dp.DeleteJobRequest) -> empty_pb2.Empty:
        self.jobs.delete(request)
        return empty_pb2.Empty()

    def _methods(self) -> Mapping[str, Method]:
        jobs, clusters, operations = self.jobs, self.clusters, self._operations
        lro = operations_pb2
        return {
            f"{V1}JobController/SubmitJob": Method(dp.SubmitJobRequest, dp.Job, self._submit),
            f"{V1}JobController/GetJob": Method(dp.GetJobRequest, dp.Job, jobs.get),
            f"{V1}JobController/ListJobs": Method(dp.ListJobsRequest, dp.ListJobsResponse, jobs.listing),
            f"{V1}JobController/CancelJob": Method(dp.CancelJobRequest, dp.Job, jobs.cancel),
            f"{V1}JobController/DeleteJob": Method(dp.DeleteJobRequest, empty_pb2.Empty, self._delete_job),
            f"{V1}ClusterController/CreateCluster": Method(dp.CreateClusterRequest, lro.Operation, clusters.create),
            f"{V1}ClusterController/UpdateCluster": Method(dp.UpdateClusterRequest, lro.Operation, clusters.update),
            f"{V1}ClusterController/DeleteCluster": Method(dp.DeleteClusterRequest, lro.Operation, clusters.delete),
            f"{V1}ClusterController/GetCluster": Method(dp.GetClusterRequest, dp.Cluster, clusters.get),
            f"{V1}ClusterController/ListClusters": Method(
                dp.ListClustersRequest, dp.ListClustersResponse, clusters.listing
            ),
            f"{LONGRUNNING}Operations/GetOperation": Method(lro.GetOperationRequest, lro.Operation, operations.get),
            f"{LONGRUNNING}Operations/ListOperations": Method(
                lro.ListOperationsRequest, lro.ListOperationsResponse, operations.listing
            ),
        }
