"""A container in Azure Blob Storage, through Azure's own client.

The Blob API serves accounts with and without folders of their own, so abfs URIs use it too. Credentials, in this order:
what the az command line takes from the environment (AZURE_STORAGE_CONNECTION_STRING, _KEY, _SAS_TOKEN:
https://learn.microsoft.com/cli/azure/azure-cli-configuration), then DefaultAzureCredential, which knows az login.
"""

import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from launcher.errors import ConfigError
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

_BLOCK_TRIES = 3  # of a large upload, besides the first
_OPTIONS: dict[str, Any] = {
    "connection_timeout": CONNECT_SECONDS,
    "read_timeout": READ_SECONDS,
    "max_single_put_size": 8 * 1024 * 1024,  # larger ones go in blocks, which are invisible until all are there
    "max_block_size": 8 * 1024 * 1024,
}

_LOGIN = "az login"
_ROLE = "az role assignment create --role 'Storage Blob Data Contributor' --assignee YOU --scope ACCOUNT"
_DENIED = Fault("access denied: it takes the role Storage Blob Data Contributor on {host}", _ROLE)
_SIGNED_OUT = Fault("the Azure login has expired, or is of another tenant", _LOGIN)
_KEY = Fault(
    "the key or the SAS token is wrong or has expired, or this machine's clock is wrong",
    "renew AZURE_STORAGE_CONNECTION_STRING, or unset it and: az login",
)
_SLOW = Fault("the store throttles requests, and did not stop", "try again in a minute", LONG)
_INSIDE = Fault("the store failed inside", "try again in a minute", SOON)
_LARGE = Fault("the object is larger than the store takes", "give a smaller input, or split it")
_DOWN = Fault("the endpoint cannot be reached", "check the network, the proxy and the account's name", SOON)
_ODD = Fault("the answer was cut, or is not Azure's", _DOWN.hint, SOON)
# https://learn.microsoft.com/rest/api/storageservices/common-rest-api-error-codes and .../blob-service-error-codes;
# then statuses, then the names of classes in azure.core.exceptions and azure.identity
FAULTS: Mapping[str, Fault] = {
    "BlobNotFound": ABSENT,
    "ResourceNotFound": ABSENT,
    "BlobAlreadyExists": PRESENT,
    "ConditionNotMet": PRESENT,
    "ContainerNotFound": Fault("the container {host} does not exist", "az storage container create"),
    "ContainerDisabled": Fault("the container is disabled", "choose another staging"),
    "ContainerBeingDeleted": Fault("the container is being deleted", "try again in a minute"),
    "AccountIsDisabled": Fault("the storage account is disabled", "az account show"),
    "AuthorizationPermissionMismatch": _DENIED,
    "InsufficientAccountPermissions": _DENIED,
    "AuthorizationFailure": Fault(
        "the account's firewall keeps this machine out", "az storage account network-rule add"
    ),
    "KeyBasedAuthenticationNotPermitted": Fault("the account takes no keys", "unset the key, then: az login"),
    "NoAuthenticationInformation": Fault("there are no Azure credentials", _LOGIN),
    "InvalidAuthenticationInfo": _SIGNED_OUT,
    "AuthenticationFailed": _KEY,
    "RequestBodyTooLarge": _LARGE,
    "BlobImmutableDueToPolicy": Fault("a policy forbids replacing objects here", "choose another staging"),
    "LeaseIdMissing": Fault("somebody holds a lease on the object", "az storage blob lease break"),
    "ServerBusy": _SLOW,
    "OperationTimedOut": _INSIDE,
    "InternalError": _INSIDE,
    "200": _ODD,
    "206": _ODD,
    "401": _SIGNED_OUT,
    "403": _DENIED,
    "404": ABSENT,
    "412": PRESENT,
    "413": _LARGE,
    "429": _SLOW,
    "500": _INSIDE,
    "502": _INSIDE,
    "503": _SLOW,
    "504": _INSIDE,
    "507": Fault("the account's quota is used up", "remove old runs, or choose another staging"),
    "AzureSigningError": _KEY,
    "CredentialUnavailableError": Fault("there are no Azure credentials", _LOGIN),
    "ClientAuthenticationError": Fault("the Azure credentials are missing or have expired", _LOGIN),
    "ServiceRequestTimeoutError": Fault(_DOWN.cause, _DOWN.hint, ONCE),
    "ServiceRequestError": _DOWN,
    "ServiceResponseTimeoutError": Fault("the endpoint accepts requests but does not answer", _DOWN.hint, TWICE),
    "ServiceResponseError": Fault("the connection was cut", _DOWN.hint, SOON),
    "IncompleteReadError": Fault("the connection was cut", _DOWN.hint, SOON),
    "HttpResponseError": _ODD,
    "DeserializationError": _ODD,
    "ValueError": _ODD,
}


