"""EMR's operations on steps: from checked parameters to the fields of the answer."""

import base64
from typing import Any

from rehearsal.aws_wire import Refusal
from rehearsal.emr_call import Call, Operation
from rehearsal.emr_cluster import Cluster
from rehearsal.emr_steps import MOST_LISTED, Step, not_imitated

PAGE = 50  # https://docs.aws.amazon.com/emr/latest/APIReference/API_ListSteps.html
MOST_IDS = 10
STALE = (1.0, 10.0)  # seconds that a listing may be behind, where the chaos lets it lag


def add_job_flow_steps(call: Call) -> dict[str, Any]:
    """Add steps: one call, one more step, also when the name is known already."""
    if "ExecutionRoleArn" in call.asked:
        raise not_imitated("runtime roles")
    return {"StepIds": call.cluster(job_flow=True).add(call.asked["Steps"], call.now)}


def describe_step(call: Call) -> dict[str, Any]:
    """Describe a step."""
    return {"Step": _summary(call, _remembered(call, call.asked["StepId"]))}


def list_steps(call: Call) -> dict[str, Any]:
    """List steps: those that are named, or page by page from the newest."""
    ids = call.asked.get("StepIds")
    if ids:
        if len(ids) > MOST_IDS:
            raise Refusal("InvalidRequestException", f"At most {MOST_IDS} step ids may be given.")
        return {"Steps": [_summary(call, _remembered(call, step_id)) for step_id in ids]}
    return _page(call, _listed(call))


def cancel_steps(call: Call) -> dict[str, Any]:
    """Ask for the end of steps; each is answered for itself."""
    cluster = call.cluster()
    return {"CancelStepsInfoList": [_cancelled(call, cluster, step_id) for step_id in call.asked["StepIds"]]}


def _remembered(call: Call, step_id: str) -> Step:
    step = call.cluster().step(step_id)
    if not step.active and call.strikes("forget", step.name):
        step.forgotten = True
    return call.cluster().step(step_id)


def _summary(call: Call, step: Step) -> dict[str, Any]:
    return step.summary(call.skew, lies=step.state == "FAILED" and call.strikes("lie", step.name))


def _listed(call: Call) -> list[Step]:
    """Give what a listing shows, the newest first."""
    behind = call.amount("stale", *STALE, "ListSteps") if call.strikes("stale", "ListSteps") else -1.0
    steps = [step for step in call.cluster().steps if not step.forgotten][-MOST_LISTED:]
    wanted = call.asked.get("StepStates")
    return [
        step for step in reversed(steps) if step.created <= call.now - behind and (not wanted or step.state in wanted)
    ]


def _page(call: Call, steps: list[Step]) -> dict[str, Any]:
    steps = _after(call, steps)
    size = PAGE
    if call.strikes("truncate", "ListSteps"):
        size = round(call.amount("truncate", 1, PAGE, "ListSteps"))
    shown = steps[:size]
    answer: dict[str, Any] = {"Steps": [_summary(call, step) for step in shown]}
    if steps[size:]:
        answer["Marker"] = base64.b64encode(shown[-1].id.encode()).decode()
    return answer


def _after(call: Call, steps: list[Step]) -> list[Step]:
    """Give what comes behind the marker: what is older than the last page's last step, whatever was added since."""
    marker = call.asked.get("Marker", "")
    if not marker:
        return steps
    ids = [base64.b64encode(step.id.encode()).decode() for step in call.cluster().steps]
    if marker not in ids:
        raise Refusal("InvalidRequestException", f"Marker '{marker}' is not valid.")
    older = {step.id for step in call.cluster().steps[: ids.index(marker)]}
    return [step for step in steps if step.id in older]


def _cancelled(call: Call, cluster: Cluster, step_id: str) -> dict[str, str]:
    step = cluster.step(step_id)
    if not step.active:
        return {
            "StepId": step_id,
            "Status": "FAILED",
            "Reason": f"Step is in state {step.state}, it cannot be cancelled.",
        }
    cluster.cancel(step, call.now)
    return {"StepId": step_id, "Status": "SUBMITTED"}


OPERATIONS: dict[str, Operation] = {
    "AddJobFlowSteps": add_job_flow_steps,
    "CancelSteps": cancel_steps,
    "DescribeStep": describe_step,
    "ListSteps": list_steps,
}
