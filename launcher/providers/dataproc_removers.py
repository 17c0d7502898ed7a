"""How what is left of a Dataproc stack is deleted, in the order of the table: each kind after what uses it."""

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from urllib.parse import quote

from launcher.apis import dataproc as dataproc_api
from launcher.errors import BackendUnavailable, JobRejected, ResourceNotFound
from launcher.providers.dataproc_finders import Stack

PATIENCE = 1200.0  # seconds until a cluster is gone, or an operation done
PAUSE = 1.0
TRIES = 5  # times that a policy is changed anew which another one has changed meanwhile


def cluster(stack: Stack, path: str) -> None:
    """Delete a cluster and wait until it is gone: what it uses cannot go before."""
    name = path.rpartition("/")[2]
    request = {"project_id": stack.google.project, "region": stack.region, "cluster_name": name}
    with suppress(JobRejected):  # it is being deleted already
        dataproc_api.ask(stack.where, "ClusterController", "delete_cluster", request)
    _until_gone(name, lambda: not stack.clusters(f"clusterName = {name}"))


def bucket(stack: Stack, name: str) -> None:
    """Delete a bucket with every version of everything in it."""
    while rows := stack.google.ask("storage", "GET", f"b/{name}/o", None, versions="true").get("items"):
        for row in rows:
            with suppress(ResourceNotFound):
                where = f"b/{name}/o/{quote(row['name'], safe='')}"
                stack.google.ask("storage", "DELETE", where, None, generation=str(row["generation"]))
    stack.google.ask("storage", "DELETE", f"b/{name}")


def role(stack: Stack, path: str) -> None:
    """Take somebody's role on the project out of its policy."""
    project, _, rest = path.partition("/")
    role_name, _, member = rest.rpartition("/")
    for left in reversed(range(TRIES)):
        policy = stack.google.ask("cloudresourcemanager", "POST", f"projects/{project}:getIamPolicy", {})
        for binding in policy.get("bindings", ()):
            if binding["role"] == role_name:
                binding["members"] = [name for name in binding["members"] if name != member]
        policy["bindings"] = [binding for binding in policy.get("bindings", ()) if binding["members"]]
        try:
            # The policy's etag goes with it: what another one has changed meanwhile is not written over.
            stack.google.ask("cloudresourcemanager", "POST", f"projects/{project}:setIamPolicy", {"policy": policy})
        except JobRejected:
            if not left:
                raise
        else:
            return


def account(stack: Stack, path: str) -> None:
    """Delete an account."""
    stack.google.ask("iam", "DELETE", path)


def resource(stack: Stack, path: str) -> None:
    """Delete something in Compute Engine and wait until it is gone; its path is its id."""
    operation: Any = stack.google.ask("compute", "DELETE", path)
    place = path.rpartition("/")[0].rpartition("/")[0]
    where = f"{place}/operations/{operation['name']}"
    _until_gone(path, lambda: stack.google.ask("compute", "GET", where)["status"] == "DONE")


def _until_gone(what: str, gone: Callable[[], bool]) -> None:
    believed = time.monotonic() + PATIENCE
    while not gone():
        if time.monotonic() > believed:
            raise BackendUnavailable(f"{what} is still there after {PATIENCE:.0f} s", "the same command again")
        time.sleep(PAUSE)


# A step for all of a type, then the next.
REMOVERS: tuple[tuple[str, Callable[[Stack, str], None]], ...] = (
    ("cluster", cluster),
    ("instance", resource),
    ("disk", resource),
    ("bucket", bucket),
    ("role on the project", role),
    ("account", account),
    ("route", resource),
    ("firewall rule", resource),
    ("subnet", resource),
    ("network", resource),
)
