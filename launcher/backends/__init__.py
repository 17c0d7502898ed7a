"""The clouds' kinds: one module each, imported when a cloud of that kind is used."""

from collections.abc import Mapping
from dataclasses import MISSING, fields
from importlib import import_module
from typing import Any

from launcher.backend import Backend
from launcher.errors import ConfigError, MissingDependency

KINDS: dict[str, str] = {
    "local": "launcher.backends.local:Local",
    "emr": "launcher.backends.emr:Emr",
    "dataproc": "launcher.backends.dataproc:Dataproc",
    "hdinsight": "launcher.backends.hdinsight:HDInsight",
}
EXTRAS: dict[str, str] = {
    "emr": "aws",
    "dataproc": "gcp",
    "hdinsight": "azure",
}  # kind -> the extra that brings its SDK, where it needs one
COMMON = frozenset({"kind", "expires_at"})


def build(cloud: str, cluster: Mapping[str, Any]) -> Backend:
    """Give the backend of a cluster object; its keys are checked, nothing is contacted.

    Raises ConfigError for an unknown kind or key, a missing key or a value of the wrong type, and MissingDependency
    when the kind's SDK is not installed.
    """
    kind = str(cluster.get("kind", ""))
    if kind not in KINDS:
        raise ConfigError(f"cloud {cloud!r} is of kind {kind!r}", f"known kinds: {', '.join(sorted(KINDS))}")
    backend = _load(kind)
    values = {key: value for key, value in cluster.items() if key not in COMMON}
    _check(cloud, backend, values)
    return backend(**values)


def _load(kind: str) -> Any:
    module, _, name = KINDS[kind].partition(":")
    try:
        return getattr(import_module(module), name)
    except ImportError as error:
        extra = EXTRAS.get(kind, kind)
        raise MissingDependency(
            f"clouds of kind {kind} need a package that is not installed: {error.name}",
            f"pip install 'firesteel[{extra}]'",
        ) from error


def _check(cloud: str, backend: Any, values: Mapping[str, Any]) -> None:
    known = {f.name: f for f in fields(backend)}
    for key, value in values.items():
        if key not in known:
            raise ConfigError(f"cloud {cloud!r}: unknown key {key!r}", f"known keys: {', '.join(sorted(known))}")
        # bool is an int to Python, but `cores = true` is no number of cores to anyone.
        if type(value) is not known[key].type:
            wanted = getattr(known[key].type, "__name__", "value")
            raise ConfigError(f"cloud {cloud!r}: {key} = {value!r} is not of type {wanted}")
    missing = [name for name, f in known.items() if name not in values and f.default is MISSING]
    if missing:
        raise ConfigError(f"cloud {cloud!r}: missing key {missing[0]!r}", "add it under [clouds." + cloud + "]")
