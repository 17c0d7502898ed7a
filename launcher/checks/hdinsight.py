"""Whether an HDInsight cluster can be reached, takes jobs, and will end."""

import contextlib
import datetime as dt
from collections.abc import Mapping
from typing import Any

from launcher.apis import azure_manager, azure_resources
from launcher.apis.gateway import Gateway, reach
from launcher.backends.hdinsight import HDInsight
from launcher.checks import Check
from launcher.errors import JobRejected, LauncherError, ResourceNotFound

SDK = ("httpx", "azure.storage.blob")
TAG = "firesteel:expires-at"
OF_GROUPS = "2021-04-01"
# https://learn.microsoft.com/rest/api/hdinsight/clusters/get: a text of no fixed list; these take jobs.
TAKES_JOBS = frozenset({"Running", "ClusterCustomization", "AzureVMConfiguration"})


def checks(backend: HDInsight) -> Mapping[str, Check]:
    """Give the checks of a cluster: its gateway, both logins, itself by the resource manager, and its end."""
    return {
        "endpoint": lambda: _endpoint(backend),
        "credentials": lambda: _credentials(backend),
        "cluster": lambda: _alive(backend),
        "deadline": lambda: _deadline(backend),
    }


def _endpoint(backend: HDInsight) -> str:
    status = reach(f"{backend.endpoint}/livy/batches")
    return f"{backend.endpoint} answers (HTTP {status} without a login)"


def _credentials(backend: HDInsight) -> str:
    with Gateway(backend.endpoint, backend.user) as gateway:
        livy = (gateway.get("/livy/version") or {}).get("version", "of an unknown version")
    return f"{backend.user} at the gateway (Livy {livy}); {azure_manager.identity()} at {azure_manager.endpoint()}"


def _alive(backend: HDInsight) -> str:
    properties = _cluster(backend).properties
    state = str(properties.cluster_state)
    nodes = sum(role.target_instance_count or 0 for role in properties.compute_profile.roles)
    if state in TAKES_JOBS:
        spark = _words(properties.cluster_definition.component_version).get("Spark", "unknown")
        made_of = f"HDInsight {properties.cluster_version}, Spark {spark}, {nodes} nodes"
        return f"{backend.cluster_name} is {state}, {made_of}"
    told = "; ".join(str(error.message) for error in properties.errors or ())
    hint = f"az hdinsight show {_named(backend)}"
    raise JobRejected(f"{backend.cluster_name} is {state}{f': {told}' if told else ''}", hint)


def _deadline(backend: HDInsight) -> str:
    """Give the end that is written at the cluster: HDInsight has none of its own, so the stack's deleter reads this."""
    cluster = _cluster(backend)
    said = _of_group(backend) or _words(cluster.tags).get(TAG, "")
    if not said:
        hint = f"az resource tag --is-incremental --tags {TAG}=2026-12-31T18:00:00Z --ids {cluster.id}"
        raise LauncherError(f"no end is set for {backend.cluster_name}: it costs money until somebody deletes it", hint)
    delete = f"az hdinsight delete {_named(backend)}"
    try:
        end = dt.datetime.fromisoformat(said)
    except ValueError as error:
        raise LauncherError(f"{backend.cluster_name}: the tag {TAG} = {said!r} is no time", delete) from error
    if end.astimezone(dt.UTC) <= dt.datetime.now(dt.UTC):
        raise LauncherError(f"{backend.cluster_name} was to end at {said}, and still costs money", delete)
    return f"the tag {TAG} says {said}; HDInsight has no end of its own, the stack's deleter acts on the tag"


def _of_group(backend: HDInsight) -> str:
    """Give the end that a stack has written at the group, where it can be moved: a cluster is never written anew."""
    group = f"/subscriptions/{backend.subscription}/resourceGroups/{backend.resource_group}"
    with contextlib.suppress(JobRejected, ResourceNotFound):  # who may read the cluster alone
        found = azure_resources.Manager(backend.subscription).get(group, OF_GROUPS)
        return _words(found.get("tags")).get(TAG, "")
    return ""


def _cluster(backend: HDInsight) -> Any:
    return azure_manager.cluster(backend.subscription, backend.resource_group, backend.cluster_name)


def _words(value: Any) -> Mapping[str, str]:
    return value or {}


def _named(backend: HDInsight) -> str:
    return f"--name {backend.cluster_name} --resource-group {backend.resource_group}"
