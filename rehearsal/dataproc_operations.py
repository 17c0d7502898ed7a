"""Long-running operations: what takes a service some time, asked about until it is done.

https://cloud.google.com/dataproc/docs/reference/rest/v1/projects.regions.operations
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from google.cloud import dataproc_v1 as dp
from google.longrunning import operations_pb2
from google.protobuf import empty_pb2

from rehearsal.dataproc_errors import Refused

Finish = Callable[[], dp.Cluster | None]


@dataclass(slots=True, kw_only=True)
class Pending:
    """An operation that is under way, when it is done, and what is done then."""

    operation: operations_pb2.Operation
    due: datetime
    finish: Finish


class Operations:
    """All operations of a project in a region; ``parent`` is their names' beginning."""

    def __init__(self, parent: str, now: Callable[[], datetime]) -> None:
        self._parent = parent
        self._now = now
        self._operations: dict[str, operations_pb2.Operation] = {}
        self._pending: list[Pending] = []

    def begin(self, kind: str, cluster: dp.Cluster, seconds: float, finish: Finish) -> operations_pb2.Operation:
        """Give a new operation on a cluster, which calls ``finish`` after so many seconds."""
        operation = operations_pb2.Operation(name=f"{self._parent}/operations/{uuid.uuid4()}")
        metadata = dp.ClusterOperationMetadata(
            cluster_name=cluster.cluster_name, cluster_uuid=cluster.cluster_uuid, operation_type=kind
        )
        operation.metadata.Pack(dp.ClusterOperationMetadata.pb(metadata))
        self._operations[operation.name] = operation
        self._pending.append(Pending(operation=operation, due=self._now() + timedelta(seconds=seconds), finish=finish))
        return operation

    def get(self, request: operations_pb2.GetOperationRequest) -> operations_pb2.Operation:
        """Give one operation."""
        if request.name not in self._operations:
            raise Refused("NOT_FOUND", f"Not found: Operation {request.name}")
        return self._operations[request.name]

    def listing(self, request: operations_pb2.ListOperationsRequest) -> operations_pb2.ListOperationsResponse:
        """Give all operations, the newest first."""
        if request.filter or request.page_token:
            raise Refused("UNIMPLEMENTED", "The rehearsal lists all operations, without filters.")
        return operations_pb2.ListOperationsResponse(operations=reversed(self._operations.values()))

    def advance(self) -> None:
        """Finish what has come due, in the order in which it began."""
        due = [pending for pending in self._pending if pending.due <= self._now()]
        self._pending = [pending for pending in self._pending if pending not in due]
        for pending in due:
            cluster = pending.finish()
            pending.operation.response.Pack(dp.Cluster.pb(cluster) if cluster else empty_pb2.Empty())
            pending.operation.done = True
