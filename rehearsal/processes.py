"""The long-lived processes of a rehearsal cloud: started apart from us, found again by a mark in their environment.

The mark is inherited, so whatever a process starts, YARN's containers included, belongs to the cloud too, and ends with
it, even when every process between was killed.
"""

import contextlib
import itertools
import os
import random
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from launcher import locks
from rehearsal import parts
from rehearsal.errors import ProcessDied, RehearsalError
from rehearsal.state import MARK

LOOPBACK = "127.0.0.1"
NAME = "FIRESTEEL_REHEARSAL_PROCESS"  # in the environment of a process that `start` started: its name
POLL = 0.05  # seconds
PATIENCE = 10.0  # seconds that the kernel may take to end all killed processes
LAST_LINES = 15  # of a log, in an error
# posix_spawn cannot change the folder; `exec` keeps the process id.
IN_FOLDER = ("/bin/sh", "-c", 'cd "$1" && shift && exec "$@"', "sh")
PORTS = range(20000, 32768)


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """A process of a cloud and its log."""

    name: str
    pid: int
    log: Path

    @property
    def alive(self) -> bool:
        """True while it runs; one that ended is reaped."""
        try:
            process = psutil.Process(self.pid)
            _reap(process)
            # Where nobody reaps orphans, as in many containers, one that ended stays in the table.
            return process.status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return False

    def last_lines(self) -> str:
        """Give the end of its log."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join(lines[-LAST_LINES:])


def start(
    folder: Path, name: str, argv: Sequence[str], *, env: Mapping[str, str] | None = None, cwd: Path | None = None
) -> Process:
    """Start a program that outlives us, as a part of the cloud in ``folder``; returns at once.

    It has a session of its own, nothing on stdin, its output in ``folder/log/NAME.log``, its temporary files in
    ``folder/tmp``. ``env`` comes on top of our own environment.
    """
    for name_of_folder in ("log", "tmp"):
        (folder / name_of_folder).mkdir(parents=True, exist_ok=True)
    log = folder / "log" / f"{name}.log"
    pid = os.posix_spawn(
        IN_FOLDER[0],
        [*IN_FOLDER, str(cwd or folder), *argv],
        environment(folder, {**(env or {}), NAME: name}),
        file_actions=_into(log),
        setsid=True,
    )
    return Process(name=name, pid=pid, log=log)


def environment(folder: Path, env: Mapping[str, str]) -> dict[str, str]:
    """Give the environment of a process of the cloud in ``folder``: ours, ``env``, and the mark."""
    return {**os.environ, **env, MARK: str(folder), "TMPDIR": str(folder / "tmp")}


def named(folder: Path) -> dict[str, int]:
    """Give the living processes that ``start`` has started, by name."""
    found = ((process.pid, _variable(process, NAME)) for process in living(folder))
    return {name: pid for pid, name in found if name and os.getsid(pid) == pid}


def free_ports(count: int) -> list[int]:
    """Give ports of loopback that nothing listens on, and that were not given lately, to this process or another.

    They are below those that the kernel takes for outgoing connections and for port 0: one of these could be gone
    before a server that takes seconds to start has bound it. Raises RehearsalError when too few are free.
    """
    counter = parts.cache() / ".ports"
    counter.parent.mkdir(parents=True, exist_ok=True)
    with locks.alone(counter):
        first = int(counter.read_text(encoding="ascii") or random.randrange(len(PORTS)))  # noqa: S311 -- no secret
        turn = (PORTS[(first + step) % len(PORTS)] for step in range(len(PORTS)))
        found = list(itertools.islice(filter(_free, turn), count))
        if len(found) < count:
            raise RehearsalError(f"fewer than {count} ports from {PORTS[0]} to {PORTS[-1]} are free", "ss -tln")
        counter.write_text(str(PORTS.index(found[-1]) + 1), encoding="ascii")
    return found


def _free(port: int) -> bool:
    with socket.socket() as attempt:
        try:
            attempt.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """Give one free port of loopback."""
    return free_ports(1)[0]


def wait_until(
    process: Process, ready: Callable[[], bool], *, patience: float = 60, beside: Sequence[Process] = ()
) -> None:
    """Return when ``ready()`` is true.

    Raises ProcessDied, with the end of the log, when the process or one ``beside`` it ends first, or after ``patience``
    seconds.
    """
    deadline = time.monotonic() + patience
    while not ready():
        for needed in (process, *beside):
            if not needed.alive:
                raise ProcessDied(f"{needed.name} ended while it started:\n{needed.last_lines()}", f"see {needed.log}")
        if time.monotonic() > deadline:
            message = f"{process.name} was not ready after {patience:.0f} s:\n{process.last_lines()}"
            raise ProcessDied(message, f"see {process.log}")
        time.sleep(POLL)


def answers(port: int) -> bool:
    """Tell whether something accepts connections on this port of loopback."""
    with socket.socket() as client:
        client.settimeout(1)
        return client.connect_ex((LOOPBACK, port)) == 0


def answers_http(url: str) -> bool:
    """Tell whether this URL gives an HTTP answer below 500, no proxy in between."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=2):
            return True
    except urllib.error.HTTPError as error:
        error.close()
        return error.code < 500  # noqa: PLR2004 -- https://www.rfc-editor.org/rfc/rfc9110#section-15.6
    except OSError:
        return False


def wait_port(process: Process, port: int, *, patience: float = 60) -> None:
    """Return when the port accepts connections; raises ProcessDied."""
    wait_until(process, lambda: answers(port), patience=patience)


def wait_http(process: Process, url: str, *, patience: float = 60) -> None:
    """Return when the URL answers; raises ProcessDied."""
    wait_until(process, lambda: answers_http(url), patience=patience)


def living(folder: Path) -> list[psutil.Process]:
    """Give every process of the cloud in ``folder``, whoever started it."""
    return [
        process
        for process in psutil.process_iter()
        if process.pid != os.getpid() and _variable(process, MARK) == str(folder)
    ]


def stop(folder: Path) -> int:
    """End every process of the cloud in ``folder`` and give how many there were; raises ProcessDied if one resists."""
    ended: dict[int, psutil.Process] = {}
    deadline = time.monotonic() + PATIENCE
    # Again and again: a process may be born while its parent is being killed.
    while found := living(folder):
        if time.monotonic() > deadline:
            left = " ".join(str(process.pid) for process in found)
            raise ProcessDied(f"processes of {folder} do not end: {left}", f"kill -9 {left}")
        for process in found:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        ended |= {process.pid: process for process in found}
        time.sleep(POLL)
    for process in ended.values():
        _reap(process)
    return len(ended)


def end_builders() -> None:
    """End our own children that belong to no cloud: the tools that make parts."""
    for child in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess, ProcessLookupError):
            if os.getsid(child.pid) == os.getsid(0):
                child.kill()


def _reap(process: psutil.Process) -> None:
    """Let a child of ours that has ended leave the table of processes."""
    with contextlib.suppress(psutil.Error):
        process.wait(0)


def _variable(process: psutil.Process, name: str) -> str | None:
    try:
        return process.environ().get(name)
    except psutil.Error:
        return None  # ended meanwhile, or another user's


def _into(log: Path) -> list[tuple[int, ...] | tuple[int, int, str, int, int]]:
    return [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, str(log), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644),
        (os.POSIX_SPAWN_DUP2, 1, 2),
    ]
