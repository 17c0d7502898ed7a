"""One machine for crash tests: a home, a queue of the local service, real launchers, and what must not stay."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import psutil

from launcher import runs
from launcher.backends.local import Local
from launcher.local_service.spool import MARK, Job, Spool
from launcher.model import JobState, JobStatus
from launcher.records import Records
from launcher.runs import Cloud
from launcher.storage import Storage
from tests.homes import home_below

LAUNCHER = [sys.executable, "-c", "from launcher.cli import main; main()"]
ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 240.0  # seconds

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """A home that is the staging of `local` too; its queue runs ``parallel`` jobs at a time."""

    home: Path
    parallel: int

    @property
    def spool(self) -> Spool:
        return Spool(root=self.home / "local")

    @property
    def executions(self) -> Path:
        return self.home / "executions"

    @property
    def cloud(self) -> Cloud:
        """The same cloud as the command line's, for questions that need no process."""
        storage = Storage(f"file://{self.home}")
        backend = Local(staging=storage.root, parallel=self.parallel, cores="1", memory="512m")
        return Cloud(name="local", kind="local", backend=backend, storage=storage, records=Records(storage))

    def start(self, *words: str) -> "subprocess.Popen[str]":
        pipe = subprocess.PIPE
        return subprocess.Popen([*LAUNCHER, *words], env=self._environment(), stdout=pipe, stderr=pipe, text=True)

    def run(self, *words: str) -> tuple[int, str, str]:
        with self.start(*words) as process:
            out, err = process.communicate(timeout=PATIENCE)
        return process.returncode, out, err

    def submit(self, *arguments: str) -> str:
        """Submit a selftest and give its run id."""
        code, out, err = self.run("submit", "selftest", "--detach", "--", *arguments)
        assert code == 0, err
        return out.strip().partition("/")[2]

    def job(self, run_id: str) -> Job:
        return self.spool.job(run_id)

    def run_ids(self) -> list[str]:
        """The runs that are recorded, the oldest first."""
        return sorted(path.parent.name for path in self.home.glob("runs/*/intent.json"))

    def outcomes(self) -> dict[str, JobStatus | None]:
        return {run_id: self.cloud.records.outcome(run_id) for run_id in self.run_ids()}

    def settle(self) -> dict[str, JobStatus]:
        """Resume, then look until every run has its outcome."""
        assert self.run("resume")[0] == 0
        cloud = self.cloud
        for run_id in self.run_ids():
            until(lambda run_id=run_id: runs.look(cloud, run_id).status.state.final, f"{run_id} ends", pause=0.5)
        return {run_id: status for run_id, status in self.outcomes().items() if status is not None}

    def times_executed(self, run_id: str) -> int:
        """How often a run's workload began: lines of the file that its ``--append`` names."""
        args = self.cloud.records.submission(run_id).spec.args
        file = Path(args[args.index("--append") + 1])
        return len(file.read_text(encoding="utf-8").splitlines()) if file.exists() else 0

    def processes(self) -> list[psutil.Process]:
        """All living processes that work for this machine: launchers, the service's, jobs."""
        return [process for process in psutil.process_iter() if self._owns(process)]

    def processes_of(self, run_id: str) -> list[psutil.Process]:
        """The job's own processes: Java, the driver, its workers."""
        folder = str(self.job(run_id).folder)
        return [process for process in self.processes() if _asked(process, lambda p: p.environ().get(MARK)) == folder]

    def supervisor(self, run_id: str) -> psutil.Process | None:
        """The service's process that looks after the job: it holds the job's lock open."""
        lock = str(self.job(run_id).folder / "lock")
        return next((process for process in self.processes() if lock in _open_files(process)), None)

    def members(self, run_id: str) -> list[psutil.Process]:
        """All that a job consists of: its supervisor and its own processes."""
        return [*filter(None, [self.supervisor(run_id)]), *self.processes_of(run_id)]

    def litter(self) -> list[str]:
        """What a settled machine must not have: tickets, scratch folders, drafts, marks of dead launchers."""
        patterns = ("local/queue/*", "local/jobs/*/scratch", "local/jobs/.*", "launchers/*")
        return sorted(str(path.relative_to(self.home)) for pattern in patterns for path in self.home.glob(pattern))

    def _owns(self, process: psutil.Process) -> bool:
        home = _asked(process, lambda p: p.environ().get("FIRESTEEL_HOME"))
        # The class-data archive is built for later jobs, after the job that noticed that there is none.
        ours = home == str(self.home) and process.pid != os.getpid()
        return ours and "launcher.fast_start_build" not in (_asked(process, psutil.Process.cmdline) or [])

    def _environment(self) -> dict[str, str]:
        ours = {"FIRESTEEL_HOME": str(self.home), "FIRESTEEL_CONFIG": str(self.home / "launcher.toml")}
        return {**os.environ, **ours, "PYTHONPATH": str(ROOT)}


@contextmanager
def machine_below(folder: Path, *, parallel: int) -> Generator[Machine]:
    """Give a machine whose processes have all ended afterwards, whatever the test did."""
    home = home_below(folder)
    text = f'[clouds.local]\nparallel = {parallel}\ncores = "1"\nmemory = "512m"\n'
    (home / "launcher.toml").write_text(text, encoding="utf-8")
    machine = Machine(home=home, parallel=parallel)
    machine.executions.mkdir()
    try:
        yield machine
    finally:
        end(machine.processes())


def end(processes: list[psutil.Process]) -> None:
    """Kill -9 processes, at once, and wait until they are gone."""
    for process in processes:
        _asked(process, psutil.Process.kill)
    psutil.wait_procs(processes, timeout=10)


def until(condition: Callable[[], bool], what: str, *, seconds: float = PATIENCE, pause: float = 0.1) -> None:
    """Return as soon as ``condition`` holds; fails when it does not within ``seconds``."""
    last = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < last, f"after {seconds:.0f} s not yet: {what}"
        time.sleep(pause)


def is_settled(status: JobStatus | None) -> bool:
    """Whether this is the one outcome that a run may have."""
    return status is not None and status.state in {JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED}


def _open_files(process: psutil.Process) -> list[str]:
    return [file.path for file in _asked(process, psutil.Process.open_files) or []]


def _asked(process: psutil.Process, question: Callable[[psutil.Process], T]) -> T | None:
    try:
        return question(process)
    except psutil.Error:
        return None  # ended meanwhile, or another user's
