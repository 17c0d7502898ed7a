"""Small tables as files, and what a workload writes, kept in memory."""

from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "samples" / "uber-apr14-25k.csv.gz"


class KeptOutput:
    """What a workload wrote, by name."""

    def __init__(self) -> None:
        self.figures: dict[str, dict[str, Any]] = {}
        self.tables: dict[str, tuple[list[str], list[list[Any]]]] = {}

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
