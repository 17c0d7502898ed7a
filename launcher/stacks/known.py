"""The clusters that stacks on this machine gave: what ``--cloud NAME`` finds without asking Pulumi."""

import json
from pathlib import Path
from typing import Any

from launcher import home
from launcher.metrics import is_object


def clusters() -> dict[str, dict[str, Any]]:
    """Give the cluster object of every stack that ``launcher up`` made here and ``launcher down`` did not end."""
    files = sorted(_folder().glob("*.json")) if _folder().is_dir() else []
    return {file.stem: found for file in files if is_object(found := _read(file))}


def settings(name: str) -> dict[str, str]:
    """Give the kind and the place of a cluster that is known here, as a stack's configuration has them."""
    found = clusters().get(name, {})
    return {key: str(found[key]) for key in ("kind", "region", "project", "subscription") if key in found}


def remember(name: str, cluster: dict[str, Any]) -> None:
    """Keep a cluster object; whole, or not at all."""
    _folder().mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = _folder() / f".{name}.draft"
    draft.write_text(json.dumps(cluster, indent=1), encoding="utf-8")
    draft.replace(_folder() / f"{name}.json")


def forget(name: str) -> None:
    """Keep it no longer."""
    (_folder() / f"{name}.json").unlink(missing_ok=True)


def _folder() -> Path:
    return home.home() / "stacks" / "clusters"


def _read(file: Path) -> object:
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None  # being removed, or of a disk that was full: the stack itself still has it
