"""A provider as the engine asks it, without the engine: each question, and its answer as plain values."""

import json
import subprocess
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
TOKENS = {
    "Cluster": "aws:emr/cluster:Cluster",
    "InstanceProfile": "aws:iam/instanceProfile:InstanceProfile",
    "Role": "aws:iam/role:Role",
    "RolePolicy": "aws:iam/rolePolicy:RolePolicy",
    "RolePolicyAttachment": "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
    "SecurityGroup": "aws:ec2/securityGroup:SecurityGroup",
    "Egress": "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
    "Subnet": "aws:ec2/subnet:Subnet",
    "Vpc": "aws:ec2/vpc:Vpc",
    "Account": "gcp:serviceaccount/account:Account",
    "BucketMember": "gcp:storage/bucketIAMMember:BucketIAMMember",
    "DataprocCluster": "gcp:dataproc/cluster:Cluster",
    "Firewall": "gcp:compute/firewall:Firewall",
    "GcsBucket": "gcp:storage/bucket:Bucket",
    "GcsObject": "gcp:storage/bucketObject:BucketObject",
    "Network": "gcp:compute/network:Network",
    "ProjectMember": "gcp:projects/iAMMember:IAMMember",
    "Subnetwork": "gcp:compute/subnetwork:Subnetwork",
}


class Refused(Exception):
    """The provider raised an error of this kind; an incomplete resource has an id and a state."""

    def __init__(self, kind: str, message: str, resource_id: str, state: dict[str, Any]) -> None:
        super().__init__(f"{kind}: {message}")
        self.resource_id, self.state = resource_id, state


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What a new program would change."""

    changes: bool
    replaces: list[str]
    diffs: list[str]
    deletes_first: bool


class Process:
    """The provider's process."""

    def __init__(self, started: "subprocess.Popen[str]") -> None:
        self._started = started

    def call(self, verb: str, **asked: Any) -> dict[str, Any]:
        """Ask it something; raises Refused."""
        assert self._started.stdin is not None
        assert self._started.stdout is not None
        self._started.stdin.write(json.dumps({"verb": verb, **asked}) + "\n")
        self._started.stdin.flush()
        answer = json.loads(self._started.stdout.readline())
        if "error" in answer:
            raise Refused(answer["error"], answer["message"], answer["resource_id"], answer["state"])
        return answer


@contextmanager
def started(name: str = "aws") -> Generator[Process]:
    """Run a provider's process for the length of a block."""
    command = [sys.executable, "-m", "tests.rehearsal.provider_process", name]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield Process(process)


class Asked:
    """A provider with these variables and settings; what is made is kept with its state by its id."""

    def __init__(self, process: Process, env: Mapping[str, str | None], **settings: Any) -> None:
        self.state: dict[str, dict[str, Any]] = {}
        self._process = process
        process.call("configure", env=dict(env), settings={"region": "eu-central-1", **settings})

    def check(self, what: str, **inputs: Any) -> list[tuple[str, str]]:
        """Give what is wrong with inputs."""
        answer = self._process.call("check", urn=urn(what), inputs=inputs)
        return [(path, reason) for path, reason in answer["failures"]]

    def checked(self, what: str, **inputs: Any) -> dict[str, Any]:
        """Give inputs with what follows from them."""
        answer = self._process.call("check", urn=urn(what), inputs=inputs)
        assert answer["failures"] == []
        return answer["inputs"]

    def make(self, what: str, **inputs: Any) -> str:
        """Make a resource and give its id."""
        answer = self._process.call("create", urn=urn(what), inputs=self.checked(what, **inputs))
        self.state[answer["id"]] = answer["state"]
        return answer["id"]

    def diff(self, what: str, made: str, **inputs: Any) -> Difference:
        """Tell how a resource differs from new inputs."""
        return Difference(**self._process.call("diff", **self._known(what, made), inputs=self.checked(what, **inputs)))

    def change(self, what: str, made: str, **inputs: Any) -> None:
        """Change a resource in place."""
        answer = self._process.call("update", **self._known(what, made), inputs=self.checked(what, **inputs))
        self.state[made] = answer["state"]

    def read(self, what: str, made: str) -> dict[str, Any] | None:
        """Read a resource; None when it is gone."""
        answer = self._process.call("read", **self._known(what, made))
        return answer["state"] if answer["id"] else None

    def remove(self, what: str, made: str) -> None:
        """Remove a resource."""
        self._process.call("delete", **self._known(what, made))

    def _known(self, what: str, made: str) -> dict[str, Any]:
        return {"urn": urn(what), "made": made, "state": self.state[made]}


def urn(what: str) -> str:
    return f"urn:pulumi:dev::kit::firesteel:emr:Cluster${TOKENS.get(what, what)}::a-{what.lower()}"
