"""Making, changing and taking down a stack, and saying honestly how that ended.

Whatever ends in the middle can be gone on with: Pulumi's state is written after every step, what a killed engine made
without writing it down is found by the stack's tag, and a lock whose holder is gone is taken away.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from launcher.errors import LauncherError, UsageError
from launcher.providers import Left, Provider, provider
from launcher.stacks import deadline, engine, known, logins, workspace
from launcher.stacks.events import Told

Say = Callable[[str], None]
Agree = Callable[[list[str]], None]  # returns when what would be deleted may be
SLACK = timedelta(seconds=59)  # providers keep a deadline to the second or to the minute


class NotMade(LauncherError):
    """The cloud was not made, or not as it should be; what there is can be gone on with or taken down."""

    exit_code = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A stack as it stands after ``up`` or ``extend``."""

    name: str
    cluster: dict[str, Any]
    changes: dict[str, int]
    warnings: list[str]
    seconds: float
    pricing: str  # where the provider tells its prices

    def to_json(self) -> dict[str, Any]:
        """Give what ``--json`` prints."""
        return {
            "cloud": self.name,
            "cluster": self.cluster,
            "changes": self.changes,
            "seconds": round(self.seconds, 1),
            "price": "unknown",
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """What the provider itself said after a stack was taken down: which services were asked, what was still there."""

    name: str
    kind: str
    at: datetime
    looked_at: tuple[str, ...]
    left: list[Left] = field(default_factory=list[Left])

    def to_json(self) -> dict[str, Any]:
        """Give what ``down --json`` prints."""
        return {
            "cloud": self.name,
            "kind": self.kind,
            "at": self.at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "looked_at": list(self.looked_at),
            "left": [each.to_json() for each in self.left],
        }


def up(name: str, settings: Mapping[str, str], until: datetime | None, agree: Agree, say: Say) -> Made:
    """Make a stack, or change it to these settings on top of what it has; raises NotMade, UsageError and others.

    ``agree`` is asked when the change would delete something that is there: a cluster, with what runs on it.

    It ends at ``until``, else at the time it has, else after four hours. The cluster is ready when the provider
    itself has been asked when it ends and gave the time that was agreed.
    """
    found = engine.Engine(workspace.stack(name, new=True), say)
    had = found.settings()
    new = "until" not in had  # what Pulumi.yaml has a default for, is there from the beginning
    end = until or (deadline.after(deadline.USUAL, datetime.now(UTC)) if new else None)
    wanted = {**had, **settings, **({"until": end.isoformat()} if end else {})}
    try:
        _require(wanted, name)
        theirs = provider(wanted["kind"], name, wanted)
        if not found.resources():
            _refuse(theirs, name, interrupted=not new)
        found.configure({key: value for key, value in wanted.items() if had.get(key) != value})
        found.settle(theirs)
        if found.resources() and (lost := found.preview()):
            agree(lost)
        made = _applied(found, name, theirs)
    except LauncherError:
        if new and not found.exists():
            found.forget()  # nothing was made: a name that was mistyped, a key that was wrong
        raise
    _held(theirs, made.cluster, name)
    known.remember(name, made.cluster)
    return made


def extend(name: str, until: datetime, agree: Agree, say: Say) -> Made:
    """Move the time at which a cloud ends, in the provider and in the state; raises NotMade when it did not move.

    ``agree`` is asked as by ``up``: a launcher that is newer than the stack may want other things besides.
    """
    found = engine.Engine(workspace.stack(name, new=False), say)
    theirs = provider(found.settings().get("kind", ""), name, found.settings())
    found.settle(theirs)
    found.configure({"until": until.isoformat()})
    if lost := found.preview():
        agree(lost)
    made = _applied(found, name, theirs)
    _held(theirs, made.cluster, name)
    known.remember(name, made.cluster)
    return made


def down(name: str, say: Say) -> Certificate:
    """Take a stack down and ask the provider what is left; also after an ``up`` that was killed at any step."""
    found = engine.Engine(workspace.stack(name, new=False), say)
    settings = found.settings()
    theirs = provider(settings.get("kind", ""), name, settings)
    found.settle(theirs)
    login = logins.of(found.stack.outputs())
    _destroy(found, theirs, say)
    logins.forget(login)
    certificate = _swept(name, theirs, settings, delete=True, say=say)
    if not certificate.left:
        found.forget()
        known.forget(name)
    return certificate


def _destroy(found: engine.Engine, theirs: Provider, say: Say) -> None:
    try:
        found.run("destroy", Told(say=say))
    except engine.EngineFailed as error:
        # What others have put into the stack's network keeps it from going: it goes first, with what is left of ours.
        if not (left := theirs.left()):
            raise
        say(f"  {error.message}")
        for each in left:
            say(f"  in the way: {each.service} {each.type} {each.id} ({each.why}); deleting")
        theirs.remove(left)
        found.run("destroy", Told(say=say))


def sweep(name: str, given: Mapping[str, str], *, delete: bool, say: Say) -> Certificate:
    """Ask the provider what it has of a stack; without a state here, ``given`` says which kind and where.

    ``delete`` removes it and asks again.
    """
    settings = {**known.settings(name), **given}
    if not settings.get("kind"):
        raise UsageError(
            f"this machine does not know {name!r}", f"launcher sweep --cloud {name} --kind KIND --region REGION"
        )
    return _swept(name, provider(settings["kind"], name, settings), settings, delete=delete, say=say)


def _swept(name: str, theirs: Provider, settings: Mapping[str, str], *, delete: bool, say: Say) -> Certificate:
    left = theirs.left()
    if left and delete:
        for each in left:
            say(f"  left: {each.service} {each.type} {each.id} ({each.why}); deleting")
        theirs.remove(left)
        left = theirs.left()
    return Certificate(
        name=name, kind=settings["kind"], at=datetime.now(UTC), looked_at=theirs.looked_at, left=sorted(left)
    )


def _require(wanted: Mapping[str, str], name: str) -> None:
    for key in ("kind", "region", "ssh_source"):
        if not wanted.get(key):
            option = f"--{key.replace('_', '-')}"
            example = f"launcher up --cloud {name} --kind emr --region eu-central-1 --ssh-source 192.0.2.7/32 --for 4h"
            raise UsageError(f"{name} is new here: {option} is needed", example)


def _refuse(theirs: Provider, name: str, *, interrupted: bool) -> None:
    """Raise NotMade before anything is created when the provider would refuse, or has such a stack already."""
    for wrong in theirs.preflight():
        raise NotMade(f"{name} cannot be made: {wrong.message}", wrong.hint)
    if not interrupted and (left := theirs.left()):
        first = f"{left[0].service} {left[0].type} {left[0].id}"
        raise NotMade(
            f"the provider has a stack called {name} already, which this machine does not know: {first}",
            f"another name, or launcher sweep --cloud {name} to see all of it",
        )


def _applied(found: engine.Engine, name: str, theirs: Provider) -> Made:
    told, before = Told(say=found.say), logins.of(found.stack.outputs())
    seconds = found.run("up", told)
    outputs = found.stack.outputs()
    logins.keep(logins.of(outputs), before, name, found.say)
    cluster = outputs.get("cluster")
    if cluster is None:
        raise NotMade(f"{name} gave no cluster", f"launcher down --cloud {name}")
    return Made(
        name=name,
        cluster=cluster.value,
        changes=told.changes,
        warnings=told.warnings,
        seconds=seconds,
        pricing=theirs.pricing,
    )


def _held(theirs: Provider, cluster: Mapping[str, Any], name: str) -> None:
    agreed = datetime.fromisoformat(str(cluster["expires_at"]))
    found = theirs.expires_at(cluster)
    if found is None or abs(found - agreed) > SLACK:
        said = f"ends it at {found:%Y-%m-%dT%H:%M:%SZ}" if found else "has no time at which it ends it"
        raise NotMade(
            f"{name} is not ready: it was to end at {agreed:%Y-%m-%dT%H:%M:%SZ}, and the provider {said}",
            f"launcher up --cloud {name} once more, or launcher down --cloud {name}",
        )
