"""Steps of an Amazon EMR cluster on EC2; the job id is the step's id, the step's name is the run id."""

import gzip
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from launcher.apis.emr import Cluster, Step
from launcher.backend import Request
from launcher.errors import nothing_sent
from launcher.model import JobSpec, JobState, JobStatus, Run
from launcher.retrying import patiently
from launcher.spark import on_yarn, spark_submit
from launcher.storage import Storage

# https://docs.aws.amazon.com/emr/latest/APIReference/API_StepStatus.html
STATES = {
    "PENDING": JobState.PENDING,
    "RUNNING": JobState.RUNNING,
    "CANCEL_PENDING": JobState.RUNNING,
    "COMPLETED": JobState.SUCCEEDED,
    "FAILED": JobState.FAILED,
    "INTERRUPTED": JobState.FAILED,
    "CANCELLED": JobState.CANCELLED,
}
# Seconds until "there is no such step" is believed. AWS documents no delay of ListSteps, but a call whose connection
# was cut may be carried out some time afterwards.
LISTING_LAG = 30.0
PAUSE = 1.0  # seconds between two looks


@dataclass(frozen=True, slots=True, kw_only=True)
class Emr:
    """A cluster ``j-...`` in ``region``.

    ``staging`` is ``s3://BUCKET/PREFIX``, ``python`` the interpreter on the nodes, ``spark`` the release's Spark.
    """

    staging: str
    region: str
    cluster_id: str
    python: str
    spark: str = ""

    def request(self, spec: JobSpec, run: Run) -> Request:
        """Build AddJobFlowSteps: spark-submit by command-runner, the driver in the cluster."""
        args = spark_submit(spec, run, master="yarn", conf=on_yarn(spec, run, python=self.python))
        jar = {"Jar": "command-runner.jar", "Args": ["spark-submit", *args]}
        step = {"Name": run.run_id, "ActionOnFailure": "CONTINUE", "HadoopJarStep": jar}
        return {"JobFlowId": self.cluster_id, "Steps": [step]}

    def submit(self, request: Request) -> str:
        """Add the step, unless the cluster has one of its name: the service itself would add a second one."""
        with nothing_sent():
            first = self.cluster.named(request["Steps"][0]["Name"])
        return first or self.cluster.add(request)

    def find(self, run_id: str) -> str | None:
        """Give the step of that name; None when a listing that is asked for LISTING_LAG seconds later has none."""
        return patiently(lambda: self.cluster.named(run_id), LISTING_LAG, PAUSE)

    def status(self, job_id: str) -> JobStatus:
        """Give the step's state, and why it failed."""
        return _status(self.cluster.step(job_id))

    def statuses(self, job_ids: Sequence[str]) -> Mapping[str, JobStatus]:
        """Give the states of the steps that are known: one call for the newest fifty, one for each ten besides."""
        return {str(step["Id"]): _status(step) for step in self.cluster.steps(job_ids)}

    def logs(self, job_id: str) -> Iterator[str]:
        """Give what spark-submit printed; EMR copies it to S3 every five minutes, so it may not be there yet."""
        self.cluster.step(job_id)
        uri = str(self.cluster.describe().get("LogUri", ""))
        for name in ("stderr.gz", "stdout.gz") if uri else ():
            # The API names the scheme of a connector that is gone: s3n.
            folder = Storage(re.sub("^s3n:", "s3:", uri))
            data = folder.get_or_none(f"{self.cluster_id}/steps/{job_id}/{name}")
            yield from gzip.decompress(data or b"").decode(errors="backslashreplace").splitlines()

    def cancel(self, job_id: str) -> None:
        """Ask for the step's end; the application on YARN is ended by the job itself, which watches its record."""
        if self.status(job_id).state.final:
            return
        refused = self.cluster.cancel(job_id)
        if refused and not self.status(job_id).state.final:
            raise self.cluster.unavailable(f"step {job_id} was not cancelled: {refused}")

    @property
    def cluster(self) -> Cluster:
        """The cluster, as its API shows it."""
        return Cluster(cluster_id=self.cluster_id, region=self.region)


def _status(step: Step) -> JobStatus:
    status = step["Status"]
    word = str(status["State"])
    why: Mapping[str, str] = status.get("FailureDetails") or {}
    parts = (why.get("Reason", "").rstrip("."), why.get("Message"), "LogFile" in why and f"see {why['LogFile']}")
    message = "; ".join(part for part in parts if part) or status.get("StateChangeReason", {}).get("Message", "")
    return JobStatus(state=STATES.get(word, JobState.UNKNOWN), native=word, message=message)
