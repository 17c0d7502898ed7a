"""Compare workloads with their peers, and split what a run of each costs.

    python benchmarks/workloads.py [--rounds 3] [--quick]

Prints four tables: UDFs by kind; logistic regression beside scikit-learn; its passes by Hadoop and by Spark; the
seconds of a run of each workload, split as in its receipt. All on one machine, with all its cores; contenders take
turns, and shown are medians.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import contextmanager, redirect_stdout
from importlib import import_module
from io import StringIO
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
from measured import LAUNCHER, in_turn, new_home, options
from pyspark.sql import SparkSession
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score

ROOT = Path(__file__).resolve().parent.parent
SAMPLES = ROOT / "samples"
ROWS, WIDTH = 400_000, 10
# What is measured of each workload: its sample, and little enough of it that the start is seen.
RUNS: dict[str, list[str]] = {
    "kmeans": ["--features", "Lat,Lon"],
    "dataframe": [],
    "udf": ["--rounds", "1"],
    "features": [],
    "logistic-regression": [],
    "one-vs-rest": ["--classifiers", "logistic-regression"],
    "pipeline": [],
    "streaming": ["--files", "4"],
    "pagerank": ["--max-iter", "10"],
    "hadoop-vs-spark": ["--copies", "4"],
}
PHASES = ("session", "read", "compute", "total")


def main() -> None:
    """Print the tables."""
    found = options(__doc__, usual=3, quick=1)
    sys.path.insert(0, str(ROOT))
    with _session() as spark, TemporaryDirectory(prefix="firesteel-") as folder:
        place = Path(folder)
        rounds = ("--rounds", str(found.rounds))
        _print_udfs(_run(spark, "udf", SAMPLES / "uber-apr14-25k.csv.gz", *rounds, folder=place))
        _print_regression(spark, place, found.rounds, ROWS // 10 if found.quick else ROWS)
        _print_passes(_run(spark, "hadoop-vs-spark", SAMPLES / "statlog-landsat.csv.gz", folder=place))
    _print_runs(found.rounds)


@contextmanager
def _session() -> Any:
    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    os.environ["PYSPARK_PYTHON"] = sys.executable
    os.environ["PYTHONPATH"] = str(ROOT)  # the workers import jobs from here, as they do from jobs.zip on a cluster
    builder = SparkSession.builder.master("local[*]").appName("benchmark")
    for name, value in {
        "spark.driver.memory": "3g",
        "spark.sql.shuffle.partitions": "2",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.log.level": "ERROR",
    }.items():
        builder = builder.config(name, value)
    spark = builder.getOrCreate()
    try:
        yield spark
    finally:
        spark.stop()


class _NoOutput:
    """Takes what a workload writes, and keeps nothing but the seconds of its phases; files go below ``root``."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.seconds: dict[str, float] = {}

    def uri(self, name: str) -> str:
        """Give a place."""
        return (self.root / name).as_uri()

    @contextmanager
    def phase(self, name: str) -> Any:
        began = time.perf_counter()
        yield
        self.seconds[name] = time.perf_counter() - began

    def figure(self, _name: str, _spec: Any) -> None:
        """Keep nothing."""

    def table(self, _name: str, _columns: Any, _rows: Any) -> None:
        """Keep nothing."""


def _run(spark: SparkSession, name: str, path: Path, *arguments: str, folder: Path) -> dict[str, Any]:
    """Give a workload's metrics, with the seconds of its phases."""
    workloads = import_module("jobs.workloads")  # the package, not this file
    args = workloads.parse(name, ["--input", str(path), *arguments])
    args.output = _NoOutput(folder)
    with redirect_stdout(StringIO()):
        metrics = workloads.load(name).run(spark, args)
    return metrics | {"phases": args.output.seconds}


def _print_udfs(found: Mapping[str, Any]) -> None:
    print(f"\n{found['function']}, rows a second, median of {found['rounds']} turns")
    print(f"all kinds give the same: {'yes' if found['results_equal'] else 'NO'}\n")
    print(f"{'':24}{'rows / s':>12}{'/ pickled':>11}")
    for name, rate in found["rows_per_second"].items():
        print(f"{name:24}{rate:12,.0f}{found['ratios'][name]:11.1f}")


def _print_passes(found: Mapping[str, Any]) -> None:
    print(f"\n{found['rows']:,} rows, {found['megabytes']:.0f} MB, Hadoop {found['hadoop']} on {found['framework']}")
    print(f"all weights are equal: {'yes' if found['equal_weights'] else 'NO'}\n")
    print(f"{'':24}{'first pass, s':>14}{'then, s':>9}{'/ cached':>10}")
    for name, taken in found["seconds_per_pass"].items():
        print(f"{name:24}{found['first_pass_seconds'][name]:14.2f}{taken:9.2f}{found['ratios'][name]:10.1f}")


