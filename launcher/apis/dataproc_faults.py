"""What the refusals of Dataproc, and the errors of Google's libraries, mean to us."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from launcher.errors import BackendUnavailable, JobNotFound, JobRejected, LauncherError, UsageError

OVERRIDE = "CLOUDSDK_API_ENDPOINT_OVERRIDES_DATAPROC"
ONCE, TWICE, SOON, LONG = 1, 2, 4, 10  # tries; pauses grow to 4 seconds: SOON is over after 2, LONG after some 20


class NoConnection(Exception):
    """Nobody listens at the address, or it has no host."""


class NoConnectionYet(Exception):
    """No connection came about in time."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What a refusal means: the cause, the next command to type, our error, how many tries it is worth.

    ``{said}`` stands for Google's own words, ``{endpoint}`` for the address, ``{project}``, ``{region}`` and
    ``{cluster}`` for those of the call.
    """

    cause: str
    hint: str
    error: type[LauncherError] = JobRejected
    tries: int = ONCE


_LOGIN = "gcloud auth application-default login"
_HERE = "--region {region} --project {project}"
_DESCRIBE = f"gcloud dataproc clusters describe {{cluster}} {_HERE}"
_CLUSTERS = f"gcloud dataproc clusters list {_HERE}"
_JOBS = f"gcloud dataproc jobs list {_HERE}"
_NETWORK = f"check the network, the proxy and {OVERRIDE}"
_ROLE = "gcloud projects add-iam-policy-binding {project} --member YOU --role roles/dataproc.editor"
_NO_CREDENTIALS = Fault("there are no usable Google credentials: {said}", _LOGIN, UsageError)
_EXPIRED = Fault("the Google credentials have expired or were revoked: {said}", _LOGIN, BackendUnavailable)
_SLOW = Fault(
    "Dataproc throttles requests, and did not stop: {said}", "try again in a minute", BackendUnavailable, LONG
)
_INSIDE = Fault("Dataproc failed inside: {said}", "try again in a minute", BackendUnavailable, SOON)
_DOWN = Fault("Dataproc cannot be reached at {endpoint}", _NETWORK, BackendUnavailable)
_CUT = Fault("the connection to Dataproc at {endpoint} was cut", _NETWORK, BackendUnavailable, SOON)
_MUTE = Fault("Dataproc at {endpoint} does not answer", _NETWORK, BackendUnavailable, TWICE)
_LARGE = Fault("the job is larger than Dataproc takes: {said}", "pass long arguments as a file, by --input")
# What Google's message holds, where one status has several causes.
SAYINGS: Mapping[str, Fault] = {
    "cannot accept jobs": Fault("cluster {cluster} takes no jobs: {said}", _DESCRIBE),
    "Not found: Cluster": Fault("there is no cluster {cluster} in {project}, {region}", _CLUSTERS),
    "Not found: Job": Fault("Dataproc in {project}, {region}: {said}", _JOBS, JobNotFound),
    "supported by this endpoint": Fault("{endpoint} is not for this region: {said}", f"{_CLUSTERS}; unset {OVERRIDE}"),
    "payload size exceeds": _LARGE,
    "invalid_grant": _EXPIRED,
    "failed to connect to all addresses": _DOWN,
}
# Google's reasons (https://cloud.google.com/apis/design/errors), HTTP's statuses, and the names of classes
# (https://github.com/googleapis/google-auth-library-python/blob/main/google/auth/exceptions.py, requests.exceptions).
FAULTS: Mapping[str, Fault] = {
    "SERVICE_DISABLED": Fault(
        "project {project} has no Dataproc: {said}", "gcloud services enable dataproc.googleapis.com"
    ),
    "RATE_LIMIT_EXCEEDED": _SLOW,
    "RESOURCE_QUOTA_EXCEEDED": Fault("a quota of project {project} is used up: {said}", "gcloud dataproc jobs list"),
    "400": Fault("Dataproc refuses the job: {said}", _DESCRIBE),
    "401": _EXPIRED,
    "403": Fault("Dataproc denies access: {said}", _ROLE),
    "404": Fault("Dataproc does not find what the call is about: {said}", _CLUSTERS),
    "409": Fault("the run id is taken by another job: {said}", _JOBS),
    "413": _LARGE,
    "429": _SLOW,
    "500": _INSIDE,
    "502": _INSIDE,
    "503": _INSIDE,
    "504": _MUTE,
    "DefaultCredentialsError": _NO_CREDENTIALS,
    "RefreshError": _EXPIRED,
    "OAuthError": _EXPIRED,
    "TransportError": Fault("Google's token service cannot be reached: {said}", _NETWORK, BackendUnavailable),
    "GoogleAuthError": _NO_CREDENTIALS,
    "NoConnection": replace(_DOWN, tries=TWICE),
    "NoConnectionYet": _DOWN,
    "ConnectTimeout": _DOWN,
    "ReadTimeout": _MUTE,
    "ConnectionError": _CUT,
    "ChunkedEncodingError": _CUT,
}


def meaning(error: BaseException) -> Fault | None:
    """Give what an error of Google's libraries means; None for an error that is not theirs, or not known."""
    if not type(error).__module__.startswith(("google.", "requests.", "urllib3.", "grpc", __name__)):
        return None
    text = said(error)
    names = [kind.__name__ for kind in type(error).__mro__]
    words = [str(getattr(error, "reason", "")), str(int(getattr(error, "code", None) or 0)), *names]
    found = [fault for saying, fault in SAYINGS.items() if saying in text]
    return next(iter([*found, *(FAULTS[word] for word in words if word in FAULTS)]), None)


def said(error: BaseException) -> str:
    """Give the message of an error in one line, without the URL that was asked."""
    first = next(iter(error.args), "")  # google-auth adds the whole answer behind its message
    text = str(getattr(error, "message", "") or first or type(error).__name__)
    return re.sub(r"^[A-Z]+ https?://\S+: ", "", " ".join(text.split()))


def tries(error: BaseException) -> int:
    """Give how often in all a call is worth a try that ends in this error."""
    fault = meaning(error)
    return fault.tries if fault else ONCE
