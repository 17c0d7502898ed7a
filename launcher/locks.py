"""Locks that the kernel gives back when their holder ends, however it ends: the test for "is it still alive"."""

import contextlib
import fcntl
import os
from collections.abc import Generator
from pathlib import Path
from typing import IO


def take(path: Path) -> IO[bytes] | None:
    """Lock a file for as long as the result is open; None when another process holds it."""
    file = path.open("ab")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    return file


def held(path: Path) -> bool:
    """Tell whether a living process has taken this lock; False when there is no such file."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        # Shared, so that two who ask at the same time do not take each other for the holder.
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


@contextlib.contextmanager
def alone(path: Path) -> Generator[None]:
    """Hold a lock for the length of a block, waiting for it as long as it takes."""
    with path.open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
