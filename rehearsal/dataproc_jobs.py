"""Dataproc's job controller without a transport: it takes jobs, has a Runner run them, and tells how they stand.

https://cloud.google.com/dataproc/docs/concepts/jobs/life-of-a-job
"""

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from google.cloud import dataproc_v1 as dp

from rehearsal import dataproc_filters, dataproc_submit
from rehearsal.chaos import Chaos
from rehearsal.dataproc_errors import Refused
from rehearsal.dataproc_output import Output, failure
from rehearsal.runners import Runner

State = dp.JobStatus.State
CANCELLING = {State.CANCEL_PENDING, State.CANCEL_STARTED}
ENDED = {State.DONE, State.ERROR, State.CANCELLED}
STALE = timedelta(seconds=10)  # in which a listing may lack a new job
SKEW = 300.0  # seconds that the service's clock may be off
# The runner's word -> the job's state; what starts is being set up.
WORDS = {
    "starting": State.SETUP_DONE,
    "running": State.RUNNING,
    "succeeded": State.DONE,
    "failed": State.ERROR,
    "killed": State.ERROR,
}


@dataclass(slots=True, kw_only=True)
class Record:
    """A job, the request that made it, its driver's output, a state that it was told to show."""

    job: dp.Job
    request_id: str
    made: datetime
    output: Output
    said: int | None = None
    forgotten: bool = False


