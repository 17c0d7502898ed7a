"""The emulated Dataproc with a time that moves when it is told, and Google's own clients of it."""

import os
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest import mock

import httpx
from google.auth import jwt
from google.cloud import dataproc_v1 as dp
from google.oauth2 import service_account

from launcher.apis.dataproc_faults import OVERRIDE
from rehearsal import dataproc
from rehearsal.dataproc_service import AUDIENCE, Service
from rehearsal.google_login import Login
from rehearsal.runners import ScriptedRunner
from rehearsal.serving import served
from tests.rigs import dataproc as rig

PLACE: dict[str, Any] = {"project_id": rig.PROJECT, "region": rig.REGION}
PATH = f"/v1/projects/{rig.PROJECT}/regions/{rig.REGION}"
PYSPARK = {"main_python_file_uri": "gs://b/main.py"}
JOB = {"placement": {"cluster_name": rig.NAME}, "pyspark_job": PYSPARK}


@dataclass(slots=True)
class Clock:
    """A time that moves when it is told."""

    now: datetime = datetime(2026, 11, 24, 10, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@dataclass(frozen=True, slots=True)
class Api:
    """The service, and Google's own clients of it by one transport."""

    service: Service
    runner: ScriptedRunner
    clock: Clock
    login: Any
    url: str
    transport: str = "rest"

    def call(self, method: str, **request: Any) -> Any:
        kind = dp.ClusterControllerClient if "cluster" in method else dp.JobControllerClient
        options: Any = {"api_endpoint": os.environ[OVERRIDE]}
        client = kind(credentials=self.login, transport=self.transport, client_options=options)
        return getattr(client, method)(request={**PLACE, **request}, retry=None, timeout=10)

    def submit(self, **job: Any) -> Any:
        return self.call("submit_job", job={**JOB, **job})

    def submit_sleeping(self, **job: Any) -> Any:
        """Submit a job that does not end by itself."""
        directory = self.runner.folder / "runs" / "r"
        directory.mkdir(parents=True)
        (directory / "intent.json").write_text("{}", encoding="utf-8")
        own = ["--run", "r", "--directory", f"file://{directory}", "--workload", "selftest", "--", "--sleep", "600"]
        return self.submit(reference={"job_id": "j-1"}, pyspark_job={**PYSPARK, "args": own}, **job)

    def token(self, **change: Any) -> str:
        """Give a token as a client signs it for itself."""
        times = {"iat": int(time.time()), "exp": int(time.time()) + 60}
        claims = {"aud": AUDIENCE, "iss": self.login.service_account_email, **times, **change}
        return jwt.encode(self.login.signer, claims).decode()

    def send(self, method: str, path: str, authorization: str = "", **more: Any) -> httpx.Response:
        headers = {"Authorization": authorization or f"Bearer {self.token()}"}
        return httpx.request(method, f"{self.url}{path}", headers=headers, trust_env=False, **more)


@contextmanager
def by_rest(folder: Path) -> Generator[Api]:
    """Serve by REST for the length of a block, with a cluster that runs."""
    key = folder / "key.json"
    key.write_text(rig.key_text(), encoding="utf-8")
    clock, runner = Clock(), ScriptedRunner(folder)
    place: dict[str, Any] = {"project": rig.PROJECT, "region": rig.REGION, "folder": f"file://{folder}"}
    service = Service(runner, Login.of(key), **place, now=clock)
    login = service_account.Credentials.from_service_account_file(str(key))
    service.clusters.create(dp.CreateClusterRequest(**PLACE, cluster={"cluster_name": rig.NAME}))
    clock.now += timedelta(minutes=1)
    service.advance()
    with served(dataproc.app(service)) as url, mock.patch.dict(os.environ, {OVERRIDE: url}):
        yield Api(service, runner, clock, login, url)


@contextmanager
def by(transport: str, api: Api, folder: Path) -> Generator[Api]:
    """Give the same service by another transport for the length of a block."""
    if transport == "rest":
        yield api
        return
    with rig.by_grpc(api.service, folder):
        yield replace(api, transport=transport)
