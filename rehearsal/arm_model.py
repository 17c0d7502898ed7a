"""Whether a body fits a model of Azure's own SDK: every property known, of its type, and none missing.

https://learn.microsoft.com/rest/api/hdinsight/clusters
"""

from collections.abc import Mapping
from typing import Any

from azure.mgmt.hdinsight import models

PLAIN = {"str": str, "int": int, "bool": bool}


def refusal(value: Any, kind: str, where: str = "") -> str:
    """Give why a value is not of a type of the SDK (``str``, ``[Role]``, ``{str}``, ``Cluster``), empty when it is."""
    if value is None or kind == "object":
        return ""
    if kind in PLAIN:
        return "" if type(value) is PLAIN[kind] else f"{where}: {value!r} is no {kind}"
    if kind.startswith("["):
        return _of_items(value, kind[1:-1], where)
    if kind.startswith("{"):
        return _of_values(value, kind[1:-1], where)
    return _of_model(value, getattr(models, kind, None), where)


def _of_items(value: Any, kind: str, where: str) -> str:
    if not isinstance(value, list):
        return f"{where}: {value!r} is no list"
    return _first(refusal(item, kind, f"{where}[{index}]") for index, item in enumerate(value))


def _of_values(value: Any, kind: str, where: str) -> str:
    if not isinstance(value, dict):
        return f"{where}: {value!r} is no object"
    return _first(refusal(item, kind, f"{where}.{name}") for name, item in value.items())


def _of_model(value: Any, model: Any, where: str) -> str:
    if model is None or not hasattr(model, "_attribute_map"):
        return "" if isinstance(value, str) else f"{where}: {value!r} is no text"  # dates and enumerations
    if not isinstance(value, dict):
        return f"{where}: {value!r} is no object"
    return _unknown(value, _properties(model), where) or _missing(value, model, where) or _wrong(value, model, where)


def _unknown(value: Mapping[str, Any], known: Mapping[str, str], where: str) -> str:
    extra = sorted(set(value) - set(known))
    return f"{where}: could not find member {extra[0]!r}; known: {', '.join(sorted(known))}" if extra else ""


def _missing(value: Mapping[str, Any], model: Any, where: str) -> str:
    rules = getattr(model, "_validation", {})
    needed = {model._attribute_map[name]["key"] for name, rule in rules.items() if rule.get("required")}  # noqa: SLF001 -- the SDK's own schema
    absent = sorted(name for name in needed if value.get(name) is None)
    return f"{where}: required property {absent[0]!r} is missing" if absent else ""


def _wrong(value: Mapping[str, Any], model: Any, where: str) -> str:
    kinds = _properties(model)
    return _first(refusal(item, kinds[name], f"{where}.{name}".lstrip(".")) for name, item in value.items())


def _properties(model: Any) -> dict[str, str]:
    return {row["key"]: row["type"] for row in model._attribute_map.values()}  # noqa: SLF001 -- the SDK's own schema


def _first(found: Any) -> str:
    return next((text for text in found if text), "")
