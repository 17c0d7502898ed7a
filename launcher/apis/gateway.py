"""The HTTPS gateway of an HDInsight cluster: Livy and YARN behind one address and one password."""

import functools
import os
import ssl
from collections.abc import Mapping
from http import HTTPStatus
from types import TracebackType
from typing import Any, Self

import httpx

from launcher.errors import BackendUnavailable, ConfigError, JobRejected
from launcher.metrics import is_object
from launcher.retrying import TRIES, retried_by

PASSWORD = "FIRESTEEL_HDINSIGHT_PASSWORD"  # noqa: S105 -- the name of the variable, not what is in it
CONNECT = 5.0  # seconds; without a network the answer comes within that time
ANSWER = 30.0  # seconds; to end a batch, Livy first waits for YARN
PASSING = frozenset({429, 500, 502, 503, 504})
TRUST = ("SSL_CERT_FILE", "SSL_CERT_DIR")
LOOPBACK = ("127.0.0.1", "localhost", "::1")


class Gateway:
    """Calls below one endpoint, for the length of a block; every error is a LauncherError.

    Certificates are verified with the system's settings (SSL_CERT_FILE), proxies are those of HTTPS_PROXY. What only
    reads, and DELETE, is tried again after a passing fault; POST only when it was certainly not carried out.
    https://learn.microsoft.com/azure/hdinsight/spark/apache-spark-livy-rest-interface
    """

    def __init__(self, endpoint: str, user: str) -> None:
        self.endpoint = endpoint
        self._host = host(endpoint)
        self._user = user
        self._client = httpx.Client(
            base_url=endpoint,
            auth=(user, password(self._host, user)),
            headers={"X-Requested-By": "firesteel"},  # Livy's guard against forged requests wants it
            timeout=httpx.Timeout(ANSWER, connect=CONNECT),
            verify=_verify(endpoint),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._client.close()

    def get(self, path: str, **query: str | int) -> Mapping[str, Any] | None:
        """Give the JSON object at a path, None when nothing is there (404)."""
        response = self._sent("GET", path, params=query)
        return None if response.status_code == HTTPStatus.NOT_FOUND else self._object(response)

    def post(self, path: str, body: Mapping[str, Any]) -> httpx.Response:
        """Give the answer to a body, whether it is 201 or a refusal; raises BackendUnavailable when there is none.

        Then it is not known whether the request was carried out.
        """
        return self._sent("POST", path, json=dict(body))

    def put(self, path: str, body: Mapping[str, Any]) -> httpx.Response:
        """Give the answer to a body that may be sent twice."""
        return self._sent("PUT", path, json=dict(body))

    def delete(self, path: str) -> None:
        """Remove what is at a path; nothing happens when nothing is there."""
        response = self._sent("DELETE", path)
        if response.is_error and response.status_code != HTTPStatus.NOT_FOUND:
            raise self._refused(response)

    def _sent(self, method: str, path: str, **content: Any) -> httpx.Response:
        def once() -> httpx.Response:
            response = self._client.request(method, path, **content)
            if response.status_code in PASSING or _busy(response):
                raise httpx.HTTPStatusError("passing", request=response.request, response=response)
            return response

        try:
            response = retried_by(_tries_of_post if method == "POST" else _tries, once)
        except httpx.HTTPStatusError as error:
            raise self._refused(error.response) from error
        except (httpx.TransportError, httpx.InvalidURL) as error:
            raise unreachable(self._host, error) from error
        if response.status_code in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN} or response.is_redirect:
            raise self._refused(response)
        return response

    def _object(self, response: httpx.Response) -> Mapping[str, Any]:
        try:
            value = response.raise_for_status().json()
        except (httpx.HTTPStatusError, ValueError) as error:
            raise self._refused(response) from error
        if not is_object(value):
            raise self._refused(response)
        return value

    def _refused(self, response: httpx.Response) -> BackendUnavailable | JobRejected:
        status, where = response.status_code, f"{response.request.method} {response.request.url.copy_with(query=None)}"
        if status == HTTPStatus.UNAUTHORIZED:
            return BackendUnavailable(f"{self._host} refuses the password of {self._user!r}", self._set_password)
        if status == HTTPStatus.FORBIDDEN:
            return _forbidden(self._user, where, message(response))
        if status in PASSING:
            return BackendUnavailable(f"{where}: HTTP {status}, also when tried again: {message(response)}")
        return BackendUnavailable(
            f"{where}: no answer of Livy or YARN (HTTP {status})", "check endpoint in the cluster"
        )

    @property
    def _set_password(self) -> str:
        return f"keyring set {self._host} {self._user}, or export {PASSWORD}"


