"""What the contract suite needs of a rig."""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from launcher.backend import Backend


class Rig(Protocol):
    """A way to open one kind of backend on a folder, live or rehearsed.

    ``unmapped`` is a native state that no table has.
    """

    name: str
    unmapped: str

    def running(self, folder: Path) -> AbstractContextManager[None]:
        """Run the service for the length of a block, with its own state in an empty folder."""
        ...

    def open(self, folder: Path) -> Backend:
        """Give a working backend with a staging for that folder alone; a second call reaches the same service."""
        ...

    def unreachable(self, folder: Path) -> Backend:
        """Give a backend whose service cannot be asked to take a job."""
        ...

    def say(self, folder: Path, job_id: str, word: str) -> None:
        """Make the service report ``word`` as the native state of a job that has not ended."""
        ...

    def secrets(self) -> list[str]:
        """Give what may stand nowhere: the secrets that the launcher uses to reach the service."""
        ...
