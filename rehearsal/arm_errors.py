"""Answers of the emulated resource manager: JSON, and Azure's form for errors.

https://learn.microsoft.com/azure/azure-resource-manager/troubleshooting/common-deployment-errors
"""

import json
from typing import Any

from werkzeug.wrappers import Response


class Refused(Exception):
    """An answer in Azure's form for errors."""

    def __init__(self, status: int, code: str, text: str) -> None:
        super().__init__(text)
        self.status, self.code = status, code
        self.response = answer({"error": {"code": code, "message": text}}, status)


def answer(value: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Give an answer with a JSON body."""
    return Response(json.dumps(value), status, headers, content_type="application/json; charset=utf-8")


def absent(path: str) -> Refused:
    """Give the refusal for a resource that is not there."""
    kind, _, name = path.rpartition("/")
    return Refused(404, "ResourceNotFound", f"The Resource '{kind.rpartition('/')[2]}/{name}' was not found.")


def not_imitated(text: str) -> Refused:
    """Give the refusal for what Azure has and the rehearsal does not."""
    return Refused(501, "NotImitatedByTheRehearsal", f"the rehearsal does not imitate {text}")
