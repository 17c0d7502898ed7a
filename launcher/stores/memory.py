"""Objects in this process, gone with it: for tests and for trying things out."""

import errno
import functools
import threading
from dataclasses import dataclass, field
from pathlib import Path

from launcher.stores.folder import FAULTS, words

__all__ = ["FAULTS", "open_store", "words"]


def open_store(root: str) -> "Memory":
    """Give the store of that root: the same one each time."""
    return _kept(root)


@functools.cache
def _kept(_root: str) -> "Memory":
    return Memory()


@dataclass(frozen=True, slots=True)
class Memory:
    """A dictionary; see ``launcher.stores.Store`` for what each method gives and raises."""

    content: dict[str, bytes] = field(default_factory=dict[str, bytes])
    lock: threading.Lock = field(default_factory=threading.Lock)

    def get(self, name: str) -> bytes:
        data = self.content.get(name)
        if data is None:
            raise FileNotFoundError(errno.ENOENT, "no such object", name)
        return data

    def head(self, name: str) -> None:
        self.get(name)

    def put(self, name: str, data: bytes) -> None:
        self.content[name] = bytes(data)

    def create(self, name: str, data: bytes) -> None:
        with self.lock:
            if name in self.content:
                raise FileExistsError(errno.EEXIST, "object exists", name)
            self.content[name] = bytes(data)

    def upload(self, name: str, file: Path) -> None:
        self.put(name, file.read_bytes())

    def delete(self, name: str) -> None:
        self.content.pop(name, None)

    def folders(self, prefix: str) -> list[str]:
        below = self._below(prefix)
        return list({rest.partition("/")[0] for rest in below.values() if "/" in rest})

    def objects(self, prefix: str) -> list[str]:
        return list(self._below(prefix))

    def _below(self, prefix: str) -> dict[str, str]:
        """Give the names below a folder, each with its rest after the folder."""
        start = f"{prefix.rstrip('/')}/" if prefix else ""
        return {name: name.removeprefix(start) for name in list(self.content) if name.startswith(start)}
