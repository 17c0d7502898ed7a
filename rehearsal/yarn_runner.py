"""Runs jobs by the real spark-submit on the real YARN of a rehearsal cloud."""

import contextlib
import os
import signal
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from rehearsal import processes
from rehearsal.errors import RehearsalError
from rehearsal.processes import Process
from rehearsal.yarn import Yarn

TAGS = "spark.yarn.tags"
# https://hadoop.apache.org/docs/r3.4.2/hadoop-yarn/hadoop-yarn-site/ResourceManagerRest.html#Cluster_Applications_API
FINAL = ("FINISHED", "FAILED", "KILLED")
STARTING = ("NEW", "NEW_SAVING", "SUBMITTED", "ACCEPTED")
LATE = 1.0  # seconds in which an application may still appear after its spark-submit was killed
# Keeps the exit code for whoever asks later, whole or not at all.
RECORDED = ("/bin/sh", "-c", '"$@"; echo $? > "$0-draft"; mv "$0-draft" "$0"')


@dataclass(kw_only=True)
class Job:
    """A job: its tag in YARN, its spark-submit, and whether its end was asked for."""

    tag: str
    process: Process
    exit_file: Path
    killed: bool = False
    final: str = ""

    @property
    def code(self) -> int | None:
        """The exit code of spark-submit, None while it is not known."""
        with contextlib.suppress(FileNotFoundError):
            return int(self.exit_file.read_text(encoding="ascii"))
        return None


@dataclass
class YarnRunner:
    """Jobs on ``yarn``; ``folder`` is the cloud's, ``env`` what its spark-submit gets besides."""

    yarn: Yarn
    folder: Path
    env: Mapping[str, str] = field(default_factory=dict)
    _jobs: dict[str, Job] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def start(self, name: str, argv: Sequence[str]) -> None:
        """Start spark-submit with these arguments, and a tag by which the application is found again."""
        tag = f"job-{sha256(name.encode()).hexdigest()[:16]}"
        exit_file = self.folder / "jobs" / f"{tag}.exit"
        exit_file.parent.mkdir(exist_ok=True)
        command = [*RECORDED, str(exit_file), self.yarn.spark_submit, *_tagged(argv, tag)]
        process = processes.start(self.folder, tag, command, env={**self.yarn.env, **self.env})
        with self._lock:
            self._jobs[name] = Job(tag=tag, process=process, exit_file=exit_file)

    def word(self, name: str) -> str:
        """Give how the job stands; spark-submit's own end decides, as it does for a step of the real services."""
        job = self._jobs[name]
        if not job.final:
            word = self._word(job)
            if word in {"starting", "running"}:
                return word
            job.final = word
        return job.final

    def kill(self, name: str) -> None:
        """End spark-submit, so that it cannot submit any more, then the application that it has submitted."""
        job = self._jobs[name]
        if job.code is not None or job.killed:
            return
        job.killed = True
        _signal(job.process, signal.SIGKILL)
        deadline = time.monotonic() + LATE
        while not self._kill_application(job) and time.monotonic() < deadline:
            time.sleep(processes.POLL)

    def interrupt(self, name: str) -> None:
        """End spark-submit and nothing else; an application that it has submitted goes on."""
        _signal(self._jobs[name].process, signal.SIGTERM)

    def output(self, name: str) -> bytes:
        """Give what spark-submit printed so far, on both streams."""
        return self._jobs[name].process.log.read_bytes()

    def exit_code(self, name: str) -> int | None:
        """Give spark-submit's exit code; None while it runs, and when it was killed."""
        return self._jobs[name].code

    def application(self, name: str) -> Mapping[str, Any] | None:
        """Give the application as the ResourceManager describes it; None before it has one."""
        return self._application(self._jobs[name])

    def driver_log(self, name: str, streams: Sequence[str] = ("stdout", "stderr")) -> bytes:
        """Give what the driver's container wrote so far, attempt after attempt."""
        found = self.application(name)
        return b"".join(_container_logs(Path(self.yarn.logs) / found["id"], streams)) if found else b""

    def _word(self, job: Job) -> str:
        running = job.process.alive
        code = job.code
        if running and code is None and not job.killed:
            found = self._application(job)
            return "starting" if found is None or found["state"] in STARTING else "running"
        if code == 0:
            return "succeeded"
        if job.killed:
            return "killed" if self._ended(job) else "running"
        return "killed" if (self._application(job) or {}).get("state") == "KILLED" else "failed"

    def _ended(self, job: Job) -> bool:
        found = self._application(job)
        if found is None or found["state"] in FINAL:
            return True
        self.yarn.kill(found["id"])
        return False

    def _kill_application(self, job: Job) -> bool:
        with contextlib.suppress(RehearsalError):
            if found := self._application(job):
                self.yarn.kill(found["id"])
                return True
        return False

    def _application(self, job: Job) -> Mapping[str, Any] | None:
        try:
            found = self.yarn.applications(applicationTags=job.tag)
        except RehearsalError:
            return None  # YARN does not answer; spark-submit's end will still be seen
        return found[-1] if found else None


def _signal(process: Process, number: signal.Signals) -> None:
    if process.alive:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)


def _tagged(argv: Sequence[str], tag: str) -> list[str]:
    """Add our tag to the job's own, if it has any: a second property of that name would replace the first."""
    for at, word in enumerate(argv):
        if word.startswith(f"{TAGS}=") and argv[at - 1] == "--conf":
            return [*argv[:at], f"{word},{tag}", *argv[at + 1 :]]
    return ["--conf", f"{TAGS}={tag}", *argv]


def _container_logs(application: Path, streams: Sequence[str]) -> Iterator[bytes]:
    # The driver is the first container of each attempt.
    for container in sorted(application.glob("container_*_000001")):
        for stream in streams:
            with contextlib.suppress(FileNotFoundError):
                yield (container / stream).read_bytes()
