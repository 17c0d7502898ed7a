"""Google Dataproc, which Google also calls Managed Service for Apache Spark: jobs of its Jobs API, named by run id."""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from launcher.apis import dataproc as dataproc_api
from launcher.apis import driver_output
from launcher.apis.dataproc_jobs import JOB_ID, cluster, listed, same
from launcher.apis.dataproc_jobs import status as status_of
from launcher.backend import Request
from launcher.errors import JobNotFound, JobRejected
from launcher.model import JobSpec, JobStatus, Run
from launcher.retrying import patiently
from launcher.spark import on_yarn, properties, yarn_arguments

PATIENCE = 5.0  # seconds until "no such job" is believed: a request without an answer may still be under way
PAUSE = 0.5
FEW = 4  # jobs up to which each is asked for by itself, instead of reading lists


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataproc:
    """A cluster of Dataproc; the job id is the run id, so a job can never be submitted twice.

    ``staging`` is ``gs://BUCKET/FOLDER``, ``python`` the interpreter on the cluster's nodes (image 2.x:
    /opt/conda/default/bin/python), ``spark`` the version that the image brings, for people.
    """

    staging: str
    project: str
    region: str
    cluster_name: str
    python: str
    spark: str

    def request(self, spec: JobSpec, run: Run) -> Request:
        """Build the SubmitJobRequest; raises JobRejected for a run id that Dataproc would not take as a job's."""
        if not JOB_ID.fullmatch(run.run_id):
            raise JobRejected(f"{run.run_id!r} is no id for a Dataproc job: at most 100 of A-Z a-z 0-9 _ -")
        ours = on_yarn(spec, run, python=self.python)
        # Dataproc finds a job's application by tags of its own.
        del ours["spark.yarn.tags"]
        job = {
            "reference": {"project_id": self.project, "job_id": run.run_id},
            "placement": {"cluster_name": self.cluster_name},
            "pyspark_job": {
                "main_python_file_uri": run.app.main,
                "python_file_uris": list(run.app.py_files),
                "args": yarn_arguments(spec, run),
                "properties": properties(spec, ours),
            },
            "labels": {"firesteel-workload": spec.workload[:63]},
            "scheduling": {"max_failures_per_hour": 0, "max_failures_total": 0},
        }
        # With the same request_id Dataproc gives the first job again, instead of refusing the second.
        request_id = str(uuid.uuid5(uuid.NAMESPACE_OID, run.run_id))
        return {"project_id": self.project, "region": self.region, "job": job, "request_id": request_id}

    def submit(self, request: Request) -> str:
        """Submit the job; a repeat gives the first job, and JobRejected when that is a different one."""
        job_id = str(request["job"]["reference"]["job_id"])
        try:
            job = self._ask("submit_job", request)
        except JobRejected as error:
            if getattr(error.__cause__, "code", None) != 409:  # noqa: PLR2004 -- ALREADY_EXISTS by either transport
                raise
            job = self._job(job_id)
        if not same(job, request["job"]):
            message = f"Dataproc has another job {job_id} in {self.project}, {self.region}, of cluster {cluster(job)}"
            raise JobRejected(message, "submit again: a run gets another id")
        return job_id

    def find(self, run_id: str) -> str | None:
        """Give the run id itself when this cluster has, or had, the job; waits PATIENCE before there is none."""
        job = patiently(lambda: self._known(run_id), PATIENCE, PAUSE)
        return run_id if job and cluster(job) == self.cluster_name else None

    def status(self, job_id: str) -> JobStatus:
        """Give Dataproc's word on the job; ended jobs are known for as long as Dataproc keeps its history."""
        return status_of(self._job(job_id))

    def statuses(self, job_ids: Sequence[str]) -> Mapping[str, JobStatus]:
        """Give Dataproc's word on many jobs: from its lists, and job by job for those that no list had."""
        wanted = {job_id for job_id in job_ids if job_id}
        found = listed(self._page, wanted) if len(wanted) > FEW else {}
        found |= {job_id: status_of(job) for job_id in sorted(wanted - found.keys()) if (job := self._known(job_id))}
        return {job_id: found[job_id] for job_id in job_ids if job_id in found}

    def logs(self, job_id: str) -> Iterator[str]:
        """Give what spark-submit printed on the cluster; in cluster mode the driver's own lines are not among it."""
        return driver_output.lines(str(self._job(job_id).driver_output_resource_uri))

    def cancel(self, job_id: str) -> None:
        """Ask for the job's end."""
        try:
            self._ask("cancel_job", self._here(job_id=self._named(job_id)))
        except JobRejected:
            if not self.status(job_id).state.final:  # Dataproc refuses to cancel what has ended
                raise

    def where(self) -> dataproc_api.Where:
        """Give where calls about this cluster go."""
        return dataproc_api.Where(self.project, self.region, self.cluster_name)

    def _ask(self, method: str, request: Mapping[str, Any]) -> Any:
        return dataproc_api.ask(self.where(), "JobController", method, request)

    def _here(self, **more: Any) -> dict[str, Any]:
        return {"project_id": self.project, "region": self.region, **more}

    def _job(self, job_id: str) -> Any:
        return self._ask("get_job", self._here(job_id=self._named(job_id)))

    def _known(self, job_id: str) -> Any:
        with suppress(JobNotFound):
            return self._job(job_id)
        return None

    def _named(self, job_id: str) -> str:
        if not JOB_ID.fullmatch(job_id):
            raise JobNotFound(f"Dataproc knows no job {job_id!r}", "launcher runs")
        return job_id

    def _page(self, page: Mapping[str, Any]) -> Any:
        return self._ask("list_jobs", self._here(cluster_name=self.cluster_name, **page))
