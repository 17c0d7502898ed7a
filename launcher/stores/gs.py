"""A bucket in Google Cloud Storage, through Google's own client.

The application default credentials work as elsewhere (https://cloud.google.com/docs/authentication/provide-credentials-adc),
and so do STORAGE_EMULATOR_HOST and the proxies' variables. Creating where nothing is, is asked of the service
(https://cloud.google.com/storage/docs/request-preconditions).
"""

import logging
import os
import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from launcher.apis import google_login
from launcher.stores import (
    ABSENT,
    CONNECT_SECONDS,
    LONG,
    ONCE,
    PRESENT,
    READ_SECONDS,
    SOON,
    TWICE,
    Fault,
    Place,
    class_names,
    last_parts,
)

__all__ = ["FAULTS", "open_store", "words"]

_LIMITS = {"timeout": (CONNECT_SECONDS, READ_SECONDS), "retry": None}  # the launcher tries again itself
_PART = 8 * 1024 * 1024  # bytes of one request of a large upload
_PATIENCE = 30.0  # seconds for which one part of a large upload is tried again

_REASON = re.compile(r'"reason":\s*"(\w+)"')  # in the body of an answer that the client does not take apart

_LOGIN = "gcloud auth application-default login"
_WHO = "gcloud auth list"
_DENIED = Fault("access denied: it takes storage.objects.get, list, create and delete on {host}", _WHO)
_EXPIRED = Fault("the Google credentials have expired or were revoked", _LOGIN)
_SLOW = Fault("the store throttles requests, and did not stop", "try again in a minute", LONG)
_INSIDE = Fault("the store failed inside", "try again in a minute", SOON)
_LARGE = Fault("the object is larger than the store takes", "give a smaller input, or split it")
_DOWN = Fault("the endpoint cannot be reached", "check the network, the proxy and STORAGE_EMULATOR_HOST", SOON)
# https://cloud.google.com/storage/docs/json_api/v1/status-codes (reasons, then statuses), and the names of classes in
# https://github.com/googleapis/google-auth-library-python/blob/main/google/auth/exceptions.py and requests.exceptions
FAULTS: Mapping[str, Fault] = {
    "noSuchBucket": Fault("the bucket {host} does not exist", "gcloud storage buckets create gs://{host}"),
    "accountDisabled": Fault(
        "the project's billing or account is disabled", "gcloud billing projects describe PROJECT"
    ),
    "userProjectMissing": Fault("the bucket makes the requester pay", "choose another staging"),
    "quotaExceeded": Fault("the project's quota is used up", "remove old runs, or choose another staging"),
    "rateLimitExceeded": _SLOW,
    "userRateLimitExceeded": _SLOW,
    "uploadTooLarge": _LARGE,
    "retentionPolicyNotMet": Fault("the bucket's retention policy forbids replacing objects", "choose another staging"),
    "400": Fault("the store does not take the request", "check the bucket's name"),
    "401": _EXPIRED,
    "403": _DENIED,
    "404": ABSENT,
    "408": _INSIDE,
    "412": PRESENT,
    "413": _LARGE,
    "429": _SLOW,
    "500": _INSIDE,
    "502": _INSIDE,
    "503": _SLOW,
    "504": _INSIDE,
    "DefaultCredentialsError": Fault("there are no Google credentials", _LOGIN),
    "clockSkew": Fault("this machine's clock is wrong", "timedatectl set-ntp true"),
    "RefreshError": _EXPIRED,
    "ReauthFailError": _EXPIRED,
    "TransportError": _DOWN,
    "GoogleAuthError": Fault("the Google credentials cannot be used", _LOGIN),
    "ProxyError": Fault("the proxy cannot be reached", "check HTTPS_PROXY and NO_PROXY", SOON),
    "SSLError": Fault("the endpoint's certificate is not trusted", "set REQUESTS_CA_BUNDLE to your CA's file"),
    "InvalidSchema": Fault("the endpoint is no http URL", "export STORAGE_EMULATOR_HOST=http://HOST:PORT"),
    "ConnectTimeout": Fault(_DOWN.cause, _DOWN.hint, ONCE),
    "ReadTimeout": Fault("the endpoint accepts requests but does not answer", _DOWN.hint, TWICE),
    "ConnectionError": _DOWN,
    "ChunkedEncodingError": Fault("the connection was cut", _DOWN.hint, SOON),
    "JSONDecodeError": Fault("the answer was cut, or is not Google's", _DOWN.hint, SOON),
    "DataCorruption": Fault("the data arrived damaged", "try again", SOON),
    "InvalidResponse": _INSIDE,
}


