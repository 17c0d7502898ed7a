"""The steps of one EMR cluster, as the service's API gives them: pages, refusals, nothing added twice.

https://docs.aws.amazon.com/emr/latest/APIReference/
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from launcher.apis.aws import Service
from launcher.errors import BackendUnavailable, ConfigError, JobNotFound, JobRejected, LauncherError
from launcher.stores import LONG

Step = Mapping[str, Any]
LONGEST = 10240  # characters of a step: https://docs.aws.amazon.com/emr/latest/APIReference/API_AddJobFlowSteps.html
IDS_PER_LISTING = 10  # https://docs.aws.amazon.com/emr/latest/APIReference/API_ListSteps.html
# Sentences of EMR, for which it has no codes.
NO_STEP = re.compile(r"step id .* is not valid", re.IGNORECASE)
NO_CLUSTER = re.compile(r"(cluster id|jobflowid) .* is not valid|job flow id (does not exist|not valid)", re.IGNORECASE)
CLOSED = re.compile(r"shutting down, terminated, or finished", re.IGNORECASE)
FULL = re.compile(r"maximum number of active steps", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """A cluster in a region. Methods raise a LauncherError for whatever EMR refuses or cannot answer."""

    cluster_id: str
    region: str
    tries: int = LONG

    def add(self, request: Mapping[str, Any]) -> str:
        """Add a step and give its id; a call that may have been carried out is not made again."""
        step = request["Steps"][0]
        length = sum(map(len, step["HadoopJarStep"]["Args"]))
        if length > LONGEST:
            message = f"{step['Name']}: its arguments have {length} characters, EMR takes {LONGEST}"
            raise JobRejected(message, "give fewer or shorter arguments; put data into a file")
        return str(self._service.ask("add_job_flow_steps", twice=False, **request)["StepIds"][0])

    def named(self, name: str) -> str | None:
        """Give the id of the step of that name; None when none of the listed has it."""
        return next((str(step["Id"]) for step in self._listed() if step["Name"] == name), None)

    def step(self, step_id: str) -> Step:
        """Give one step; raises JobNotFound."""
        if not step_id:
            raise self._unknown("the empty id is of no step")
        return self._service.ask("describe_step", ClusterId=self.cluster_id, StepId=step_id)["Step"]

    def steps(self, step_ids: Sequence[str]) -> Iterator[Step]:
        """Give those that are known: from the newest page when they are many, else, and for the rest, by tens."""
        wanted = list(dict.fromkeys(filter(None, step_ids)))
        if len(wanted) > IDS_PER_LISTING:
            newest = [step for step in self._page()["Steps"] if step["Id"] in wanted]
            yield from newest
            wanted = [step_id for step_id in wanted if step_id not in {step["Id"] for step in newest}]
        for at in range(0, len(wanted), IDS_PER_LISTING):
            yield from self._ten(wanted[at : at + IDS_PER_LISTING])

    def cancel(self, step_id: str) -> str:
        """Ask for a step's end; gives why that was refused, empty when it was not.

        Either option ends spark-submit, and nothing that is not its child.
        https://docs.aws.amazon.com/emr/latest/ManagementGuide/emr-cancel-steps.html
        """
        which: Any = {"StepIds": [step_id], "StepCancellationOption": "SEND_INTERRUPT"}
        answer = self._service.ask("cancel_steps", ClusterId=self.cluster_id, **which)["CancelStepsInfoList"][0]
        return str(answer.get("Reason") or "no reason is given") if answer["Status"] == "FAILED" else ""

    def describe(self) -> Mapping[str, Any]:
        """Give what EMR says of the cluster."""
        return self._service.ask("describe_cluster", ClusterId=self.cluster_id)["Cluster"]

    def idle_timeout(self) -> int:
        """Give after how many seconds without a step EMR terminates the cluster; 0 when it does not."""
        found = self._service.ask("get_auto_termination_policy", ClusterId=self.cluster_id)
        return int(found.get("AutoTerminationPolicy", {}).get("IdleTimeout", 0))

    def unavailable(self, message: str) -> BackendUnavailable:
        """Give the error for something that may work later."""
        return BackendUnavailable(f"{self._service.where}: {message}", "try again")

    @property
    def _service(self) -> Service:
        where = f"EMR cluster {self.cluster_id} in {self.region}"
        return Service(name="emr", region=self.region, where=where, explain=self._refusal, tries=self.tries)

    def _page(self, **more: Any) -> Any:
        return self._service.ask("list_steps", ClusterId=self.cluster_id, **more)

    def _listed(self) -> Iterator[Step]:
        page = self._page()
        yield from page["Steps"]
        while marker := page.get("Marker"):
            page = self._page(Marker=marker)
            yield from page["Steps"]

    def _ten(self, step_ids: list[str]) -> Iterator[Step]:
        try:
            yield from self._page(StepIds=step_ids)["Steps"]
        except JobNotFound:
            # One that is unknown spoils the answer for all.
            for one in step_ids if len(step_ids) > 1 else ():
                yield from self._ten([one])

    def _unknown(self, said: str) -> JobNotFound:
        return JobNotFound(f"{self._service.where}: {said}", "launcher runs")

    def _refusal(self, said: str) -> LauncherError | None:
        where = self._service.where
        if NO_STEP.search(said):
            return self._unknown(said)
        if NO_CLUSTER.search(said):
            return ConfigError(f"{where}: there is no such cluster", f"aws emr list-clusters --region {self.region}")
        if FULL.search(said):
            hint = "launcher runs; wait until some have ended, or launcher cancel HANDLE"
            return JobRejected(f"{where} has 256 steps that have not ended, EMR's limit", hint)
        return self._closed() if CLOSED.search(said) else None

    def _closed(self) -> JobRejected:
        status = self.describe()["Status"]
        why = status.get("StateChangeReason", {}).get("Message", "")
        said = f"{self._service.where} takes no more jobs: it is {status['State']}"
        return JobRejected(f"{said} ({why})" if why else said, "launcher up")
