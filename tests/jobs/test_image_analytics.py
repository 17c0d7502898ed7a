import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from jobs import scene, scene_bands, scene_cells, scene_model, workloads
from jobs.errors import InputError
from tests.jobs.tables import KeptOutput, written

Run = Callable[..., dict[str, Any]]
SIDE = 40
HEAD = "row,col,B03_20150701,B04_20150701,B08_20150701,B03_20150901,B04_20150901,B08_20150901,kind"
# Green, red and near infrared of a kind of ground, in July; by September the meadow has lost half its infrared.
GROUND = {"water": (800, 400, 100), "meadow": (700, 400, 3200), "rock": (1500, 1600, 1800)}


@pytest.fixture
def analyse(workload: Run) -> Run:
    return functools.partial(workload, "image-analytics")


def pixels() -> list[list[Any]]:
    """Give a scene of three kinds of ground in stripes across, every tenth pixel without a class."""
    random = np.random.default_rng(5)
    rows = []
    for at in range(SIDE * SIDE):
        row, col = divmod(at, SIDE)
        kind = list(GROUND)[col * 3 // SIDE]
        july = np.array(GROUND[kind]) * random.uniform(0.9, 1.1, 3)
        september = july * ([1, 1, 0.5] if kind == "meadow" else [1, 1, 1])
        known = "" if at % 20 == 0 else "no data" if at % 20 == 10 else kind
        rows.append([row, col, *map(round, july), *map(round, september), known])
    return rows


def table(rows: list[list[Any]], head: str = HEAD) -> str:
    return "\n".join([head, *(",".join(map(str, row)) for row in rows), ""])


@pytest.fixture(scope="module")
def stripes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("stripes") / "a.csv", table(pixels()))


def test_a_scene_is_told_apart_mapped_and_measured_also_where_no_class_is_known(analyse: Run, stripes: Path) -> None:
    output = KeptOutput()
    found = analyse(stripes, "--tile", "5", output=output)
    assert found["accuracy"] > 0.99
    assert found["classes"] == ["meadow", "rock", "water"]
    assert (found["pixels"], found["tiles"]) == (SIDE * SIDE, 64)
    assert 0 < found["held_tiles"] < 32
    assert found["train_pixels"] + found["test_pixels"] == SIDE * SIDE * 9 // 10
    assert sum(found["hectares"].values()) == pytest.approx(SIDE * SIDE / 100)
    assert found["hectares"] == pytest.approx({"water": 5.6, "meadow": 5.2, "rock": 5.2}, abs=0.1)
    assert (found["dates"], found["indices"]) == (["20150701", "20150901"], ["ndvi", "ndwi"])
    assert set(output.figures) == {"map", "labels", "change", "vegetation", "confusion"}
    assert set(output.tables) == {"classes", "areas", "vegetation"}


def test_the_meadow_alone_has_lost_its_vegetation(analyse: Run, stripes: Path) -> None:
    output = KeptOutput()
    found = analyse(stripes, "--pixel", "20", output=output)
    assert found["hectares_lost"] == pytest.approx(4 * 5.2, abs=0.1)
    assert found["hectares_gained"] == 0
    columns, rows = output.tables["vegetation"]
    assert columns[1:3] == ["NDVI 20150701", "NDVI 20150901"]
    before, after = next(row[1:3] for row in rows if row[0] == "meadow")
    assert before == pytest.approx(0.78, abs=0.02)
    assert after == pytest.approx(0.6, abs=0.02)


def scene_of(spark: Any, path: Path, *arguments: str) -> scene.Scene:
    from jobs import reading

    args = workloads.parse("image-analytics", ["--input", str(path), *arguments])
    return scene.read(reading.find(spark, args), args)


def test_the_indices_are_numpys_and_black_pixels_have_none(spark: Any, tmp_path: Path) -> None:
    rows = pixels()
    rows[0][2:8] = [0] * 6
    found = scene_of(spark, written(tmp_path / "a.csv", table(rows)))
    kept = sorted(found.frame.select("row", "col", "indices").collect())
    found.release()
    green, red, nir = np.array([row[2:5] for row in rows], dtype=float).T
    with np.errstate(invalid="ignore"):
        ndvi = np.nan_to_num((nir - red) / (nir + red))
        ndwi = np.nan_to_num((green - nir) / (green + nir))
    np.testing.assert_allclose([row["indices"][:2] for row in kept], np.column_stack([ndvi, ndwi]), atol=1e-12)


