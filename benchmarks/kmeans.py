"""Compare the two k-means engines with scikit-learn, and see whether the cost of a row is flat.

    python benchmarks/kmeans.py [--data FILE.csv.gz] [--rounds 3] [--quick]

Prints two tables. All times are seconds on one machine with ``local[2]``; a fit starts from data that is in memory
already. The contenders take turns, so that a change of load meets all of them; shown are medians.
"""

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pyspark.sql import DataFrame, SparkSession
from sklearn.cluster import KMeans

ROOT = Path(__file__).resolve().parent.parent
SAMPLE = ROOT / "samples" / "uber-apr14-25k.csv.gz"
FEATURES = ("Lat", "Lon")
K, RESTARTS, ITERATIONS = 8, 10, 20
PASSES = 10
MILLIONS = (0.02, 0.1, 1.0, 10.0)  # the first: as many rows as the sample that every fit begins with
JITTER = 1e-4  # degrees: less than a block, so that the clusters stay


@dataclass(kw_only=True)
class Contender:
    """One way to cluster the file: ``read`` loads it into memory, ``fit`` gives the cost."""

    name: str
    read: Callable[[], Any]
    fit: Callable[[Any], float]
    fits: list[float] = field(default_factory=list)
    wholes: list[float] = field(default_factory=list)
    cost: float = 0.0


def main() -> None:
    """Print both tables."""
    options = _options()
    spark = _session()
    try:
        _print_contest(_contest(spark, options.data, options.rounds), options.data, options.rounds)
        millions = MILLIONS[:3] if options.quick else MILLIONS
        _print_scaling(_scaling(spark, options.data, millions, options.rounds), options.rounds)
    finally:
        spark.stop()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=SAMPLE, help="a CSV with the columns Lat and Lon")
    parser.add_argument("--rounds", type=int, default=3, help="how often each takes its turn (default: 3)")
    parser.add_argument("--quick", action="store_true", help="one round, at most a million rows")
    options = parser.parse_args()
    options.rounds = 1 if options.quick else options.rounds
    options.data = options.data.resolve()
    return options


def _session() -> SparkSession:
    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    os.environ["PYSPARK_PYTHON"] = sys.executable
    os.environ["PYTHONPATH"] = str(ROOT)  # the workers import jobs from here, as they do from jobs.zip on a cluster
    sys.path.insert(0, str(ROOT))
    builder = SparkSession.builder.master("local[2]").appName("benchmark")
    for name, value in {
        "spark.driver.memory": "3g",
        "spark.sql.shuffle.partitions": "2",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.log.level": "ERROR",
    }.items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


def _arguments(engine: str, data: Path, *more: str) -> argparse.Namespace:
    from jobs import workloads

    argv = ["--input", str(data), "--features", ",".join(FEATURES), "--k", str(K), "--restarts", str(RESTARTS)]
    # The tolerance is the default of each: 1e-4 in all three.
    return workloads.parse("kmeans", [*argv, "--max-iter", str(ITERATIONS), "--engine", engine, *more])


def _contest(spark: SparkSession, data: Path, rounds: int) -> list[Contender]:
    contenders = [_blocks(spark, data), _mllib(spark, data), _scikit(data)]
    for contender in contenders:
        contender.fit(contender.read())  # what starts once: the JVM's compiler, Python workers, imports
    for _ in range(rounds):
        for contender in contenders:
            began = time.perf_counter()
            held = contender.read()
            read = time.perf_counter()
            contender.cost = contender.fit(held)
            ended = time.perf_counter()
            contender.fits.append(ended - read)
            contender.wholes.append(ended - began)
            if hasattr(held, "release"):
                held.release()
    return contenders


def _blocks(spark: SparkSession, data: Path) -> Contender:
    from jobs import kmeans_blocks, reading

    args = _arguments("blocks", data)

    def read() -> kmeans_blocks.Blocks:
        return kmeans_blocks.prepare(reading.table(reading.find(spark, args), args.features).frame, args)

    return Contender(name="blocks", read=read, fit=lambda held: kmeans_blocks.fit(held, FEATURES, args).cost)


