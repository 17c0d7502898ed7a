"""The local service, with real Spark."""

import os
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from launcher.backends.local import Local
from launcher.local_service.spool import Spool


class LocalRig:
    name = "local"
    unmapped = "levitating"

    def running(self, folder: Path) -> AbstractContextManager[None]:
        del folder  # the service is its jobs' processes
        return nullcontext()

    def open(self, folder: Path) -> Local:
        return Local(staging=f"file://{folder}", parallel=2, cores="1", memory="512m")

    def unreachable(self, folder: Path) -> Local:
        (folder / "local").mkdir(parents=True)
        (folder / "local" / "jobs").write_text("a file where a folder should be", encoding="utf-8")
        return self.open(folder)

    def say(self, folder: Path, job_id: str, word: str) -> None:
        Spool(root=folder / "local").job(job_id).end(word, f"said by a test ({os.getpid()})")

    def secrets(self) -> list[str]:
        return []
