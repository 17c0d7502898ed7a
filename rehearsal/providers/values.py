"""Properties as plain Python values: when two of them mean the same, and how each side spells their names.

What a preview does not know yet is the string UNKNOWN, as on the wire.
"""

import json
from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi.runtime import rpc

UNKNOWN: str = rpc.UNKNOWN
Properties = dict[str, Any]


def is_unknown(value: Any) -> bool:
    """Tell whether a value, or anything in it, is not known yet."""
    if isinstance(value, Mapping):
        return any(map(is_unknown, value.values()))
    if isinstance(value, list):
        return any(map(is_unknown, value))
    return value == UNKNOWN


def same(one: Any, other: Any) -> bool:
    """Tell whether two values mean the same: policies whatever their spaces, lists of names in any order."""
    return _canonical(one) == _canonical(other)


def known(old: Mapping[str, Any], observed: Mapping[str, Any]) -> Properties:
    """Give what was observed over what was known; a value that means the same stays as it was written."""
    merged = {**old, **{name: value for name, value in observed.items() if not same(old.get(name), value)}}
    return {name: value for name, value in merged.items() if value is not None}


def shaped(value: Any, like: Any) -> Any:
    """Give of a value what the other one has: what the service fills in by itself is left out."""
    if isinstance(value, Mapping) and isinstance(like, Mapping):
        return {name: shaped(value[name], item) for name, item in like.items() if name in value}
    if isinstance(value, list) and isinstance(like, list) and len(value) == len(like):
        return [shaped(one, other) for one, other in zip(value, like, strict=True)]
    return value


def pascal(value: Any) -> Any:
    """Give a value with the names as Amazon spells them: timeoutAction -> TimeoutAction."""
    if isinstance(value, Mapping):
        return {name[0].upper() + name[1:]: pascal(item) for name, item in value.items()}
    return [pascal(item) for item in value] if isinstance(value, list) else value


def camel(value: Any) -> Any:
    """Give a value with the names as Pulumi spells them: TimeoutAction -> timeoutAction."""
    if isinstance(value, Mapping):
        return {name[0].lower() + name[1:]: camel(item) for name, item in value.items()}
    return [camel(item) for item in value] if isinstance(value, list) else value


def _canonical(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _canonical(item) for name, item in value.items() if item is not None}
    if isinstance(value, list):
        found = [_canonical(item) for item in value]
        return sorted(found) if all(isinstance(item, str) for item in found) else found
    if isinstance(value, str) and value.startswith(("{", "[")):
        return _document(value)
    if isinstance(value, pulumi.FileAsset):
        return "file", str(value.path)
    return value


def _document(text: str) -> Any:
    try:
        return "json", json.dumps(json.loads(text), sort_keys=True)
    except ValueError:
        return text
