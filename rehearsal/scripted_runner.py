"""Runs jobs without Spark: each does by the clock what the workload `selftest` would do, and writes what `jobs` writes.

Not imitated: memory, Spark stages, raw bytes, and a rate of lines; a job that asks for them fails, and says so. Any
other workload succeeds at once with empty metrics. A job progresses when any method is called, for whatever job.
"""

import argparse
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn
from urllib.parse import unquote

from launcher.errors import LauncherError
from rehearsal.scripted_record import RunDirectory


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """What goes wrong with a job's receipt: seconds that it comes late, or that it never comes."""

    receipt_delay: float = 0.0
    no_receipt: bool = False


def no_fate(_name: str) -> Fate:
    """Let every receipt come at the job's end."""
    return Fate()


@dataclass(kw_only=True)
class Job:
    """A job by the clock: ``begins`` and ``ends`` are moments of it; ``code`` is known at its end."""

    name: str
    begins: float
    directory: RunDirectory | None
    script: argparse.Namespace
    word: str = "starting"
    ends: float = 0.0
    code: int | None = None
    log: str = ""


@dataclass
class ScriptedRunner:
    """Jobs by the clock ``now``, each ``startup`` seconds after its start; safe to use from many threads.

    ``folder/submitted`` gets a line for each job started, ``folder/executions`` one for each whose workload really ran:
    the job's name and its run id.
    """

    folder: Path
    fate: Callable[[str], Fate] = no_fate
    startup: float = 0.0
    now: Callable[[], float] = time.monotonic
    _jobs: dict[str, Job] = field(default_factory=dict)
    _open: dict[str, Job] = field(default_factory=dict)
    _late: list[tuple[float, Job]] = field(default_factory=list)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def start(self, name: str, argv: Sequence[str]) -> None:
        """Start a job and return at once; ``argv`` are the words after ``spark-submit``."""
        directory, script = _parsed(argv)
        with self._lock:
            job = Job(name=name, begins=self.now() + self.startup, directory=directory, script=script)
            self._jobs[name] = self._open[name] = job
            self._count("submitted", job)
            self.settle()

    def word(self, name: str) -> str:
        """Give how the job stands: starting, running, succeeded, failed or killed."""
        with self._lock:
            self.settle()
            return self._jobs[name].word

    def kill(self, name: str) -> None:
        """End a job at once, without a receipt; nothing happens to one that has ended."""
        with self._lock:
            self.settle()
            if job := self._open.pop(name, None):
                job.word = "killed"

    def output(self, name: str) -> bytes:
        """Give what spark-submit would have printed."""
        with self._lock:
            return f"{name}: {self.word(name)}\n".encode()

    def exit_code(self, name: str) -> int | None:
        """Give the exit code; None while the job runs, and when it was killed."""
        with self._lock:
            self.settle()
            return self._jobs[name].code

    def driver_log(self, name: str) -> bytes:
        """Give what the driver printed so far."""
        with self._lock:
            self.settle()
            return self._jobs[name].log.encode()

    def settle(self) -> int:
        """Let every job come as far as the clock allows; gives how many jobs and receipts are still to come."""
        with self._lock:
            for job in list(self._open.values()):
                self._advance(job)
            due = [job for at, job in self._late if at <= self.now()]
            self._late = [(at, job) for at, job in self._late if at > self.now()]
            for job in due:
                _guarded(job, _write_receipt)
            return len(self._open) + len(self._late)

    def _advance(self, job: Job) -> None:
        if job.word == "starting" and self.now() >= job.begins:
            self._begin(job)
        if job.word == "running" and self.now() >= job.ends:
            self._end(job)
        if job.code is not None:
            del self._open[job.name]

    def _begin(self, job: Job) -> None:
        job.word, job.ends = "running", job.begins + job.script.sleep
        refusal = _guarded(job, _claim)
        if refusal:
            job.log, job.word, job.code = f"{refusal}\n", "failed", 1
        else:
            self._count("executions", job)

    def _end(self, job: Job) -> None:
        job.code = job.script.code
        job.word = "failed" if job.code else "succeeded"
        fate = self.fate(job.name)
        if refusal := _guarded(job, _write_output):
            job.log, job.word, job.code = f"{job.log}{refusal}\n", "failed", job.code or 1
        elif fate.receipt_delay > 0 and not fate.no_receipt:
            self._late.append((job.ends + fate.receipt_delay, job))
        elif not fate.no_receipt:
            _guarded(job, _write_receipt)

    def _count(self, what: str, job: Job) -> None:
        run_id = job.directory.run_id if job.directory else "-"
        with (self.folder / what).open("a", encoding="utf-8") as lines:
            lines.write(f"{job.name} {run_id}\n")


