"""How a run stands by the words of Livy and YARN together: Livy says success too easily, and forgets."""

from collections.abc import Mapping

from launcher.apis import livy
from launcher.apis.gateway import Gateway
from launcher.model import JobState, JobStatus

# https://livy.incubator.apache.org/docs/latest/rest-api.html#session-state
STATES = {
    "not_started": JobState.PENDING,
    "starting": JobState.PENDING,
    "recovering": JobState.PENDING,
    "running": JobState.RUNNING,
    "idle": JobState.RUNNING,
    "busy": JobState.RUNNING,
    "shutting_down": JobState.RUNNING,
    "success": JobState.SUCCEEDED,
    "error": JobState.FAILED,
    "dead": JobState.FAILED,
    "killed": JobState.CANCELLED,
}
# https://hadoop.apache.org/docs/stable/hadoop-yarn/hadoop-yarn-site/ResourceManagerRest.html#Cluster_Application_API
YARN_STATES = {
    "NEW": JobState.PENDING,
    "NEW_SAVING": JobState.PENDING,
    "SUBMITTED": JobState.PENDING,
    "ACCEPTED": JobState.PENDING,
    "RUNNING": JobState.RUNNING,
    "SUCCEEDED": JobState.SUCCEEDED,
    "FAILED": JobState.FAILED,
    "KILLED": JobState.CANCELLED,
}


def judged(gateway: Gateway, batches: Mapping[str, livy.Batch | None]) -> dict[str, JobStatus]:
    """Give how runs stand by their batches and YARN; those that neither knows are left out."""
    own = {run_id: batch for run_id, batch in batches.items() if batch is not None}
    sure = {run_id for run_id, batch in own.items() if "name" in batch and batch["state"] != "success"}
    known = livy.applications(gateway, [run_id for run_id in batches if run_id and run_id not in sure])
    by_yarn = {run_id: _by_yarn(application) for run_id, application in known.items()}
    return {run_id: _by_livy(batch) for run_id, batch in own.items()} | by_yarn


def _by_livy(batch: livy.Batch) -> JobStatus:
    word = str(batch["state"])
    last = next((line.strip() for line in reversed(batch.get("log") or []) if line.strip()), "")
    message = last if word in livy.ENDED else ""
    return JobStatus(state=STATES.get(word, JobState.UNKNOWN), native=word, message=message)


def _by_yarn(application: livy.Application) -> JobStatus:
    word = livy.word(application)
    lines = str(application.get("diagnostics") or "").strip().splitlines()
    message = lines[0] if lines and application["state"] in livy.YARN_ENDED else ""
    return JobStatus(state=YARN_STATES.get(word, JobState.UNKNOWN), native=word, message=message)
