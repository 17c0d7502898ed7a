"""Properties between the engine's own values and plain Python ones."""

from collections.abc import Mapping, Sequence
from typing import Any

from pulumi.provider.experimental.property_value import PropertyValue

from rehearsal.providers.values import Properties


def plain(properties: Mapping[str, PropertyValue]) -> Properties:
    """Give properties as Python values: whole numbers as int, what is null left out."""
    return {name: _plain(value) for name, value in properties.items() if value.value is not None}


def wrapped(properties: Mapping[str, Any]) -> dict[str, PropertyValue]:
    """Give Python values as properties."""
    return {name: _wrapped(value) for name, value in properties.items() if value is not None}


def _plain(property_value: PropertyValue) -> Any:
    value: Any = property_value.value
    if isinstance(value, Mapping):
        return plain(value)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _wrapped(value: Any) -> PropertyValue:
    if isinstance(value, Mapping):
        return PropertyValue(wrapped(value))
    if isinstance(value, list | tuple):
        return PropertyValue([_wrapped(item) for item in value])
    whole = isinstance(value, int) and not isinstance(value, bool)
    return PropertyValue(float(value) if whole else value)
