"""What the contract suite needs of a rig."""

from pathlib import Path
from typing import Protocol

from launcher.backend import Backend


class Rig(Protocol):
    """A way to open one kind of backend on a folder, live or rehearsed."""

    name: str

    def open(self, folder: Path) -> Backend:
        """Give a working backend; a second call on the same folder reaches the same service."""
        ...

    def unreachable(self, folder: Path) -> Backend:
        """Give a backend whose service cannot be asked."""
        ...

    def say(self, folder: Path, job_id: str, word: str) -> None:
        """Make the service report ``word`` as the native state of a job that has not ended."""
        ...
