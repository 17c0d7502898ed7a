"""On real executors, each a process of its own, as a cluster has them."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.jobs import local_cluster

ROWS = 200_000
PROGRAM = """
import json, sys
from pathlib import Path
import psutil
from pyspark.sql import SparkSession
from jobs import kmeans_blocks, reading, workloads

spark = (
    SparkSession.builder.master("local-cluster[2,1,1024]")
    .config("spark.ui.enabled", "false")
    .config("spark.executorEnv.PYTHONPATH", sys.argv[2])
    .config("spark.driver.maxResultSize", "2m")
    .getOrCreate()
)
spark.sparkContext.setLogLevel("OFF")
args = workloads.parse("kmeans", ["--input", sys.argv[1], "--restarts", "3", "--max-iter", "5"])
blocks = kmeans_blocks.prepare(reading.table(reading.find(spark, args)).frame, args)


def fits():  # by Spark jobs that pass over the rows, and by one whose tasks hold them all
    found = [kmeans_blocks.fit(blocks, ("Lat", "Lon"), args, held) for held in (0, kmeans_blocks.HELD)]
    return [[one.cost, one.sizes] for one in found]


before = fits()


def words(process):
    try:
        return " ".join(process.cmdline())
    except psutil.Error:  # it ended while it was looked at
        return ""


descendants = psutil.Process().children(recursive=True)
executors = [process for process in descendants if "CoarseGrainedExecutorBackend" in words(process)]
executors[0].kill()
executors[0].wait(30)
after = fits()
try:
    blocks.rdd.collect()
    collected = "all"
except Exception as error:
    collected = "maxResultSize" in str(error) and "refused"
print(json.dumps({
    "app": spark.sparkContext.applicationId,
    "executors": len(executors),
    "before": before,
    "after": after,
    "collected": collected,
}))
spark.stop()
"""


@pytest.fixture(scope="module")
def table(uber: np.ndarray, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder of Parquet files with more rows than the driver may collect."""
    folder = tmp_path_factory.mktemp("many rows")
    random = np.random.default_rng(1)
    points = uber[random.integers(len(uber), size=ROWS)] + random.normal(scale=1e-4, size=(ROWS, 2))
    for at, part in enumerate(np.array_split(points, 4)):
        pd.DataFrame({"Lat": part[:, 0], "Lon": part[:, 1]}).to_parquet(folder / f"part-{at}.parquet")
    return folder


@pytest.fixture(scope="module")
def on_executors(table: Path) -> dict[str, Any]:
    return local_cluster.answer_of(PROGRAM, str(table))


def test_a_lost_executor_is_recomputed(on_executors: dict[str, Any]) -> None:
    assert on_executors["executors"] == 2
    for before, after in zip(on_executors["before"], on_executors["after"], strict=True):
        assert after[0] == pytest.approx(before[0], rel=1e-9)
        assert after[1] == before[1]


def test_the_rows_do_not_reach_the_driver(on_executors: dict[str, Any]) -> None:
    assert on_executors["collected"] == "refused"


def test_executors_give_what_threads_give(on_executors: dict[str, Any], kmeans: Any, table: Path) -> None:
    found = kmeans(table, "--restarts", "3", "--max-iter", "5")
    for cost, sizes in on_executors["before"]:
        assert found["cost"] == pytest.approx(cost, rel=1e-6)
        assert found["sizes"] == sizes
