"""An emulated EMR on a clock that the test moves, and its clients."""

import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import boto3
import httpx
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials

from rehearsal import aws
from rehearsal.aws_wire import Key
from rehearsal.emr import Service
from rehearsal.emr_cluster import Pace
from rehearsal.runners import ScriptedRunner
from rehearsal.serving import served
from tests.rigs.emr import INSTANCES, KEY_ID, SECRET, environment, make_roles

REGION = aws.REGION
JAR = {"Jar": "command-runner.jar", "Args": ["spark-submit", "main.py"]}
STEP = {"Name": "a", "ActionOnFailure": "CONTINUE", "HadoopJarStep": JAR}
CLUSTER = {
    "Name": "c",
    "ReleaseLabel": "emr-spark-8.1.0",
    "ServiceRole": aws.SERVICE_ROLE,
    "JobFlowRole": aws.NODE_PROFILE,
    "Instances": INSTANCES,
}


class World:
    """A service on a clock that the test moves, and its clients."""

    def __init__(self, folder: Path) -> None:
        self.now = 1_800_000_000.0
        self.runner = ScriptedRunner(folder, now=lambda: self.now)
        pace = Pace(starting=60, bootstrapping=60, terminating=60, log=300)
        self.service = Service(self.runner, {KEY_ID: Key(secret=SECRET)}, pace=pace, clock=lambda: self.now)
        self.url = ""

    def client(self, name: str = "emr", *, region: str = REGION, key_id: str = KEY_ID, secret: str = SECRET) -> Any:
        # Not checked by the client, so that the service has to.
        config = Config(parameter_validation=False, retries={"total_max_attempts": 1})
        keys = {"aws_access_key_id": key_id, "aws_secret_access_key": secret}
        return boto3.client(name, region_name=region, endpoint_url=self.url, config=config, **keys)

    def cluster(self, **more: Any) -> str:
        return self.client().run_job_flow(**{**CLUSTER, **more})["JobFlowId"]

    def ready(self, **more: Any) -> str:
        """Make a cluster and wait until it takes steps."""
        made = self.cluster(**more)
        self.passes(120)
        return made

    def passes(self, seconds: float) -> None:
        self.now += seconds
        self.service.tick()
        self.service.tick()

    def step(self, cluster_id: str, name: str, *args: str, action: str = "CONTINUE") -> str:
        own = [
            "--run",
            name,
            "--directory",
            f"file://{self.runner.folder}/{name}",
            "--workload",
            "selftest",
            "--",
            *args,
        ]
        (self.runner.folder / name).mkdir()
        (self.runner.folder / name / "intent.json").write_text("{}", encoding="utf-8")
        jar = {**JAR, "Args": ["spark-submit", "main.py", *own]}
        step = {"Name": name, "ActionOnFailure": action, "HadoopJarStep": jar}
        return self.client().add_job_flow_steps(JobFlowId=cluster_id, Steps=[step])["StepIds"][0]

    def state(self, cluster_id: str, step_id: str = "") -> str:
        if step_id:
            return self.client().describe_step(ClusterId=cluster_id, StepId=step_id)["Step"]["Status"]["State"]
        return self.client().describe_cluster(ClusterId=cluster_id)["Cluster"]["Status"]["State"]

    def raw(self, target: str, body: bytes, *, service: str = "elasticmapreduce") -> tuple[int, str]:
        """Send a signed request that no client would; gives status and code."""
        headers = {"X-Amz-Target": target, "Content-Type": "application/x-amz-json-1.1"}
        request = AWSRequest("POST", f"{self.url}/", data=body, headers=headers)
        SigV4Auth(Credentials(KEY_ID, SECRET), service, REGION).add_auth(request)
        answer = httpx.post(f"{self.url}/", content=body, headers=dict(request.headers), trust_env=False)
        return answer.status_code, str(answer.json()["__type"])


@contextmanager
def served_world(folder: Path) -> Generator[World]:
    """Serve a world, with the roles that a cluster needs, for the length of a block."""
    made = World(folder)
    with served(made.service) as url, mock.patch.dict(os.environ, environment(url)):
        made.url = url
        make_roles(environment(url))
        yield made
