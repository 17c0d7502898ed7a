"""Schedules of EventBridge.

What replaces is "Forces new resource" at https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/scheduler_schedule.
Not imitated: keys of one's own, start and end of a schedule that repeats, targets but universal ones.
"""

from typing import Any

from rehearsal.providers.aws_calls import unless_gone
from rehearsal.providers.kinds import Kind
from rehearsal.providers.values import Properties, camel, pascal, shaped

SETTINGS = (
    "actionAfterCompletion", "description", "flexibleTimeWindow", "scheduleExpression", "scheduleExpressionTimezone",
    "state", "target",
)  # fmt: skip


class Schedule(Kind):
    """A schedule, whose id is its group and its name."""

    name = "name"
    replaces = ("groupName", "name")
    updates = SETTINGS
    computed = ("actionAfterCompletion",)
    defaults = {"groupName": "default", "scheduleExpressionTimezone": "UTC", "state": "ENABLED"}  # noqa: RUF012 -- a literal

    def create(self, cloud: Any, inputs: Properties) -> str:
        """Make it."""
        cloud.client("scheduler").create_schedule(**_asked(inputs))
        return f"{inputs['groupName']}/{inputs['name']}"

    def read(self, cloud: Any, resource_id: str, state: Properties) -> Properties | None:
        """Describe it, as far as the program gave it."""
        group, _, name = resource_id.partition("/")
        answer = unless_gone(cloud.client("scheduler").get_schedule, GroupName=group, Name=name)
        if not answer:
            return None
        found = camel(answer)
        settings = {key: shaped(found.get(key), state.get(key)) for key in SETTINGS}
        return {**settings, "arn": answer["Arn"], "name": name, "groupName": group}

    def update(self, cloud: Any, resource_id: str, inputs: Properties, changed: frozenset[str]) -> None:  # noqa: ARG002 -- all at once
        """Set all of it anew, which is how the service takes a change."""
        cloud.client("scheduler").update_schedule(**_asked(inputs))

    def delete(self, cloud: Any, resource_id: str, state: Properties) -> None:  # noqa: ARG002 -- as all
        """Remove it."""
        group, _, name = resource_id.partition("/")
        unless_gone(cloud.client("scheduler").delete_schedule, GroupName=group, Name=name)


def _asked(inputs: Properties) -> dict[str, Any]:
    return pascal({name: inputs[name] for name in ("groupName", "name", *SETTINGS) if name in inputs})
