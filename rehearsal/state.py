"""What is known of the rehearsal clouds on this machine: one folder each, below one root.

ROOT/launcher.toml         the clusters of all clouds that are up, as the launcher takes them
ROOT/CLOUD/state.json      written when the cloud is up: its cluster, its addresses, the environment of its clients
          /log/NAME.log    what each process printed
          /tmp             temporary files of every process
"""

import contextlib
import json
import os
import re
import shutil
from collections.abc import Generator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from launcher import home, locks
from rehearsal.clouds import Running

MARK = "FIRESTEEL_REHEARSAL"  # in the environment of every process of a cloud: the cloud's folder
STATE = "state.json"
HEAD = "# Written by `rehearsal up` and `rehearsal down`; changes to it are lost.\n"
BARE = re.compile(r"[A-Za-z0-9_-]+")  # a key that TOML takes without quotes


def root() -> Path:
    """Give the folder of all rehearsal clouds; not created here."""
    return home.home() / "rehearsal"


def folder(cloud: str) -> Path:
    """Give the folder of one cloud; not created here."""
    return root() / cloud


def launcher_toml() -> Path:
    """Give the file that FIRESTEEL_CONFIG names to use the rehearsal clouds."""
    return root() / "launcher.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A cloud that came up: what it is, the faults it was asked to imitate, and the process ids by name."""

    running: Running
    chaos: str | None
    processes: Mapping[str, int]


def write(where: Path, record: Record) -> None:
    """Record that a cloud is up; a reader sees all of it or nothing."""
    _replace(where / STATE, json.dumps(asdict(record), indent=1) + "\n")


def read(where: Path) -> Record | None:
    """Give what is recorded of a cloud; None when it is not up, or was killed while it came up."""
    try:
        found = json.loads((where / STATE).read_text(encoding="utf-8"))
        return Record(**{**found, "running": Running(**found["running"])})
    except (OSError, ValueError, TypeError, KeyError):
        return None


def publish(clusters: Mapping[str, Mapping[str, Any]]) -> None:
    """Write launcher.toml with these clusters; remove it when there are none."""
    if clusters:
        root().mkdir(parents=True, exist_ok=True)
        _replace(launcher_toml(), HEAD + toml({f"clouds.{name}": cluster for name, cluster in clusters.items()}))
    else:
        launcher_toml().unlink(missing_ok=True)


def toml(tables: Mapping[str, Mapping[str, Any]]) -> str:
    """Give tables of strings, numbers, lists and inline tables as TOML text (https://toml.io/en/v1.0.0)."""
    blocks = (
        "\n".join([f"[{name}]", *(f"{_key(key)} = {_toml(value)}" for key, value in table.items())])
        for name, table in tables.items()
    )
    return "\n\n".join(blocks) + "\n"


@contextlib.contextmanager
def alone(where: Path) -> Generator[None]:
    """Hold a cloud's folder for the length of a block: no other command starts or ends the cloud meanwhile."""
    where.parent.mkdir(parents=True, exist_ok=True)
    path = where.with_name(f".{where.name}.lock")
    while True:
        with locks.alone(path):
            if path.exists():  # else its last holder has removed it, and another may hold a new one
                try:
                    yield
                finally:
                    path.unlink()
                    _remove_if_empty(path.parent)
                return


def remove(where: Path) -> None:
    """Remove a cloud's folder, also when an ending process still writes to it."""
    for _ in range(5):
        shutil.rmtree(where, ignore_errors=True)
        if not where.exists():
            return
    shutil.rmtree(where)


def names() -> list[str]:
    """Give the clouds that have a folder."""
    return sorted(entry.name for entry in root().iterdir() if entry.is_dir()) if root().is_dir() else []


def _remove_if_empty(where: Path) -> None:
    with contextlib.suppress(OSError):
        where.rmdir()


def _replace(path: Path, text: str) -> None:
    draft = path.with_name(f".{path.name}-{os.getpid()}")
    draft.touch(mode=0o600)  # there are keys in it
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)


def _toml(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_key(str(key))} = {_toml(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_toml, value)) + "]"
    if isinstance(value, str):
        return _quoted(value)
    return json.dumps(value)


def _key(name: str) -> str:
    return name if BARE.fullmatch(name) else _quoted(name)


def _quoted(text: str) -> str:
    # JSON's string is TOML's basic string, but for DEL, which JSON leaves as it is, and surrogate pairs, not used here.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
