"""One service per rig and process, shared by the promises: a job is too dear to run twice for two questions."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from launcher import runs
from launcher.backend import Backend
from launcher.model import JobSpec, JobState, JobStatus, Submission
from launcher.records import Records
from launcher.runs import Cloud
from launcher.storage import Storage
from tests.homes import home_below
from tests.rigs.base import Rig
from tests.rigs.dataproc import DataprocRig
from tests.rigs.emr import EmrRig
from tests.rigs.hdinsight import HDInsightRig
from tests.rigs.local import LocalRig
from tests.rigs.scripted import ScriptedRig

HERE: tuple[Rig, ...] = (ScriptedRig(), LocalRig())
ON_REAL_PARTS: tuple[Rig, ...] = (EmrRig(), DataprocRig(), HDInsightRig())
RIGS = HERE + ON_REAL_PARTS
PATIENCE = 240  # seconds
AWKWARD = 'it\'s a "b" $HOME `id -u` \\n {{PWD}} 100 % ${x:-y} é <LOG_DIR>'  # what shells and YARN would act on


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A rig's backend on a folder, and how to use it as the launcher does."""

    rig: Rig
    folder: Path
    backend: Backend

    @property
    def cloud(self) -> Cloud:
        storage = Storage(self.backend.staging)
        records = Records(storage)
        return Cloud(name="it", kind=self.rig.name, backend=self.backend, storage=storage, records=records)

    def plan(self, *args: str, **env: str) -> Submission:
        return runs.planned(self.cloud, JobSpec(workload="selftest", args=args, env=env))

    def submit(self, *args: str, **env: str) -> Submission:
        return runs.submit(self.cloud, self.plan(*args, **env))

    def until(self, job_id: str, *, state: JobState | None = None) -> JobStatus:
        """Wait until the job is in that state, or, when none is given, has ended."""
        end = time.monotonic() + PATIENCE
        status = self.backend.status(job_id)
        while status.state is not state and not status.state.final and time.monotonic() < end:
            time.sleep(0.1)
            status = self.backend.status(job_id)
        assert status.state is state or (state is None and status.state.final), f"{job_id} is {status}"
        return status

    def on(self, folder: Path) -> "Service":
        return replace(self, folder=folder, backend=self.rig.open(folder))


@pytest.fixture(
    scope="session",
    params=[*HERE, *(pytest.param(rig, marks=pytest.mark.parts) for rig in ON_REAL_PARTS)],
    ids=lambda rig: rig.name,
)
def service(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    rig: Rig = request.param
    folder = tmp_path_factory.mktemp(f"{rig.name} staging")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FIRESTEEL_HOME", str(home_below(tmp_path_factory.mktemp("service"))))
        with rig.running(tmp_path_factory.mktemp(rig.name)):
            yield Service(rig=rig, folder=folder, backend=rig.open(folder))


@pytest.fixture(scope="session")
def executions(service: Service) -> Path:
    return service.folder / "executions.txt"


@pytest.fixture(scope="session")
def succeeded(service: Service, executions: Path) -> Submission:
    return service.submit("--append", str(executions), "--variable", "AWKWARD", AWKWARD=AWKWARD)


@pytest.fixture(scope="session")
def raising(service: Service) -> Submission:
    return service.submit("--raise", f"as asked, {AWKWARD}")


@pytest.fixture(scope="session")
def exiting(service: Service) -> Submission:
    return service.submit("--exit", "3")
