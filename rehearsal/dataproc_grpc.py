"""Dataproc's gRPC transport over TLS: generic handlers around a Service, errors as google.rpc.Status.

https://github.com/googleapis/googleapis/tree/master/google/cloud/dataproc/v1
"""

from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import grpc
from grpc_status import rpc_status

from rehearsal.dataproc_errors import Refused
from rehearsal.dataproc_rest import raw
from rehearsal.dataproc_service import Method, Service

THREADS = 8


@dataclass(frozen=True, slots=True)
class Tls:
    """A server's certificate and its key, as PEM."""

    certificate: bytes
    key: bytes


class Handlers(grpc.GenericRpcHandler):
    """Finds the method of a call; a call without one is UNIMPLEMENTED."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler | None:
        """Give what answers a call, or None."""
        name = str(handler_call_details.method).lstrip("/")
        method = self._service.methods.get(name)
        return _handler(name, method, self._service) if method else None


def server(service: Service, tls: Tls, port: int = 0) -> tuple[grpc.Server, int]:
    """Give a started server on loopback and its port; port 0 takes a free one."""
    made = grpc.server(ThreadPoolExecutor(THREADS), options=[("grpc.so_reuseport", 0)])
    made.add_generic_rpc_handlers((Handlers(service),))
    pair = [(tls.key, tls.certificate)]
    bound = made.add_secure_port(f"127.0.0.1:{port}", grpc.ssl_server_credentials(pair))
    made.start()
    return made, bound


@contextmanager
def served(service: Service, tls: Tls) -> Generator[str]:
    """Serve for the length of a block; gives the address."""
    made, port = server(service, tls)
    try:
        yield f"localhost:{port}"
    finally:
        made.stop(None).wait()


def _handler(name: str, method: Method, service: Service) -> grpc.RpcMethodHandler:
    def behave(request: Any, context: grpc.ServicerContext) -> Any:
        metadata = {str(key): str(value) for key, value in context.invocation_metadata()}
        try:
            return service.call(name, request, metadata.get("authorization", ""))
        except Refused as refused:
            context.abort_with_status(rpc_status.to_status(refused.to_status()))

    return grpc.unary_unary_rpc_method_handler(behave, _reader(method.request), _written)


def _reader(kind: Any) -> Callable[[bytes], Any]:
    return kind.deserialize if hasattr(kind, "deserialize") else kind.FromString


def _written(message: Any) -> bytes:
    return raw(message).SerializeToString()
