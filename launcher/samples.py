"""Small real data that ship with the project, by name: ``--input uber``."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent


def folder() -> Path:
    """Give the samples' folder: the checkout's, or the one inside the installed package."""
    checkout = HERE.parent / "samples"
    return checkout if (checkout / "samples.toml").is_file() else HERE / "samples"


def table() -> Mapping[str, Mapping[str, Any]]:
    """Give each sample's row: file, summary, source, licence."""
    return tomllib.loads((folder() / "samples.toml").read_text(encoding="utf-8"))


def path(name: str) -> Path | None:
    """Give the file of a sample, or None when there is no sample of that name."""
    row = table().get(name)
    return folder() / str(row["file"]) if row else None
