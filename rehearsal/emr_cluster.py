"""A rehearsed EMR cluster: it takes time to start and to end, queues steps, ends when idle, and costs by the clock."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from rehearsal.aws_wire import Refusal
from rehearsal.ec2_rules import network_of
from rehearsal.emr_steps import MOST_ACTIVE, NO_ROOM, Step, not_imitated

CLOSED = "A job flow that is shutting down, terminated, or finished may not be modified."
# What a runner's last words are to EMR; a job that was killed, though no one asked EMR for that, has failed.
ENDS = {"succeeded": "COMPLETED", "failed": "FAILED", "killed": "FAILED"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Seconds that a cluster takes, and until a step's log is in the bucket, on AWS minutes; and between two looks."""

    starting: float = 0.5
    bootstrapping: float = 0.5
    terminating: float = 0.5
    log: float = 2.0
    look: float = 0.1


class Cluster:
    """A cluster as RunJobFlow asked for it. Times are seconds since 1970; nothing here calls anyone."""

    def __init__(self, cluster_id: str, region: str, asked: Mapping[str, Any], *, pace: Pace, now: float) -> None:
        self.id, self.region, self.created = cluster_id, region, now
        self.name = str(asked["Name"])
        self.log_uri = str(asked.get("LogUri", ""))
        self.concurrency = int(asked.get("StepConcurrencyLevel", 1))
        self.stays = bool(asked["Instances"].get("KeepJobFlowAliveWhenNoSteps", False))
        self.idle_timeout: int | None = asked.get("AutoTerminationPolicy", {}).get("IdleTimeout")
        self.instances = _instances(asked["Instances"])
        self.network = network_of(asked["Instances"])
        self.fleets: list[Mapping[str, Any]] = []
        self.flaw = ""  # why it will end as soon as it has started
        self.steps: list[Step] = []
        self.reason: dict[str, str] = {}
        self._pace = pace
        self._ending = self._ended = 0.0
        self._busy_at = now + pace.starting + pace.bootstrapping
        self._with_errors = False
        self.add(asked.get("Steps", ()), now)

    @property
    def open(self) -> bool:
        """True while it takes steps."""
        return not self._ending

    @property
    def ended(self) -> bool:
        """True when nothing of it is left."""
        return self._ended > 0

    def state(self, now: float) -> str:
        """Give EMR's word for how it stands."""
        if self._ended:
            return "TERMINATED_WITH_ERRORS" if self._with_errors else "TERMINATED"
        if self._ending:
            return "TERMINATING"
        if now < self.created + self._pace.starting:
            return "STARTING"
        if now < self._ready:
            return "BOOTSTRAPPING"
        return "RUNNING" if any(step.active for step in self.steps) else "WAITING"

    def status(self, now: float, skew: float) -> dict[str, Any]:
        """Give EMR's ClusterStatus."""
        times = {"CreationDateTime": self.created, "EndDateTime": self._ended}
        times["ReadyDateTime"] = self._ready if now >= self._ready else 0.0
        timeline = {name: value + skew for name, value in times.items() if value}
        return {"State": self.state(now), "StateChangeReason": self.reason, "Timeline": timeline}

    def usage(self, now: float) -> dict[str, Any]:
        """Give what would be on the bill: its instances, from its creation to its end, or to now."""
        seconds = max(60.0, (self._ended or now) - self.created)
        hours = sum(self.instances.values()) * seconds / 3600
        end = self._ended or None
        return {
            "cluster": self.id, "region": self.region, "instances": self.instances, "seconds": seconds,
            "instance_hours": hours, "started_at": self.created, "ended_at": end,
        }  # fmt: skip

    def add(self, configs: Iterable[Mapping[str, Any]], now: float) -> list[str]:
        """Take steps into the queue and give their ids, all of them or none; raises Refusal."""
        if not self.open:
            raise Refusal("ValidationException", CLOSED)
        new = [Step.of(config, now) for config in configs]
        if sum(step.active for step in self.steps) + len(new) > MOST_ACTIVE:
            raise Refusal("ValidationException", NO_ROOM)
        if self.concurrency > 1 and any(step.action != "CONTINUE" for step in new):
            said = "Invalid ActionOnFailure: only CONTINUE is allowed when StepConcurrencyLevel is greater than 1."
            raise Refusal("ValidationException", said)
        self.steps += new
        return [step.id for step in new]

    def step(self, step_id: str) -> Step:
        """Give a step; raises Refusal."""
        found = next((step for step in self.steps if step.id == step_id and not step.forgotten), None)
        if found is None:
            raise Refusal("InvalidRequestException", f"Step id '{step_id}' is not valid.")
        return found

    def cancel(self, step: Step, now: float) -> None:
        """Cancel a step: at once while it waits, else it is asked to end."""
        if step.state == "PENDING":
            step.end("CANCELLED", now, "Cancelled by user")
        elif step.state == "RUNNING":
            step.state = "CANCEL_PENDING"

    def begun(self, now: float) -> list[Step]:
        """Let as many steps begin as there is room for, and give them."""
        if not self.open or now < self._ready:
            return []
        room = self.concurrency - len(self.running())
        new = [step for step in self.steps if step.state == "PENDING"][:room]
        for step in new:
            step.state, step.started = "RUNNING", now
        return new

    def running(self) -> list[Step]:
        """Give the steps that were begun and have not ended."""
        return [step for step in self.steps if step.state in {"RUNNING", "CANCEL_PENDING"}]

    def settle(self, step: Step, word: str, failure: Mapping[str, str], now: float) -> None:
        """Let a step have ended with the runner's word for it."""
        if step.state == "CANCEL_PENDING" and word != "succeeded":
            step.end("CANCELLED", now, "Cancelled by user")
            return
        step.end(ENDS[word], now)
        if step.state == "FAILED":
            step.failure = failure
            self._after_failure(step, now)

    def terminate(self, now: float, message: str, *, code: str = "USER_REQUEST") -> None:
        """Begin its end: no step begins any more, and those that run are interrupted."""
        if self.open:
            self._ending, self.reason = now, {"Code": code, "Message": message}
            self._with_errors = code in {"STEP_FAILURE", "VALIDATION_ERROR"}

    def advance(self, now: float) -> None:
        """End it when its time has come: idle for too long, nothing left to do, or terminating for long enough."""
        if any(step.active for step in self.steps):
            self._busy_at = max(self._busy_at, now)
        if self.flaw and now >= self.created + self._pace.starting:
            self.terminate(now, self.flaw, code="VALIDATION_ERROR")
        if self.open and now >= self._ready and self.state(now) == "WAITING":
            self._end_when_idle(now)
        if self._ending and not self._ended and now >= self._ending + self._pace.terminating:
            self._ended = now

    def interrupt(self, now: float) -> list[Step]:
        """Give the steps that still run although the cluster ends; all steps have ended afterwards."""
        if self.open:
            return []
        lost = self.running()
        for step in self.steps:
            if step.active:
                step.end("CANCELLED" if step.state == "PENDING" else "INTERRUPTED", now, "the cluster was terminated")
        return lost

    @property
    def _ready(self) -> float:
        return self.created + self._pace.starting + self._pace.bootstrapping

    def _end_when_idle(self, now: float) -> None:
        if not self.stays:
            self.terminate(now, "Steps completed", code="ALL_STEPS_COMPLETED")
        elif self.idle_timeout and now - self._busy_at >= self.idle_timeout:
            self.terminate(now, f"Terminated after {self.idle_timeout} s without a step (auto-termination policy)")

    def _after_failure(self, step: Step, now: float) -> None:
        if step.action in {"TERMINATE_CLUSTER", "TERMINATE_JOB_FLOW"}:
            self.terminate(now, "Shut down as step failed", code="STEP_FAILURE")
        if step.action == "CANCEL_AND_WAIT":
            for other in self.steps:
                if other.state == "PENDING":
                    other.end("CANCELLED", now, "Cancelled after a step before it failed")


def _instances(asked: Mapping[str, Any]) -> dict[str, int]:
    """Give how many instances of which type."""
    found: dict[str, int] = {}
    for group in asked.get("InstanceGroups", ()):
        found[group["InstanceType"]] = found.get(group["InstanceType"], 0) + group["InstanceCount"]
    if not found:
        raise not_imitated("a cluster without InstanceGroups")
    return found
