"""Requests to EMR, held against the vendor's own description of its operations (botocore's service model).

Stricter than the service in one point: a field that the model does not have is refused.
"""

import functools
import json
import re
from collections.abc import Iterator
from typing import Any

from botocore.session import get_session
from botocore.validate import ParamValidator

from rehearsal.aws_wire import Refusal

# Java's way to write "whatever XML can hold", which Python's expressions cannot read.
XML_TEXT = "[\\u0020-\\uD7FF\\uE000-\\uFFFD\\uD800\\uDC00-\\uDBFF\\uDFFF\\r\\n\\t]*"
PATTERNS = {XML_TEXT: "[\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff\r\n\t]*"}


def checked(operation: str, body: bytes) -> dict[str, Any]:
    """Give the parameters of a request; raises Refusal as the service does."""
    shape = model(operation).input_shape
    try:
        found = json.loads(body or b"{}")
    except ValueError as error:
        raise Refusal("SerializationException", f"not JSON: {error}") from error
    report = ParamValidator().validate(found, shape)
    if report.has_errors():
        text = report.generate_report()
        raise Refusal("SerializationException" if "Invalid type" in text else "ValidationException", text)
    faults = list(_faults(shape, found, operation))
    if faults:
        raise Refusal("ValidationException", f"{len(faults)} validation errors detected: {'; '.join(faults)}")
    return found


def model(operation: str) -> Any:
    """Give the description of an operation; raises Refusal when EMR has none of that name."""
    if operation not in _service().operation_names:
        raise Refusal("UnknownOperationException", f"EMR has no operation {operation!r}", 404)
    return _service().operation_model(operation)


@functools.cache
def _service() -> Any:
    return get_session().get_service_model("emr")


def _faults(shape: Any, value: Any, where: str) -> Iterator[str]:
    """Give what botocore leaves to the service: enumerations, patterns, lengths."""
    if shape.type_name == "structure":
        for name, item in value.items():
            yield from _faults(shape.members[name], item, f"{where}.{name}")
    elif shape.type_name == "list":
        for number, item in enumerate(value):
            yield from _faults(shape.member, item, f"{where}[{number}]")
    elif shape.type_name == "map":
        for name, item in value.items():
            yield from _faults(shape.value, item, f"{where}[{name!r}]")
    elif shape.type_name == "string":
        yield from _text_faults(shape, value, where)


def _text_faults(shape: Any, value: str, where: str) -> Iterator[str]:
    limits = shape.metadata
    if shape.enum and value not in shape.enum:
        yield f"{where} is {value!r}, must be one of {', '.join(shape.enum)}"
    if len(value) > limits.get("max", len(value)):
        yield f"{where} has {len(value)} characters, may have {limits['max']}"
    pattern = str(limits.get("pattern", ""))
    if pattern and not re.fullmatch(PATTERNS.get(pattern, pattern), value):
        yield f"{where} must satisfy regular expression pattern {pattern}"
