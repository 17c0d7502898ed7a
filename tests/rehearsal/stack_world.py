"""An account of the rehearsed AWS, with its gateway but without YARN, and the tiny stack that is made in it."""

import json
import os
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3

from rehearsal import aws, parts, processes, providers
from rehearsal.aws_wire import Key
from rehearsal.clouds import Running
from rehearsal.emr import Service
from rehearsal.emr_cluster import Pace
from rehearsal.runners import ScriptedRunner
from rehearsal.serving import served
from tests.rehearsal import moto_state
from tests.rigs.emr import KEY_ID, SECRET

ROOT = Path(__file__).resolve().parents[2]
PACE = Pace(starting=0.1, bootstrapping=0.1, terminating=0.1, look=0.1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account, and a folder for a stack's state."""

    folder: Path
    running: Running

    def act(self, *acts: dict[str, Any]) -> list[dict[str, Any]]:
        """Do things to the stack, one after the other; gives what each gave."""
        (self.folder / "state").mkdir(exist_ok=True)
        told = {"folder": str(self.folder), "root": str(parts.ensure("pulumi")), "acts": acts}
        done = subprocess.run(
            [sys.executable, "-m", "tests.rehearsal.inline_stack"], input=json.dumps(told), text=True, check=False,
            capture_output=True, cwd=ROOT, env=self.running.environment(os.environ), timeout=250,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-3000:]
        return json.loads(done.stdout)

    def client(self, service: str) -> Any:
        env = self.running.env
        where = env["AWS_ENDPOINT_URL_S3" if service == "s3" else "AWS_ENDPOINT_URL"]
        keys = {"aws_access_key_id": KEY_ID, "aws_secret_access_key": SECRET}
        return boto3.client(service, region_name=aws.REGION, endpoint_url=where, **keys)  # pyright: ignore[reportArgumentType, reportCallIssue] -- a name by rule

    def left(self) -> dict[str, list[str]]:
        """Give what is in the account, but for what it has from the beginning."""
        vpcs = self.client("ec2").describe_vpcs()["Vpcs"]
        return {
            "vpcs": [vpc["VpcId"] for vpc in vpcs if not vpc["IsDefault"]],
            "buckets": [bucket["Name"] for bucket in self.client("s3").list_buckets()["Buckets"]],
            "roles": [role["RoleName"] for role in self.client("iam").list_roles()["Roles"]],
        }


@contextmanager
def account(folder: Path) -> Generator[Account]:
    """Run an account for the length of a block."""
    key = {"AWS_ACCESS_KEY_ID": KEY_ID, "AWS_SECRET_ACCESS_KEY": SECRET}
    service = Service(ScriptedRunner(folder), {KEY_ID: Key(secret=SECRET)}, pace=PACE)
    try:
        with service, served(service) as url:
            env = aws.variables(key, s3=aws.gateway(folder, key), emr=url) | providers.QUIET
            path = [str(providers.program(folder, "aws")), str(parts.ensure("pulumi") / "bin")]
            made = Account(folder=folder, running=Running(cluster={}, env=env, addresses={}, path=path))
            moto_state.forget()
            yield made
            moto_state.forget()
    finally:
        processes.stop(folder)