def words(error: BaseException) -> tuple[str, ...]:
    """Give Google's reason and the HTTP status, or the names of the classes of what its libraries raise."""
    if not type(error).__module__.startswith(("google.", "requests.", "urllib3.")):
        return ()
    cause: Any = getattr(error, "cause", None)
    if isinstance(cause, Exception):  # what a retry gave up on
        return words(cause)
    code: Any = getattr(error, "code", None)
    if code is None:
        skewed = ("clockSkew",) if "reasonable timeframe" in str(error) else ()
        return (*skewed, *class_names(error))
    details: Any = getattr(error, "errors", None) or ()
    reasons = [str(row["reason"]) for row in details if "reason" in row] or _REASON.findall(str(error))
    gone = ["noSuchBucket"] if "bucket does not exist" in str(error) else []
    return (*gone, *reasons, str(int(code)), *class_names(error))


def open_store(root: str) -> "GS":
    """Give the store on a bucket; contacts nobody but, on Google's machines, their own metadata server."""
    logging.getLogger("google").addHandler(logging.NullHandler())  # what it warns of is told by our errors
    # Else the client asks in the background for the bucket itself, which few may read, only to label traces.
    os.environ.setdefault("DISABLE_GCS_PYTHON_CLIENT_OTEL_BUCKET_METADATA", "true")
    google_login.prepare()
    place = Place.of(root)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Your application has authenticated using end user credentials")
        # No object's request needs a project, and many who may write to a bucket have none.
        client: Any = import_module("google.cloud.storage").Client(project=None)
    return GS(place, client, client.bucket(place.host))


@dataclass(frozen=True, slots=True)
class GS:
    """The objects of a bucket; see ``launcher.stores.Store`` for what each method gives and raises."""

    place: Place
    client: Any
    bucket: Any

    def get(self, name: str) -> bytes:
        return bytes(self._blob(name).download_as_bytes(**_LIMITS))

    def head(self, name: str) -> None:
        self._blob(name).reload(**_LIMITS)

    def put(self, name: str, data: bytes) -> None:
        self._blob(name).upload_from_string(data, "application/octet-stream", **_LIMITS)

    def create(self, name: str, data: bytes) -> None:
        blob = self._blob(name)
        blob.upload_from_string(data, "application/octet-stream", if_generation_match=0, **_LIMITS)

    def upload(self, name: str, file: Path) -> None:
        patient = import_module("google.cloud.storage.retry").DEFAULT_RETRY.with_timeout(_PATIENCE)
        blob = self.bucket.blob(self.place.key(name), chunk_size=_PART)
        blob.upload_from_filename(str(file), "application/octet-stream", timeout=_LIMITS["timeout"], retry=patient)

    def delete(self, name: str) -> None:
        self._blob(name).delete(**_LIMITS)

    def folders(self, prefix: str) -> list[str]:
        rows = self._list(prefix, delimiter="/", fields="prefixes,nextPageToken")
        list(rows)  # the prefixes are complete when the last page is read
        return last_parts(rows.prefixes)

    def objects(self, prefix: str) -> list[str]:
        return self.place.names(row.name for row in self._list(prefix, fields="items(name),nextPageToken"))

    def _blob(self, name: str) -> Any:
        return self.bucket.blob(self.place.key(name))

    def _list(self, prefix: str, **more: str) -> Any:
        return self.client.list_blobs(self.bucket, prefix=self.place.folder(prefix), **more, **_LIMITS)
