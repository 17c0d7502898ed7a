"""Where objects are kept: one module per service, imported when a root of its scheme is used.

Each module has ``open_store``, ``words`` and the literal table ``FAULTS``. A store's methods raise whatever its service
or SDK raises; ``words`` gives what that is called there, and ``FAULTS`` what it means to us. Retries and errors in our
words are made of these in one place, ``launcher.storage``.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

from launcher.errors import ConfigError, MissingDependency, ObjectExists, ObjectNotFound, StorageError

CONNECT_SECONDS = 5.0
READ_SECONDS = 30.0
# How often in all a call is tried. Pauses grow to 4 seconds: SOON is over after 2, LONG after some 20.
ONCE, TWICE, SOON, LONG = 1, 2, 4, 10


@dataclass(frozen=True, slots=True)
class Fault:
    """What a service's word means: the cause, the next command to type, how many tries it is worth.

    {host} in either stands for the bucket or container, {root} for the whole staging.
    """

    cause: str
    hint: str = ""
    tries: int = ONCE
    error: type[StorageError] = StorageError


# What does not exist when an object is written is the bucket.
ABSENT = Fault("{root} does not exist", "choose another staging in launcher.toml", error=ObjectNotFound)
PRESENT = Fault("something is stored there already", error=ObjectExists)


class Store(Protocol):
    """Whole objects below one root; names are relative to it. Safe to use from many threads."""

    def get(self, name: str) -> bytes:
        """Give an object's content; one request, also when it is absent."""
        ...

    def head(self, name: str) -> None:
        """Return if the object exists, raise what means ABSENT if not."""
        ...

    def put(self, name: str, data: bytes) -> None:
        """Store an object, in place of any older one; a reader sees the old or the new."""
        ...

    def create(self, name: str, data: bytes) -> None:
        """Store an object where none is, in one step; raise what means PRESENT where one is."""
        ...

    def upload(self, name: str, file: Path) -> None:
        """Store a file's content; a large one in parts, each tried again by itself, none visible to readers."""
        ...

    def delete(self, name: str) -> None:
        """Remove an object; return, or raise what means ABSENT, when there is none."""
        ...

    def folders(self, prefix: str) -> list[str]:
        """Give the names of the folders directly below ``prefix``, in any order."""
        ...

    def objects(self, prefix: str) -> list[str]:
        """Give the names of all objects below ``prefix``, in any order."""
        ...


class Service(Protocol):
    """What each module of this package holds."""

    FAULTS: Mapping[str, Fault]
    open_store: Callable[[str], Store]
    words: Callable[[BaseException], tuple[str, ...]]


# scheme -> its module, and the extra that brings its SDK
SERVICES: dict[str, tuple[str, str]] = {
    "": ("launcher.stores.folder", ""),
    "file": ("launcher.stores.folder", ""),
    "memory": ("launcher.stores.memory", ""),
    "s3": ("launcher.stores.s3", "aws"),
    "s3a": ("launcher.stores.s3", "aws"),
    "gs": ("launcher.stores.gs", "gcp"),
    "abfs": ("launcher.stores.azure", "azure"),
    "abfss": ("launcher.stores.azure", "azure"),
    "wasb": ("launcher.stores.azure", "azure"),
    "wasbs": ("launcher.stores.azure", "azure"),
}


def service(root: str) -> Service:
    """Give the module for a root URI or path; raises ConfigError for a scheme that nobody serves."""
    if scheme(root) not in SERVICES:
        known = ", ".join(name for name in SERVICES if name)
        raise ConfigError(f"storage {root!r}: no client for {scheme(root)}:// is installed", f"known: {known}")
    return cast("Service", import_module(SERVICES[scheme(root)][0]))


def opened(root: str) -> Store:
    """Give the store of a root.

    Raises MissingDependency, naming the extra, when its SDK is not installed, and ConfigError when the root, or what
    the SDK is told in the environment, cannot be understood.
    """
    module, extra = service(root), SERVICES[scheme(root)][1]
    if extra and not Place.of(root).host:
        raise ConfigError(f"storage {root!r} names no bucket", f"{scheme(root)}://BUCKET/FOLDER")
    try:
        return module.open_store(root)
    except ImportError as error:
        message = f"storage {root} needs a package that is not installed: {error.name}"
        raise MissingDependency(message, f"pip install 'firesteel[{extra}]'") from error
    except ValueError as error:
        hint = f"correct the staging in launcher.toml, or what the environment says of {scheme(root)}"
        raise ConfigError(f"storage {root}: {_first_line(error)}", hint) from error


def fault(root: str, error: BaseException) -> Fault | None:
    """Give what an error of this root's store means; None for an error that is not the service's."""
    found = service(root).words(error)
    table = service(root).FAULTS
    known = (table[word] for word in found if word in table)
    return next(known, Fault(_first_line(error), "launcher doctor")) if found else None


def scheme(root: str) -> str:
    """Give the scheme of a URI in lower case; empty for a plain path."""
    before, separator, _ = root.partition("://")
    if separator and before.isalnum():
        return before.lower()
    return "file" if root.startswith("file:") else ""


def class_names(error: BaseException) -> tuple[str, ...]:
    """Give the names of an error's classes, the most specific first: the words of an SDK that has no codes."""
    return tuple(kind.__name__ for kind in type(error).__mro__ if kind not in {object, BaseException, Exception})


def _first_line(error: BaseException) -> str:
    return next(iter(str(error).splitlines()), "") or type(error).__name__


@dataclass(frozen=True, slots=True)
class Place:
    """The two parts of a cloud's root URI: the bucket (or container@host), and what every key begins with."""

    host: str
    path: str

    @classmethod
    def of(cls, root: str) -> "Place":
        """Take a root apart. Nothing is unquoted: Hadoop takes the characters of a URI as they are, and so do we."""
        host, _, path = root.partition("://")[2].partition("/")
        return cls(host, f"{path.strip('/')}/" if path.strip("/") else "")

    def key(self, name: str) -> str:
        """Give the key of a name below the root."""
        return self.path + name

    def folder(self, prefix: str) -> str:
        """Give what the keys below a folder begin with."""
        return self.key(f"{prefix.rstrip('/')}/" if prefix.strip("/") else "")

    def names(self, keys: Iterable[str]) -> list[str]:
        """Give keys as names below the root, without the marks that Hadoop's connectors leave for folders."""
        return [key.removeprefix(self.path) for key in keys if not key.endswith(("/", "_$folder$"))]


def last_parts(prefixes: Iterable[str]) -> list[str]:
    """Give the last part of each key prefix: the folder's own name."""
    return [prefix.rstrip("/").rpartition("/")[2] for prefix in prefixes]
