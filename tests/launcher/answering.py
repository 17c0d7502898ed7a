"""Services that answer as they are told, in their vendor's form: for what no server can be made to say."""

import json
import socket
from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from tests.launcher.servers import ACCOUNT_KEY, KEYS, Server

Answer = tuple[int, dict[str, str], bytes]


@dataclass(slots=True)
class Service:
    """A WSGI application: gives these answers in turn, the last one for ever, and remembers the requests."""

    answers: Sequence[Answer]
    methods: list[str] = field(default_factory=list)

    def __call__(self, environ: Mapping[str, Any], start_response: Any) -> list[bytes]:
        environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        self.methods.append(environ["REQUEST_METHOD"])
        status, headers, body = self.answers[min(len(self.methods), len(self.answers)) - 1]
        start_response(f"{status} X", [*headers.items(), ("Content-Length", str(len(body)))])
        return [body]


@dataclass(frozen=True, slots=True, kw_only=True)
class Vendor:
    """How a vendor says no, and where its SDK looks for a service at this URL."""

    refusal: Callable[[int, str], Answer]
    server: Callable[[str], Server]


def _s3_refusal(status: int, code: str) -> Answer:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#RESTErrorResponses"""
    body = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>told to</Message></Error>"
    region = {"x-amz-bucket-region": "eu-west-1"} if status == HTTPStatus.MOVED_PERMANENTLY else {}
    return status, {"Content-Type": "application/xml", **region}, body.encode()


def _gs_refusal(status: int, code: str) -> Answer:
    """https://cloud.google.com/storage/docs/json_api/v1/status-codes"""
    message = "The specified bucket does not exist." if code == "noSuchBucket" else "told to"
    details = [{"domain": "global", "reason": code, "message": message}]
    body = json.dumps({"error": {"code": status, "message": message, "errors": details}})
    return status, {"Content-Type": "application/json"}, body.encode()


def _azure_refusal(status: int, code: str) -> Answer:
    """https://learn.microsoft.com/rest/api/storageservices/status-and-error-codes2"""
    body = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>told to</Message></Error>"
    return status, {"Content-Type": "application/xml", "x-ms-error-code": code}, body.encode()


def _s3_server(url: str) -> Server:
    return Server(root="s3://bucket/x", environment={"AWS_ENDPOINT_URL": url, **KEYS})


def _gs_server(url: str) -> Server:
    return Server(root="gs://bucket/x", environment={"STORAGE_EMULATOR_HOST": url})


def _azure_server(url: str) -> Server:
    connection = f"AccountName=account;AccountKey={ACCOUNT_KEY};BlobEndpoint={url}/account;"
    return Server(
        root="abfss://bucket@account.dfs.core.windows.net/x",
        environment={"AZURE_STORAGE_CONNECTION_STRING": connection},
    )


VENDORS: Mapping[str, Vendor] = {
    "s3": Vendor(refusal=_s3_refusal, server=_s3_server),
    "gs": Vendor(refusal=_gs_refusal, server=_gs_server),
    "azure": Vendor(refusal=_azure_refusal, server=_azure_server),
}

# What is answered when an object was stored.
CREATED: Mapping[str, Answer] = {
    "s3": (200, {"ETag": '"1"'}, b""),
    "gs": (200, {"Content-Type": "application/json"}, b'{"name": "x", "bucket": "bucket"}'),
    "azure": (201, {"ETag": '"1"', "Last-Modified": "Tue, 24 Nov 2026 10:00:00 GMT"}, b""),
}


@contextmanager
def breaking_off() -> Generator[str]:
    """Answer every request by the beginning of an object."""
    head = b"HTTP/1.1 206 Partial Content\r\nContent-Length: 100\r\nContent-Range: bytes 0-99/100\r\n\r\nbegin"
    with socket.create_server(("127.0.0.1", 0)) as server, ThreadPoolExecutor(1) as pool:

        def answer() -> None:
            with suppress(OSError):  # the end of the test
                while True:
                    with server.accept()[0] as client:
                        client.recv(65536)
                        client.sendall(head)

        pool.submit(answer)
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}"
        finally:
            server.shutdown(socket.SHUT_RDWR)


def found(vendor: str, content: bytes) -> Answer:
    """Give what is answered when an object is asked for; Azure's client asks for a range."""
    whole = {"Content-Range": f"bytes 0-{len(content) - 1}/{len(content)}"}
    return (206 if vendor == "azure" else 200), whole, content
