"""The seam between an emulated service and what runs its jobs: a real YARN, or a script without Spark."""

from collections.abc import Sequence
from typing import Protocol

from rehearsal.scripted_runner import Fate, ScriptedRunner
from rehearsal.yarn_runner import YarnRunner

__all__ = ["Fate", "Runner", "ScriptedRunner", "YarnRunner"]


class Runner(Protocol):
    """Runs jobs that are written as arguments of spark-submit; a job's name is unique, also after its end.

    Raises KeyError for a name that was never started.
    """

    def start(self, name: str, argv: Sequence[str]) -> None:
        """Start a job and return at once; ``argv`` are the words after ``spark-submit``."""
        ...

    def word(self, name: str) -> str:
        """Give how the job stands: starting, running, succeeded, failed or killed; the last three are final."""
        ...

    def kill(self, name: str) -> None:
        """Ask for the job's end, on YARN too; idempotent, and nothing happens to a job that has ended."""
        ...

    def output(self, name: str) -> bytes:
        """Give what spark-submit printed so far, on both streams."""
        ...

    def exit_code(self, name: str) -> int | None:
        """Give spark-submit's exit code; None while it runs, and when a signal ended it."""
        ...

    def driver_log(self, name: str) -> bytes:
        """Give what the driver printed so far, on both streams; empty before it runs."""
        ...
