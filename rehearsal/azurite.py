"""Azurite, Microsoft's own emulator of Azure's storage, as the storage account of a rehearsed cluster.

Spark reaches it by the cluster's own connector and URIs, abfs://CONTAINER@ACCOUNT.dfs.core.windows.net/..., because the
connector can speak the Blob API and be sent to another address. The API of Data Lake Storage (dfs) is not in Azurite:
an account with real folders is not imitated.
https://learn.microsoft.com/azure/storage/common/storage-use-azurite
https://hadoop.apache.org/docs/r3.4.2/hadoop-azure/abfs.html
"""

import base64
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from rehearsal import parts, processes
from rehearsal.processes import LOOPBACK

ACCOUNT = "firesteel"
CONTAINER = "cluster"


def _key() -> str:
    return base64.b64encode(secrets.token_bytes(64)).decode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A storage account on a free port of loopback."""

    port: int = field(default_factory=processes.free_port)
    key: str = field(default_factory=_key, repr=False)

    @property
    def staging(self) -> str:
        """Give the URI of the launcher's folder in it."""
        return f"abfs://{CONTAINER}@{self.host}/firesteel"

    @property
    def host(self) -> str:
        """Give the name of the account's host, as on Azure; nobody resolves it."""
        return f"{ACCOUNT}.dfs.core.windows.net"

    @property
    def connection_string(self) -> str:
        """Give what AZURE_STORAGE_CONNECTION_STRING is set to."""
        words = {
            "DefaultEndpointsProtocol": "http",
            "AccountName": ACCOUNT,
            "AccountKey": self.key,
            "BlobEndpoint": f"http://{LOOPBACK}:{self.port}/{ACCOUNT}",
        }
        return ";".join(f"{name}={value}" for name, value in words.items())

    def core_site(self) -> dict[str, str]:
        """Give what sends Hadoop's connector for abfs to this account instead of Azure."""
        return {
            "fs.azure.abfs.endpoint": f"{LOOPBACK}:{self.port}",
            "fs.azure.always.use.https": "false",
            "fs.azure.account.hns.enabled": "false",
            "fs.azure.fns.account.service.type": "BLOB",
            f"fs.azure.account.key.{self.host}": self.key,
        }


def start(folder: Path, account: Account) -> None:
    """Start Azurite in ``folder``, with the account and its container, and return when it answers."""
    from azure.storage.blob import BlobServiceClient

    # The API version of a newer client would be refused, although nothing new of it is used.
    argv = ["node", str(parts.ensure("azurite")), "--skipApiVersionCheck", "--disableTelemetry", "--silent"]
    argv += ["--blobHost", LOOPBACK, "--blobPort", str(account.port), "--location", str(folder / "azurite")]
    process = processes.start(folder, "azurite", argv, env={"AZURITE_ACCOUNTS": f"{ACCOUNT}:{account.key}"})
    processes.wait_port(process, account.port)
    with BlobServiceClient.from_connection_string(account.connection_string) as client:
        client.create_container(CONTAINER)
