"""Azure's resource manager by REST: groups, resources of any type, waiting until they are gone; errors in our words.

https://learn.microsoft.com/rest/api/resources
"""

import json
import os
import time
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx

from launcher.apis import azure_manager
from launcher.apis.gateway import unreachable
from launcher.errors import BackendUnavailable, ConfigError, JobRejected, LauncherError, ResourceNotFound
from launcher.metrics import is_object
from launcher.retrying import TRIES, retried_by

CONNECT, ANSWER = 5.0, 30.0  # seconds
PATIENCE, PAUSE = 1800.0, 2.0  # seconds until something is gone
PASSING = frozenset({429, 500, 502, 503, 504})
# https://learn.microsoft.com/cli/azure/azure-cli-configuration and the variables of Pulumi's own provider
VARIABLES = ("ARM_SUBSCRIPTION_ID", "AZURE_SUBSCRIPTION_ID")
Row = Mapping[str, Any]


def subscription() -> str:
    """Give the subscription that Pulumi's provider would take: the environment's, else az's; raises ConfigError."""
    if found := next(filter(None, map(os.environ.get, VARIABLES)), None):
        return found
    folder = Path(os.environ.get("AZURE_CONFIG_DIR") or "~/.azure").expanduser()
    try:
        told: Any = json.loads((folder / "azureProfile.json").read_text(encoding="utf-8-sig"))
    except (OSError, ValueError):
        told = {}
    rows = told.get("subscriptions", ()) if is_object(told) else ()
    for row in rows:
        if row.get("isDefault"):
            return str(row["id"])
    raise ConfigError("no Azure subscription is chosen", f"az login, az account set, or export {VARIABLES[0]}")


class Manager:
    """The resource manager of one subscription; every error is a LauncherError.

    Raises ResourceNotFound for what is not there, JobRejected for what Azure refuses, BackendUnavailable.
    """

    def __init__(self, chosen: str = "") -> None:
        self.where = azure_manager.endpoint()
        self.subscription = chosen or subscription()
        self.root = f"/subscriptions/{self.subscription}"
        self._http = httpx.Client(timeout=httpx.Timeout(ANSWER, connect=CONNECT))
        self._token = ""

    def get(self, path: str, version: str, **query: str) -> Row:
        """Give what is at a path."""
        return _object(self._sent("GET", path, version, query))

    def listed(self, path: str, version: str, wish: str = "") -> Iterator[Row]:
        """Give the rows of a list, page by page; ``wish`` is its filter. Nothing when what it is in is not there."""
        page = self._page(path, version, {"$filter": wish} if wish else {})
        while True:
            yield from page.get("value", ())
            following = str(page.get("nextLink") or "")
            if not following:
                return
            page = _object(self._sent("GET", following, "", {}))

    def delete(self, path: str, version: str) -> None:
        """Delete what is at a path; nothing happens when nothing is there."""
        try:
            self._sent("DELETE", path, version, {})
        except ResourceNotFound:
            return

    def await_gone(self, path: str, version: str) -> None:
        """Return when nothing is at a path any more; raises BackendUnavailable after half an hour."""
        believed = time.monotonic() + PATIENCE
        while True:
            try:
                self.get(path, version)
            except ResourceNotFound:
                return
            if time.monotonic() > believed:
                raise BackendUnavailable(f"{path} is not gone after {PATIENCE:.0f} s", "the same command again")
            time.sleep(PAUSE)

    def principal(self) -> str:
        """Give the object that the login is, as its token says."""
        return str(azure_manager.claims(self._signed_in()).get("oid", ""))

    def _page(self, path: str, version: str, query: Mapping[str, str]) -> Row:
        try:
            return _object(self._sent("GET", path, version, query))
        except ResourceNotFound:
            return {}

    def _sent(self, method: str, path: str, version: str, query: Mapping[str, str]) -> httpx.Response:
        url = path if path.startswith("https://") else f"{self.where}{path}"
        parameters = {"api-version": version, **query} if version else None

        def once() -> httpx.Response:
            headers = {"Authorization": f"Bearer {self._signed_in()}"}
            response = self._http.request(method, url, params=parameters, headers=headers)
            if response.status_code in PASSING:
                raise httpx.HTTPStatusError("passing", request=response.request, response=response)
            return response

        try:
            response = retried_by(_tries, once)
        except httpx.HTTPStatusError as error:
            response = error.response
        except httpx.TransportError as error:
            raise unreachable(self.where, error) from error
        if response.is_error:
            raise _refused(response)
        return response

    def _signed_in(self) -> str:
        if not self._token:
            self._token = azure_manager.token()
        return self._token


def _tries(error: BaseException) -> int:
    return TRIES if isinstance(error, httpx.HTTPStatusError | httpx.TransportError) else 1


def _object(response: httpx.Response) -> Row:
    value: Any = response.json()
    return value if is_object(value) else {}


def _refused(response: httpx.Response) -> LauncherError:
    try:
        value: Any = response.json()
    except ValueError:
        value = {}
    told: Any = value.get("error", {}) if is_object(value) else {}
    code, text = str(told.get("code", "")), str(told.get("message", response.reason_phrase))
    said = f"Azure's resource manager: {text} ({code or response.status_code})"
    status = response.status_code
    if status == HTTPStatus.NOT_FOUND:
        return ResourceNotFound(said)
    if status == HTTPStatus.UNAUTHORIZED:
        return BackendUnavailable(said, azure_manager.LOGIN)
    if status in PASSING:
        return BackendUnavailable(said, "try again in a minute")
    hint = "docs/stacks.md has the roles that it takes" if status == HTTPStatus.FORBIDDEN else "launcher doctor"
    return JobRejected(said, hint)