def test_a_tile_is_held_as_a_whole_and_the_same_ones_however_the_rows_come(spark: Any, tmp_path: Path) -> None:
    rows = pixels()
    written(tmp_path / "whole" / "a.csv", table(rows))
    for part in range(3):
        written(tmp_path / "parts" / f"{part}.csv", table(rows[part::3]))
    held = []
    for folder in ("whole", "parts"):
        found = scene_of(spark, tmp_path / folder, "--tile", "8")
        held.append({(row["row"], row["col"]) for row in found.frame.filter("held").select("row", "col").collect()})
        found.release()
    assert held[0] == held[1]
    tiles = {(row // 8, col // 8) for row, col in held[0]}
    assert len(held[0]) == 64 * len(tiles)


def test_areas_are_corrected_by_what_the_test_says_of_each_class_of_the_map() -> None:
    # The test finds 3 of 4 right of what is mapped as the first class, all of the second, and meets none of the third.
    counts = np.array([[3, 0, 0], [1, 5, 0], [0, 0, 0]])
    assert scene_model.corrected(counts, [100, 50, 7]) == pytest.approx([75, 75, 7])


@pytest.mark.parametrize("shape", [(1, 1), (101, 101), (102, 101), (1, 10**6), (5000, 3000), (10**9, 10**9)])
def test_a_picture_has_cells_enough_for_the_scene_but_never_too_many(shape: tuple[int, int]) -> None:
    cells = scene_cells.grid(scene.Extent(7, 6 + shape[0], -3, shape[1] - 4))
    assert cells.rows * cells.columns <= scene_cells.MOST
    assert cells.rows * cells.side >= shape[0]
    assert cells.columns * cells.side >= shape[1]
    assert cells.side == 1 or cells.rows * cells.columns > scene_cells.MOST / 5 or 1 in shape


def test_a_cell_of_several_pixels_shows_what_most_of_them_are(spark: Any) -> None:
    from pyspark.sql import functions as F

    frame = spark.createDataFrame(
        [(0, 0, 1.0), (0, 1, 2.0), (1, 0, 2.0), (1, 1, None), (0, 2, None)], "row int, col int, v double"
    )
    cells = scene_cells.Grid(scene.Extent(0, 1, 0, 2), 2, 1, 2)
    assert scene_cells.most_frequent(frame, cells, F.col("v")) == {(0, 0): 2.0}
    assert scene_cells.means(frame, cells, [F.col("v"), F.col("col")]) == {(0, 0): (5 / 3, 0.5), (0, 1): (None, 2.0)}


def test_neighbours_in_a_row_that_are_alike_are_one_mark() -> None:
    assert scene_cells.runs({(0, 0): "a", (0, 1): "a", (0, 2): "b", (1, 0): "b", (1, 2): "b"}) == [
        (0, 0, 2, "a"),
        (0, 2, 3, "b"),
        (1, 0, 1, "b"),
        (1, 2, 3, "b"),
    ]


def test_bands_are_told_by_their_names_or_by_who_asks() -> None:
    args = workloads.parse("image-analytics", ["--input", "x"])
    names = ["row", "col", "dem_m", "B04", "B8A", "max_ndvi", "lulc"]
    assert scene_bands.found(names, args).columns == ("B04", "B8A")
    args = workloads.parse("image-analytics", ["--input", "x", "--features", "r,n", "--bands", "red=r,nir=n"])
    found = scene_bands.found(["r", "n", "kind"], args)
    assert [(index.name, index.plus, index.minus) for index in found.indices] == [("ndvi", 1, 0)]


def changed(at: int, column: int, value: Any) -> str:
    rows = pixels()
    rows[at][column] = value
    return table(rows)


@pytest.mark.parametrize(
    ("text", "arguments", "message"),
    [
        (table([[0, 0, 1, "a"]], "row,col,height,kind"), [], "is named like a band"),
        (table([[0, 1, "a"]], "row,B04,kind"), [], "there is no column 'col'"),
        (table(pixels()), ["--label", "knid"], "there is no column 'knid'"),
        (table(pixels()), ["--label", "B04_20150701"], "is a place or a band"),
        (table(pixels()), ["--bands", "red=B99"], "--bands names B99 for red"),
        (table(pixels()), ["--least", "2000"], "no class of 'kind' has 2000 pixels"),
        (table(pixels()), ["--tile", "40"], "no tile with a class is held"),
        (changed(1, 1, 0), [], "the pixel in row 0 and column 0 is there 2 times"),
        (changed(1, 0, 0.5), [], "row and col are not whole numbers"),
    ],
    ids=["bands", "col", "label", "label is band", "role", "rare", "one tile", "twice", "between"],
)
def test_what_is_no_scene_is_refused_with_the_reason(
    analyse: Run, tmp_path: Path, text: str, arguments: list[str], message: str
) -> None:
    with pytest.raises(InputError) as caught:
        analyse(written(tmp_path / "a.csv", text), *arguments)
    assert message in caught.value.message
    assert caught.value.hint


def test_a_role_that_is_none_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        workloads.parse("image-analytics", ["--input", "x", "--bands", "pink=B04"])
    assert "give ROLE=BAND" in capsys.readouterr().err
