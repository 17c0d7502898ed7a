"""The rehearsed AWS without its YARN, the real engine, and the launcher as its users start it."""

import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import boto3
import pytest

from rehearsal import aws, parts, processes, providers
from rehearsal.aws_wire import Key
from rehearsal.emr import Service
from rehearsal.emr_cluster import Pace
from rehearsal.runners import ScriptedRunner
from rehearsal.serving import served
from tests.homes import home_below
from tests.rigs.emr import KEY_ID, SECRET, environment

ROOT = Path(__file__).resolve().parents[2]
PACE = Pace(starting=0.3, bootstrapping=0.3, terminating=0.3, log=5.0, look=0.1)
ACCOUNTS = {"emr": "tests.stacks.conftest", "dataproc": "tests.stacks.gcp_account"}
KIND = ("--kind", "emr", "--region", aws.REGION, "--ssh-source", "192.0.2.7/32", "--for", "4h")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a command gave."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A launcher at work."""

    process: "subprocess.Popen[bytes]"
    folder: Path

    @property
    def said(self) -> str:
        return (self.folder / "err").read_text(encoding="utf-8")

    def until(self, word: str, times: int, seconds: float = 120) -> None:
        """Wait until it has said something so often."""
        deadline = time.monotonic() + seconds
        while self.said.count(word) < times:
            assert self.process.poll() is None, self.said
            assert time.monotonic() < deadline, self.said
            time.sleep(0.02)

    def ended(self, seconds: float = 250) -> Answer:
        code = self.process.wait(seconds)
        return Answer(code=code, out=(self.folder / "out").read_text(encoding="utf-8"), err=self.said)

    def signalled(self, number: int) -> Answer:
        """Send a signal to it and to every process that it started, as a terminal does."""
        os.killpg(self.process.pid, number)
        return self.ended()


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """A machine whose launcher uses an account at a rehearsed cloud."""

    home: Path
    variables: Mapping[str, str]
    names: list[str]

    def name(self) -> str:
        """Give a name for a stack that nobody has."""
        self.names.append(f"t-{secrets.token_hex(4)}")
        return self.names[-1]

    def environment(self, **changed: str) -> dict[str, str]:
        # Without compiled files each engine compiles the SDK of Google's networks anew, for ten seconds.
        strange = ("PULUMI_", "AWS_", "GOOGLE_", "CLOUDSDK_", "PYTHONDONTWRITEBYTECODE")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(strange)}
        return {**kept, **self.variables, "FIRESTEEL_HOME": str(self.home), **changed}

    def start(self, *words: str, **changed: str) -> "Running":
        """Start the launcher as the leader of processes of its own, as a shell does."""
        folder = Path(tempfile.mkdtemp(dir=self.home))
        with (folder / "out").open("wb") as out, (folder / "err").open("wb") as err:
            process = subprocess.Popen(
                [str(Path(sys.executable).with_name("launcher")), *words], env=self.environment(**changed),
                stdin=subprocess.DEVNULL, stdout=out, stderr=err, start_new_session=True,
            )  # fmt: skip
        return Running(process=process, folder=folder)

    def launch(self, *words: str, **changed: str) -> Answer:
        """Run the launcher to its end."""
        return self.start(*words, **changed).ended()


