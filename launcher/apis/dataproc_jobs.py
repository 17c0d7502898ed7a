"""Jobs as Dataproc tells of them: their state, whether one is the one that we meant, and many at once."""

import re
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from launcher.model import JobState, JobStatus

# https://cloud.google.com/dataproc/docs/reference/rest/v1/projects.regions.jobs#State
STATES = {
    "PENDING": JobState.PENDING,
    "SETUP_DONE": JobState.PENDING,
    "RUNNING": JobState.RUNNING,
    "CANCEL_PENDING": JobState.RUNNING,
    "CANCEL_STARTED": JobState.RUNNING,
    "ATTEMPT_FAILURE": JobState.RUNNING,
    "CANCELLED": JobState.CANCELLED,
    "DONE": JobState.SUCCEEDED,
    "ERROR": JobState.FAILED,
}
# https://cloud.google.com/dataproc/docs/reference/rest/v1/projects.regions.jobs#JobReference
JOB_ID = re.compile(r"[A-Za-z0-9_-]{1,100}")
PAGES = 5  # of a list; who is not on them is asked for by itself
PAGE = 500  # jobs; Dataproc may give fewer


def status(job: Any) -> JobStatus:
    """Give how a job stands."""
    # Below Google's wrapper, which warns of a number that it has no word for.
    status = import_module("google.cloud.dataproc_v1").Job.pb(job).status
    words = status.DESCRIPTOR.enum_types_by_name["State"].values_by_number
    native = str(words[status.state].name if status.state in words else status.state)
    return JobStatus(
        state=STATES.get(native, JobState.UNKNOWN), native=native, message=" ".join(status.details.split())
    )


def cluster(job: Any) -> str:
    """Give the name of the cluster that a job was given to."""
    return str(job.placement.cluster_name)


def same(job: Any, ours: Mapping[str, Any]) -> bool:
    """Tell whether a job that Dataproc has is the one that was to be submitted; it may have added properties."""
    theirs, wanted = job.pyspark_job, ours["pyspark_job"]
    names = ("main_python_file_uri", "python_file_uris", "args")
    alike = all(_plain(getattr(theirs, name)) == _plain(wanted[name]) for name in names)
    placed = cluster(job) == ours["placement"]["cluster_name"]
    return placed and alike and wanted["properties"].items() <= dict(theirs.properties).items()


def listed(page_of: Callable[[dict[str, Any]], Any], wanted: set[str]) -> dict[str, JobStatus]:
    """Give the states of the wanted jobs that are on the first PAGES pages; ``page_of`` asks for one."""
    found: dict[str, JobStatus] = {}
    token = ""
    for _ in range(PAGES):
        page = page_of({"page_size": PAGE, "page_token": token})
        found |= {str(job.reference.job_id): status(job) for job in page.jobs if job.reference.job_id in wanted}
        token = str(page.next_page_token)
        if not token or len(found) == len(wanted):
            break
    return found


def _plain(value: Any) -> Any:
    return value if isinstance(value, str) else list(value)