def words(error: BaseException) -> tuple[str, ...]:
    """Give Azure's code and the HTTP status, or the names of azure-core's classes."""
    if isinstance(error, ValueError):  # what azure-storage-blob raises for an answer without the header it wants
        return ("ValueError",)
    if not type(error).__module__.startswith("azure."):
        return ()
    code: Any = getattr(error, "error_code", None)
    status: Any = getattr(error, "status_code", None)
    found = tuple(str(word) for word in (getattr(code, "value", code), status) if word)
    return found or class_names(error)


def open_store(root: str) -> "Azure":
    """Give the store on a container; contacts nobody. Raises ConfigError for a URI without container and account."""
    logging.getLogger("azure").addHandler(logging.NullHandler())  # what it warns of is told by our errors
    place = Place.of(root)
    container, _, host = place.host.partition("@")
    if not (container and host):
        raise ConfigError(
            f"storage {root!r} names no container and account", "abfs://CONTAINER@ACCOUNT.dfs.core.windows.net/PATH"
        )
    service = _service(host)
    if service.account_name != host.partition(".")[0]:
        message = f"storage {root!r}: AZURE_STORAGE_CONNECTION_STRING is of another account, {service.account_name}"
        raise ConfigError(message, "unset AZURE_STORAGE_CONNECTION_STRING, or set that of the staging's account")
    return Azure(place, service.get_container_client(container))


def _service(host: str) -> Any:
    sdk: Any = import_module("azure.storage.blob")
    # The launcher tries again itself. The pauses are for blocks: by default they are 18, 24 and 42 seconds.
    pauses = sdk.ExponentialRetry(initial_backoff=0, increment_base=2, random_jitter_range=1, retry_total=0)
    if connection := os.environ.get("AZURE_STORAGE_CONNECTION_STRING"):
        return sdk.BlobServiceClient.from_connection_string(connection, retry_policy=pauses, **_OPTIONS)
    url = f"https://{host.replace('.dfs.', '.blob.', 1)}"
    return sdk.BlobServiceClient(url, credential=_credential(), retry_policy=pauses, **_OPTIONS)


def _credential() -> Any:
    for variable in ("AZURE_STORAGE_KEY", "AZURE_STORAGE_SAS_TOKEN"):
        if os.environ.get(variable):
            return os.environ[variable]
    from azure.identity import DefaultAzureCredential

    return DefaultAzureCredential()


@dataclass(frozen=True, slots=True)
class Azure:
    """The blobs of a container; see ``launcher.stores.Store`` for what each method gives and raises."""

    place: Place
    container: Any

    def get(self, name: str) -> bytes:
        return bytes(self._blob(name).download_blob().readall())

    def head(self, name: str) -> None:
        self._blob(name).get_blob_properties()

    def put(self, name: str, data: bytes) -> None:
        self._blob(name).upload_blob(data, overwrite=True)

    def create(self, name: str, data: bytes) -> None:
        self._blob(name).upload_blob(data, overwrite=False)

    def upload(self, name: str, file: Path) -> None:
        with file.open("rb") as content:
            self._blob(name).upload_blob(content, overwrite=True, length=file.stat().st_size, retry_total=_BLOCK_TRIES)

    def delete(self, name: str) -> None:
        self._blob(name).delete_blob()

    def folders(self, prefix: str) -> list[str]:
        rows = self.container.walk_blobs(name_starts_with=self.place.folder(prefix), delimiter="/")
        return last_parts(row.name for row in rows if row.name.endswith("/"))

    def objects(self, prefix: str) -> list[str]:
        rows = self.container.list_blobs(name_starts_with=self.place.folder(prefix), include=["metadata"])
        return self.place.names(row.name for row in rows if not _is_folder(row))

    def _blob(self, name: str) -> Any:
        return self.container.get_blob_client(self.place.key(name))


def _is_folder(row: Any) -> bool:
    """Tell the marks of folders, which accounts with folders and Hadoop's connector list as blobs."""
    marks: Any = row.metadata or {}
    return str(marks.get("hdi_isfolder", "")).lower() == "true"
