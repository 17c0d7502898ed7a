"""What Dataproc does with a job that it is given: what it refuses, and the spark-submit command that it runs.

https://cloud.google.com/dataproc/docs/reference/rest/v1/projects.regions.jobs
"""

import re
from collections.abc import Mapping

from google.cloud import dataproc_v1 as dp

from rehearsal.dataproc_errors import Refused, invalid

JOB_ID = re.compile(r"[A-Za-z0-9_-]{1,100}")
REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{0,40}")
LABEL = re.compile(r"[a-z][a-z0-9_-]{0,62}")
LABEL_VALUE = re.compile(r"[a-z0-9_-]{0,63}")
MOST_LABELS = 32
LARGEST = 10 * 1024 * 1024  # bytes of a request
OUR_OUTPUTS = ("status", "status_history", "yarn_applications", "driver_output_resource_uri", "job_uuid", "done")
PYTHON_FILES = (".py", ".egg", ".zip")


def check(request: dp.SubmitJobRequest) -> None:
    """Return if Dataproc would take this request on a cluster that runs; raises Refused."""
    if dp.SubmitJobRequest.pb(request).ByteSize() > LARGEST:
        raise invalid(f"Request payload size exceeds the limit: {LARGEST} bytes.")
    if not REQUEST_ID.fullmatch(request.request_id):
        raise invalid(f"Invalid request id '{request.request_id}': at most 40 letters, digits, '_' and '-'.")
    job = request.job
    named = job.reference.job_id
    if named and not JOB_ID.fullmatch(named):
        raise invalid(f"Invalid job id '{named}'. Must match pattern [a-zA-Z0-9_-]{{1,100}}.")
    if job.reference.project_id not in {"", request.project_id}:
        raise invalid("Job reference project id must match request project id.")
    if not job.placement.cluster_name:
        raise invalid("Cluster name is required.")
    _check_kind(job)
    _check_labels(job.labels)


def command(job: dp.Job) -> list[str]:
    """Give the arguments of the spark-submit command that the agent on the cluster's master runs."""
    own = job.pyspark_job
    # https://github.com/GoogleCloudDataproc/spark-bigquery-connector reads these tags
    tags = {"spark.yarn.tags": f"dataproc_job_{job.reference.job_id},dataproc_uuid_{job.job_uuid}"}
    argv = ["--master", "yarn"]
    for key, value in {**tags, **own.properties}.items():
        argv += ["--conf", f"{key}={value}"]
    lists = {"py-files": own.python_file_uris, "files": own.file_uris, "archives": own.archive_uris}
    for option, uris in {**lists, "jars": own.jar_file_uris}.items():
        argv += [f"--{option}", ",".join(uris)] if uris else []
    return [*argv, own.main_python_file_uri, *own.args]


def _check_kind(job: dp.Job) -> None:
    kind = dp.Job.pb(job).WhichOneof("type_job")
    if kind is None:
        raise invalid("Job type is required.")
    if kind != "pyspark_job":
        raise Refused("UNIMPLEMENTED", f"The rehearsal runs no {kind}, only pyspark_job.")
    own = job.pyspark_job
    if not own.main_python_file_uri.endswith(".py"):
        raise invalid(f"Main python file must be a .py file, found: '{own.main_python_file_uri}'.")
    for uri in own.python_file_uris:
        if not uri.endswith(PYTHON_FILES):
            raise invalid(f"Python files must be .py, .egg or .zip, found: '{uri}'.")
    if "logging_config" in own or "driver_scheduling_config" in job:
        raise Refused("UNIMPLEMENTED", "The rehearsal knows neither logging_config nor driver_scheduling_config.")
    if job.scheduling.max_failures_per_hour or job.scheduling.max_failures_total:
        raise Refused("UNIMPLEMENTED", "The rehearsal restarts no job.")


def _check_labels(labels: Mapping[str, str]) -> None:
    if len(labels) > MOST_LABELS:
        raise invalid(f"No more than {MOST_LABELS} labels can be associated with a job.")
    for key, value in labels.items():
        if not LABEL.fullmatch(key) or not LABEL_VALUE.fullmatch(value):
            raise invalid(f"Invalid label '{key}': '{value}'.")
