import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from jobs import kmeans_blocks, workloads
from jobs.errors import InputError
from tests.jobs.tables import SAMPLE, KeptOutput, as_csv, written

Run = Callable[..., dict[str, Any]]
ENGINES = ["blocks", "mllib"]


def blobs(rows: int = 600) -> np.ndarray:
    """Give points around three places far from each other."""
    random = np.random.default_rng(7)
    places = np.array([[0.0, 0.0], [100.0, 0.0], [0.0, 100.0]])
    return places[random.integers(3, size=rows)] + random.normal(size=(rows, 2))


def assert_same(left: dict[str, Any], right: dict[str, Any]) -> None:
    assert left["cost"] == pytest.approx(right["cost"], rel=1e-6)
    assert left["silhouette"] == pytest.approx(right["silhouette"], rel=1e-6)
    assert left["sizes"] == right["sizes"]
    np.testing.assert_allclose(left["centres"], right["centres"], rtol=1e-6)


@pytest.mark.parametrize("engine", ENGINES)
def test_clusters_that_lie_apart_are_found(kmeans: Run, tmp_path: Path, engine: str) -> None:
    points = blobs()
    path = written(tmp_path / "a.csv", as_csv(points))
    found = kmeans(path, "--k", "3", "--restarts", "3", "--max-iter", "5", "--engine", engine)
    centres = sorted(np.round(found["centres"]).tolist())
    assert centres == [[0, 0], [0, 100], [100, 0]]
    assert found["silhouette"] > 0.99
    assert found["engine"] == engine
    assert found["sizes"] == sorted(found["sizes"], reverse=True)
    assert sum(found["sizes"]) == found["rows"] == 600


@pytest.mark.parametrize("engine", ENGINES)
def test_the_receipt_tells_what_reading_and_computing_took(kmeans: Run, tmp_path: Path, engine: str) -> None:
    output = KeptOutput()
    path = written(tmp_path / "a.csv", as_csv(blobs(60)))
    kmeans(path, "--k", "3", "--restarts", "1", "--engine", engine, output=output)
    assert output.phases == ["read", "compute"]


@pytest.fixture(scope="module")
def whole(uber: np.ndarray, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("uber") / "whole.csv", as_csv(uber, "Lat,Lon"))


def test_one_file_and_ten_shuffled_give_the_same(kmeans: Run, uber: np.ndarray, whole: Path, tmp_path: Path) -> None:
    shuffled = uber[np.random.default_rng(1).permutation(len(uber))]
    for at, part in enumerate(np.array_split(shuffled, 10)):
        text = as_csv(part, "Lat,Lon").encode()
        name = "part-{}.csv{}".format(at, ".gz" if at % 2 else "")
        written(tmp_path / "ten" / name, gzip.compress(text) if at % 2 else text)
    assert_same(kmeans(whole), kmeans(tmp_path / "ten"))


def test_csv_gzip_and_parquet_give_the_same(
    kmeans: Run, spark: Any, uber: np.ndarray, whole: Path, tmp_path: Path
) -> None:
    spark.createDataFrame(uber.tolist(), "Lat double, Lon double").repartition(7).write.parquet(str(tmp_path / "p"))
    expected = kmeans(whole)
    assert_same(expected, kmeans(tmp_path / "p"))
    assert_same(expected, kmeans(SAMPLE))


@pytest.mark.parametrize("partitions", [1, 7])
def test_neither_partitions_nor_what_a_task_may_hold_change_anything(
    spark: Any, kmeans: Run, uber: np.ndarray, whole: Path, partitions: int
) -> None:
    args = workloads.parse("kmeans", ["--input", "unused"])
    frame = spark.createDataFrame([(*row, 0) for row in uber.tolist()], "c0 double, c1 double, reason int")
    blocks = kmeans_blocks.prepare(frame.repartition(partitions), args)
    passed, held = (kmeans_blocks.fit(blocks, ("Lat", "Lon"), args, held) for held in (0, kmeans_blocks.HELD))
    blocks.release()
    expected = kmeans(whole)
    assert_same(expected, passed._asdict())
    assert_same(expected, held._asdict())
    assert expected["iterations"] == passed.iterations == held.iterations
    assert sorted(passed.cells) == sorted(held.cells)


