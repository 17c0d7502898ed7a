"""Real object stores on loopback, each with an empty bucket, and how their SDKs are told of them."""

from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import pytest
from azure.storage.blob import BlobServiceClient
from google.auth.credentials import AnonymousCredentials
from google.cloud import storage

from launcher.storage import Storage
from rehearsal import parts, processes

BUCKET = "firesteel"
KEYS = {"AWS_ACCESS_KEY_ID": "rehearsal", "AWS_SECRET_ACCESS_KEY": "rehearsal-secret"}
# Azurite's own, which everyone may know: https://learn.microsoft.com/azure/storage/common/storage-connect-azurite
ACCOUNT = "devstoreaccount1"
ACCOUNT_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A store's root URI and the environment in which its SDK finds it."""

    root: str
    environment: Mapping[str, str] = field(default_factory=dict)


@contextmanager
def folder(path: Path) -> Generator[Server]:
    yield Server(root=f"file://{path}/a folder")


@contextmanager
def memory(path: Path) -> Generator[Server]:
    yield Server(root=f"memory://{path.name}")


@contextmanager
def s3(path: Path) -> Generator[Server]:
    """versitygw, which checks credentials and If-None-Match."""
    port = processes.free_port()
    for name in ("data", "iam"):
        (path / name).mkdir()
    argv = [str(parts.ensure("versitygw")), "--port", f"{processes.LOOPBACK}:{port}", "--quiet", "--keep-alive"]
    argv += ["--iam-dir", str(path / "iam"), "posix", str(path / "data")]
    env = {"ROOT_ACCESS_KEY_ID": KEYS["AWS_ACCESS_KEY_ID"], "ROOT_SECRET_ACCESS_KEY": KEYS["AWS_SECRET_ACCESS_KEY"]}
    with running(path, "versitygw", argv, port, env):
        url = f"http://{processes.LOOPBACK}:{port}"
        made_bucket(url)
        yield Server(root=f"s3://{BUCKET}/a folder", environment={"AWS_ENDPOINT_URL_S3": url, **KEYS})


@contextmanager
def gs(path: Path) -> Generator[Server]:
    """fake-gcs-server, which checks generations and no credentials."""
    port = processes.free_port()
    url = f"http://{processes.LOOPBACK}:{port}"
    argv = [str(parts.ensure("fake-gcs-server")), "-scheme", "http", "-host", processes.LOOPBACK, "-port", str(port)]
    argv += ["-backend", "memory", "-external-url", url]
    with running(path, "fake-gcs-server", argv, port):
        client = storage.Client("p", AnonymousCredentials(), client_options={"api_endpoint": url})
        client.create_bucket(BUCKET)
        client.close()
        yield Server(root=f"gs://{BUCKET}/a folder", environment={"STORAGE_EMULATOR_HOST": url})


@contextmanager
def azure(path: Path) -> Generator[Server]:
    """Azurite, which checks keys and If-None-Match."""
    port = processes.free_port()
    argv = ["node", str(parts.ensure("azurite")), "--blobHost", processes.LOOPBACK, "--blobPort", str(port)]
    argv += ["--inMemoryPersistence", "--skipApiVersionCheck", "--disableTelemetry", "--silent"]
    url = f"http://{processes.LOOPBACK}:{port}/{ACCOUNT}"
    connection = f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={ACCOUNT_KEY};BlobEndpoint={url};"
    with running(path, "azurite", argv, port):
        with BlobServiceClient.from_connection_string(connection) as service:
            service.create_container(BUCKET)
        root = f"abfss://{BUCKET}@{ACCOUNT}.dfs.core.windows.net/a folder"
        yield Server(root=root, environment={"AZURE_STORAGE_CONNECTION_STRING": connection})


SERVERS: Mapping[str, Callable] = {"file": folder, "memory": memory, "s3": s3, "gs": gs, "azure": azure}
REAL = ("s3", "gs", "azure")  # of them, those that have to be built


@contextmanager
def running(path: Path, name: str, argv: list[str], port: int, env: Mapping[str, str] | None = None) -> Generator[None]:
    """Run a server for the length of a block."""
    process = processes.start(path, name, argv, env=env)
    try:
        processes.wait_port(process, port)
        yield
    finally:
        processes.stop(path)


def storage_on(server: Server, patch: pytest.MonkeyPatch, home: Path) -> Storage:
    """Give a storage as its SDK finds it in a server's environment, on a machine without any credentials of its own."""
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "GOOGLE_APPLICATION_CREDENTIALS", "AZURE_STORAGE_KEY", *KEYS):
        patch.delenv(name, raising=False)
    patch.setenv("HOME", str(home))
    patch.setenv("PATH", str(home))  # where no az is
    for name, value in server.environment.items():
        patch.setenv(name, value)
    return Storage(server.root)


def made_bucket(url: str, name: str = BUCKET) -> None:
    """Make a bucket in the S3 that answers there."""
    s3_client(url).create_bucket(Bucket=name)


def s3_client(url: str, **keys: str) -> Any:
    """Give a client of the S3 that answers there, with its root's keys or these."""
    chosen = {name.lower(): value for name, value in (keys or KEYS).items()}
    return boto3.Session(region_name="us-east-1", **chosen).client("s3", endpoint_url=url)
