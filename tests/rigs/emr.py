"""EMR: the rehearsal cloud `aws` with its real YARN, or the emulated service alone with jobs by the clock."""

import hashlib
import json
import os
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import httpx
from botocore.exceptions import ClientError

from launcher.backend import Request
from launcher.backends import emr as backends
from launcher.backends.emr import Emr
from launcher.model import JobState
from rehearsal import aws, processes
from rehearsal.aws_wire import Key, answers
from rehearsal.chaos import Chaos
from rehearsal.emr import Service
from rehearsal.emr_cluster import Cluster, Pace
from rehearsal.emr_moto import ACCOUNT
from rehearsal.runners import Fate, ScriptedRunner
from rehearsal.serving import served
from rehearsal.wire import WireChaos

TRUTH = {"succeeded": JobState.SUCCEEDED, "failed": JobState.FAILED, "killed": JobState.CANCELLED}
AT_ONCE = Pace(starting=0, bootstrapping=0, terminating=0, log=0)
STARTUP = 2.0  # seconds from a step's beginning to its job's first act
LATE = (1.0, 40.0)  # seconds that a receipt may come after the job's end
INSTANCES = {
    "InstanceGroups": [{"InstanceRole": "MASTER", "InstanceType": "m5.xlarge", "InstanceCount": 1}],
    "KeepJobFlowAliveWhenNoSteps": True,
}
KEY_ID, SECRET = "AKIARIG", "correct horse"
_made: list[str] = []
KEYS = "EMR_RIG_KEYS"  # where a process of a test finds the cloud that its parent has started


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
        """What really became of a run; None when its job never came to work, and was not cancelled."""
        step = next((step for step in self.service.steps() if step.name == run_id), None)
        if step is None or run_id in self.executions():
            return TRUTH.get(self.runner.word(step.id)) if step else None
        return JobState.CANCELLED if step.state == "CANCELLED" else None


@contextmanager
def scripted(
    folder: Path, chaos: Chaos | None = None, *, at_a_time: int = 2, logs: str = "", startup: float = STARTUP
) -> Generator[tuple[Emr, Witness]]:
    """Serve one account with a cluster for the length of a block; ``folder`` is the staging."""
    private = folder / "service"
    private.mkdir(parents=True)
    runner = ScriptedRunner(private, startup=startup, now=_monotonic)
    service = Service(runner, {KEY_ID: Key(secret=SECRET)}, pace=AT_ONCE, chaos=chaos, clock=_now)
    runner.fate = lambda step_id: _fate(_name(service, step_id), chaos)
    app = WireChaos(_settling(service, runner), chaos, answers) if chaos else service
    asked = {"Name": "rig", "Instances": INSTANCES, "StepConcurrencyLevel": at_a_time, "LogUri": logs}
    cluster = Cluster(_known_to_moto(), aws.REGION, asked, pace=AT_ONCE, now=_now())
    service.clusters[cluster.id] = cluster
    with served(app) as url, mock.patch.dict(os.environ, environment(url)):
        yield emr(f"file://{folder}", cluster.id), Witness(service=service, runner=runner, url=url)


@contextmanager
def bucket(folder: Path) -> Generator[dict[str, str]]:
    """Run an S3 gateway with a bucket for the length of a block; gives the variables that lead there."""
    key = {"AWS_ACCESS_KEY_ID": KEY_ID, "AWS_SECRET_ACCESS_KEY": SECRET}
    folder.mkdir()
    try:
        env = {**key, "AWS_ENDPOINT_URL_S3": aws.gateway(folder, key), "AWS_DEFAULT_REGION": aws.REGION}
        aws.make_bucket(env)
        yield env
    finally:
        processes.stop(folder)


def emr(staging: str, cluster_id: str) -> Emr:
    return Emr(staging=staging, region=aws.REGION, cluster_id=cluster_id, python="/usr/bin/python3.11", spark="4.1.1")


