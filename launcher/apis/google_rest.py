"""Calls of Google's APIs that the launcher has no client of: JSON over HTTP, by Google's own credentials and settings.

Credentials are the application default ones. Where an API is, is told by gcloud's own overrides, else it is Google's.
https://cloud.google.com/sdk/gcloud/reference/config (api_endpoint_overrides)
"""

import functools
import os
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from launcher.apis import google_login
from launcher.errors import (
    BackendUnavailable,
    JobRejected,
    LauncherError,
    MissingDependency,
    ResourceNotFound,
    UsageError,
)
from launcher.retrying import retried_by

CONNECT_SECONDS, ANSWER_SECONDS = 3.0, 30.0
SCOPES = ("https://www.googleapis.com/auth/cloud-platform",)
OVERRIDE = "CLOUDSDK_API_ENDPOINT_OVERRIDES_"
# What gcloud calls an API, and its address with the version's path.
APIS: Mapping[str, tuple[str, str, str]] = {
    "compute": ("COMPUTE", "https://compute.googleapis.com/compute/v1/", ""),
    "iam": ("IAM", "https://iam.googleapis.com/", "v1/"),
    "cloudresourcemanager": ("CLOUDRESOURCEMANAGER", "https://cloudresourcemanager.googleapis.com/", "v1/"),
    "storage": ("STORAGE", "https://storage.googleapis.com/storage/v1/", ""),
}
ONCE, SOON, LONG = 1, 4, 8  # tries
NOT_FOUND, CONFLICT, THROTTLED, INSIDE = 404, 409, 429, 500
_LOGIN = "gcloud auth application-default login"


class NoAnswer(Exception):
    """An answer that is none of Google's, or that says no; ``status`` is HTTP's."""

    def __init__(self, status: int, message: str, reason: str) -> None:
        super().__init__(message)
        self.status, self.message, self.reason = status, message, reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Google:
    """One project at Google."""

    project: str

    def ask(self, api: str, method: str, path: str, body: Any = None, **parameters: str) -> Any:
        """Give the answer to one call, after a few tries if need be; every call that is made here may be repeated.

        Raises ResourceNotFound, JobRejected for what is refused, BackendUnavailable, or UsageError without credentials.
        """

        def call() -> Any:
            return _answered(_session().request(
                method, address(api) + path, json=body, params=parameters, timeout=(CONNECT_SECONDS, ANSWER_SECONDS)
            ))  # fmt: skip

        try:
            return retried_by(_tries, call)
        except ImportError as error:
            said = f"stacks of kind dataproc need a package that is not installed: {error.name}"
            raise MissingDependency(said, "pip install 'firesteel[gcp-stack]'") from error
        except Exception as error:
            found = self._meaning(api, error)
            if found is None:
                raise
            raise found from error

    def rows(self, api: str, path: str, key: str, **parameters: str) -> Iterator[Any]:
        """Give the rows of a list, page by page; raises as ``ask``."""
        token: dict[str, str] = {}
        while True:
            page = self.ask(api, "GET", path, None, **parameters, **token)
            yield from page.get(key, ())
            if not page.get("nextPageToken"):
                return
            token = {"pageToken": page["nextPageToken"]}

    def _meaning(self, api: str, error: Exception) -> LauncherError | None:
        if isinstance(error, NoAnswer):
            return self._refusal(api, error)
        module = type(error).__module__
        if module.startswith("google.auth"):
            transport = type(error).__name__ == "TransportError"
            said = str(next(iter(error.args), "")) or type(error).__name__
            if transport:
                return BackendUnavailable(
                    f"Google's token service cannot be reached: {said}", "check the network and the proxy"
                )
            return UsageError(f"there are no usable Google credentials: {said}", _LOGIN)
        if module.startswith(("requests.", "urllib3.")):
            hint = f"check the network, the proxy and {OVERRIDE}{APIS[api][0]}"
            return BackendUnavailable(f"{api} of Google cannot be reached at {address(api)}", hint)
        return None

    def _refusal(self, api: str, error: NoAnswer) -> LauncherError:
        if error.status == NOT_FOUND:
            return ResourceNotFound(f"{api} of project {self.project}: {error.message}")
        if error.reason == "SERVICE_DISABLED":
            hint = f"gcloud services enable {api}.googleapis.com --project {self.project}"
            return JobRejected(f"project {self.project} has no {api}: {error.message}", hint)
        if error.status in {401, THROTTLED} or error.status >= INSIDE:
            return BackendUnavailable(f"{api} of Google did not answer: {error.message}", "try again in a minute")
        who = "docs/clouds/dataproc.md has the permissions"
        return JobRejected(f"{api} of project {self.project} refuses: {error.message}", who)


def address(api: str) -> str:
    """Give where an API is, up to the version's path."""
    word, usual, version = APIS[api]
    return f"{(os.environ.get(OVERRIDE + word) or usual).rstrip('/')}/{version}"


def _answered(answer: Any) -> Any:
    if answer.status_code >= 400:  # noqa: PLR2004 -- HTTP's
        raise _no_answer(answer)
    if not answer.content:
        return {}
    try:
        return answer.json()
    except ValueError:  # a network that wants a login first answers with its own page
        raise NoAnswer(INSIDE, f"what answers at {answer.url} is not Google", "") from None


def _no_answer(answer: Any) -> NoAnswer:
    try:
        error = answer.json()["error"]
        reasons = [row["reason"] for row in (*error.get("details", ()), *error.get("errors", ())) if "reason" in row]
        return NoAnswer(answer.status_code, " ".join(str(error["message"]).split()), next(iter(reasons), ""))
    except (ValueError, KeyError, TypeError, AttributeError):
        return NoAnswer(answer.status_code, f"HTTP {answer.status_code}", "")


def _tries(error: BaseException) -> int:
    if isinstance(error, NoAnswer):
        return LONG if error.status == THROTTLED else SOON if error.status >= INSIDE else ONCE
    return SOON if type(error).__module__.startswith(("requests.", "urllib3.")) else ONCE


def _session() -> Any:
    return _session_of(os.environ.get("GOOGLE_APPLICATION_CREDENTIALS"))


@functools.lru_cache(maxsize=2)
def _session_of(_credentials_file: str | None) -> Any:
    """Give a session with the application default credentials.

    https://cloud.google.com/docs/authentication/application-default-credentials
    """
    google_login.prepare()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Your application has authenticated using end user credentials")
        found: Any = import_module("google.auth").default(scopes=SCOPES)[0]
    return import_module("google.auth.transport.requests").AuthorizedSession(found)
