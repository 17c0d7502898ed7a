"""Whether the launcher that wrote an intent is still at work on it."""

import contextlib
import datetime
import os
import secrets
import socket
from collections.abc import Iterator
from pathlib import Path

from launcher import home, locks
from launcher.errors import StorageError
from launcher.model import Submission

PATIENCE = datetime.timedelta(minutes=15)  # until a launcher on another machine is taken to be gone


@contextlib.contextmanager
def announced() -> Iterator[str]:
    """Hold a lock that other launchers on this machine can see; gives the name to put into the intent."""
    folder = home.home() / "launchers"
    token = secrets.token_hex(8)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = locks.take(folder / token)
    except OSError as error:
        raise StorageError(f"{folder}: {error.strerror}", "set FIRESTEEL_HOME to a folder that can be written") from error
    try:
        yield f"{socket.gethostname()}:{token}"
    finally:
        (folder / token).unlink(missing_ok=True)
        if lock:
            lock.close()


def under_way(intent: Submission) -> bool:
    """Tell whether the submission behind an intent may still be going on."""
    host, _, token = intent.launched_by.rpartition(":")
    if host == socket.gethostname():
        return locks.held(home.home() / "launchers" / os.path.basename(token))  # noqa: PTH119 -- never leaves the folder
    return now() - datetime.datetime.fromisoformat(intent.submitted_at) < PATIENCE


def now() -> datetime.datetime:
    """Give the time of day, in UTC; only ever for people and records, never to measure or to order."""
    return datetime.datetime.now(datetime.UTC)


def forget_dead() -> None:
    """Remove the marks of launchers that were killed."""
    folder: Path = home.home() / "launchers"
    for path in folder.glob("*"):
        if not locks.held(path):
            path.unlink(missing_ok=True)
