"""A service without a protocol: what the launcher itself does about faults, apart from any vendor's backend.

It has no queue and no log. A listing lags, ended jobs are forgotten, and a request may be carried out late.
"""

import contextlib
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from launcher.backend import Request
from launcher.errors import BackendUnavailable, JobNotFound
from launcher.model import JobSpec, JobState, JobStatus, Run
from launcher.spark import job_arguments
from rehearsal.chaos import Chaos
from rehearsal.runners import Fate, ScriptedRunner

STATES = {
    "starting": JobState.PENDING,
    "running": JobState.RUNNING,
    "succeeded": JobState.SUCCEEDED,
    "failed": JobState.FAILED,
    "killed": JobState.CANCELLED,
}
STALE = 10.0  # seconds that a new job may be missing in a listing
PATIENCE = 30.0  # seconds until "no job" is believed: a request may be carried out late
STARTUP = 2.0  # seconds from a job's acceptance to its first act
EXPIRED = LATE = (2.0, 20.0)  # seconds
LATE_RECEIPT = (1.0, 40.0)  # seconds after a job's end
REMEMBERED = 20.0  # seconds that every job is

T = TypeVar("T")


@dataclass(slots=True)
class Job:
    """When the service took a job, and whether it will forget it."""

    taken: float
    forgets: bool


class Plain:
    """Backend and service in one; its jobs are named by their run ids."""

    def __init__(self, folder: Path, chaos: Chaos) -> None:
        self.staging = f"file://{folder}"
        self.chaos = chaos
        self._folder = folder / "service"
        self._folder.mkdir(parents=True)
        self.runner = ScriptedRunner(self._folder, self._fate, startup=STARTUP, now=time.monotonic)
        self._jobs: dict[str, Job] = {}
        self._late: list[tuple[float, Callable[[], object]]] = []
        self._expired_until = 0.0

    def request(self, spec: JobSpec, run: Run) -> Request:
        return {"name": run.run_id, "argv": job_arguments(spec, run)}

    def submit(self, request: Request) -> str:
        return self._call("submit", lambda: self._taken(str(request["name"]), request["argv"]))

    def find(self, run_id: str) -> str | None:
        believed = time.monotonic() + PATIENCE
        while True:
            found = self._call("find", lambda: self._listed(run_id))
            if found or time.monotonic() >= believed:
                return found
            time.sleep(1)

    def status(self, job_id: str) -> JobStatus:
        return self._call("status", lambda: self._status(job_id))

    def statuses(self, job_ids: Sequence[str]) -> Mapping[str, JobStatus]:
        return self._call("statuses", lambda: {id_: self._status(id_) for id_ in job_ids if self._listed(id_)})

    def logs(self, job_id: str) -> Iterator[str]:
        return self._call("logs", lambda: iter([self._word(job_id)]))

    def cancel(self, job_id: str) -> None:
        self._call("cancel", lambda: self._word(job_id) and self.runner.kill(job_id))

    def executions(self) -> list[str]:
        """The run ids of the jobs that began to work, in that order."""
        path = self._folder / "executions"
        return [line.split()[1] for line in path.read_text().splitlines()] if path.exists() else []

    def truth(self, run_id: str) -> JobState | None:
        """What really became of a run; None when its job never came to work."""
        return STATES[self.runner.word(run_id)] if run_id in self.executions() else None

    def started(self, job_id: str, argv: Sequence[str]) -> None:
        """Have a job run."""
        self.runner.start(job_id, argv)

    def _fate(self, run_id: str) -> Fate:
        late = self.chaos.strikes("late_receipt", run_id)
        delay = self.chaos.amount("late_receipt", *LATE_RECEIPT, run_id) if late else 0.0
        return Fate(receipt_delay=delay, no_receipt=self.chaos.strikes("no_receipt", run_id))

    def _call(self, name: str, work: Callable[[], T]) -> T:
        self._carry_out_late()
        self.runner.settle()
        self._refuse(name, work)
        answer = work()
        for switch in ("error_after", "timeout_after", "reset_after"):
            if self.chaos.strikes(switch, name):
                raise BackendUnavailable(f"{name}: {switch}")
        return answer

    def _refuse(self, name: str, work: Callable[[], object]) -> None:
        now = time.monotonic()
        if now >= self._expired_until and self.chaos.strikes("expire"):
            self._expired_until = now + self.chaos.amount("expire", *EXPIRED)
        if now < self._expired_until and not self.chaos.is_calm:
            raise BackendUnavailable("the credentials have expired")
        if self.chaos.strikes("late", name):
            self._late.append((now + self.chaos.amount("late", *LATE, name), work))
            raise BackendUnavailable(f"{name}: late")
        for switch in ("throttle", "error_before", "reset_before"):
            if self.chaos.strikes(switch, name):
                raise BackendUnavailable(f"{name}: {switch}")

    def _carry_out_late(self) -> None:
        now = time.monotonic()
        due = [work for moment, work in self._late if moment <= now]
        self._late = [(moment, work) for moment, work in self._late if moment > now]
        for work in due:
            with contextlib.suppress(JobNotFound):
                work()

    def _taken(self, run_id: str, argv: Sequence[str]) -> str:
        if run_id not in self._jobs:
            self._jobs[run_id] = Job(time.monotonic(), forgets=self.chaos.strikes("forget", run_id))
            self.started(run_id, argv)
        return run_id

    def _listed(self, run_id: str) -> str | None:
        job = self._jobs.get(run_id)
        if job is None or self._forgotten(run_id, job):
            return None
        fresh = time.monotonic() - job.taken < STALE
        return None if fresh and self.chaos.strikes("stale", run_id) else run_id

    def _status(self, job_id: str) -> JobStatus:
        word = self._word(job_id)
        if word == "failed" and self.chaos.strikes("lie", job_id):
            word = "succeeded"
        return JobStatus(state=STATES[word], native=word)

    def _word(self, job_id: str) -> str:
        job = self._jobs.get(job_id)
        if job is None or self._forgotten(job_id, job):
            raise JobNotFound(f"no job {job_id!r}")
        return self.runner.word(job_id)

    def _forgotten(self, run_id: str, job: Job) -> bool:
        if not STATES[self.runner.word(run_id)].final:
            return False
        return job.forgets and time.monotonic() > job.taken + REMEMBERED


@contextmanager
def scripted(folder: Path, chaos: Chaos) -> Generator[tuple[Plain, Plain]]:
    service = Plain(folder, chaos)
    yield service, service