def environment(url: str) -> dict[str, str]:
    """Give the vendor's own variables."""
    return {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": KEY_ID,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_SESSION_TOKEN": "",
        "AWS_EC2_METADATA_DISABLED": "true",
    }


class Unreachable(Emr):
    """Submits to an address where nobody listens."""

    def submit(self, request: Request) -> str:
        with mock.patch.dict(os.environ, {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{processes.free_port()}"}):
            return Emr.submit(self, request)


class EmrRig:
    """The rehearsal cloud `aws`, while ``running``; a folder of a test is a staging of its own in the bucket."""

    name = "emr"
    unmapped = "LEVITATING"

    @contextmanager
    def running(self, folder: Path) -> Generator[None]:
        """Start the cloud for the length of a block, in an empty folder."""
        try:
            up = aws.up(folder, None)
            keys = {KEYS: json.dumps(dict(up.cluster))}
            with mock.patch.dict(os.environ, {**up.env, **keys}), mock.patch.object(backends, "LISTING_LAG", 2.0):
                yield
        finally:
            processes.stop(folder)

    def open(self, folder: Path) -> Emr:
        return Emr(**_keys(folder))

    def unreachable(self, folder: Path) -> Emr:
        return Unreachable(**_keys(folder))

    def say(self, folder: Path, job_id: str, word: str) -> None:
        del folder  # there is one service for all
        administer(os.environ["AWS_ENDPOINT_URL"], "say", job=job_id, word=word)

    def secrets(self) -> list[str]:
        return [os.environ["AWS_SECRET_ACCESS_KEY"]]


def make_roles(env: Mapping[str, str]) -> None:
    """Make the roles of a cluster, unless this process's moto has them: it keeps them from service to service."""
    try:
        aws.make_roles(env)
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") != "EntityAlreadyExists":
            raise


def administer(url: str, verb: str, **asked: str) -> Mapping[str, Any]:
    """Ask the service for what only a rehearsal can."""
    return httpx.post(f"{url}/_rehearsal/{verb}", json=asked, trust_env=False).raise_for_status().json()


def _known_to_moto() -> str:
    """Give the id of a cluster that this process's moto can describe: to make one for each story takes seconds."""
    if found := next(filter(_describable, _made), None):
        return found
    service = Service(ScriptedRunner(Path("/nowhere")), {KEY_ID: Key(secret=SECRET)}, pace=AT_ONCE)
    with served(service) as url:
        make_roles(environment(url))
        _made.append(aws.make_cluster(environment(url), "", 1))
    return _made[-1]


def _describable(cluster_id: str) -> bool:
    """Tell whether moto still has it: another test may have let it forget everything."""
    from moto.emr.models import emr_backends

    return cluster_id in emr_backends[ACCOUNT][aws.REGION].clusters


def _keys(folder: Path) -> dict[str, str]:
    keys = {name: word for name, word in json.loads(os.environ[KEYS]).items() if name not in {"kind", "expires_at"}}
    digest = hashlib.sha256(str(folder).encode()).hexdigest()[:16]
    return {**keys, "staging": f"{keys['staging']}/{digest}"}


def _settling(app: Any, runner: ScriptedRunner) -> Any:
    """Give the application with jobs that come on at each request, receipts of ended ones included."""

    def serve(environ: Any, start_response: Any) -> Any:
        runner.settle()
        return app(environ, start_response)

    return serve


def _name(service: Service, step_id: str) -> str:
    return next(step.name for step in service.steps() if step.id == step_id)


def _fate(name: str, chaos: Chaos | None) -> Fate:
    if chaos is None:
        return Fate()
    late = chaos.amount("late_receipt", *LATE, name) if chaos.strikes("late_receipt", name) else 0.0
    return Fate(receipt_delay=late, no_receipt=chaos.strikes("no_receipt", name))


# Looked up at each call: a story that is told by the clock replaces them.
def _monotonic() -> float:
    return time.monotonic()


def _now() -> float:
    return time.time()
