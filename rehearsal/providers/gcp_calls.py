"""Calls of Google's APIs as a provider makes them: JSON over HTTP, operations waited for, what is gone is no error."""

import os
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from rehearsal.providers.errors import ProviderError
from rehearsal.providers.values import Properties

# The vendor's provider's own variables, and where it works without them.
# https://registry.terraform.io/providers/hashicorp/google/latest/docs/guides/provider_reference#custom-endpoints
ENDPOINTS: Mapping[str, tuple[str, str]] = {
    "compute": ("GOOGLE_COMPUTE_CUSTOM_ENDPOINT", "https://compute.googleapis.com/compute/v1/"),
    "dataproc": ("GOOGLE_DATAPROC_CUSTOM_ENDPOINT", "https://dataproc.googleapis.com/v1/"),
    "iam": ("GOOGLE_IAM_CUSTOM_ENDPOINT", "https://iam.googleapis.com/v1/"),
    "resources": ("GOOGLE_RESOURCE_MANAGER_CUSTOM_ENDPOINT", "https://cloudresourcemanager.googleapis.com/v1/"),
    "storage": ("GOOGLE_STORAGE_CUSTOM_ENDPOINT", "https://storage.googleapis.com/storage/v1/"),
}
SCOPES = ["https://www.googleapis.com/auth/cloud-platform"]
IN_USE = "resourceInUseByAnotherResource"
PATIENCE, LOOK = 5.0, 0.2  # seconds that something may stay in use: minutes with the vendor's provider
DONE_WITHIN = 300.0  # seconds
SECONDS = 60.0  # of one request
GONE, CONFLICT = 404, 409


class Refused(ProviderError):
    """Google refused a call."""

    def __init__(self, status: int, message: str, reason: str) -> None:
        super().__init__(f"Error {status}: {message}")
        self.status, self.reason = status, reason


class Google:
    """The APIs, with the application default credentials; ``project`` is where resources lie that name none."""

    def __init__(self, project: str) -> None:
        import google.auth

        self._project = project
        self._login: Any = google.auth.default(scopes=SCOPES)[0]
        self._sessions = threading.local()

    def project(self, inputs: Properties) -> str:
        """Give the project of a resource; raises ProviderError when neither it nor the provider names one."""
        found = inputs.get("project") or self._project
        if not found:
            raise ProviderError("the provider gcp has no project: pulumi config set gcp:project, or GOOGLE_PROJECT")
        return str(found)

    def ask(self, api: str, method: str, path: str, body: Any = None, **parameters: str) -> Any:
        """Give the answer to one call; raises Refused."""
        return self._sent(method, endpoint(api) + path, parameters, json=body)

    def upload(self, bucket: str, name: str, content: bytes, kind: str) -> None:
        """Put an object: https://cloud.google.com/storage/docs/json_api/v1/objects/insert."""
        url = endpoint("storage").replace("/storage/v1/", "/upload/storage/v1/")
        parameters = {"uploadType": "media", "name": name}
        self._sent("POST", f"{url}b/{bucket}/o", parameters, data=content, headers={"Content-Type": kind})

    def compute(self, method: str, path: str, body: Any = None) -> None:
        """Change something in Compute Engine, and wait until that is done; raises Refused."""
        operation = self.ask("compute", method, path, body)
        region = operation.get("region", "").rpartition("/")[2]
        place = f"projects/{path.split('/')[1]}/{f'regions/{region}' if region else 'global'}"
        found = _waited(lambda: self.ask("compute", "GET", f"{place}/operations/{operation['name']}"), _is_done)
        for error in found.get("error", {}).get("errors", ()):
            raise Refused(int(found.get("httpErrorStatusCode", 400)), error["message"], error["code"])

    def dataproc(self, method: str, path: str, body: Any = None, **parameters: str) -> None:
        """Change a cluster, and wait until that is done; raises Refused."""
        operation = self.ask("dataproc", method, path, body, **parameters)
        found = _waited(lambda: self.ask("dataproc", "GET", operation["name"]), lambda seen: seen.get("done"))
        if error := found.get("error"):
            raise Refused(int(error["code"]), error["message"], "")

    def _sent(self, method: str, url: str, parameters: Mapping[str, str], **what: Any) -> Any:
        answer = self._session().request(method, url, params=parameters, timeout=SECONDS, **what)
        if answer.status_code >= 400:  # noqa: PLR2004 -- HTTP's
            raise _refused(answer)
        return answer.json() if answer.content else {}

    def _session(self) -> Any:
        """Give a thread's own: a session is not made for several."""
        if not hasattr(self._sessions, "own"):
            from google.auth.transport.requests import AuthorizedSession

            self._sessions.own = AuthorizedSession(self._login)
        return self._sessions.own


def endpoint(api: str) -> str:
    """Give where an API is."""
    variable, usual = ENDPOINTS[api]
    return os.environ.get(variable) or usual


def unless_gone(call: Callable[..., Any], *asked: Any) -> Any:
    """Give the answer; None when what is asked about does not exist."""
    try:
        return call(*asked)
    except Refused as error:
        if error.status != GONE:
            raise
        return None


def persistently(call: Callable[..., Any], *asked: Any) -> None:
    """Remove something, as soon as nothing uses it any more; nothing to do when it is gone."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return unless_gone(call, *asked)
        except Refused as error:
            if error.reason != IN_USE or time.monotonic() > deadline:
                raise
        time.sleep(LOOK)


def _waited(look: Callable[[], Any], done: Callable[[Any], Any]) -> Any:
    deadline = time.monotonic() + DONE_WITHIN
    while not done(seen := look()):
        if time.monotonic() > deadline:
            raise ProviderError(f"{seen.get('name')} is not done after {DONE_WITHIN:.0f} s")
        time.sleep(LOOK)
    return seen


def _is_done(operation: Mapping[str, Any]) -> bool:
    return operation["status"] == "DONE"


def _refused(answer: Any) -> Refused:
    try:
        error = answer.json()["error"]
    except (ValueError, KeyError, TypeError):
        return Refused(answer.status_code, answer.text[:500], "")
    reasons = [row.get("reason", "") for row in error.get("errors", ())]
    return Refused(answer.status_code, error["message"], next(iter(reasons), ""))
