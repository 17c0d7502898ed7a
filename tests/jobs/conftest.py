import functools
import gzip
import importlib.util
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.jobs.tables import ROOT, SAMPLE, KeptOutput

# The environment of an older Spark has no scikit-learn; the main one runs these files.
collect_ignore_glob = [] if importlib.util.find_spec("sklearn") else ["test_*_sklearn.py"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let PySpark leave to the garbage collector its sockets, one for each result, and the threads of OneVsRest."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"))
            item.add_marker(pytest.mark.filterwarnings("ignore:unclosed running multiprocessing pool:ResourceWarning"))


@pytest.fixture(scope="session")
def spark() -> Iterator[Any]:
    from pyspark.sql import SparkSession

    with pytest.MonkeyPatch.context() as patch:  # for the JVM, which hands it on; other tests must not see it
        for name, value in (
            ("SPARK_LOCAL_IP", "127.0.0.1"),
            ("PYSPARK_PYTHON", sys.executable),
            ("PYTHONPATH", str(ROOT)),
        ):
            patch.setenv(name, value)
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
def workload(spark: Any) -> Callable[..., dict[str, Any]]:
    """Run a workload as a launcher would and give its metrics; ``output`` gets what it writes."""
    from jobs import workloads

    def run(name: str, path: Path | str, *arguments: str, output: KeptOutput | None = None) -> dict[str, Any]:
        args = workloads.parse(name, ["--input", str(path), *arguments])
        args.output = output or KeptOutput()
        return workloads.load(name).run(spark, args)

    return run


@pytest.fixture
def kmeans(workload: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """Run k-means and give its metrics."""
    return functools.partial(workload, "kmeans")


@pytest.fixture(scope="session")
def uber() -> np.ndarray:
    """Give the sample's Lat and Lon, one row per pickup."""
    with gzip.open(SAMPLE, "rt", encoding="utf-8") as lines:
        return np.array([row.split(",")[1:3] for row in lines.read().splitlines()[1:]], dtype=float)
