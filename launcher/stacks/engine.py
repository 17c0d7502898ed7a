"""Pulumi's engine on one stack: run it, read what it knows, and settle what a killed one left open."""

import re
import signal
import socket
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import psutil

from launcher.errors import BackendUnavailable, ConfigError, LauncherError
from launcher.providers import Provider
from launcher.stacks.events import Told
from launcher.stacks.workspace import PROJECT, unreadable

Say = Callable[[str], None]
# As the engine tells it: https://github.com/pulumi/pulumi/blob/master/pkg/backend/diy/lock.go
HOLDER = re.compile(r"created by (?P<user>\S+)@(?P<host>\S+) \(pid (?P<pid>\d+)\)(?: at (?P<at>\S+))?")
CONFIG = re.compile(r"(?:error: )?(?P<said>(?P<key>\w+): [^;\n]*); pulumi config set \w+ \.\.\.: (?P<instead>[^\n]*)")
NOTHING = "no resource named"
KILLED = 2  # times that the lock of a process that is gone is met, until it is taken away


class StackBusy(BackendUnavailable):
    """Somebody else works on the stack."""

    exit_code = 6


class Interrupted(LauncherError):
    """Ctrl-C: the engine has ended what it had begun."""

    exit_code = 130


class EngineFailed(LauncherError):
    """The engine could not do all of it; the state says what there is."""

    exit_code = 6


