"""Rehearsal clouds come up and go down; what a crash left behind is cleared first."""

import os
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from pathlib import Path

from launcher.errors import LauncherError, UsageError
from rehearsal import clouds, parts, processes, state
from rehearsal.clouds import Cloud
from rehearsal.errors import RehearsalError
from rehearsal.parts import say
from rehearsal.state import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """How a cloud stands: up, down, or broken with the names of the processes that are missing."""

    cloud: str
    word: str
    record: Record | None
    missing: tuple[str, ...] = ()
    processes: int = 0


def condition(cloud: str) -> Condition:
    """Look at a cloud: its record, and the processes that are really there."""
    where = state.folder(cloud)
    record, living = state.read(where), processes.living(where)
    if record is None:
        return Condition(cloud=cloud, word="broken" if living else "down", record=None, processes=len(living))
    alive = {process.pid for process in living}
    missing = tuple(name for name, pid in record.processes.items() if pid not in alive)
    word = "broken" if missing else "up"
    return Condition(cloud=cloud, word=word, record=record, missing=missing, processes=len(living))


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """How clouds are to come up: the faults to imitate, and the nodes' interpreter where it is not our own."""

    chaos: str | None = None
    python: str | None = None


def up(names: Sequence[str], wish: Wish) -> dict[str, LauncherError]:
    """Start clouds side by side and publish those that are up; gives the errors of those that are not.

    One that is up already stays as it is; one that is broken is cleared and started anew. Real parts that are not in
    the cache are made first.
    """
    loaded, errors = _loaded(names)
    pool = ThreadPoolExecutor(max_workers=len(names))
    ends = {name: pool.submit(_up, name, cloud, wish) for name, cloud in loaded.items()}
    try:
        wait(ends.values())
        publish()
    finally:
        pool.shutdown(wait=False)  # Ctrl-C must not wait for the threads
    return errors | {name: error for name, end in ends.items() if (error := end.result())}


def _loaded(names: Iterable[str]) -> tuple[dict[str, Cloud], dict[str, LauncherError]]:
    """Import the clouds' modules, one after the other: two threads that import the same packages can break them."""
    loaded: dict[str, Cloud] = {}
    errors: dict[str, LauncherError] = {}
    for name in names:
        try:
            loaded[name] = clouds.load(name)
        except LauncherError as error:
            errors[name] = error
    return loaded, errors


def down(names: Iterable[str]) -> None:
    """End clouds and remove all that they left; raises RehearsalError when something resists."""
    for name in names:
        where = state.folder(name)
        if not where.exists() and not processes.living(where):
            continue
        with state.alone(where):
            ended = processes.stop(where)
            state.remove(where)
        say(f"{name}: down, {ended} processes ended")
    publish()


def publish() -> None:
    """Write launcher.toml anew from the clouds that have a record; remove it when there are none."""
    if not state.root().is_dir():
        return
    with state.alone(state.launcher_toml()):
        records = {name: state.read(state.folder(name)) for name in state.names()}
        state.publish({name: record.running.cluster for name, record in records.items() if record})


def _up(name: str, cloud: Cloud, wish: Wish) -> LauncherError | None:
    where = state.folder(name)
    try:
        with state.alone(where):
            if not _already(name, wish):
                _clear(name, where)
                _start(name, where, cloud, wish)
    except LauncherError as error:
        return error
    except OSError as error:
        return RehearsalError(f"{error.strerror}: {error.filename}" if error.filename else str(error), f"see {where}")
    return None


def _already(name: str, wish: Wish) -> bool:
    found = condition(name)
    if found.word != "up" or found.record is None:
        return False
    if found.record.chaos != wish.chaos:
        raise UsageError(f"{name} is up with other faults: {found.record.chaos or 'none'}", f"rehearsal down {name}")
    python = found.record.running.cluster["python"]
    if wish.python and wish.python != python:
        raise UsageError(f"{name} is up with another Python: {python}", f"rehearsal down {name}")
    say(f"{name}: is up already")
    return True


def _clear(name: str, where: Path) -> None:
    if ended := processes.stop(where):
        say(f"{name}: {ended} processes of an earlier start ended")
    state.remove(where)


def _start(name: str, where: Path, cloud: Cloud, wish: Wish) -> None:
    if " " in str(where):  # Spark on YARN does not find again what it has staged there
        raise RehearsalError(
            f"no job runs on a YARN below a path with a space: {where}", "FIRESTEEL_HOME=... elsewhere"
        )
    source = _prepare(cloud)
    say(f"{name}: starting, its real parts {source}")
    began = time.monotonic()
    where.mkdir(mode=0o700)
    try:
        running = cloud.up(where, wish.chaos)
    except BaseException:
        processes.stop(where)  # the folder stays: the logs in it say why
        raise
    if wish.python:
        running = replace(running, cluster={**running.cluster, "python": wish.python})
    state.write(where, Record(running=running, chaos=wish.chaos, processes=processes.named(where)))
    say(f"{name}: up in {time.monotonic() - began:.1f} s")


def _prepare(cloud: Cloud) -> str:
    """Have every real part that a cloud needs, and say where they came from; raises as `parts.ensure`."""
    began = time.monotonic()
    made = [name for name in cloud.PARTS if not parts.cached(name)]
    for name in made:
        parts.ensure(name)
    return f"made from nothing in {time.monotonic() - began:.0f} s: {', '.join(made)}" if made else "from the cache"


def interrupted(names: Iterable[str]) -> None:
    """Say what runs after Ctrl-C, and end this process: threads that start a cloud cannot be called back."""
    processes.end_builders()
    left = {name: condition(name).processes for name in names}
    running = ", ".join(f"{name} ({count} processes)" for name, count in left.items() if count)
    say(f"interrupted; still running: {running or 'nothing'}")
    if running:
        say("hint:  rehearsal down")
    os._exit(130)


def not_up(cloud: str) -> RehearsalError:
    """Give the error of asking for a cloud that is not up."""
    error = RehearsalError(f"the rehearsal cloud {cloud!r} is not up", f"rehearsal up {cloud}")
    error.exit_code = 1
    return error