def jobs_of_a_fit(spark: Any, held: int) -> int:
    """Count the Spark jobs of a fit that passes ten times over the rows."""
    context = spark.sparkContext
    args = workloads.parse("kmeans", ["--input", "unused", "--k", "3", "--max-iter", "10", "--tolerance", "0"])
    rows = np.random.default_rng(1).normal(size=(30_000, 2))
    frame = spark.createDataFrame([(*row, 0) for row in rows.tolist()], "c0 double, c1 double, reason int")
    blocks = kmeans_blocks.prepare(frame, args)
    context.setJobGroup(f"fit {held}", "")
    found = kmeans_blocks.fit(blocks, ("c0", "c1"), args, held)
    context.setLocalProperty("spark.jobGroup.id", None)
    blocks.release()
    assert found.iterations == 10
    return len(context.statusTracker().getJobIdsForGroup(f"fit {held}"))


def test_rows_that_a_task_can_hold_take_one_spark_job_and_others_one_for_each_pass(spark: Any) -> None:
    assert jobs_of_a_fit(spark, kmeans_blocks.HELD) == 1
    assert jobs_of_a_fit(spark, 0) == 12


def test_another_seed_is_another_start(kmeans: Run, whole: Path) -> None:
    one = ("--k", "20", "--restarts", "1", "--max-iter", "2")
    assert kmeans(whole, *one, "--seed", "1")["cost"] != kmeans(whole, *one, "--seed", "2")["cost"]


def test_more_restarts_are_never_worse(kmeans: Run, whole: Path) -> None:
    costs = [kmeans(whole, "--restarts", number)["cost"] for number in ("1", "5")]
    assert costs[1] <= costs[0] * (1 + 1e-9)


@pytest.mark.parametrize("engine", ENGINES)
def test_the_silhouette_is_that_of_clustering_evaluator(kmeans: Run, spark: Any, tmp_path: Path, engine: str) -> None:
    from pyspark.ml.evaluation import ClusteringEvaluator
    from pyspark.ml.linalg import Vectors

    points = np.random.default_rng(3).normal(size=(400, 2))
    path = written(tmp_path / "a.csv", as_csv(points))
    found = kmeans(path, "--k", "4", "--restarts", "1", "--max-iter", "5", "--engine", engine)
    labels = ((points[:, None] - np.array(found["centres"])) ** 2).sum(axis=2).argmin(axis=1)
    rows = [(Vectors.dense(point), int(label)) for point, label in zip(points.tolist(), labels, strict=True)]
    expected = ClusteringEvaluator().evaluate(spark.createDataFrame(rows, ["features", "prediction"]))
    assert found["silhouette"] == pytest.approx(expected, rel=1e-9)


def test_one_cluster_is_refused_by_mllib(kmeans: Run, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="takes 2 or more clusters"):
        kmeans(written(tmp_path / "a.csv", as_csv(blobs(50))), "--k", "1", "--engine", "mllib")


def test_one_cluster_is_the_mean_and_has_no_silhouette(kmeans: Run, tmp_path: Path) -> None:
    points = blobs(50)
    found = kmeans(written(tmp_path / "a.csv", as_csv(points)), "--k", "1")
    np.testing.assert_allclose(found["centres"], [points.mean(axis=0)])
    assert found["cost"] == pytest.approx(((points - points.mean(axis=0)) ** 2).sum())
    assert found["silhouette"] is None


def test_as_many_clusters_as_distinct_points_cost_nothing(kmeans: Run, tmp_path: Path) -> None:
    points = np.repeat(np.random.default_rng(5).normal(size=(40, 2)), 5, axis=0)
    found = kmeans(written(tmp_path / "a.csv", as_csv(points)), "--k", "40")
    assert found["sizes"] == [5] * 40
    assert found["cost"] == pytest.approx(0, abs=1e-20)


@pytest.mark.parametrize("engine", ENGINES)
def test_more_clusters_than_distinct_points_are_refused(kmeans: Run, tmp_path: Path, engine: str) -> None:
    path = written(tmp_path / "a.csv", "x,y\n" + "1,1\n2,2\n0,0\n-0,0\n" * 50)
    with pytest.raises(InputError, match="k is 4 but the data has only 3 distinct points") as caught:
        kmeans(path, "--k", "4", "--engine", engine)
    assert caught.value.hint == "--k 3 or less"


def test_a_point_that_makes_up_nearly_all_rows_gets_one_cluster(kmeans: Run, tmp_path: Path) -> None:
    points = np.vstack([np.full((5000, 2), 50.0), blobs(60)])
    found = kmeans(written(tmp_path / "a.csv", as_csv(points)), "--k", "4")
    assert found["sizes"][0] == 5000
    assert found["centres"][0] == pytest.approx([50.0, 50.0])
    assert sorted(np.round(found["centres"][1:], -1).tolist()) == [[0, 0], [0, 100], [100, 0]]


