"""What the engine tells while it works: lines for people, the errors it met, how many resources it changed."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

DOING = {
    "create": "creating", "update": "changing", "delete": "deleting", "replace": "replacing",
    "create-replacement": "creating anew", "delete-replaced": "deleting the old", "read": "reading",
    "refresh": "looking at",
}  # fmt: skip
FOUND = "using pulumi-resource-"  # a provider on PATH, which is what its user wants
LOSING = {"delete", "delete-replaced"}
QUIET = {"same", "refresh", "read", "replace"}


@dataclass(slots=True, kw_only=True)
class Told:
    """Takes the engine's events; ``say`` gets a line for each resource that was changed."""

    say: Callable[[str], None]
    errors: list[str] = field(default_factory=list[str])
    warnings: list[str] = field(default_factory=list[str])
    changes: dict[str, int] = field(default_factory=dict[str, int])
    lost: list[str] = field(default_factory=list[str])  # what is deleted, also where another one takes its place
    _begun: dict[str, float] = field(default_factory=dict[str, float])

    def __call__(self, event: Any) -> None:
        """Take one event: https://www.pulumi.com/docs/reference/pkg/python/pulumi/#module-pulumi.automation.events."""
        if event.resource_pre_event:
            self._begun[event.resource_pre_event.metadata.urn] = time.monotonic()
        elif event.res_outputs_event:
            self._done(event.res_outputs_event.metadata)
        elif event.res_op_failed_event:
            metadata = event.res_op_failed_event.metadata
            self.say(f"  {_doing(metadata)} {_named(metadata.urn)} failed")
        elif event.diagnostic_event:
            self._diagnosed(event.diagnostic_event)

    def _done(self, metadata: Any) -> None:
        operation = _operation(metadata)
        if operation in QUIET or _type(metadata.urn).startswith(("pulumi:", "firesteel:")):
            return
        self.changes[operation] = self.changes.get(operation, 0) + 1
        if operation in LOSING:
            self.lost.append(_named(metadata.urn))
        seconds = time.monotonic() - self._begun.get(metadata.urn, time.monotonic())
        self.say(f"  {_doing(metadata)} {_named(metadata.urn)}: {seconds:.1f} s")

    def _diagnosed(self, event: Any) -> None:
        text = event.message.replace(event.prefix or "", "", 1).strip()
        if event.severity == "error" and not event.ephemeral:
            self.errors.append(f"{_named(event.urn)}: {text}" if event.urn else text)
        elif event.severity == "warning" and not event.ephemeral and not text.startswith(FOUND):
            self.warnings.append(text)


def _named(urn: str) -> str:
    """Give type and name of a resource: ``urn:pulumi:STACK::PROJECT::PARENTS$TYPE::NAME``."""
    return f"{_type(urn).rpartition(':')[2]} {urn.rpartition('::')[2]}"


def _type(urn: str) -> str:
    return urn.split("::")[2].rpartition("$")[2]


def _operation(metadata: Any) -> str:
    return str(getattr(metadata.op, "value", metadata.op))


def _doing(metadata: Any) -> str:
    return DOING.get(_operation(metadata), _operation(metadata))