def _mllib(spark: SparkSession, data: Path) -> Contender:
    from jobs import kmeans_mllib, reading

    args = _arguments("mllib", data)

    def read() -> kmeans_mllib.Rows:
        rows = kmeans_mllib.prepare(reading.table(reading.find(spark, args), args.features).frame, args)
        rows.frame.count()
        return rows

    return Contender(
        name="mllib", read=read, fit=lambda held: kmeans_mllib.best_model(held.frame, args).summary.trainingCost
    )


def _scikit(data: Path) -> Contender:
    def fit(held: np.ndarray) -> float:
        return float(KMeans(K, n_init=RESTARTS, max_iter=ITERATIONS, random_state=1).fit(held).inertia_)

    return Contender(name="scikit-learn", read=lambda: pd.read_csv(data, usecols=list(FEATURES)).to_numpy(), fit=fit)


def _print_contest(contenders: list[Contender], data: Path, rounds: int) -> None:
    base = contenders[0]
    print(f"\n{data.name}: k={K}, {RESTARTS} restarts, at most {ITERATIONS} iterations, local[2], median of {rounds}")
    print("fit: from data in memory; of blocks with silhouette and map, of mllib and scikit-learn without\n")
    print(f"{'':14}{'fit s':>9}{'/ blocks':>10}{'read+fit s':>12}{'/ blocks':>10}{'cost':>14}{'to blocks':>11}")
    for contender in contenders:
        fit, whole = statistics.median(contender.fits), statistics.median(contender.wholes)
        print(
            f"{contender.name:14}{fit:9.2f}{fit / statistics.median(base.fits):10.2f}"
            f"{whole:12.2f}{whole / statistics.median(base.wholes):10.2f}"
            f"{contender.cost:14.4f}{contender.cost / base.cost - 1:+11.3%}"
        )


def _scaling(spark: SparkSession, data: Path, millions: tuple[float, ...], rounds: int) -> dict[float, float]:
    """Give the median seconds of a fit for each million of rows."""
    from jobs import kmeans_blocks

    args = _arguments("blocks", data, "--tolerance", "0", "--max-iter", str(PASSES))
    points = pd.read_csv(data, usecols=list(FEATURES))[list(FEATURES)].to_numpy()
    held = {one: kmeans_blocks.prepare(_synthetic(spark, points, round(one * 1e6)), args) for one in millions}
    taken: dict[float, list[float]] = {one: [] for one in millions}
    for _ in range(rounds + 1):
        for one, blocks in held.items():
            began = time.perf_counter()
            kmeans_blocks.fit(blocks, FEATURES, args)
            taken[one].append(time.perf_counter() - began)
    return {one: statistics.median(seconds[1:]) for one, seconds in taken.items()}


def _synthetic(spark: SparkSession, points: np.ndarray, rows: int) -> DataFrame:
    """Give ``rows`` rows drawn from the points with replacement, each moved a little."""

    def drawn(frames: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        for frame in frames:
            random = np.random.default_rng(int(frame["id"].iloc[0]))
            chosen = points[random.integers(len(points), size=len(frame))]
            moved = chosen + random.normal(scale=JITTER, size=chosen.shape)
            yield pd.DataFrame({"c0": moved[:, 0], "c1": moved[:, 1], "reason": np.zeros(len(moved), dtype=np.int32)})

    return spark.range(0, rows, 1, 4).mapInPandas(drawn, "c0 double, c1 double, reason int")


def _print_scaling(fits: dict[float, float], rounds: int) -> None:
    print(f"\nblocks on resampled rows with jitter: {RESTARTS} restarts, {PASSES} passes, median of {rounds}\n")
    print(f"{'million rows':>12}{'fit s':>9}{'s / million':>13}{'s / further million':>22}")
    (first, fixed), *rest = fits.items()
    print(f"{first:12g}{fixed:9.2f}{fixed / first:13.2f}{'':>22}")
    before = (first, fixed)
    for one, seconds in rest:
        # From one row of the table to the next: without what a fit costs however few rows it has, a Spark job and
        # the starts on the sample.
        print(f"{one:12g}{seconds:9.2f}{seconds / one:13.2f}{(seconds - before[1]) / (one - before[0]):22.2f}")
        before = (one, seconds)


if __name__ == "__main__":
    main()
