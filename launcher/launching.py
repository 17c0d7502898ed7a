"""Whether the launcher that wrote an intent is still at work on it."""

import contextlib
import datetime as dt
import secrets
import socket
from collections.abc import Generator
from pathlib import Path

from launcher import home, locks
from launcher.errors import StorageError
from launcher.model import Submission

PATIENCE = dt.timedelta(minutes=15)  # until a launcher on another machine is taken to be gone


@contextlib.contextmanager
def announced() -> Generator[str]:
    """Hold a lock that other launchers on this machine can see; gives the name to put into the intent."""
    folder = _marks()
    token = secrets.token_hex(8)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _tidying():
            lock = locks.take(folder / token)
    except OSError as error:
        hint = "set FIRESTEEL_HOME to a folder that can be written"
        raise StorageError(f"{folder}: {error.strerror}", hint) from error
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
        return locks.held(_marks() / Path(token).name)  # a name: it never leaves the folder
    # A time that lies ahead is another machine's clock, not a submission that goes on until then.
    return abs(now() - dt.datetime.fromisoformat(intent.submitted_at)) < PATIENCE


def now() -> dt.datetime:
    """Give the time of day, in UTC; only ever for people and records, never to measure or to order."""
    return dt.datetime.now(dt.UTC).replace(microsecond=0)


def forget_dead() -> None:
    """Remove the marks of launchers that were killed."""
    if not _marks().is_dir():
        return
    with _tidying():
        for path in _marks().iterdir():
            if not locks.held(path):
                path.unlink(missing_ok=True)


def _marks() -> Path:
    return home.home() / "launchers"


def _tidying() -> contextlib.AbstractContextManager[None]:
    """Keep a mark that is made but not locked yet from being taken for a dead launcher's."""
    return locks.alone(home.home() / "launchers.lock")
