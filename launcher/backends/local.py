"""Spark embedded in this machine: the batch service of ``launcher.local_service`` runs ``spark-submit``."""

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from launcher import embedded, fast_start
from launcher.backend import Request
from launcher.errors import BackendUnavailable, ConfigError, JobNotFound
from launcher.local_service.spool import Job, Spool
from launcher.model import JobSpec, JobState, JobStatus, Run
from launcher.spark import spark_submit
from launcher.storage import local_path

# Words of launcher.local_service.
STATES = {
    "waiting": JobState.PENDING,
    "running": JobState.RUNNING,
    "done": JobState.SUCCEEDED,
    "failed": JobState.FAILED,
    "killed": JobState.FAILED,
    "lost": JobState.FAILED,
    "cancelled": JobState.CANCELLED,
}
LOST = ("lost", "its processes were killed, or the machine was restarted")
CONF = {
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Local:
    """A queue on this machine that runs ``parallel`` jobs at a time; the job id is the run id.

    ``staging`` is a folder or a ``file:`` URI, ``python`` an interpreter with pyspark, ``cores`` a number or ``*``,
    ``memory`` the heap of a job's driver.
    """

    staging: str
    python: str = sys.executable
    cores: str = "*"
    memory: str = "2g"
    parallel: int = 1

    def request(self, spec: JobSpec, run: Run) -> Request:
        """Build the spark-submit command and the variables that are set for it."""
        conf = CONF | {"spark.driver.memory": self.memory}
        argv = ["spark-submit", *spark_submit(spec, _with_paths(run), master=f"local[{self.cores}]", conf=conf)]
        return {"run_id": run.run_id, "argv": argv, "env": dict(spec.env)}

    def submit(self, request: Request) -> str:
        """Start the process that looks after the job; returns when it has the job in its queue."""
        run_id = str(request["run_id"])
        job_order = {
            "spool": str(self._spool.root),
            "run_id": run_id,
            "parallel": self.parallel,
            "request": request,
            "python": self.python,
            **self._command(request),
        }
        answer = _hand_over(json.dumps(job_order).encode() + b"\n")
        if answer != "accepted":
            raise BackendUnavailable(f"the local service could not take the job: {answer}", "launcher doctor")
        return run_id

    def find(self, run_id: str) -> str | None:
        """Give the run id itself when the service has the job."""
        return run_id if self._spool.job(run_id).known else None

    def status(self, job_id: str) -> JobStatus:
        """Give how the job stands; a job whose processes were killed, or that a reboot took, is settled here."""
        job = self._job(job_id)
        ended = job.ended()
        if ended is None and job.alive:
            return self._living(job, job_id)
        ended = ended or job.ended() or self._settle(job, job_id)
        word = str(ended["word"])
        return JobStatus(state=STATES.get(word, JobState.UNKNOWN), native=word, message=str(ended["message"]))

    def statuses(self, job_ids: Sequence[str]) -> Mapping[str, JobStatus]:
        """Give how many jobs stand; each costs a look at its folder."""
        return {job_id: self.status(job_id) for job_id in job_ids if job_id and self._spool.job(job_id).known}

    def logs(self, job_id: str) -> Iterator[str]:
        """Give what the job's processes printed so far, Spark's own log included."""
        path = self._job(job_id).folder / "service.log"
        with path.open(encoding="utf-8", errors="backslashreplace") as lines:
            for line in lines:
                yield line.rstrip("\n")

    def cancel(self, job_id: str) -> None:
        """Ask for the job's end: at once while it waits, by a signal while it runs."""
        job = self._job(job_id)
        if job.ended() is None:
            job.mark("cancel")

    @property
    def _spool(self) -> Spool:
        folder = local_path(self.staging)
        if folder is None:
            raise ConfigError(f"staging {self.staging!r} is not on this machine", 'write staging = "/some/folder"')
        return Spool(root=folder / "local")

    def _job(self, job_id: str) -> Job:
        job = self._spool.job(job_id)
        if not job_id or not job.known:
            raise JobNotFound(f"the local service knows no job {job_id!r}", "launcher runs")
        return job

    def _living(self, job: Job, job_id: str) -> JobStatus:
        if job.started:
            return JobStatus(state=JobState.RUNNING, native="running")
        ahead = self._spool.ahead(job_id)
        return JobStatus(state=JobState.PENDING, native="waiting", message=f"{ahead} before it" if ahead else "")

    def _settle(self, job: Job, job_id: str) -> dict[str, Any]:
        found = ("cancelled", "") if job.cancelled else LOST
        with contextlib.suppress(OSError):  # a full disk, or a folder that was removed: the word stands without a file
            self._spool.close(job_id, *found)
        return dict(job.ended() or {"word": found[0], "message": found[1]})

    def _command(self, request: Request) -> dict[str, Any]:
        """Give the command line and the whole environment of the job on this machine."""
        spark = embedded.spark(self.python)
        scratch = str(self._spool.job(str(request["run_id"])).folder / "scratch")
        options = fast_start.options(spark.java, spark.home, user=" ".join(request["argv"]))
        ours = {
            "JAVA_HOME": str(spark.java.home),
            "SPARK_HOME": str(spark.home),  # a foreign one in the environment would be used instead of ours
            "SPARK_LOCAL_DIRS": scratch,
            "SPARK_LOCAL_IP": "127.0.0.1",
            "SPARK_SUBMIT_OPTS": fast_start.quoted((f"-Djava.io.tmpdir={scratch}", *options)),
            "PYSPARK_PYTHON": self.python,
            "PYSPARK_DRIVER_PYTHON": self.python,  # people set it to jupyter
            "TMPDIR": scratch,
        }
        argv = [str(spark.home / "bin" / "spark-submit"), *request["argv"][1:]]
        return {"argv": argv, "env": {**os.environ, **ours, **request["env"]}}


def _with_paths(run: Run) -> Run:
    """Give the run with its application named by paths: spark-submit splits and decodes what looks like a URI."""

    def path(uri: str) -> str:
        return str(local_path(uri) or uri)

    app = replace(run.app, main=path(run.app.main), py_files=tuple(path(uri) for uri in run.app.py_files))
    return replace(run, app=app)


def _hand_over(job_order: bytes) -> str:
    """Start the process that looks after a job and give its one-line answer."""
    argv = [sys.executable, "-m", "launcher.local_service"]
    started = subprocess.run(argv, input=job_order, capture_output=True, cwd="/", check=False)
    text = started.stdout.decode(errors="replace").strip() or started.stderr.decode(errors="replace").strip()
    return text.splitlines()[-1] if text else "it gave no answer"