def _guarded(job: Job, act: Callable[[Job, RunDirectory], str]) -> str:
    """Do something in the run directory, if the job has one; gives why it could not be done."""
    if job.directory is None:
        return ""
    try:
        return act(job, job.directory)
    except LauncherError as error:
        return error.message


def _claim(job: Job, directory: RunDirectory) -> str:
    refusal = directory.claim()
    if refusal:
        return refusal
    job.log = "".join(f"{job.script.line.replace('{n}', str(n))}\n" for n in range(1, job.script.lines + 1))
    directory.log(job.log)
    if job.script.append:
        with Path(job.script.append).open("a", encoding="utf-8") as executions:
            executions.write(f"{job.name}\n")
    return ""


def _write_output(job: Job, directory: RunDirectory) -> str:
    if not directory.recorded:
        return f"the run directory was removed: {directory.uri}"
    if not job.code:
        directory.metrics({"lines": job.script.lines, "counted": 0, "held_mib": 0})
    return ""


def _write_receipt(job: Job, directory: RunDirectory) -> str:
    message = job.script.error or (f"exit code {job.code}" if job.code else "")
    directory.receipt(code=job.code or 0, message=message, seconds=job.script.sleep)
    return ""


class _Parser(argparse.ArgumentParser):
    """A parser that raises where argparse would end the process."""

    def error(self, message: str) -> NoReturn:
        """Raise what is wrong with the arguments."""
        raise ValueError(message)


def _parsed(argv: Sequence[str]) -> tuple[RunDirectory | None, argparse.Namespace]:
    """Give where the job writes, and what it does; an argument that cannot be imitated makes it fail."""
    if "--run" not in argv:
        return None, _script(())
    at = argv.index("--run")
    own, _, arguments = _partition(argv[at:])
    known = _known(own)
    arguments = [unquote(argument) for argument in arguments] if known.quoted else arguments
    directory = RunDirectory(known.directory.rstrip("/"), known.run, known.digest, known.workload, tuple(arguments))
    return directory, _script(arguments if known.workload == "selftest" else ())


def _partition(argv: Sequence[str]) -> tuple[Sequence[str], Sequence[str], Sequence[str]]:
    at = argv.index("--") if "--" in argv else len(argv)
    return argv[:at], argv[at : at + 1], argv[at + 1 :]


def _known(own: Sequence[str]) -> argparse.Namespace:
    parser = _Parser(allow_abbrev=False)
    for name in ("--run", "--directory", "--digest", "--workload"):
        parser.add_argument(name, default="")
    parser.add_argument("--quoted", action="store_true")
    return parser.parse_args(own)


def _script(arguments: Sequence[str]) -> argparse.Namespace:
    parser = _Parser(allow_abbrev=False)
    parser.add_argument("--input")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--lines", type=int, default=0)
    parser.add_argument("--line", default="line {n}")
    parser.add_argument("--sleep", type=float, default=0)
    parser.add_argument("--append", default="")
    parser.add_argument("--raise", dest="error", default="")
    parser.add_argument("--exit", dest="code", type=int, default=0)
    try:
        script = parser.parse_args(arguments)
    except ValueError as error:
        return parser.parse_args(["--raise", f"the scripted job cannot do that: {error}", "--exit", "2"])
    script.code = 1 if script.error else script.code
    return script
