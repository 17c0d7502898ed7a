"""The launcher's side of the storage: whole objects below one root URI, on every cloud alike.

Everything the launcher reads or writes at a cloud's staging folder goes through a ``Storage``; the job's side uses
Spark's own Hadoop FileSystem instead.
"""

import functools
import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from launcher.errors import ConfigError, ObjectExists, ObjectNotFound, StorageError
from launcher.retrying import retried

P = ParamSpec("P")
T = TypeVar("T")

CLIENTS = ("file", "memory")  # those whose client is installed with the launcher itself
READERS = 8


def guarded(call: Callable[P, T]) -> Callable[P, T]:
    """Retry what a second try may mend, and turn what the store raises into StorageError or a subclass."""

    @functools.wraps(call)
    def safe(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return retried(call, *args, **kwargs)
        except FileNotFoundError as error:
            raise ObjectNotFound(f"nothing is stored at {args[1]} below {_root(args[0])}") from error
        except _errors().AlreadyExistsError as error:
            raise ObjectExists(f"something is stored already at {args[1]} below {_root(args[0])}") from error
        except (OSError, _errors().BaseError) as error:
            raise _explained(error, _root(args[0])) from error

    return safe


class Storage:
    """Objects below ``root``; names are relative and use slashes. Raises StorageError for whatever goes wrong."""

    def __init__(self, root: str) -> None:
        self.root = root.rstrip("/")

    @functools.cached_property
    def _store(self) -> Any:
        return _open(self.root)  # on first use: a dry run must not make the folder

    def uri(self, name: str) -> str:
        """Give the URI of an object or a folder."""
        return f"{self.root}/{name}"

    @guarded
    def get(self, name: str) -> bytes:
        """Give an object's content; raises ObjectNotFound."""
        return bytes(_client().get(self._store, name).bytes())

    @guarded
    def put(self, name: str, data: bytes) -> None:
        """Store an object, in place of any older one; a reader sees the old or the new, never a part."""
        _client().put(self._store, name, data)

    @guarded
    def create(self, name: str, data: bytes) -> None:
        """Store an object that must not exist yet; raises ObjectExists, also when another was faster."""
        _client().put(self._store, name, data, mode="create", use_multipart=False)

    @guarded
    def upload(self, name: str, file: Path) -> None:
        """Store a local file's content, in parts when it is large; a reader never sees a part of it."""
        if folder := local_path(self.root):
            _copy(file, folder / name)
        else:
            _client().put(self._store, name, file)

    @guarded
    def delete(self, name: str) -> None:
        """Remove an object; nothing happens when there is none."""
        try:
            _client().delete(self._store, name)
        except FileNotFoundError:
            return

    @guarded
    def exists(self, name: str) -> bool:
        """Tell whether an object is stored under that name."""
        try:
            _client().head(self._store, name)
        except FileNotFoundError:
            return False
        return True

    @guarded
    def folders(self, prefix: str) -> list[str]:
        """Give the names of the folders directly below ``prefix``, sorted."""
        found = _client().list_with_delimiter(self._store, prefix)["common_prefixes"]
        return sorted(path.rstrip("/").rpartition("/")[2] for path in found)

    @guarded
    def objects(self, prefix: str) -> list[str]:
        """Give the names of all objects below ``prefix``, relative to the root, sorted."""
        return sorted(row["path"] for batch in _client().list(self._store, prefix) for row in batch)

    def get_or_none(self, name: str) -> bytes | None:
        """Give an object's content, or None when there is none."""
        try:
            return self.get(name)
        except ObjectNotFound:
            return None

    def get_many(self, names: list[str]) -> Iterator[bytes | None]:
        """Give the contents of many objects in order, read side by side."""
        with ThreadPoolExecutor(READERS) as pool:
            yield from pool.map(self.get_or_none, names)


def local_path(root: str) -> Path | None:
    """Give the folder behind a ``file:`` URI or a plain path; None for any other storage."""
    # Not unquoted: Hadoop's Path takes the characters of a URI as they are, and both must mean the same folder.
    if root.startswith("file:"):
        return Path("/" + root.removeprefix("file:").lstrip("/"))
    return None if scheme(root) else Path(root)


def scheme(root: str) -> str:
    """Give the scheme of a URI in lower case; empty for a plain path."""
    before, separator, _ = root.partition("://")
    return before.lower() if separator and before.isalnum() else ""


@functools.cache
def _memory(_name: str) -> Any:
    from obstore.store import MemoryStore

    return MemoryStore()


def _open(root: str) -> Any:
    if scheme(root) == "memory":
        return _memory(root)
    if folder := local_path(root):
        return _open_folder(folder)
    raise ConfigError(f"storage {root!r}: no client for {scheme(root)}:// is installed", f"known: {', '.join(CLIENTS)}")


def _copy(source: Path, target: Path) -> None:
    # Not by obstore: its unfinished copies have names that a job which reads the folder takes for data.
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f".upload-{secrets.token_hex(8)}")
    try:
        shutil.copyfile(source, draft)
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)


def _open_folder(folder: Path) -> Any:
    from obstore.store import LocalStore

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _explained(error, str(folder)) from error
    return LocalStore(folder)


def _root(storage: Any) -> str:
    return str(getattr(storage, "root", storage))


def _client() -> Any:
    import obstore

    return obstore


def _errors() -> Any:
    from obstore import exceptions

    return exceptions


CAUSES: dict[str, tuple[str, str]] = {
    "No space left": ("the disk is full", "free some space, or choose another staging in launcher.toml"),
    "Disk quota exceeded": ("the disk quota is used up", "free some space, or choose another staging in launcher.toml"),
    "Read-only file system": ("the file system is read-only", "choose another staging in launcher.toml"),
    "Permission denied": ("permission denied", "check who owns it, or choose another staging in launcher.toml"),
    "Not a directory": ("a part of the path is a file, not a folder", "choose another staging in launcher.toml"),
    "File exists": ("a part of the path is a file, not a folder", "choose another staging in launcher.toml"),
}


def _explained(error: Exception, root: str) -> StorageError:
    text = f"{error.strerror}" if isinstance(error, OSError) and error.strerror else str(error)
    for words, (cause, hint) in CAUSES.items():
        if words in text:
            return StorageError(f"storage {root}: {cause}", hint)
    return StorageError(f"storage {root}: {text.splitlines()[0]}", "launcher doctor")


def free_bytes(folder: Path) -> int:
    """Give the bytes an ordinary user may still write below ``folder``."""
    facts = os.statvfs(folder)
    return facts.f_bavail * facts.f_frsize
