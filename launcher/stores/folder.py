"""A folder as a store. Every write is a draft that is linked or renamed into place: whole, or not there at all."""

import errno
import os
import secrets
import shutil
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from launcher.stores import ABSENT, PRESENT, SOON, Fault

__all__ = ["FAULTS", "local_path", "open_store", "words"]

DRAFT = ".upload-"  # hidden: a job that reads the folder passes over names that begin with a dot

_ELSEWHERE = "choose another staging in launcher.toml"
_SPACE = "free some space, or choose another staging in launcher.toml"
# https://man7.org/linux/man-pages/man3/errno.3.html
FAULTS: Mapping[str, Fault] = {
    "ENOENT": ABSENT,
    "EISDIR": Fault("a folder has that name", _ELSEWHERE),
    "EEXIST": PRESENT,
    "ENOSPC": Fault("the disk is full", _SPACE),
    "EDQUOT": Fault("the disk quota is used up", _SPACE),
    "EFBIG": Fault("the file system takes no file of this size", _ELSEWHERE),
    "EROFS": Fault("the file system is read-only", _ELSEWHERE),
    "EACCES": Fault("permission denied", "check who owns it, or choose another staging in launcher.toml"),
    "EPERM": Fault("not permitted: a file system without hard links cannot create-only", _ELSEWHERE),
    "ENOTSUP": Fault("the file system has no hard links, so it cannot create-only", _ELSEWHERE),
    "ENOTDIR": Fault("a part of the path is a file, not a folder", _ELSEWHERE),
    "ENAMETOOLONG": Fault("the path is too long", "choose a shorter staging in launcher.toml"),
    "ESTALE": Fault("the network file system has lost the folder", "mount it again", SOON),
    "ETIMEDOUT": Fault("the network file system does not answer", "mount it again", SOON),
    "ECONNRESET": Fault("the network file system does not answer", "mount it again", SOON),
    "EIO": Fault("the disk reports an error", "dmesg | tail"),
}


def words(error: BaseException) -> tuple[str, ...]:
    """Give the name of the system's error number."""
    if not isinstance(error, OSError):
        return ()
    return (errno.errorcode.get(error.errno or 0, ""), type(error).__name__)


def open_store(root: str) -> "Folder":
    """Give the store on a folder, which is made where there is none."""
    path = local_path(root)
    if path is None:
        message = f"{root} is no folder"
        raise ValueError(message)
    _made(path)
    return Folder(path)


def local_path(root: str) -> Path | None:
    """Give the folder behind a ``file:`` URI or a plain path; None for any other storage."""
    # Not unquoted: Hadoop's Path takes the characters of a URI as they are, and both must mean the same folder.
    if root.startswith("file:"):
        return Path("/" + root.removeprefix("file:").lstrip("/"))
    return None if "://" in root else Path(root)


@dataclass(frozen=True, slots=True)
class Folder:
    """The files below a folder; see ``launcher.stores.Store`` for what each method gives and raises."""

    path: Path

    def get(self, name: str) -> bytes:
        return (self.path / name).read_bytes()

    def head(self, name: str) -> None:
        if not (self.path / name).is_file():
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), name)

    def put(self, name: str, data: bytes) -> None:
        with self._draft(name, lambda draft: draft.write_bytes(data)) as draft:
            draft.replace(self.path / name)

    def create(self, name: str, data: bytes) -> None:
        # A link, unlike a rename, fails where something is; unlike an exclusive open, it shows the whole file at once.
        with self._draft(name, lambda draft: draft.write_bytes(data)) as draft:
            (self.path / name).hardlink_to(draft)

    def upload(self, name: str, file: Path) -> None:
        with self._draft(name, lambda draft: shutil.copyfile(file, draft)) as draft:
            draft.replace(self.path / name)

    def delete(self, name: str) -> None:
        (self.path / name).unlink()

    def folders(self, prefix: str) -> list[str]:
        try:
            with os.scandir(self.path / prefix) as entries:
                return [entry.name for entry in entries if entry.is_dir()]
        except (FileNotFoundError, NotADirectoryError):
            return []

    def objects(self, prefix: str) -> list[str]:
        inside = os.walk(self.path / prefix, onerror=_unless_gone)
        found = (Path(folder, file) for folder, _, files in inside for file in files if not file.startswith(DRAFT))
        return [path.relative_to(self.path).as_posix() for path in found]

    @contextmanager
    def _draft(self, name: str, write: Callable[[Path], object]) -> Generator[Path]:
        """Write beside the target, and leave nothing but the target."""
        target = self.path / name
        _made(target.parent)
        draft = target.with_name(f"{DRAFT}{secrets.token_hex(8)}")
        try:
            write(draft)
            yield draft
        finally:
            draft.unlink(missing_ok=True)


def _made(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError as error:  # which would read as: the object exists
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(folder)) from error


def _unless_gone(error: OSError) -> None:
    if not isinstance(error, (FileNotFoundError, NotADirectoryError)):
        raise error
