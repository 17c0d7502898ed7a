from __future__ import annotations

import gzip
import importlib.util
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "samples" / "uber-apr14-25k.csv.gz"

# The environment of an older Spark has no scikit-learn; the main one runs these files.
collect_ignore = [] if importlib.util.find_spec("sklearn") else ["test_kmeans_sklearn.py"]


class KeptOutput:
    """What a workload wrote, by name."""

    def __init__(self) -> None:
        self.figures: dict[str, dict[str, Any]] = {}
        self.tables: dict[str, tuple[list[str], list[list[Any]]]] = {}

    def figure(self, name: str, spec: dict[str, Any]) -> None:
        self.figures[name] = spec

    def table(self, name: str, columns: list[str], rows: list[list[Any]]) -> None:
        self.tables[name] = (columns, rows)


@pytest.fixture(scope="session")
def spark() -> Iterator[Any]:
    os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
    os.environ["PYSPARK_PYTHON"] = sys.executable
    os.environ["PYTHONPATH"] = str(ROOT)
    from pyspark.sql import SparkSession

    session = (
        SparkSession.builder.master("local[2]")
        .appName("tests")
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.sql.ansi.enabled", "true")
        .getOrCreate()
    )
    session.sparkContext.setLogLevel("OFF")
    yield session
    session.stop()


@pytest.fixture
def kmeans(spark: Any) -> Callable[..., dict[str, Any]]:
    """Run the workload as a launcher would and give its metrics; ``output`` gets what it writes."""
    from jobs import workloads

    def run(path: Path | str, *arguments: str, output: KeptOutput | None = None) -> dict[str, Any]:
        args = workloads.parse("kmeans", ["--input", str(path), *arguments])
        args.output = output or KeptOutput()
        return workloads.load("kmeans").run(spark, args)

    return run


@pytest.fixture(scope="session")
def uber() -> np.ndarray:
    """Give the sample's Lat and Lon, one row per pickup."""
    with gzip.open(SAMPLE, "rt", encoding="utf-8") as lines:
        return np.array([row.split(",")[1:3] for row in lines.read().splitlines()[1:]], dtype=float)


def written(path: Path, text: str | bytes) -> Path:
    """Write a file as it is given, line ends included, and give its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def as_csv(points: np.ndarray, names: str = "x,y") -> str:
    """Give the points as CSV with every digit."""
    return "\n".join([names, *(",".join(map(repr, row)) for row in points.tolist())]) + "\n"
