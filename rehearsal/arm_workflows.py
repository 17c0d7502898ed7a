"""Logic Apps: workflows that call the resource manager at their time, by their own identity, whoever else is asleep.

https://learn.microsoft.com/azure/logic-apps/logic-apps-workflow-definition-language
https://learn.microsoft.com/azure/connectors/connectors-native-recurrence

Imitated is one shape: a trigger that recurs from a time on, and an action that sends DELETE to the resource manager as
the workflow's own identity. Every other is refused when it is written. What fails, fails in silence, as on Azure;
`history` tells. Not imitated: the retries within a run (the next recurrence is the next try), run histories by API.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from rehearsal.arm_errors import Refused, not_imitated

KIND = "Microsoft.Logic/workflows"
MANAGER = "management.azure.com"
SECONDS = {"Minute": 60, "Hour": 3600, "Day": 86400}
# Who asks, the method, the path: raises Refused.
Ask = Callable[[str, str, str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a recurrence: when it was (seconds since 1970), and why it failed; empty when it did not."""

    workflow: str
    at: float
    error: str


class Workflows:
    """The clock of workflows."""

    def __init__(self, ask: Ask) -> None:
        self.history: list[Outcome] = []
        self._ask = ask
        self._done: dict[str, tuple[str, int]] = {}  # by path: the recurrence as it was written, and how often it came

    def run(self, found: Mapping[str, Mapping[str, Any]], now: float) -> None:
        """Carry out what is due of these workflows, by their ids."""
        for path, workflow in list(found.items()):
            properties = workflow["properties"]
            if properties.get("state", "Enabled") != "Enabled":
                continue
            [trigger] = properties["definition"]["triggers"].values()
            times = _times(trigger["recurrence"], now)
            mark = (str(trigger["recurrence"]), times)
            if times and self._done.get(path) != mark:
                self._done[path] = mark
                self._carry_out(path, workflow, now)

    def _carry_out(self, path: str, workflow: Mapping[str, Any], now: float) -> None:
        [action] = workflow["properties"]["definition"]["actions"].values()
        error = ""
        try:
            principal = (workflow.get("identity") or {}).get("principalId", "")
            self._ask(principal, action["inputs"]["method"], urlsplit(action["inputs"]["uri"]).path)
        except Refused as refusal:
            error = f"{refusal.code}: {refusal}"
        self.history.append(Outcome(workflow=path, at=now, error=error))


def check(body: Mapping[str, Any]) -> None:
    """Raise Refused for a workflow that the rehearsal would not carry out."""
    definition = (body.get("properties") or {}).get("definition")
    if not isinstance(definition, Mapping):
        raise Refused(400, "InvalidRequestContent", "The workflow needs a definition.")
    for said in _unfit(definition, body.get("identity") or {}):
        raise not_imitated(f"a workflow {said}")


def _unfit(definition: Mapping[str, Any], identity: Mapping[str, Any]) -> Iterator[str]:
    triggers, actions = (list((definition.get(word) or {}).values()) for word in ("triggers", "actions"))
    recurrence = triggers[0].get("recurrence", {}) if len(triggers) == 1 else {}
    if recurrence.get("frequency") not in SECONDS or not recurrence.get("interval") or not recurrence.get("startTime"):
        yield "whose only trigger is no recurrence with a frequency, an interval and a startTime"
    inputs = actions[0].get("inputs", {}) if len(actions) == 1 and actions[0].get("type") == "Http" else {}
    if inputs.get("method") != "DELETE" or urlsplit(inputs.get("uri", "")).hostname != MANAGER:
        yield f"whose only action is no DELETE to {MANAGER}"
    elif "api-version=" not in urlsplit(inputs["uri"]).query:
        yield "whose call has no api-version"
    if inputs.get("authentication", {}).get("type") != "ManagedServiceIdentity":
        yield "that does not call as its own identity"
    if identity.get("type") != "SystemAssigned":
        yield "without an identity of its own"


def _times(recurrence: Mapping[str, Any], now: float) -> int:
    """Give how often it has come by now."""
    late = now - datetime.fromisoformat(recurrence["startTime"]).timestamp()
    return 0 if late < 0 else 1 + int(late // (SECONDS[recurrence["frequency"]] * recurrence["interval"]))
