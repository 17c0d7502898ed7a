"""EventBridge Scheduler: moto keeps the schedules, and here they are carried out, whoever else is asleep.

https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-universal.html

As on AWS, a schedule that cannot do its work fails in silence; `history` tells. Not imitated, and refused: schedules
that repeat, and targets but EMR's TerminateJobFlows. Not imitated: time windows, retries (what failed once has failed).
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from rehearsal import iam_rules
from rehearsal.aws_wire import Refusal
from rehearsal.emr_moto import ACCOUNT

ONCE = re.compile(r"at\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)")
TARGET = "arn:aws:scheduler:::aws-sdk:emr:terminateJobFlows"
SERVICE = "scheduler.amazonaws.com"
ACTION = "elasticmapreduce:TerminateJobFlows"
WRITES = frozenset({"POST", "PUT"})
# What a schedule may do: end clusters of a region, by their ids; raises Refusal.
End = Callable[[str, list[str]], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a schedule that was due: when (seconds since 1970), and why it failed; empty when it did not."""

    schedule: str
    at: float
    error: str


class Schedules:
    """The clock of the schedules in some regions."""

    def __init__(self, end: End) -> None:
        self.history: list[Outcome] = []
        self._end = end
        self._regions: set[str] = set()
        self._done: set[tuple[str, str]] = set()

    def check(self, region: str, environ: Mapping[str, Any], body: bytes) -> None:
        """Raise Refusal for a schedule that would never be carried out here, or that AWS would refuse."""
        self._regions.add(region)
        if environ["REQUEST_METHOD"] not in WRITES or not environ["PATH_INFO"].startswith("/schedules/"):
            return
        asked = json.loads(body)
        target = asked.get("Target", {})
        if not ONCE.fullmatch(asked.get("ScheduleExpression", "")) or target.get("Arn") != TARGET:
            said = f"the rehearsal carries out at(...) with the target {TARGET}, and nothing else"
            raise Refusal("NotImitatedByTheRehearsal", said, 501)
        role = iam_rules.role_named(target.get("RoleArn", ""))
        if role is None or not iam_rules.trusts(role, SERVICE):
            said = "The execution role you provide must allow AWS EventBridge Scheduler to assume the role."
            raise Refusal("ValidationException", said)

    def run(self, now: float) -> None:
        """Carry out what is due."""
        for region in self._regions:
            for group, schedule in list(_schedules(region)):
                mark = (schedule.arn, f"{schedule.schedule_expression} {schedule.schedule_expression_timezone}")
                if schedule.state != "DISABLED" and mark not in self._done and now >= _time(schedule):
                    self._done.add(mark)
                    self._carry_out(region, group, schedule, now)

    def _carry_out(self, region: str, group: Any, schedule: Any, now: float) -> None:
        error = ""
        try:
            self._do(region, schedule.target)
        except Refusal as refusal:
            error = f"{refusal.code}: {refusal.message}"
        self.history.append(Outcome(schedule=schedule.arn, at=now, error=error))
        if schedule.action_after_completion == "DELETE":
            group.delete_schedule(schedule.name)

    def _do(self, region: str, target: Mapping[str, Any]) -> None:
        role = iam_rules.role_named(target["RoleArn"])
        if role is None or not iam_rules.trusts(role, SERVICE):
            raise Refusal("AccessDeniedException", f"{target['RoleArn']} cannot be taken by {SERVICE}", 403)
        clusters = _clusters(target.get("Input", ""))
        for cluster in clusters:
            arn = f"arn:aws:elasticmapreduce:{region}:{ACCOUNT}:cluster/{cluster}"
            if not iam_rules.allows(role, ACTION, arn):
                raise Refusal("AccessDeniedException", f"{target['RoleArn']} may not {ACTION} on {arn}", 403)
        self._end(region, clusters)


def _clusters(text: str) -> list[str]:
    try:
        return [str(name) for name in json.loads(text)["JobFlowIds"]]
    except (ValueError, KeyError, TypeError):
        raise Refusal("ValidationException", f"the input {text!r} has no JobFlowIds") from None


def _schedules(region: str) -> Iterator[tuple[Any, Any]]:
    from moto.scheduler.models import scheduler_backends

    groups: Any = scheduler_backends[ACCOUNT][region].schedule_groups
    for group in groups.values():
        for schedule in group.schedules.values():
            yield group, schedule


def _time(schedule: Any) -> float:
    found = ONCE.fullmatch(schedule.schedule_expression)
    if found is None:
        return float("inf")
    return datetime.fromisoformat(found[1]).replace(tzinfo=ZoneInfo(schedule.schedule_expression_timezone)).timestamp()