class Jobs:
    """All jobs of a project in a region. ``folder`` is the URI below which the drivers' output is stored."""

    def __init__(self, runner: Runner, folder: str, now: Callable[[], datetime], chaos: Chaos | None = None) -> None:
        self._runner = runner
        self._folder = folder.rstrip("/")
        self._now = now
        self._chaos = chaos
        self._records: dict[str, Record] = {}

    def submit(self, request: dp.SubmitJobRequest, cluster: Callable[[dp.SubmitJobRequest], dp.Cluster]) -> dp.Job:
        """Take a job for its cluster, or give the one that the same request made before."""
        repeated = [r for r in self._records.values() if request.request_id and r.request_id == request.request_id]
        if repeated:
            return self._shown(repeated[0])
        job_id = request.job.reference.job_id or str(uuid.uuid4())
        if job_id in self._records:
            raise Refused("ALREADY_EXISTS", f"Already exists: Job {_path(request, job_id)}")
        job = self._made(request, job_id, cluster(request))
        output = Output(job.driver_output_resource_uri)
        self._records[job_id] = Record(job=job, request_id=request.request_id, made=self._now(), output=output)
        self._runner.start(job_id, dataproc_submit.command(job))
        return self._shown(self._records[job_id])

    def get(self, request: dp.GetJobRequest) -> dp.Job:
        """Give one job."""
        return self._shown(self._known(request))

    def listing(self, request: dp.ListJobsRequest) -> dp.ListJobsResponse:
        """Give a page of the jobs that a filter lets through."""
        wanted = dataproc_filters.terms(request.filter, ("status.state",))
        listed = [record for record in self._listed() if _matches(record.job, request, wanted)]
        listed.reverse()
        rows, token = dataproc_filters.page(listed, request.page_size, request.page_token, self._chaos, "jobs")
        return dp.ListJobsResponse(jobs=[self._shown(record) for record in rows], next_page_token=token)

    def cancel(self, request: dp.CancelJobRequest) -> dp.Job:
        """Begin to end a job."""
        record = self._known(request)
        self._advance(record)
        state = record.job.status.state
        if state in ENDED:
            message = f"Job {_path(request, request.job_id)} is in state {state.name} and can not be cancelled."
            raise Refused("FAILED_PRECONDITION", message)
        if state not in CANCELLING:
            self._enter(record, State.CANCEL_PENDING)
            self._runner.kill(request.job_id)
        return self._shown(record)

    def delete(self, request: dp.DeleteJobRequest) -> None:
        """Forget a job that has ended; its id stays taken."""
        record = self._known(request)
        if record.job.status.state not in ENDED:
            raise Refused("FAILED_PRECONDITION", f"Job {_path(request, request.job_id)} is active.")
        record.forgotten = True

    def advance(self) -> None:
        """See how every job stands, and store what its driver printed."""
        for record in self._records.values():
            self._advance(record)

    def active(self, cluster_uuid: str) -> list[str]:
        """Give the ids of a cluster's jobs that have not ended."""
        rows = [r.job for r in self._records.values() if r.job.placement.cluster_uuid == cluster_uuid]
        return [job.reference.job_id for job in rows if job.status.state not in ENDED]

    def abandon(self, cluster_uuid: str) -> None:
        """End the jobs of a cluster that is being deleted."""
        for job_id in self.active(cluster_uuid):
            self._runner.kill(job_id)
            self._enter(self._records[job_id], State.ERROR, "Job failed because its cluster was deleted.")

    def say(self, job_id: str, number: int) -> None:
        """Show this number as the state of a job from now on."""
        if job_id not in self._records:
            raise Refused("NOT_FOUND", f"Not found: Job {job_id}")
        self._records[job_id].said = number

    def _known(self, request: dp.GetJobRequest | dp.CancelJobRequest | dp.DeleteJobRequest) -> Record:
        record = self._records.get(request.job_id)
        if record is not None:
            self._advance(record)
            ended = record.job.status.state in ENDED
            record.forgotten |= bool(ended and self._chaos and self._chaos.strikes("forget", request.job_id))
        if record is None or record.forgotten:
            raise Refused("NOT_FOUND", f"Not found: Job {_path(request, request.job_id)}")
        return record

    def _listed(self) -> Iterator[Record]:
        for job_id, record in self._records.items():
            fresh = self._now() - record.made < STALE
            lacks = fresh and self._chaos and self._chaos.strikes("stale", job_id)
            if not record.forgotten and not lacks:
                self._advance(record)
                yield record

    def _made(self, request: dp.SubmitJobRequest, job_id: str, cluster: dp.Cluster) -> dp.Job:
        job = dp.Job(request.job)
        for name in dataproc_submit.OUR_OUTPUTS:
            dp.Job.pb(job).ClearField(name)
        job.reference = dp.JobReference(project_id=request.project_id, job_id=job_id)
        job.placement.cluster_uuid = cluster.cluster_uuid
        job.job_uuid = str(uuid.uuid4())
        place = f"{self._folder}/google-cloud-dataproc-metainfo/{cluster.cluster_uuid}/jobs/{job_id}"
        job.driver_control_files_uri, job.driver_output_resource_uri = f"{place}/", f"{place}/driveroutput"
        job.status = self._status(job_id, State.PENDING)
        return job

    def _advance(self, record: Record) -> None:
        job, job_id = record.job, record.job.reference.job_id
        if job.status.state in ENDED:
            return
        word = self._runner.word(job_id)
        record.output.store(self._runner.output(job_id))  # before the end is told
        state = WORDS[word]
        if job.status.state in CANCELLING and state not in {State.DONE, State.ERROR}:
            state = State.CANCEL_STARTED
        if job.status.state in CANCELLING and word == "killed":
            state = State.CANCELLED
        if word == "failed" and self._chaos and self._chaos.strikes("lie", job_id):
            state = State.DONE
        if state != job.status.state:
            self._enter(record, state, failure(job) if state is State.ERROR else "")

    def _enter(self, record: Record, state: dp.JobStatus.State, details: str = "") -> None:
        record.job.status_history.append(record.job.status)
        record.job.status = self._status(record.job.reference.job_id, state, details)
        record.job.done = state in ENDED

    def _status(self, job_id: str, state: dp.JobStatus.State, details: str = "") -> dp.JobStatus:
        off = self._chaos.amount("skew", -SKEW, SKEW) if self._chaos and self._chaos.strikes("skew", job_id) else 0.0
        return dp.JobStatus(state=state, details=details, state_start_time=self._now() + timedelta(seconds=off))

    def _shown(self, record: Record) -> dp.Job:
        shown = dp.Job(record.job)
        if record.said is not None:
            dp.Job.pb(shown).status.state = record.said
        return shown


def _matches(job: dp.Job, request: dp.ListJobsRequest, wanted: dict[str, str]) -> bool:
    matcher = request.job_state_matcher.name
    asked = {wanted.get("status.state", "ALL"), matcher}
    state = "NON_ACTIVE" if job.status.state in ENDED else "ACTIVE"
    placed = request.cluster_name in {"", job.placement.cluster_name}
    return placed and asked <= {"ALL", state} and dataproc_filters.labelled(job.labels, wanted)


def _path(request: Any, job_id: str) -> str:
    return f"projects/{request.project_id}/regions/{request.region}/jobs/{job_id}"
