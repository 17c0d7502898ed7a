"""Whether an EMR cluster can be reached, takes steps, and will end."""

import contextlib
import threading
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import replace
from typing import Any

from launcher.apis import aws
from launcher.apis.emr import Cluster
from launcher.backends.emr import Emr
from launcher.checks import Check
from launcher.errors import BackendUnavailable, ConfigError, JobRejected, LauncherError

SDK = ("botocore.session", "launcher.backends.emr")
TAG = "firesteel:expires-at"
SECONDS = 4.5  # until there is no answer
# https://docs.aws.amazon.com/emr/latest/APIReference/API_ClusterStatus.html: these take steps.
TAKES_STEPS = frozenset({"STARTING", "BOOTSTRAPPING", "RUNNING", "WAITING"})


def checks(backend: Emr) -> Mapping[str, Check]:
    """Give the checks of a cluster: its endpoint, the credentials, itself, and when it ends."""
    return {
        "endpoint": lambda: _soon(lambda: _endpoint(backend)),
        "credentials": lambda: _soon(lambda: _credentials(backend)),
        "cluster": lambda: _soon(lambda: _alive(backend)),
        "deadline": lambda: _soon(lambda: _deadline(backend)),
    }


def _soon(check: Check) -> str:
    """Give what a check finds, if in time: where packets are lost, each address of a name takes its own seconds."""
    answer: Future[str] = Future()
    threading.Thread(target=_fulfil, args=(answer, check), daemon=True).start()
    try:
        return answer.result(SECONDS)
    except TimeoutError as error:
        hint = "check the network, the proxy, the region and AWS_ENDPOINT_URL"
        raise BackendUnavailable(f"no answer from AWS within {SECONDS} s", hint) from error


def _fulfil(answer: "Future[str]", check: Check) -> None:
    try:
        answer.set_result(check())
    except Exception as error:  # noqa: BLE001 -- raised again in the thread that waits for the answer
        answer.set_exception(error)


def _cluster(backend: Emr) -> Cluster:
    return replace(backend.cluster, tries=1)


def _endpoint(backend: Emr) -> str:
    with contextlib.suppress(JobRejected, ConfigError):  # a refusal of what is asked is an answer too
        _cluster(backend).describe()
    return f"{aws.client('emr', backend.region).meta.endpoint_url} answers"


def _credentials(backend: Emr) -> str:
    where = f"AWS in {backend.region}"
    sts = aws.Service(name="sts", region=backend.region, where=where, explain=lambda _: None, tries=1)
    found = sts.ask("get_caller_identity")
    return f"{found['Arn']} of account {found['Account']}"


def _alive(backend: Emr) -> str:
    cluster = _cluster(backend).describe()
    state, why = str(cluster["Status"]["State"]), cluster["Status"].get("StateChangeReason", {}).get("Message", "")
    if state not in TAKES_STEPS:
        raise JobRejected(f"{backend.cluster_id} is {state}{f': {why}' if why else ''}", "launcher up")
    at_a_time = cluster.get("StepConcurrencyLevel", 1)
    return (
        f"{backend.cluster_id} is {state}, {cluster.get('ReleaseLabel', 'of no release')}, {at_a_time} steps at a time"
    )


def _deadline(backend: Emr) -> str:
    """Give what EMR itself will do, and what the stack wrote down.

    https://docs.aws.amazon.com/emr/latest/ManagementGuide/emr-auto-termination-policy.html
    """
    cluster, seconds = _cluster(backend).describe(), _cluster(backend).idle_timeout()
    tags: dict[str, Any] = {tag["Key"]: tag.get("Value") for tag in cluster.get("Tags", ())}
    if not seconds:
        put = f"aws emr put-auto-termination-policy --cluster-id {backend.cluster_id} --region {backend.region}"
        message = f"nothing ends {backend.cluster_id}: it costs money until somebody terminates it"
        raise LauncherError(message, f"{put} --auto-termination-policy IdleTimeout=3600")
    noted = f"; the tag {TAG} says {tags[TAG]}" if TAG in tags else ""
    return f"EMR terminates {backend.cluster_id} after {seconds / 60:.0f} minutes without a step{noted}"
