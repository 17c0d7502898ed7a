import functools
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from jobs import mapreduce_code
from jobs.errors import InputError, WorkerError
from tests.jobs.tables import KeptOutput, written

Run = Callable[..., dict[str, Any]]
FEW = ["--copies", "2", "--passes", "3"]
WAYS = ["Hadoop MapReduce", "Spark, read each time", "Spark, cached"]
# A YARN that is configured and does not answer; the client shall not wait for it as long as it usually does.
NO_YARN = {
    "mapreduce.framework.name": "yarn",
    "yarn.resourcemanager.address": "127.0.0.1:1",
    "yarn.resourcemanager.connect.max-wait.ms": "1000",
    "yarn.resourcemanager.connect.retry-interval.ms": "500",
    "ipc.client.connect.max.retries": "0",
}


@pytest.fixture
def passes(workload: Run) -> Run:
    return functools.partial(workload, "hadoop-vs-spark")


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give 300 rows of three numbers, one of them always the same, and a class that they tell, roughly."""
    rng = np.random.default_rng(5)
    values = rng.normal(3, [2, 0.5], (300, 2))
    yes = values @ [1, -2] + rng.normal(0, 1, 300) > -3
    frame = pd.DataFrame({"a": values[:, 0], "b": values[:, 1], "same": 4.0, "kind": np.where(yes, "wet", "dry")})
    path = tmp_path_factory.mktemp("table") / "rows.csv"
    frame.to_csv(path, index=False)
    path.write_text(path.read_text(encoding="utf-8") + "1,,4,wet\n", encoding="utf-8")
    return path


@pytest.fixture
def yarn_is_away(spark: Any) -> Iterator[None]:
    configuration = spark.sparkContext._jsc.hadoopConfiguration()  # noqa: SLF001 -- what a cluster has in its XML files
    for name, value in NO_YARN.items():
        configuration.set(name, value)
    yield
    for name in NO_YARN:
        configuration.unset(name)


def descended(path: Path, positive: str, passes: int, rate: float) -> tuple[np.ndarray, float]:
    """Give the weights by gradient descent in NumPy, the intercept last, and the loss before the last step."""
    frame = pd.read_csv(path).dropna()
    values = frame.drop(columns="kind").to_numpy()
    spread = values.std(axis=0, ddof=1)
    values = np.round((values - values.mean(axis=0)) / np.where(spread, spread, 1), 6)
    values, label = np.column_stack([values, np.ones(len(values))]), (frame["kind"] == positive).to_numpy()
    weights, loss = np.zeros(values.shape[1]), 0.0
    for _ in range(passes):
        odds = values @ weights
        loss = float(np.mean(np.log1p(np.exp(-np.where(label, odds, -odds)))))
        weights = weights - rate * (1 / (1 + np.exp(-odds)) - label) @ values / len(values)
    return weights, loss


def test_all_ways_find_the_weights_that_numpy_finds(passes: Run, table: Path, tmp_path: Path) -> None:
    output = KeptOutput(tmp_path / "out")
    found = passes(table, *FEW, "--positive", "dry", "--learning-rate", "0.7", output=output)
    weights, loss = descended(table, "dry", 3, 0.7)
    names, got = zip(*output.tables["weights"][1], strict=True)
    np.testing.assert_allclose(got, weights, atol=1e-9)
    assert found["loss"] == pytest.approx(loss, abs=1e-9)
    assert names == ("a", "b", "same", "intercept")
    assert found["equal_weights"] is True
    assert found["weights_difference"] <= 1e-9
    assert (found["rows"], found["dropped_rows"]["missing"], found["passes"]) == (600, 1, 3)
    assert list(found["seconds_per_pass"]) == WAYS
    assert found["ratio"] == pytest.approx(found["seconds_per_pass"][WAYS[0]] / found["seconds_per_pass"][WAYS[2]])
    assert (found["framework"], found["warnings"]) == ("local", [])
    assert found["hadoop"].startswith("3.")
    assert set(output.figures) == {"passes", "loss"}
    assert not (tmp_path / "out" / "passes").exists()


@pytest.mark.usefixtures("yarn_is_away")
def test_where_yarn_cannot_run_it_the_driver_does_and_it_is_said(passes: Run, table: Path, tmp_path: Path) -> None:
    found = passes(table, *FEW, output=KeptOutput(tmp_path / "out"))
    assert (found["framework"], found["equal_weights"]) == ("local", True)
    (warning,) = found["warnings"]
    assert warning.startswith("no MapReduce on YARN, so in the driver: Hadoop could not run the MapReduce job")


@pytest.mark.usefixtures("yarn_is_away")
def test_yarn_that_is_asked_for_and_is_not_there_is_an_error(passes: Run, table: Path, tmp_path: Path) -> None:
    with pytest.raises(WorkerError) as caught:
        passes(table, *FEW, "--framework", "yarn", output=KeptOutput(tmp_path / "out"))
    assert "Hadoop could not run the MapReduce job" in caught.value.message


def test_the_nodes_of_a_cluster_are_sent_the_classes(spark: Any, tmp_path: Path) -> None:
    loader, classes = mapreduce_code.compiled(spark.sparkContext._jvm)  # noqa: SLF001 -- the JVM is what is tested
    jar = mapreduce_code.jar(classes, str(tmp_path))
    with zipfile.ZipFile(jar) as archive:
        assert set(archive.namelist()) == {"FiresteelGradientMapper.class", "FiresteelGradientReducer.class"}
        assert all(archive.read(name).startswith(b"\xca\xfe\xba\xbe") for name in archive.namelist())
    assert loader.loadClass(mapreduce_code.MAPPER).getSimpleName() == mapreduce_code.MAPPER


@pytest.mark.parametrize(
    ("text", "arguments", "message"),
    [
        ("x,kind\n1,a\n2,a\n", [], "has one class only, 'a'"),
        ("x,kind\n1,a\n2,b\n", ["--positive", "c"], "has no class 'c'; its classes are a, b"),
        ("x,kind\n1,a\n2,b\n", ["--label", "kid"], "there is no column 'kid'"),
    ],
)
def test_a_table_with_nothing_to_tell_apart_is_refused(
    passes: Run, tmp_path: Path, text: str, arguments: list[str], message: str
) -> None:
    with pytest.raises(InputError) as caught:
        passes(written(tmp_path / "a.csv", text), *arguments, output=KeptOutput(tmp_path / "out"))
    assert message in caught.value.message
    assert caught.value.hint
