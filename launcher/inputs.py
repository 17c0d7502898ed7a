"""From ``--input`` to a URI that the cluster can read: a URI as it is, a local path or a sample uploaded once."""

import hashlib
import os
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path

from launcher import samples
from launcher.errors import UsageError
from launcher.progress import Progress
from launcher.storage import Storage, scheme

BLOCK = 4 * 1024 * 1024


def located(text: str, what: str = "input") -> str | Path:
    """Give a URI as text, or the local file or folder that is meant; raises UsageError before anything is sent."""
    if not text.strip():
        raise UsageError(f"--{what} is empty", "samples: launcher workloads -v")
    if scheme(text) or text.startswith("file:"):
        return text
    path = Path(text).expanduser()
    if not path.exists():
        path = samples.path(text) or path
    _readable(path, text, what)
    return path.absolute()


def place(path: Path) -> str:
    """Give the name that the content of a local input has in the storage: ``data/<digest>/NAME``."""
    files = _files(path)
    with Progress(f"reading {path.name}", _size(files)) as progress:
        return f"data/{_digest(path, files, progress)}/{path.name}"


def upload(storage: Storage, path: Path, name: str) -> None:
    """Store a local input under the name that ``place`` gave; what is there already is not sent again."""
    present = set(storage.objects(name.rpartition("/")[0]))
    missing = [file for file in _files(path) if _name(name, path, file) not in present]
    with Progress(f"uploading {path.name}", _size(missing)) as progress:
        for file in missing:
            storage.upload(_name(name, path, file), file)
            progress.advance(file.stat().st_size)


def _readable(path: Path, text: str, what: str) -> None:
    if not path.exists():
        near = get_close_matches(text, samples.table(), n=1)
        hint = f"did you mean the sample {near[0]}?" if near else "samples: launcher workloads -v"
        raise UsageError(f"{what} {text!r}: no such file, folder or sample", hint)
    if path.is_dir() and not _files(path):
        raise UsageError(
            f"{what} {text!r}: the folder holds no data files", "files that begin with . or _ do not count"
        )
    for file in _files(path):
        if not os.access(file, os.R_OK):
            raise UsageError(f"{what} {str(file)!r}: permission denied", f"chmod +r {str(file)!r}")
        if not file.is_file():
            raise UsageError(f"{what} {str(file)!r}: neither a file nor a folder", "name a CSV or Parquet file")
    if not any(file.stat().st_size for file in _files(path)):
        raise UsageError(f"{what} {text!r}: empty", "name a file that has rows")


def _files(path: Path) -> list[Path]:
    """Give the files that count, sorted: Spark too passes over names that begin with a dot or an underscore."""
    if not path.is_dir():
        return [path]
    inside = (file for file in path.rglob("*") if not file.is_dir())
    return sorted(file for file in inside if not any(part[0] in "._" for part in file.relative_to(path).parts))


def _size(files: list[Path]) -> int:
    return sum(file.stat().st_size for file in files)


def _name(name: str, path: Path, file: Path) -> str:
    return f"{name}/{file.relative_to(path).as_posix()}" if path.is_dir() else name


def _digest(path: Path, files: list[Path], progress: Progress) -> str:
    total = hashlib.sha256()
    for file in files:
        content = hashlib.sha256()
        for block in _blocks(file):
            content.update(block)
            progress.advance(len(block))
        total.update(f"{_name(path.name, path, file)}\0{content.hexdigest()}\0".encode(errors="surrogateescape"))
    return total.hexdigest()[:32]


def _blocks(file: Path) -> Iterator[bytes]:
    with file.open("rb") as source:
        while block := source.read(BLOCK):
            yield block
