"""The service's folder: one folder per job, and a queue of tickets.

jobs/RUN_ID/request.json   what to run                 started     it has got its turn
            lock           held while it is alive      cancel      its end was asked for
            service.log    what it printed             ended.json  how it ended: the last word
queue/000000000007-RUN_ID  a place in the queue, removed at the end
"""

import contextlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from launcher import locks

if TYPE_CHECKING:
    import psutil

MARK = "FIRESTEEL_JOB"  # in the environment of every process of a job: its folder
SWEEPS = 5  # times to look again for processes that were born while their parents were being killed
LAST_BREATH = 2.0  # seconds that the kernel may take to end a killed process


class Job(NamedTuple):  # not a dataclass, whose import costs the service a fifth of its start
    """One job's folder and what it says."""

    folder: Path

    @property
    def known(self) -> bool:
        """True when the service has this job."""
        return self.folder.is_dir()

    @property
    def alive(self) -> bool:
        """True while the process that looks after the job lives."""
        return locks.held(self.folder / "lock")

    @property
    def started(self) -> bool:
        """True when the job has got its turn."""
        return (self.folder / "started").exists()

    @property
    def cancelled(self) -> bool:
        """True when somebody has asked for the job's end."""
        return (self.folder / "cancel").exists()

    def ended(self) -> Mapping[str, Any] | None:
        """Give ``word`` and ``message`` of the job's end; None while it has not ended."""
        try:
            return json.loads((self.folder / "ended.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except ValueError:  # the power failed before the disk had it
            return {"word": "lost", "message": "how it ended was lost when the machine was restarted"}

    def mark(self, name: str) -> None:
        """Leave an empty file of that name in the job's folder."""
        (self.folder / name).touch()

    def end(self, word: str, message: str) -> None:
        """Write how the job ended, unless that is written already."""
        draft = self.folder / f".ended-{os.getpid()}"
        draft.write_text(json.dumps({"word": word, "message": message}), encoding="utf-8")
        try:
            os.link(draft, self.folder / "ended.json")
        except FileExistsError:
            return  # the first word stands
        finally:
            draft.unlink()


class Spool(NamedTuple):
    """The whole service's folder."""

    root: Path

    def job(self, run_id: str) -> Job:
        """Give the folder of a job, which may not exist."""
        return Job(folder=self.root / "jobs" / run_id)

    def prepare(self) -> None:
        """Make the folders."""
        for name in ("jobs", "queue"):
            (self.root / name).mkdir(parents=True, exist_ok=True)

    def enqueue(self, run_id: str, draft: Path) -> bool:
        """Publish a prepared job folder and its ticket at once; False when the service has this job already."""
        with locks.alone(self.root / "queue.lock"):
            if self.job(run_id).known:
                return False
            last = max((number for number, _ in self._tickets()), default=0)
            self._ticket(last + 1, run_id).touch()
            draft.rename(self.job(run_id).folder)
        return True

    def take_turn(self, run_id: str, parallel: int) -> bool:
        """Start this job if fewer than ``parallel`` jobs run or stand before it; False when it has to wait."""
        with locks.alone(self.root / "queue.lock"):
            living = [name for _, name in self._tickets() if self._lives(name)]
            before = living.index(run_id)
            others = [name for at, name in enumerate(living) if at < before or (at > before and self.job(name).started)]
            if len(others) >= parallel:
                return False
            self.job(run_id).mark("started")
        return True

    def close(self, run_id: str, word: str, message: str, *, swept: bool = False) -> None:
        """End what is left of a job and free what it held; how it ended is written last: then all is done.

        ``swept`` says that no process of it is left, which spares a look at all processes.
        """
        import shutil

        job = self.job(run_id)
        if not swept:
            kill_leftovers(job.folder)
        shutil.rmtree(job.folder / "scratch", ignore_errors=True)
        self.leave(run_id)
        job.end(word, message)

    def leave(self, run_id: str) -> None:
        """Give up the job's place in the queue."""
        for path in (self.root / "queue").glob(f"*-{run_id}"):
            path.unlink(missing_ok=True)

    def ahead(self, run_id: str) -> int:
        """Give how many living jobs have a place before this one."""
        names = [name for _, name in self._tickets()]
        before = names[: names.index(run_id)] if run_id in names else []
        return sum(self._lives(name) for name in before)

    def _lives(self, run_id: str) -> bool:
        if self.job(run_id).alive:
            return True
        self.leave(run_id)  # killed, or the machine was restarted
        return False

    def _tickets(self) -> list[tuple[int, str]]:
        found = (path.name.partition("-") for path in (self.root / "queue").iterdir())
        return sorted((int(number), run_id) for number, _, run_id in found)

    def _ticket(self, number: int, run_id: str) -> Path:
        return self.root / "queue" / f"{number:012d}-{run_id}"


def kill_leftovers(folder: Path) -> None:
    """End every process of a job, also those whose parents are gone."""
    import psutil

    for _ in range(SWEEPS):
        found = _marked(folder)
        if not found:
            return
        for process in found:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(found, timeout=LAST_BREATH)


def _marked(folder: Path) -> "list[psutil.Process]":
    import psutil

    return [
        process for process in psutil.process_iter() if process.pid != os.getpid() and _mark(process) == str(folder)
    ]


def _mark(process: "psutil.Process") -> str | None:
    import psutil

    try:
        return process.environ().get(MARK)
    except psutil.Error:
        return None  # ended meanwhile, or another user's
