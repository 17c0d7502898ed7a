"""Refusals in Google's shape, for REST and for gRPC: a code, a message, details.

https://cloud.google.com/apis/design/errors#error_model
"""

from collections.abc import Mapping
from typing import Any

from google.protobuf import any_pb2
from google.rpc import code_pb2, error_details_pb2, status_pb2

# https://cloud.google.com/apis/design/errors#handling_errors
HTTP: Mapping[str, int] = {
    "INVALID_ARGUMENT": 400,
    "FAILED_PRECONDITION": 400,
    "UNAUTHENTICATED": 401,
    "PERMISSION_DENIED": 403,
    "NOT_FOUND": 404,
    "ALREADY_EXISTS": 409,
    "RESOURCE_EXHAUSTED": 429,
    "INTERNAL": 500,
    "UNIMPLEMENTED": 501,
    "UNAVAILABLE": 503,
}
DOMAIN = "googleapis.com"


class Refused(Exception):
    """A call that is not carried out; ``reason`` is Google's word for programs, where it has one."""

    def __init__(self, code: str, message: str, reason: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.reason = reason

    @property
    def status(self) -> str:
        """Give the status line of an HTTP answer."""
        return f"{HTTP[self.code]} {self.code.replace('_', ' ').title()}"

    def to_status(self) -> status_pb2.Status:
        """Give what gRPC puts into its trailer."""
        details: list[any_pb2.Any] = []
        if self.reason:
            details.append(any_pb2.Any())
            details[0].Pack(error_details_pb2.ErrorInfo(reason=self.reason, domain=DOMAIN))
        return status_pb2.Status(code=code_pb2.Code.Value(self.code), message=self.message, details=details)

    def to_json(self) -> dict[str, Any]:
        """Give the body of an HTTP answer."""
        error: dict[str, Any] = {"code": HTTP[self.code], "message": self.message, "status": self.code}
        if self.reason:
            kind = "type.googleapis.com/google.rpc.ErrorInfo"
            error["details"] = [{"@type": kind, "reason": self.reason, "domain": DOMAIN}]
        return {"error": error}


def invalid(message: str) -> Refused:
    """Give the refusal of a request that could never be carried out."""
    return Refused("INVALID_ARGUMENT", message)


# What the wire's faults look like, by the kinds of rehearsal.wire.
FAULTS: Mapping[str, Refused] = {
    "throttled": Refused(
        "RESOURCE_EXHAUSTED",
        "Quota exceeded for quota metric 'Job requests' and limit 'Job requests per minute per region'.",
        "RATE_LIMIT_EXCEEDED",
    ),
    "error": Refused("INTERNAL", "Internal error encountered."),
    "expired": Refused(
        "UNAUTHENTICATED",
        "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid"
        " authentication credential.",
        "ACCESS_TOKEN_EXPIRED",
    ),
}
