"""Calls of the Dataproc API by Google's own client and settings, and its refusals in our words.

Credentials are Google's application default ones. The endpoint is the region's, or the one that gcloud is told to use,
CLOUDSDK_API_ENDPOINT_OVERRIDES_DATAPROC: a URL is spoken to by REST, a host by gRPC, which is the client's default.
https://cloud.google.com/dataproc/docs/concepts/regional-endpoints
"""

import functools
import os
import time
import warnings
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib import import_module
from queue import Empty, SimpleQueue
from typing import Any

from launcher.apis import google_login
from launcher.apis.dataproc_faults import OVERRIDE, NoConnection, NoConnectionYet, meaning, said, tries
from launcher.errors import BackendUnavailable, MissingDependency
from launcher.retrying import retried_by

CONNECT_SECONDS = 3.0
ANSWER_SECONDS = 20.0
SCOPES = ("https://www.googleapis.com/auth/cloud-platform",)


@dataclass(frozen=True, slots=True)
class Where:
    """The cluster that a call is about, for the endpoint and for what is told of its failure."""

    project: str
    region: str
    cluster: str


def ask(where: Where, controller: str, method: str, request: Mapping[str, Any]) -> Any:
    """Give Google's answer to one call, after a few tries if need be.

    ``controller`` is JobController or ClusterController. Every call that is made here may be repeated: a submission
    carries its job's id. Raises JobNotFound, JobRejected, BackendUnavailable, or UsageError without credentials.
    """

    def call() -> Any:
        client, timeout = _client(controller, *endpoint(where.region), os.environ.get("GOOGLE_APPLICATION_CREDENTIALS"))
        return getattr(client, method)(request=request, retry=None, timeout=timeout)

    with _explained(where):
        return retried_by(tries, call)


def endpoint(region: str) -> tuple[str, str]:
    """Give the address of a region's Dataproc and the transport to use."""
    chosen = os.environ.get(OVERRIDE, "").rstrip("/")
    return (chosen or f"{region}-dataproc.googleapis.com:443"), ("rest" if "://" in chosen else "grpc")


def identity(where: Where) -> str:
    """Give who the credentials are of, and whose quota they use; raises UsageError or BackendUnavailable."""
    with _explained(where):
        found = _credentials()
    names = (getattr(found, name, "") for name in ("service_account_email", "account"))
    quota = getattr(found, "quota_project_id", None)
    who = next((str(name) for name in names if name), f"somebody ({type(found).__name__})")
    return f"{who}, quota of project {quota}" if quota else who


@contextmanager
def _explained(where: Where) -> Generator[None]:
    """Turn what Google's libraries raise into our errors, about this cluster."""
    try:
        yield
    except ImportError as error:
        message = f"clouds of kind dataproc need a package that is not installed: {error.name}"
        raise MissingDependency(message, "pip install 'firesteel[gcp]'") from error
    except Exception as error:
        fault = meaning(error)
        if fault is None:
            raise
        if fault.error is BackendUnavailable:
            _client.cache_clear()  # the next call looks for credentials and a connection anew
        about = {**asdict(where), "said": said(error), "endpoint": endpoint(where.region)[0]}
        raise fault.error(fault.cause.format_map(about), fault.hint.format_map(about)) from error


def _credentials() -> Any:
    """Give the application default credentials; those of a person, or of a machine, with a fresh token.

    https://cloud.google.com/docs/authentication/application-default-credentials
    """
    google_login.prepare()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Your application has authenticated using end user credentials")
        found: Any = import_module("google.auth").default(default_scopes=SCOPES)[0]
    if not isinstance(found, import_module("google.oauth2.service_account").Credentials):
        # Here, because the client would wait minutes for it where there is no network.
        request = import_module("google.auth.transport.requests").Request()
        found.refresh(functools.partial(request, timeout=CONNECT_SECONDS))
    return found


@functools.lru_cache(maxsize=8)
def _client(controller: str, address: str, transport: str, _credentials_file: str | None) -> tuple[Any, Any]:
    """Give a connected client of Google's, and the timeout to pass to its calls."""
    login = _credentials()
    dataproc: Any = import_module("google.cloud.dataproc_v1")
    options = {"api_endpoint": address}
    client = getattr(dataproc, f"{controller}Client")(credentials=login, transport=transport, client_options=options)
    if transport == "rest":
        timeout = import_module("google.api_core.timeout").ConstantTimeout((CONNECT_SECONDS, ANSWER_SECONDS))
        return client, timeout
    _connect(client.transport.grpc_channel)
    return client, ANSWER_SECONDS


def _connect(channel: Any) -> None:
    """Return when a gRPC channel is connected; a call would try again and again until its own deadline.

    Raises NoConnection when the first attempt fails, NoConnectionYet when it takes too long.
    """
    grpc: Any = import_module("grpc")
    states: SimpleQueue[Any] = SimpleQueue()
    channel.subscribe(states.put, try_to_connect=True)
    deadline = time.monotonic() + CONNECT_SECONDS
    try:
        while (
            state := states.get(timeout=max(0.0, deadline - time.monotonic()))
        ) is not grpc.ChannelConnectivity.READY:
            if state is grpc.ChannelConnectivity.TRANSIENT_FAILURE:
                raise NoConnection
    except Empty as error:
        raise NoConnectionYet from error
    finally:
        channel.unsubscribe(states.put)
