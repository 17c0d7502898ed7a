"""Calls of Azure's resource manager as the provider makes them: by REST, and waited for until they have ended.

https://learn.microsoft.com/azure/azure-resource-manager/management/async-operations
"""

import threading
import time
from collections.abc import Mapping
from typing import Any

import httpx

from rehearsal.providers.errors import Incomplete, ProviderError

PATIENCE = 60.0  # seconds of an operation: up to an hour with the vendor's provider
LOOK = 0.1
ANSWER = 30.0
NOT_FOUND = 404
GONE = frozenset({204, NOT_FOUND})
RUNNING = frozenset({"InProgress", "Accepted", "Running", "Creating", "Deleting", "Updating"})


class Manager:
    """The resource manager of one subscription, for one application."""

    def __init__(self, host: str, subscription: str, login: Mapping[str, str]) -> None:
        self.subscription, self._login = subscription, login
        self._http = httpx.Client(timeout=ANSWER)
        self._lock = threading.Lock()
        self._token = ""
        cloud = self._answer(self._http.get(f"https://{host}/metadata/endpoints", params={"api-version": "2022-09-01"}))
        self._where = cloud["resourceManager"].rstrip("/")
        self._authority = cloud["authentication"]["loginEndpoint"].rstrip("/")
        self._audience = cloud["authentication"]["audiences"][0].rstrip("/")

    def get(self, path: str, version: str) -> dict[str, Any] | None:
        """Give a resource; None when there is none."""
        response = self._send("GET", path, version)
        return None if response.status_code == NOT_FOUND else self._answer(response)

    def put(self, path: str, version: str, body: Mapping[str, Any], verb: str = "PUT") -> None:
        """Write a resource and wait for it; raises Incomplete for one that is there and failed."""
        response = self._send(verb, path, version, body)
        self._answer(response)
        if said := self._waited(response):
            raise Incomplete(path, f"{path} was made, but: {said}")

    def delete(self, path: str, version: str) -> None:
        """Remove a resource and wait for it; nothing to do when it is gone."""
        response = self._send("DELETE", path, version)
        if response.status_code in GONE:
            return
        self._check(response)
        if said := self._waited(response):
            raise ProviderError(f"{path} was not removed: {said}")

    def _waited(self, response: httpx.Response) -> str:
        """Wait for an operation that an answer has begun, and give why it failed."""
        url = response.headers.get("Azure-AsyncOperation") or response.headers.get("Location")
        deadline = time.monotonic() + PATIENCE
        while url:
            told = self._http.get(url, headers=self._headers())
            self._check(told)
            state = str(told.json().get("status", "")) if told.content else "Succeeded"
            if told.status_code != 202 and state not in RUNNING:  # noqa: PLR2004 -- Accepted
                return "" if state == "Succeeded" else f"the operation is {state}"
            if time.monotonic() > deadline:
                return f"the operation is {state} after {PATIENCE:.0f} s"
            time.sleep(LOOK)
        return ""

    def _send(self, verb: str, path: str, version: str, body: Mapping[str, Any] | None = None) -> httpx.Response:
        url, query = f"{self._where}{path}", {"api-version": version}
        return self._http.request(verb, url, params=query, headers=self._headers(), json=body)

    def _headers(self) -> dict[str, str]:
        with self._lock:
            if not self._token:
                self._token = self._signed_in()
        return {"Authorization": f"Bearer {self._token}"}

    def _signed_in(self) -> str:
        form = {"grant_type": "client_credentials", "scope": f"{self._audience}/.default",
                "client_id": self._login["clientId"], "client_secret": self._login["clientSecret"]}  # fmt: skip
        answered = self._http.post(f"{self._authority}/{self._login['tenantId']}/oauth2/v2.0/token", data=form)
        if answered.is_error:
            raise ProviderError(f"Azure does not let us in: {answered.json().get('error_description')}")
        return str(answered.json()["access_token"])

    def _answer(self, response: httpx.Response) -> dict[str, Any]:
        self._check(response)
        return response.json()

    @staticmethod
    def _check(response: httpx.Response) -> None:
        if response.is_error:
            said = response.json().get("error", {}) if response.content else {}
            code, text = said.get("code", "unknown"), said.get("message", response.reason_phrase)
            raise ProviderError(f'Status={response.status_code} Code="{code}" Message="{text}"')
