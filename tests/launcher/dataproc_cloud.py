"""A Dataproc backend on the emulated service, with jobs by the clock."""

from collections.abc import Generator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from launcher import retrying
from launcher.backends import dataproc as backends
from launcher.backends.dataproc import Dataproc
from launcher.model import Application, JobSpec, Run
from rehearsal.chaos import Chaos
from tests.rigs import dataproc as rig
from tests.rigs.dataproc import Witness


@dataclass(frozen=True, slots=True)
class Cloud:
    """A backend, the service behind it, and where its jobs' directories are."""

    backend: Dataproc
    witness: Witness
    folder: Path

    def request(self, number: int = 0, *args: str, run_id: str = "") -> dict[str, Any]:
        run_id = run_id or f"selftest-20261124-101530-{number:04x}"
        app = Application(main="gs://b/main.py", py_files=("gs://b/jobs.zip",), digest="d")
        run = Run(run_id=run_id, app=app, directory=f"file://{self.folder}/runs/{run_id}")
        return dict(self.backend.request(JobSpec(workload="selftest", args=args), run))

    def submit(self, number: int = 0, *args: str) -> str:
        return self.backend.submit(self.request(number, *args))

    def submitted(self) -> list[str]:
        path = self.witness.runner.folder / "submitted"
        return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


def faulty(folder: Path, budget: int, **rates: float) -> AbstractContextManager[tuple[Dataproc, Witness]]:
    """Serve with these faults; each befalls a subject so often."""
    return rig.scripted(folder / "cloud", Chaos(1, rates, budget=budget))


@contextmanager
def opened(folder: Path) -> Generator[Cloud]:
    """Serve by REST for the length of a block."""
    with rig.scripted(folder / "cloud") as (backend, witness):
        yield Cloud(backend, witness, folder / "cloud")


@contextmanager
def by(transport: str, cloud: Cloud, folder: Path) -> Generator[Cloud]:
    """Give the same service by one of the transports of Google's client."""
    if transport == "rest":
        yield cloud
        return
    with rig.by_grpc(cloud.witness.service, folder):
        yield cloud


def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorten what the launcher waits for."""
    monkeypatch.setattr(backends, "PATIENCE", 0.2)
    monkeypatch.setattr(backends, "PAUSE", 0.05)
    monkeypatch.setattr(retrying, "LONGEST_PAUSE", 0.01)
