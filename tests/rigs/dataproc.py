"""Dataproc: the emulated service over real parts, or alone with jobs by the clock."""

import functools
import hashlib
import json
import os
import sys
import time
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest import mock

import httpx
import pyspark
from google.cloud import dataproc_v1 as dp

from launcher.apis.dataproc_faults import OVERRIDE
from launcher.backend import Request
from launcher.backends import dataproc as backends
from launcher.backends.dataproc import Dataproc
from launcher.model import JobState
from rehearsal import certificates, dataproc, dataproc_grpc, gcp, google_login, processes
from rehearsal.chaos import Chaos
from rehearsal.dataproc_grpc import Tls
from rehearsal.dataproc_service import Service
from rehearsal.google_login import Login
from rehearsal.runners import Fate, ScriptedRunner
from rehearsal.serving import served

PROJECT, REGION, NAME = "p-1", "europe-west1", "c-1"
TRUTH = {"succeeded": JobState.SUCCEEDED, "failed": JobState.FAILED, "killed": JobState.CANCELLED}
NOWHERE = "http://127.0.0.1:1"  # no token is asked for: the client signs its own
STARTUP = 2.0  # seconds from a job's submission to its first act
LATE = (1.0, 40.0)  # seconds that a receipt may come after the job's end


@dataclass(frozen=True, slots=True, kw_only=True)
class Witness:
    """What the emulated service can tell that its API does not."""

    service: Service
    runner: ScriptedRunner
    url: str

    def executions(self) -> list[str]:
        """The run ids of the jobs that began to work, in that order."""
        path = self.runner.folder / "executions"
        return [line.split()[1] for line in path.read_text().splitlines()] if path.exists() else []

    def truth(self, run_id: str) -> JobState | None:
        """What really became of a run; None when its job never came to work, and nobody ended it before."""
        try:
            word = self.runner.word(run_id)
        except KeyError:
            return None
        return TRUTH.get(word) if word == "killed" or run_id in self.executions() else None


@contextmanager
def scripted(folder: Path, chaos: Chaos | None = None) -> Generator[tuple[Dataproc, Witness]]:
    """Serve one project's Dataproc by REST for the length of a block; ``folder`` is the staging."""
    private = folder / "service"
    private.mkdir(parents=True)
    key = private / "key.json"
    key.write_text(key_text(), encoding="utf-8")
    runner = ScriptedRunner(private, fate=lambda name: _fate(name, chaos), startup=STARTUP, now=_monotonic)
    place: dict[str, Any] = {"project": PROJECT, "region": REGION}
    service = Service(runner, Login.of(key), **place, folder=f"file://{private}", chaos=chaos, seconds=0)
    backend = Dataproc(staging=f"file://{folder}", **place, cluster_name=NAME, python="/opt/python", spark="4.1.2")
    service.clusters.create(dp.CreateClusterRequest(project_id=PROJECT, region=REGION, cluster={"cluster_name": NAME}))
    service.advance()
    with served(dataproc.app(service, chaos)) as url, mock.patch.dict(os.environ, _env(url, key)):
        yield backend, Witness(service=service, runner=runner, url=url)


class Unreachable(Dataproc):
    """Submits to an address where nobody listens."""

    def submit(self, request: Request) -> str:
        with mock.patch.dict(os.environ, {OVERRIDE: f"http://127.0.0.1:{processes.free_port()}"}):
            return Dataproc.submit(self, request)


class DataprocRig:
    """The rehearsal cloud `gcp`, while ``running``; a folder of a test is a staging of its own in the one bucket."""

    name = "dataproc"
    unmapped = "99"  # a state that no table has, as Google's API can carry it: by number

    @contextmanager
    def running(self, folder: Path) -> Generator[None]:
        """Start the cloud for the length of a block, in an empty folder."""
        try:
            with mock.patch.dict(os.environ, gcp.up(folder, None).env), mock.patch.object(backends, "PATIENCE", 2.0):
                yield
        finally:
            processes.stop(folder)

    def open(self, folder: Path) -> Dataproc:
        return Dataproc(**_keys(folder))

    def unreachable(self, folder: Path) -> Dataproc:
        return Unreachable(**_keys(folder))

    def say(self, folder: Path, job_id: str, word: str) -> None:
        del folder  # there is one service for all
        say(os.environ[OVERRIDE], job_id, word)

    def secrets(self) -> list[str]:
        key = json.loads(Path(os.environ["GOOGLE_APPLICATION_CREDENTIALS"]).read_text(encoding="utf-8"))
        return key["private_key"].splitlines()[1:3]


def say(url: str, job_id: str, word: str) -> None:
    """Make the service report a state, by its word or its number, for a job that has not ended."""
    httpx.post(f"{url}/_rehearsal/say", json={"job": job_id, "word": word}).raise_for_status()


def _keys(folder: Path) -> dict[str, str]:
    digest = hashlib.sha256(str(folder).encode()).hexdigest()[:16]
    place = {"project": gcp.PROJECT, "region": gcp.REGION, "cluster_name": gcp.NAME}
    return {"staging": f"gs://{gcp.BUCKET}/{digest}", **place, "python": sys.executable, "spark": pyspark.__version__}


@contextmanager
def by_grpc(service: Service, folder: Path) -> Generator[str]:
    """Serve by gRPC for the length of a block, and send clients there, who find the certificate in ``folder``."""
    certificate, key = _certificate()
    (folder / "roots.pem").write_bytes(certificate)
    roots = {"GRPC_DEFAULT_SSL_ROOTS_FILE_PATH": str(folder / "roots.pem")}
    with ExitStack() as stack:
        address = stack.enter_context(dataproc_grpc.served(service, Tls(certificate, key)))
        stack.enter_context(mock.patch.dict(os.environ, {OVERRIDE: address, **roots}))
        yield address


@functools.cache
def _certificate() -> tuple[bytes, bytes]:
    """Give one certificate for all of this process: gRPC reads the file of trusted ones once."""
    return certificates.loopback()


@functools.cache
def key_text() -> str:
    """Give one account's key file for all of this process: to draw a key takes longer than many a test."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "key.json"
        google_login.write_key(path, project=PROJECT, token_uri=NOWHERE)
        return path.read_text(encoding="utf-8")


def _env(url: str, key: Path) -> dict[str, str]:
    return {OVERRIDE: url, "GOOGLE_APPLICATION_CREDENTIALS": str(key), "GOOGLE_CLOUD_PROJECT": PROJECT}


def _fate(name: str, chaos: Chaos | None) -> Fate:
    if chaos is None:
        return Fate()
    late = chaos.amount("late_receipt", *LATE, name) if chaos.strikes("late_receipt", name) else 0.0
    return Fate(receipt_delay=late, no_receipt=chaos.strikes("no_receipt", name))


def _monotonic() -> float:
    return time.monotonic()  # looked up at each call: a story that is told by the clock replaces it