@pytest.mark.parametrize("engine", ENGINES)
def test_standardized_features_weigh_the_same(kmeans: Run, tmp_path: Path, engine: str) -> None:
    points = blobs() * [1, 1e-6] + [0, 5]
    path = written(tmp_path / "a.csv", as_csv(points))
    found = kmeans(path, "--k", "3", "--standardize", "--restarts", "3", "--max-iter", "5", "--engine", engine)
    expected = np.array([[0, 5], [0, 5 + 1e-4], [100, 5]])
    centres = np.array(sorted(found["centres"], key=lambda centre: (round(centre[0]), centre[1])))
    np.testing.assert_allclose((centres - expected) / [1, 1e-6], 0, atol=0.3)
    assert found["silhouette"] > 0.99
    scaled = points / points.std(axis=0, ddof=1)
    labels = (
        ((points[:, None] / points.std(axis=0) - found["centres"] / points.std(axis=0)) ** 2).sum(axis=2).argmin(axis=1)
    )
    cost = sum(((scaled[labels == at] - scaled[labels == at].mean(axis=0)) ** 2).sum() for at in range(3))
    assert found["cost"] == pytest.approx(cost)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_constant_column_is_harmless_when_standardized(kmeans: Run, tmp_path: Path, engine: str) -> None:
    points = np.column_stack([blobs(200), np.full(200, 0.1)])
    path = written(tmp_path / "a.csv", as_csv(points, "x,y,same"))
    found = kmeans(path, "--k", "3", "--standardize", "--restarts", "1", "--max-iter", "5", "--engine", engine)
    assert [centre[2] for centre in found["centres"]] == pytest.approx([0.1] * 3)
    assert np.isfinite(found["cost"])


def test_points_far_from_zero_keep_their_digits(kmeans: Run, tmp_path: Path) -> None:
    points = blobs()
    near = kmeans(written(tmp_path / "near.csv", as_csv(points.round(3))), "--k", "3")
    far = kmeans(written(tmp_path / "far.csv", as_csv(points.round(3) + 1e9)), "--k", "3")
    assert far["sizes"] == near["sizes"]
    assert far["cost"] == pytest.approx(near["cost"], rel=1e-5)


def test_numbers_whose_squares_overflow_are_refused(kmeans: Run, tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", "x,y\n1e200,1\n-1e200,2\n3,4\n5,6\n")
    with pytest.raises(InputError, match=r"squares of column 'x' overflow: it goes from -1e[+]200 to 1e[+]200"):
        kmeans(path, "--k", "2")


@pytest.mark.parametrize("engine", ENGINES)
def test_the_map_shows_every_row_and_the_table_every_cluster(kmeans: Run, tmp_path: Path, engine: str) -> None:
    output = KeptOutput()
    path = written(tmp_path / "a.csv", as_csv(blobs(), "lat,lon"))
    found = kmeans(path, "--k", "3", "--engine", engine, "--restarts", "2", "--max-iter", "5", output=output)
    tiles, _, dots = output.figures["clusters"]["layer"]
    drawn = sum(cell["rows"] for cell in tiles["data"]["values"])
    assert 0.98 * 600 <= drawn <= 600
    assert tiles["encoding"]["x"]["title"] == "lon"
    assert [dot["y"] for dot in dots["data"]["values"]] == [centre[0] for centre in found["centres"]]
    columns, rows = output.tables["clusters"]
    assert columns == ["cluster", "size", "lat", "lon"]
    assert [row[1] for row in rows] == found["sizes"]
    assert [bar["rows"] for bar in output.figures["sizes"]["data"]["values"]] == found["sizes"]


def test_the_map_is_bounded(kmeans: Run, tmp_path: Path) -> None:
    output = KeptOutput()
    points = np.random.default_rng(1).uniform(size=(30_000, 2))
    kmeans(written(tmp_path / "a.csv", as_csv(points)), "--restarts", "1", "--max-iter", "2", output=output)
    assert len(output.figures["clusters"]["layer"][0]["data"]["values"]) <= 4200


@pytest.mark.parametrize("engine", ENGINES)
def test_one_feature_is_shown_as_a_histogram(kmeans: Run, tmp_path: Path, engine: str) -> None:
    output = KeptOutput()
    path = written(tmp_path / "a.csv", as_csv(blobs()))
    kmeans(path, "--features", "x", "--k", "2", "--restarts", "1", "--engine", engine, output=output)
    assert output.figures["clusters"]["mark"] == "bar"
    assert sum(bar["rows"] for bar in output.figures["clusters"]["data"]["values"]) >= 0.98 * 600
