"""What the SDK says of a resource type: its properties, their types, which of them are required.

The classes that describe a type's inputs are generated from the vendor's schema; what does not fit them the vendor's
provider would refuse too.
"""

import functools
import inspect
import re
import typing
from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any

from pulumi import _types

from rehearsal.providers.values import UNKNOWN

SCALARS: Mapping[type, tuple[type, ...]] = {str: (str,), bool: (bool,), int: (int,), float: (int, float)}
Problem = tuple[str, str]  # the path of a property, what is wrong with it


@functools.cache
def inputs_of(token: str) -> type:
    """Give the class that describes the inputs of ``aws:ec2/vpc:Vpc``; raises LookupError when there is none."""
    package, module, name = token.split(":")
    folder, _, file = module.partition("/")
    # routeTable lies in route_table, bucketIAMMember in bucket_iam_member, iAMMember in iam_member.
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", file[:1].upper() + file[1:])
    where = f"{folder}.{words.lower()}".rstrip(".")
    try:
        described = import_module(f"pulumi_{package.replace('-', '_')}.{where.removeprefix('index.')}")
    except ModuleNotFoundError as error:
        raise LookupError(token) from error
    # A nested type may have taken the usual name.
    return getattr(described, f"{name}InitArgs", None) or getattr(described, f"{name}Args")


@functools.cache
def properties_of(described: type) -> Mapping[str, Any]:
    """Give the properties that a class describes, with their types."""
    return {name: _types.unwrap_type(kind) for name, kind in _types.input_type_types(described).items()}


def problems(described: type, values: Mapping[str, Any], path: str = "") -> Iterator[Problem]:
    """Give what is wrong with values: unknown properties, missing ones, values of another type."""
    properties = properties_of(described)
    for name in _required(described) - values.keys():
        yield f"{path}{name}", "is required, and missing"
    for name, value in values.items():
        if name in properties:
            yield from _problems_of(properties[name], value, f"{path}{name}")
        elif not name.startswith("__"):
            yield f"{path}{name}", f"is no property of this type; it has {', '.join(sorted(properties))}"


@functools.cache
def _required(described: type) -> frozenset[str]:
    names = _types.input_type_py_to_pulumi_names(described)
    parameters = list(inspect.signature(described).parameters.values())
    return frozenset(names[each.name] for each in parameters if each.default is each.empty)


def _problems_of(kind: Any, value: Any, path: str) -> Iterator[Problem]:
    if value == UNKNOWN:
        return
    kind = _types.unwrap_type(kind)
    if _types.is_input_type(kind):
        yield from _nested(kind, value, path)
    elif members := _members(kind):
        yield from _collected(members, value, path)
    elif kind in SCALARS and (not isinstance(value, SCALARS[kind]) or isinstance(value, bool) is not (kind is bool)):
        yield path, f"is to be {kind.__name__}, and is {value!r}"


def _members(kind: Any) -> tuple[Any, ...]:
    return typing.get_args(kind) if typing.get_origin(kind) not in {None, typing.Union} else ()


def _nested(kind: type, value: Any, path: str) -> Iterator[Problem]:
    if isinstance(value, Mapping):
        yield from problems(kind, value, f"{path}.")
    else:
        yield path, f"is to be a table, and is {value!r}"


def _collected(members: tuple[Any, ...], value: Any, path: str) -> Iterator[Problem]:
    wanted = dict if len(members) == 2 else list  # noqa: PLR2004 -- Mapping[name, type] or Sequence[type]
    if not isinstance(value, wanted):
        yield path, f"is to be a {wanted.__name__}, and is {value!r}"
        return
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for name, item in items:
        yield from _problems_of(members[-1], item, f"{path}[{name}]")
