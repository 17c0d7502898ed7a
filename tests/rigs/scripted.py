"""A service without Spark: it does what selftest's arguments say by the clock, and fails where it is told to.

It imitates a service that answers at once and whose jobs write their receipt exactly at their end. It has no queue, no
log of its own beyond one line, and no memory limit.
"""

import argparse
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jobs import selftest
from launcher.backend import Request
from launcher.errors import BackendUnavailable, JobNotFound
from launcher.model import JobSpec, JobState, JobStatus, Run

STATES = {
    "busy": JobState.RUNNING,
    "fine": JobState.SUCCEEDED,
    "broken": JobState.FAILED,
    "stopped": JobState.CANCELLED,
}


def no_fault(_call: str) -> None:
    """Let every call pass."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scripted:
    """``before`` and ``after`` are called with a method's name around its work, and may raise."""

    staging: str
    before: Callable[[str], None] = no_fault
    after: Callable[[str], None] = no_fault

    @property
    def folder(self) -> Path:
        return Path(self.staging.removeprefix("file://")) / "service"

    def request(self, spec: JobSpec, run: Run) -> Request:
        directory = run.directory.removeprefix("file://")
        return {"name": run.run_id, "directory": directory, "args": list(spec.args), "env": dict(spec.env)}

    def submit(self, request: Request) -> str:
        self.before("submit")
        self.folder.mkdir(parents=True, exist_ok=True)
        job = self._path(str(request["name"]))
        if not job.exists():
            job.write_text(json.dumps({**request, "at": time.time()}), encoding="utf-8")
            with (self.folder / "executions").open("a", encoding="utf-8") as executions:
                executions.write(f"{request['name']}\n")
            _append(_parse(request["args"]).append)
        self.after("submit")
        return str(request["name"])

    def find(self, run_id: str) -> str | None:
        self.before("find")
        return run_id if self._path(run_id).exists() else None

    def status(self, job_id: str) -> JobStatus:
        self.before("status")
        job = self._job(job_id)
        word = self._word(job)
        return JobStatus(state=STATES.get(word, JobState.UNKNOWN), native=word)

    def statuses(self, job_ids: Sequence[str]) -> Mapping[str, JobStatus]:
        self.before("statuses")
        return {job_id: self.status(job_id) for job_id in job_ids if job_id and self._path(job_id).exists()}

    def logs(self, job_id: str) -> Iterator[str]:
        self.before("logs")
        return iter([f"{self._job(job_id)['name']} on the scripted service"])

    def cancel(self, job_id: str) -> None:
        self.before("cancel")
        job = self._job(job_id)
        if self._word(job) == "busy":
            self._path(job_id).write_text(json.dumps({**job, "word": "stopped"}), encoding="utf-8")

    def _path(self, job_id: str) -> Path:
        return self.folder / f"{job_id}.job"

    def _job(self, job_id: str) -> dict[str, Any]:
        if not job_id or not self._path(job_id).exists():
            raise JobNotFound(f"the scripted service knows no job {job_id!r}")
        return json.loads(self._path(job_id).read_text(encoding="utf-8"))

    def _word(self, job: dict[str, Any]) -> str:
        if "word" in job:
            return job["word"]
        args = _parse(job["args"])
        if time.time() < job["at"] + args.sleep:
            return "busy"
        code = 1 if args.error else args.exit
        _write_receipt(Path(job["directory"]), code, args, job["env"])
        return "broken" if code else "fine"


class ScriptedRig:
    name = "scripted"
    unmapped = "levitating"

    def running(self, folder: Path) -> AbstractContextManager[None]:
        del folder  # the service is a folder
        return nullcontext()

    def open(self, folder: Path) -> Scripted:
        return Scripted(staging=f"file://{folder}")

    def unreachable(self, folder: Path) -> Scripted:
        def refuse(call: str) -> None:
            if call == "submit":
                raise BackendUnavailable("the scripted service does not answer")

        return Scripted(staging=f"file://{folder}", before=refuse)

    def say(self, folder: Path, job_id: str, word: str) -> None:
        path = folder / "service" / f"{job_id}.job"
        path.write_text(json.dumps({**json.loads(path.read_text(encoding="utf-8")), "word": word}), encoding="utf-8")

    def secrets(self) -> list[str]:
        return []


def _parse(arguments: list[str]) -> Any:
    parser = argparse.ArgumentParser()
    selftest.add_arguments(parser)
    return parser.parse_args(arguments)


def _append(path: str) -> None:
    if path:
        with Path(path).open("a", encoding="utf-8") as executions:
            executions.write("once\n")


def _write_receipt(directory: Path, code: int, args: Any, env: Mapping[str, str]) -> None:
    path = directory / "receipt.json"
    if path.exists():
        return
    (directory / "output").mkdir(parents=True, exist_ok=True)
    state = "FAILED" if code else "SUCCEEDED"
    metrics: dict[str, Any] = {"lines": args.lines, "counted": 0, "held_mib": args.memory}
    metrics |= {"variable": [env.get(args.variable)] * 2} if args.variable else {}
    (directory / "output" / "metrics.json").write_text(json.dumps(metrics), encoding="utf-8")
    receipt = {"state": state, "exit_code": code, "message": args.error, "seconds": {}}
    path.write_text(json.dumps(receipt), encoding="utf-8")
