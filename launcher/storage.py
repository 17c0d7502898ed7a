"""The launcher's side of the storage: whole objects below one root URI, on every cloud alike.

Everything the launcher reads or writes at a cloud's staging folder goes through a ``Storage``; the job's side uses
Spark's own Hadoop FileSystem instead. What is said to whom is in ``launcher.stores``; what is the same for all is here:
trying again what may pass, and errors in our words.
"""

import os
import secrets
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from launcher import stores
from launcher.errors import LauncherError, ObjectExists, ObjectNotFound, StorageError
from launcher.retrying import retried_by
from launcher.stores import Fault, Place, Store, scheme
from launcher.stores.folder import local_path

__all__ = ["Storage", "free_bytes", "local_path", "scheme"]

T = TypeVar("T")

READERS = 8


class Storage:
    """Objects below ``root``; names are relative and use slashes. Raises StorageError for whatever goes wrong."""

    def __init__(self, root: str) -> None:
        self.root = root if root.endswith("://") else root.rstrip("/")
        self._opened: Store | None = None
        self._opening = threading.Lock()

    def prepare(self) -> None:
        """Load a cloud's client, which takes a while and asks nobody; a folder is not made before it is used."""
        if local_path(self.root) is None:
            self._store()

    def uri(self, name: str) -> str:
        """Give the URI of an object or a folder."""
        return f"{self.root}/{name}"

    def get(self, name: str) -> bytes:
        """Give an object's content; raises ObjectNotFound."""
        return self._ask("read", name, lambda store: store.get(name))

    def put(self, name: str, data: bytes) -> None:
        """Store an object, in place of any older one; a reader sees the old or the new, never a part."""
        self._ask("write", name, lambda store: store.put(name, data))

    def create(self, name: str, data: bytes) -> None:
        """Store an object that must not exist yet; raises ObjectExists, also when another was faster.

        When the answer to a first try was lost, and what is found there then is this content, it was created by us.
        """
        tried: list[str] = []

        def once(store: Store) -> None:
            tried.append(name)
            try:
                store.create(name, data)
            except Exception as error:
                ours = len(tried) > 1 and self._means(error) is stores.PRESENT and store.get(name) == data
                if not ours:
                    raise

        self._ask("write", name, once)

    def upload(self, name: str, file: Path) -> None:
        """Store a local file's content, in parts when it is large; a reader never sees a part of it."""
        try:
            file.open("rb").close()
            self._ask(
                "write", name, lambda store: store.upload(name, file), again=False
            )  # it repeats what failed itself
        except OSError as error:
            raise StorageError(f"{file}: {error.strerror}", "look at the file, and try again") from error

    def delete(self, name: str) -> None:
        """Remove an object; nothing happens when there is none."""
        with suppress(ObjectNotFound):
            self._ask("remove", name, lambda store: store.delete(name))

    def exists(self, name: str) -> bool:
        """Tell whether an object is stored under that name."""
        try:
            self._ask("read", name, lambda store: store.head(name))
        except ObjectNotFound:
            return False
        return True

    def folders(self, prefix: str) -> list[str]:
        """Give the names of the folders directly below ``prefix``, sorted."""
        return sorted(self._ask("list", prefix, lambda store: store.folders(prefix)))

    def objects(self, prefix: str) -> list[str]:
        """Give the names of all objects below ``prefix``, relative to the root, sorted."""
        return sorted(self._ask("list", prefix, lambda store: store.objects(prefix)))

    def get_or_none(self, name: str) -> bytes | None:
        """Give an object's content, or None when there is none: one request either way."""
        try:
            return self.get(name)
        except ObjectNotFound:
            return None

    def get_many(self, names: list[str]) -> Iterator[bytes | None]:
        """Give the contents of many objects in order, read side by side."""
        with ThreadPoolExecutor(READERS) as pool:
            yield from pool.map(self.get_or_none, names)

    def require_create_only(self) -> None:
        """Make sure that nothing is ever created over an object here: claims on a run depend on it.

        Raises StorageError when the store takes a second creation of the same name, or cannot create-only at all.
        """
        name = f"create-only-{secrets.token_hex(8)}"
        self.create(name, b"first")
        try:
            self.create(name, b"second")
        except ObjectExists:
            return
        finally:
            with suppress(StorageError):  # whoever may not remove may still create-only
                self.delete(name)
        message = (
            f"storage {self.root} overwrites what exists although it is told not to: runs could be lost or doubled"
        )
        raise StorageError(message, "choose another staging: S3, GCS, Azure Blob, or a server that knows If-None-Match")

    def _ask(self, action: str, name: str, call: Callable[[Store], T], *, again: bool = True) -> T:
        """Give what the store gives, after a few tries if need be."""
        try:
            return retried_by(self._tries if again else _once, lambda: call(self._store()))
        except LauncherError:
            raise
        except Exception as error:
            fault = self._means(error)
            if fault is None:
                raise
            raise self._explained(fault, action, name) from error

    def _store(self) -> Store:
        with self._opening:  # on first use: a dry run must not make the folder
            if self._opened is None:
                self._opened = stores.opened(self.root)
            return self._opened

    def _means(self, error: BaseException) -> Fault | None:
        return None if isinstance(error, LauncherError) else stores.fault(self.root, error)

    def _tries(self, error: BaseException) -> int:
        fault = self._means(error)
        return fault.tries if fault else stores.ONCE

    def _explained(self, fault: Fault, action: str, name: str) -> StorageError:
        if fault.error is ObjectNotFound and action in {"read", "remove"}:
            return ObjectNotFound(f"nothing is stored at {name} below {self.root}")
        if fault.error is ObjectExists:
            return ObjectExists(f"something is stored already at {name} below {self.root}")
        host = Place.of(self.root).host
        cause, hint = (text.replace("{host}", host).replace("{root}", self.root) for text in (fault.cause, fault.hint))
        return StorageError(f"storage {self.root}: cannot {action} {name}: {cause}", hint)


def _once(_error: BaseException) -> int:
    return stores.ONCE


def free_bytes(folder: Path) -> int:
    """Give the bytes an ordinary user may still write below ``folder``."""
    facts = os.statvfs(folder)
    return facts.f_bavail * facts.f_frsize
