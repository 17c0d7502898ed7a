"""A provider on the wire: errors as sentences, and resources that were made in part kept in the engine's state."""

import asyncio
import os
import sys
import threading
import time
from collections.abc import Awaitable, Callable
from typing import Any

import grpc
from pulumi.provider.experimental.property_value import PropertyValue
from pulumi.provider.experimental.provider import Provider
from pulumi.provider.experimental.server import ProviderServicer
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc, status_pb2

from rehearsal.providers import ENGINE
from rehearsal.providers.errors import Incomplete
from rehearsal.providers.properties import wrapped

LARGEST = 400 << 20  # bytes of a message: the engine's own limit
LOOK = 0.5  # seconds


def serve(provider: Provider, version: str) -> None:
    """Serve on a free port, told on stdout, until the engine ends the process or is gone; argv has its address."""
    threading.Thread(target=_follow, args=(int(os.environ.get(ENGINE, os.getppid())),), daemon=True).start()
    asyncio.run(_serve(Servicer(sys.argv[1:], version, provider, sys.argv[1])))


async def _serve(servicer: "Servicer") -> None:
    server = grpc.aio.server(options=[("grpc.max_receive_message_length", LARGEST)])
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    await server.wait_for_termination()


def _follow(engine: int) -> None:
    """End the process when the engine has ended: one that was killed cannot end its providers."""
    while os.getppid() == engine:
        time.sleep(LOOK)
    os._exit(0)  # no plain exit, which would wait for the calls that wait for a cluster


class Servicer(ProviderServicer):
    """The SDK's, but for errors: where it would send a traceback, this sends what happened."""

    async def Create(self, request: Any, context: Any) -> Any:  # noqa: N802 -- gRPC's name
        """Make a resource."""
        return await _plainly(super().Create, request, context)

    async def Read(self, request: Any, context: Any) -> Any:  # noqa: N802 -- gRPC's name
        """Read a resource."""
        return await _plainly(super().Read, request, context)

    async def Update(self, request: Any, context: Any) -> Any:  # noqa: N802 -- gRPC's name
        """Change a resource."""
        return await _plainly(super().Update, request, context)

    async def Delete(self, request: Any, context: Any) -> Any:  # noqa: N802 -- gRPC's name
        """Remove a resource."""
        return await _plainly(super().Delete, request, context)

    async def Invoke(self, request: Any, context: Any) -> Any:  # noqa: N802 -- gRPC's name
        """Look something up."""
        return await _plainly(super().Invoke, request, context)


async def _plainly(call: Callable[[Any, Any], Awaitable[Any]], request: Any, context: Any) -> Any:
    try:
        return await call(request, context)
    except Exception as error:  # noqa: BLE001 -- whatever it was, the engine has to be told
        cause = error.__context__ or error  # the SDK raises another one with the traceback in its text
        if isinstance(cause, Incomplete):
            await context.abort_with_status(_init_failed(cause))
        await context.abort(grpc.StatusCode.UNKNOWN, str(cause) or repr(cause))


def _init_failed(error: Incomplete) -> grpc.Status:
    """Give the status by which the engine keeps the resource: ErrorResourceInitFailed of the provider protocol.

    https://github.com/pulumi/pulumi/blob/master/proto/pulumi/provider.proto
    """
    detail = provider_pb2.ErrorResourceInitFailed(
        id=error.resource_id, properties=PropertyValue.marshal_map(wrapped(error.state)), reasons=[str(error)]
    )
    whole: Any = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=str(error))
    whole.details.add().Pack(detail)
    status: Any = grpc.Status()
    status.code, status.details = grpc.StatusCode.UNKNOWN, str(error)
    status.trailing_metadata = (("grpc-status-details-bin", whole.SerializeToString()),)
    return status