def _table(path: Path, rows: int) -> Path:
    """Write numbers, a class that they tell most of the time, and which rows are held."""
    random = np.random.default_rng(1)
    values = random.normal(size=(rows, WIDTH))
    label = values @ random.normal(size=WIDTH) + random.logistic(size=rows) > 0
    frame = pd.DataFrame(values, columns=[f"x{at}" for at in range(WIDTH)])
    frame["part"] = np.where(random.random(rows) < 0.25, "test", "train")  # noqa: PLR2004 -- a quarter is held
    frame["label"] = label.astype(int)
    frame.to_csv(path, index=False)
    return path


def _print_regression(spark: SparkSession, folder: Path, rounds: int, rows: int) -> None:
    path = _table(folder / "rows.csv", rows)
    accuracy: dict[str, float] = {}
    split: dict[str, list[float]] = {"MLlib, read": [], "MLlib, compute": [], "scikit-learn, read": []}
    contenders: dict[str, Callable[[], float]] = {
        "MLlib": lambda: _by_mllib(spark, path, accuracy, split),
        "scikit-learn": lambda: _by_scikit(path, accuracy, split),
    }
    whole = in_turn(contenders, rounds)
    print(f"\nlogistic regression of {rows:,} x {WIDTH} from CSV to tested, seconds, median of {rounds}\n")
    print(f"{'':16}{'whole':>9}{'of it read':>12}{'/ scikit-learn':>16}{'accuracy':>11}")
    for name, taken in whole.items():
        read = median(split[f"{name}, read"][1:])
        ratio = taken / whole["scikit-learn"]
        print(f"{name:16}{taken:9.2f}{read:12.2f}{ratio:16.1f}{accuracy[name]:11.4f}")


def _by_mllib(spark: SparkSession, path: Path, accuracy: dict[str, float], split: dict[str, list[float]]) -> float:
    began = time.perf_counter()
    found = _run(spark, "logistic-regression", path, "--split", "part", folder=path.parent)
    accuracy["MLlib"] = found["accuracy"]
    for phase, seconds in found["phases"].items():
        split[f"MLlib, {phase}"].append(seconds)
    return time.perf_counter() - began


def _by_scikit(path: Path, accuracy: dict[str, float], split: dict[str, list[float]]) -> float:
    began = time.perf_counter()
    frame = pd.read_csv(path)
    held = frame["part"] == "test"
    values = frame.drop(columns=["part", "label"]).to_numpy()
    split["scikit-learn, read"].append(time.perf_counter() - began)
    model = LogisticRegression(C=np.inf).fit(values[~held], frame["label"][~held])
    accuracy["scikit-learn"] = float(accuracy_score(frame["label"][held], model.predict(values[held])))
    return time.perf_counter() - began


def _print_runs(rounds: int) -> None:
    print(f"\na run of each workload by `launcher submit`, seconds by its receipt, median of {rounds}")
    print("read: from the file to cached rows; compute: the rest of the workload; start: whatever else the run took\n")
    print(f"{'':22}" + "".join(f"{name:>9}" for name in ("start", *PHASES)))
    with new_home() as environment:
        receipts = {name: [_receipt(name, environment) for _ in range(rounds + 1)][1:] for name in RUNS}
    for name, taken in receipts.items():
        numbers = [median(row.get(phase, float("nan")) for row in taken) for phase in ("start", *PHASES)]
        print(f"{name:22}" + "".join(f"{'' if number != number else f'{number:.2f}':>9}" for number in numbers))  # noqa: PLR0124 -- NaN


def _receipt(name: str, environment: Mapping[str, str]) -> dict[str, float]:
    """Give the seconds of one run; ``start`` is what the launcher, the JVM and the end of both took."""
    began = time.perf_counter()
    argv = [LAUNCHER, "submit", name, "--json", "--", *RUNS[name]]
    done = subprocess.run([*map(str, argv)], capture_output=True, text=True, check=False, env=environment)
    taken = time.perf_counter() - began
    if done.returncode:
        sys.exit(f"{name}: exit code {done.returncode}\n{done.stdout}\n{done.stderr}")
    directory = json.loads(done.stdout)["directory"].removeprefix("file://")
    seconds = json.loads((Path(directory) / "receipt.json").read_text(encoding="utf-8"))["seconds"]
    return seconds | {"start": taken - seconds["total"]}


if __name__ == "__main__":
    main()
