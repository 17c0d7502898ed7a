"""What is installed on a cluster's nodes, told by a job that looks."""

from typing import Any

from launcher import runs, waiting
from launcher.errors import LauncherError
from launcher.metrics import is_list, is_object
from launcher.model import JobSpec, JobState
from launcher.runs import Cloud

SPEC = JobSpec(workload="selftest", args=("--nodes",))


def nodes(cloud: Cloud) -> str:
    """Run a small job and give each node's interpreter and packages; raises LauncherError when it does not succeed."""
    accepted = runs.submit(cloud, runs.planned(cloud, SPEC))
    ended = waiting.wait(cloud, accepted.run.run_id, lambda _line: None)
    found = (ended.metrics or {}).get("nodes")
    if ended.status.state is not JobState.SUCCEEDED or not is_list(found):
        said = f"{accepted.handle} is {ended.status.state} and told nothing {ended.status.message}".rstrip()
        raise LauncherError(said, f"launcher logs {accepted.handle}")
    return "; ".join(_described(node) for node in found)


def _described(node: Any) -> str:
    if not is_object(node):
        return str(node)
    packages = node.get("packages")
    listed = ", ".join(f"{name} {version}" for name, version in packages.items()) if is_object(packages) else ""
    return f"{node.get('host')}: Python {node.get('python')} at {node.get('executable')}, {listed or 'no packages'}"
