"""Small tables as files, and what a workload writes, kept in memory."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "samples" / "uber-apr14-25k.csv.gz"


class KeptOutput:
    """What a workload wrote, by name; models go below ``root``."""

    def __init__(self, root: Path | None = None) -> None:
        self.root = root
        self.figures: dict[str, dict[str, Any]] = {}
        self.tables: dict[str, tuple[list[str], list[list[Any]]]] = {}
        self.phases: list[str] = []

    def uri(self, name: str) -> str:
        assert self.root, "this workload writes a model: KeptOutput(tmp_path)"
        return (self.root / name).as_uri()

    @contextlib.contextmanager
    def phase(self, name: str) -> Iterator[None]:
        self.phases.append(name)
        yield

    def figure(self, name: str, spec: dict[str, Any]) -> None:
        self.figures[name] = spec

    def table(self, name: str, columns: list[str], rows: list[list[Any]]) -> None:
        self.tables[name] = (columns, rows)


def written(path: Path, text: str | bytes) -> Path:
    """Write a file as it is given, line ends included, and give its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def as_csv(points: np.ndarray, names: str = "x,y") -> str:
    """Give the points as CSV with every digit."""
    return "\n".join([names, *(",".join(map(repr, row)) for row in points.tolist())]) + "\n"
