"""Steps of a rehearsed EMR cluster: what was asked for, how each stands, and how EMR describes that."""

import secrets
import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rehearsal.aws_wire import Refusal

ACTIVE = ("PENDING", "RUNNING", "CANCEL_PENDING")
MOST_ACTIVE = 256  # https://docs.aws.amazon.com/emr/latest/ManagementGuide/emr-work-with-steps.html
MOST_LISTED = 1000  # of a cluster's steps, the newest
LONGEST = 10240  # characters of a HadoopJarStep
NO_ROOM = "Maximum number of active steps(State = 'Running', 'Pending' or 'Cancel_Pending') for cluster exceeded."


def new_id(kind: str) -> str:
    """Give an id as EMR forms them: ``j-`` for a cluster, ``s-`` for a step."""
    return f"{kind}-" + "".join(secrets.choice(string.ascii_uppercase + string.digits) for _ in range(13))


@dataclass(slots=True, kw_only=True)
class Step:
    """One step; times are seconds since 1970."""

    id: str
    name: str
    action: str
    args: Sequence[str]
    created: float
    state: str = "PENDING"
    started: float = 0.0
    ended: float = 0.0
    reason: str = ""  # of its state
    failure: Mapping[str, str] | None = None
    said: str = ""  # a state that it is to be described with, whatever the truth
    forgotten: bool = False
    logged: bool = False

    @classmethod
    def of(cls, config: Mapping[str, Any], now: float) -> "Step":
        """Give the step of a StepConfig; raises Refusal for what the rehearsal cannot run."""
        jar = config["HadoopJarStep"]
        args = jar.get("Args", [])
        if set(config) - {"Name", "ActionOnFailure", "HadoopJarStep"} or set(jar) - {"Jar", "Args"}:
            raise not_imitated(f"a step with {', '.join([*config, *jar])}")
        if jar["Jar"] != "command-runner.jar" or args[:1] != ["spark-submit"]:
            raise not_imitated("a step other than spark-submit by command-runner.jar")
        if len(jar["Jar"]) + sum(map(len, args)) > LONGEST:
            raise Refusal("ValidationException", f"The length of a HadoopJarStep may not exceed {LONGEST} characters.")
        action = config.get("ActionOnFailure", "TERMINATE_CLUSTER")
        return cls(id=new_id("s"), name=config["Name"], action=action, args=tuple(args[1:]), created=now)

    @property
    def active(self) -> bool:
        """True until it has ended."""
        return self.state in ACTIVE

    def end(self, state: str, now: float, reason: str = "") -> None:
        """Let it have ended."""
        self.state, self.ended, self.reason = state, now, reason

    def summary(self, skew: float, *, lies: bool) -> dict[str, Any]:
        """Give EMR's StepSummary; with ``skew`` its clock is off, and with ``lies`` a failure is called a success."""
        times = {"CreationDateTime": self.created, "StartDateTime": self.started, "EndDateTime": self.ended}
        state = "COMPLETED" if lies and self.state == "FAILED" else self.state
        status: dict[str, Any] = {
            "State": self.said or state,
            "StateChangeReason": {"Message": self.reason} if self.reason else {},
            "Timeline": {name: value + skew for name, value in times.items() if value},
        }
        if self.failure and state == "FAILED":
            status["FailureDetails"] = dict(self.failure)
        config = {"Jar": "command-runner.jar", "Properties": {}, "Args": ["spark-submit", *self.args]}
        return {"Id": self.id, "Name": self.name, "Config": config, "ActionOnFailure": self.action, "Status": status}


def not_imitated(what: str) -> Refusal:
    """Give the refusal of what the real service may do, and the rehearsal does not."""
    return Refusal("NotImitatedByTheRehearsal", f"the rehearsal's EMR does not imitate {what}", 501)