def reach(endpoint: str) -> int:
    """Give the HTTP status that anybody gets at an endpoint, without a login; raises BackendUnavailable."""
    try:
        with httpx.Client(timeout=CONNECT, verify=_verify(endpoint)) as client:
            return client.get(endpoint).status_code
    except httpx.TransportError as error:
        raise unreachable(host(endpoint), error) from error


def unreachable(host: str, error: Exception) -> BackendUnavailable:
    """Give the error for a connection that does not come about."""
    text = str(error) or type(error).__name__
    if "CERTIFICATE_VERIFY_FAILED" in text:
        hint = "export SSL_CERT_FILE=/path/of/its/authority.pem"
        return BackendUnavailable(f"the certificate of {host} is not trusted: {text}", hint)
    if _unresolved(error):
        hint = "az hdinsight show --name NAME --resource-group GROUP: is the cluster deleted?"
        return BackendUnavailable(f"{host} has no address: {text}", hint)
    return BackendUnavailable(f"{host} cannot be reached: {text}", "launcher doctor --cloud NAME")


def host(endpoint: str) -> str:
    """Give the host of an endpoint; raises ConfigError for what is no https URL.

    The password goes over this connection, so plain http is taken for this machine only.
    """
    try:
        url = httpx.URL(endpoint)
    except httpx.InvalidURL:
        url = httpx.URL("")
    if url.host and (url.scheme == "https" or (url.scheme == "http" and url.host in LOOPBACK)):
        return url.host
    raise ConfigError(f"endpoint {endpoint!r} is no https URL", 'write endpoint = "https://NAME.azurehdinsight.net"')


def password(host: str, user: str) -> str:
    """Give the gateway's password: the environment's, else the system keyring's; raises ConfigError without one."""
    if given := os.environ.get(PASSWORD):
        return given
    import keyring
    from keyring.errors import KeyringError

    try:
        found = keyring.get_password(host, user)
    except KeyringError:
        found = None
    if not found:
        raise ConfigError(
            f"no password of {user!r} at {host} is known", f"keyring set {host} {user}, or export {PASSWORD}"
        )
    return found


def message(response: httpx.Response) -> str:
    """Give what the service says in an answer: Livy's ``msg``, YARN's exception, or the start of the text."""
    try:
        value: Any = response.json()
    except ValueError:
        return response.text.strip()[:200]
    if not is_object(value):
        return str(value)[:200]
    return str(value.get("msg") or value.get("RemoteException", {}).get("message") or value)[:500]


def _verify(endpoint: str) -> ssl.SSLContext | bool:
    return _trusted(*map(os.environ.get, TRUST)) if endpoint.startswith("https") else False


@functools.cache
def _trusted(_file: str | None, _folder: str | None) -> ssl.SSLContext:
    return httpx.create_ssl_context()  # reading all authorities takes longer than a request


def _forbidden(user: str, where: str, said: str) -> BackendUnavailable:
    return BackendUnavailable(f"{where}: {user!r} may not do that: {said}", "use the cluster's own login as user")


def _busy(response: httpx.Response) -> bool:
    # Livy's answer while too many spark-submit processes run: 400, but the same request is taken a moment later.
    return response.status_code == HTTPStatus.BAD_REQUEST and "too many sessions" in response.text


def _tries(error: BaseException) -> int:
    if isinstance(error, httpx.HTTPStatusError):
        return TRIES
    if isinstance(error, httpx.ConnectTimeout):
        return 1
    if isinstance(error, httpx.ConnectError):
        return 1 if _unresolved(error) or "CERTIFICATE" in str(error) else TRIES
    return 2 if isinstance(error, httpx.TransportError) else 1


def _tries_of_post(error: BaseException) -> int:
    if isinstance(error, httpx.HTTPStatusError):
        carried_out = error.response.status_code != HTTPStatus.TOO_MANY_REQUESTS and not _busy(error.response)
        return 1 if carried_out else TRIES
    return _tries(error) if isinstance(error, httpx.ConnectError) else 1


def _unresolved(error: Exception) -> bool:
    return any(word in str(error) for word in ("Name or service not known", "name resolution", "nodename nor servname"))