class Engine:
    """One stack; ``say`` gets a line for each change."""

    def __init__(self, stack: Any, say: Say) -> None:
        self.stack, self.say = stack, say

    def settings(self) -> dict[str, str]:
        """Give the stack's configuration, without its namespace."""
        found = self.stack.get_all_config()
        return {
            key.removeprefix(f"{PROJECT}:"): row.value for key, row in found.items() if key.startswith(f"{PROJECT}:")
        }

    def configure(self, settings: Mapping[str, str]) -> None:
        """Set these keys, and leave the others."""
        automation = import_module("pulumi.automation")
        changed = {key: automation.ConfigValue(value) for key, value in settings.items()}
        if changed:
            self.stack.set_all_config(changed)

    def resources(self) -> list[Mapping[str, Any]]:
        """Give what the state has of the provider's resources."""
        found = self._state().get("resources", ())
        return [each for each in found if each.get("custom") and not each["type"].startswith("pulumi:")]

    def exists(self) -> bool:
        """Tell whether there is anything of it, or may be."""
        return bool(self.resources() or self._state().get("pending_operations"))

    def preview(self) -> list[str]:
        """Give what an ``up`` would delete, also where it puts another one in its place; raises as ``run``."""
        told = Told(say=lambda _: None)
        self.run("preview", told)
        return told.lost

    def run(self, verb: str, told: Told) -> float:
        """Run ``up``, ``preview`` or ``destroy`` to its end and give the seconds.

        Raises StackBusy, ConfigError for what the program refuses, Interrupted after Ctrl-C, EngineFailed otherwise.
        """
        automation = import_module("pulumi.automation")
        began = time.monotonic()
        with _patient(self.say) as interrupted:
            try:
                self._unlocked(lambda: getattr(self.stack, verb)(on_event=told, color="never"))
            except automation.CommandError as error:
                raise self._explained(verb, str(error), told, interrupted=bool(interrupted)) from error
        return time.monotonic() - began

    def settle(self, theirs: Provider) -> None:
        """Delete what a killed engine had made and not written down; raises StackBusy while it still works."""
        if not self._state().get("pending_operations"):
            return
        self._require_idle()  # or they are what it is doing right now
        pending = {each["resource"]["urn"].rpartition("::")[2] for each in self._state().get("pending_operations", ())}
        if not pending:
            return
        # What has no id yet is what was being made; names are unique within a type only.
        written = {(each["type"], each["id"]) for each in self.resources() if each.get("id")}
        orphans = [each for each in theirs.left() if (each.token, each.id) not in written]
        self.say(f"an engine was killed while it worked on {', '.join(sorted(pending))}: looking what there is of it")
        for each in orphans:
            self.say(f"  never written down: {each.service} {each.type} {each.id}; deleting")
        theirs.remove(orphans)
        self._drop_pending()

    def forget(self) -> None:
        """Remove the stack, with its configuration and what in its state is no provider's, once nothing is left."""
        self.stack.workspace.remove_stack(self.stack.name, force=True)

    def _state(self) -> dict[str, Any]:
        automation = import_module("pulumi.automation")
        try:
            return self.stack.export_stack().deployment or {}
        except automation.CommandError as error:
            raise unreadable(self.stack.name, str(error)) from error

    def _drop_pending(self) -> None:
        automation = import_module("pulumi.automation")
        state = self.stack.export_stack()
        state.deployment.pop("pending_operations", None)
        changed = automation.Deployment(version=state.version, deployment=state.deployment)
        self.stack.import_stack(changed)

    def _require_idle(self) -> None:
        """Return when no engine works on the stack; raises StackBusy. A lock of one that was killed is taken away."""
        automation = import_module("pulumi.automation")
        nothing = f"urn:pulumi:{self.stack.name}::{PROJECT}::none:none:None::none"
        try:
            self._unlocked(lambda: self.stack.destroy(target=[nothing]))
        except automation.CommandError as error:
            if NOTHING not in str(error):  # it had the lock, and found nothing to do
                raise self._explained("destroy", str(error), Told(say=self.say), interrupted=False) from error

    def _unlocked(self, action: Callable[[], Any]) -> Any:
        """Do it, also when an engine of this machine that was killed has left its lock; raises StackBusy."""
        automation = import_module("pulumi.automation")
        dead: list[str] = []
        while True:
            try:
                return action()
            except automation.ConcurrentUpdateError as error:
                holder = HOLDER.search(str(error))
                if holder is None or holder["host"] != socket.gethostname() or _lives(int(holder["pid"])):
                    raise self._busy(holder) from error
                dead.append(holder["pid"])
            # One that ended by itself took its lock along: only a lock that is still there is of one that was killed.
            if dead.count(holder["pid"]) == KILLED:
                self.say(f"process {dead[-1]}, which worked on it, was killed: going on from what it had written down")
                self.stack.cancel()
            elif dead.count(holder["pid"]) > KILLED:
                raise self._busy(holder)

    def _busy(self, holder: "re.Match[str] | None") -> StackBusy:
        who = f"{holder['user']}@{holder['host']}, process {holder['pid']}" if holder else "somebody"
        hint = "wait until that has ended, then the same again; if it is gone: pulumi cancel"
        return StackBusy(f"{self.stack.name} is being worked on by {who}", hint)

    def _explained(self, verb: str, text: str, told: Told, *, interrupted: bool) -> LauncherError:
        name = self.stack.name
        if found := next(filter(None, map(CONFIG.search, [*told.errors, text])), None):
            return ConfigError(
                found["said"], f"launcher up --cloud {name} --set {found['key']}=...: {found['instead']}"
            )
        if interrupted:
            there = len(self.resources())
            return Interrupted(f"interrupted: {there} resources of {name} exist", _go_on(verb, name))
        said = told.errors[0] if told.errors else _last_error(text)
        return EngineFailed(f"{name}: {said}", _go_on(verb, name))


def _lives(pid: int) -> bool:
    """Tell whether a process works: one that has ended may still be listed, until its parent asks for it."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _go_on(verb: str, name: str) -> str:
    again = f"launcher {'down' if verb == 'destroy' else 'up'} --cloud {name} goes on where it ended"
    return again if verb == "destroy" else f"{again}; launcher down --cloud {name} takes it down"


def _last_error(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("error:")]
    return (errors or lines or ["no message"])[-1].removeprefix("error:").strip()


@contextmanager
def _patient(say: Say) -> Generator[list[int]]:
    """Leave Ctrl-C to the engine, which ends what it has begun; gives a list that then is not empty."""
    seen: list[int] = []

    def note(number: int, _frame: object) -> None:
        if not seen:
            say("interrupted: the engine ends what it has begun; Ctrl-C again ends it at once")
        seen.append(number)

    before = signal.signal(signal.SIGINT, note)
    try:
        yield seen
    finally:
        signal.signal(signal.SIGINT, before)