@dataclass(frozen=True, slots=True, kw_only=True)
class Account(Machine, ABC):
    """The account besides, in which every kind of stack keeps the same promises; one class for each cloud."""

    kind: tuple[str, ...]  # the words by which `up` makes a stack there
    looked_at: tuple[str, ...]  # the services that `down` asks
    replacing: tuple[str, str]  # a setting that takes another cluster, and the same as it was
    changes: int  # resources of a stack

    @property
    def place(self) -> tuple[str, ...]:
        """The words by which `sweep` finds a stack there."""
        return self.kind[: self.kind.index("--ssh-source")]

    @property
    @abstractmethod
    def secrets(self) -> list[str]:
        """What nobody may ever see."""

    @property
    @abstractmethod
    def one_of_each(self) -> dict[str, int]:
        """What ``things`` counts of a stack that is whole."""

    @abstractmethod
    def called(self, cluster: Mapping[str, Any]) -> str:
        """Give what the provider calls a cluster that the launcher knows."""

    @abstractmethod
    def clusters(self, name: str) -> list[str]:
        """Give what the provider calls the clusters of a stack that have not ended."""

    @abstractmethod
    def ended(self, cluster: str, now: float) -> bool:
        """Tell whether a cluster has ended when the provider's clock says ``now``; nobody is asked by the network."""

    @abstractmethod
    def labels(self, name: str) -> dict[str, str]:
        """Give the tags of a stack's cluster."""

    @abstractmethod
    def end(self, name: str) -> datetime:
        """Give when the provider will end a stack's cluster."""

    @abstractmethod
    def endless(self, name: str) -> AbstractContextManager[None]:
        """Take the end away at the provider for the length of a block."""

    @abstractmethod
    def litter(self, name: str, bucket: str) -> None:
        """Put something into a stack's network, and into its bucket, as others do."""

    @abstractmethod
    def things(self, name: str) -> dict[str, int]:
        """Count what the account has of a stack, by its names and tags."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AwsAccount(Account):
    """An account at the rehearsed AWS."""

    service: Service
    kind: tuple[str, ...] = KIND
    looked_at: tuple[str, ...] = ("emr", "scheduler", "s3", "iam", "ec2")
    changes: int = 34
    replacing: tuple[str, str] = ("python=/opt/python", "python=/usr/bin/python3.11")

    @property
    def secrets(self) -> list[str]:
        return [self.variables["AWS_SECRET_ACCESS_KEY"]]

    @property
    def one_of_each(self) -> dict[str, int]:
        counted = {"clusters": 1, "schedules": 1, "buckets": 1, "roles": 3, "profiles": 1, "networks": 1}
        return {**counted, "groups": 3}

    def called(self, cluster: Mapping[str, Any]) -> str:
        return cluster["cluster_id"]

    def ended(self, cluster: str, now: float) -> bool:
        return self.service.clusters[cluster].state(now) == "TERMINATED"

    def labels(self, name: str) -> dict[str, str]:
        [cluster] = self.clusters(name)
        tags = self.client("emr").describe_cluster(ClusterId=cluster)["Cluster"]["Tags"]
        return {tag["Key"]: tag["Value"] for tag in tags}

    def end(self, name: str) -> datetime:
        schedule = self.client("scheduler").get_schedule(Name=f"firesteel-{name}-end")
        return datetime.fromisoformat(schedule["ScheduleExpression"][3:-1]).replace(tzinfo=UTC)

    @contextmanager
    def endless(self, name: str) -> Generator[None]:
        scheduler = self.client("scheduler")
        schedule = scheduler.get_schedule(Name=f"firesteel-{name}-end")
        scheduler.delete_schedule(Name=schedule["Name"])
        yield
        keys = ("Name", "ScheduleExpression", "FlexibleTimeWindow", "Target", "ScheduleExpressionTimezone")
        scheduler.create_schedule(**{key: schedule[key] for key in keys})

    def litter(self, name: str, bucket: str) -> None:
        for text in (b"1", b"2"):
            self.client("s3").put_object(Bucket=bucket, Key="firesteel/runs/a", Body=text)
        ec2 = self.client("ec2")
        tagged = [{"Name": "tag:firesteel:stack", "Values": [name]}]
        [vpc] = [row["VpcId"] for row in ec2.describe_vpcs(Filters=tagged)["Vpcs"]]
        ec2.create_security_group(GroupName="somebody's", Description="made by the service", VpcId=vpc)

    def client(self, service: str) -> Any:
        endpoint = self.variables["AWS_ENDPOINT_URL_S3" if service == "s3" else "AWS_ENDPOINT_URL"]
        keys = {name.lower(): self.variables[name] for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")}
        return boto3.client(service, region_name=aws.REGION, endpoint_url=endpoint, **keys)

    def clusters(self, name: str) -> list[str]:
        alive = ["STARTING", "BOOTSTRAPPING", "RUNNING", "WAITING", "TERMINATING"]
        rows = self.client("emr").list_clusters(ClusterStates=alive)["Clusters"]
        return [row["Id"] for row in rows if row["Name"] == f"firesteel-{name}"]

    def things(self, name: str) -> dict[str, int]:
        ec2, iam, prefix = self.client("ec2"), self.client("iam"), f"firesteel-{name}"
        groups = [row["GroupName"] for row in ec2.describe_security_groups()["SecurityGroups"]]
        tagged = [{"Name": "tag:firesteel:stack", "Values": [name]}]
        named = {
            "schedules": [row["Name"] for row in self.client("scheduler").list_schedules()["Schedules"]],
            "buckets": [row["Name"] for row in self.client("s3").list_buckets()["Buckets"]],
            "roles": [row["RoleName"] for row in iam.list_roles()["Roles"]],
            "profiles": [row["InstanceProfileName"] for row in iam.list_instance_profiles()["InstanceProfiles"]],
            "groups": groups,
        }
        counted = {kind: sum(word.startswith(prefix) for word in words) for kind, words in named.items()}
        vpcs = ec2.describe_vpcs(Filters=tagged)["Vpcs"]
        found = {"clusters": len(self.clusters(name)), "networks": len(vpcs), **counted}
        return {kind: count for kind, count in found.items() if count}


@contextmanager
def account(folder: Path, clock: Callable[[], float] = time.time) -> Generator[AwsAccount]:
    """Serve an account for the length of a block; what is left of the test's stacks on this machine goes."""
    gateway, programs = folder / "gateway", folder / "programs"
    for each in (gateway, programs):
        each.mkdir(parents=True)
    key = {"AWS_ACCESS_KEY_ID": KEY_ID, "AWS_SECRET_ACCESS_KEY": SECRET}
    service = Service(ScriptedRunner(folder), {KEY_ID: Key(secret=SECRET)}, pace=PACE, clock=clock)
    names: list[str] = []
    try:
        with service, served(service) as url:
            path = [str(providers.program(programs, "aws")), str(parts.ensure("pulumi") / "bin"), os.environ["PATH"]]
            variables = {
                **environment(url),
                "AWS_ENDPOINT_URL_S3": aws.gateway(gateway, key),
                "AWS_DEFAULT_REGION": aws.REGION,
                "PATH": os.pathsep.join(path),
            }
            found = AwsAccount(service=service, home=home_below(folder), variables=variables, names=names)
            yield found
    finally:
        processes.stop(gateway)
        for name in names:
            (ROOT / f"Pulumi.{name}.yaml").unlink(missing_ok=True)


@pytest.fixture
def aws_account(tmp_path: Path) -> Iterator[AwsAccount]:
    """An account of the test's own."""
    with account(tmp_path / "aws") as found:
        yield found


def account_of(kind: str, folder: Path, clock: Callable[[], float] = time.time) -> AbstractContextManager[Account]:
    """Serve an account for stacks of this kind for the length of a block; ``clock`` is the provider's."""
    return import_module(ACCOUNTS[kind]).account(folder, clock)


@pytest.fixture
def any_account(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Account]:
    """An account of the test's own, for stacks of the kind that the test is run for."""
    with account_of(request.param, tmp_path / "cloud") as found:
        yield found
