import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from jobs.errors import InputError
from tests.jobs.tables import KeptOutput, written

Run = Callable[..., dict[str, Any]]


@pytest.fixture
def make(workload: Run) -> Run:
    return functools.partial(workload, "features")


def pixels() -> str:
    """Give a table of two bands, a height and a kind of ground: 60 rows of meadow, 40 of rock."""
    random = np.random.default_rng(8)
    rows = [(random.uniform(100, 300), random.uniform(2000, 4000), random.uniform(0, 9), "meadow") for _ in range(60)]
    rows += [(random.uniform(900, 1500), random.uniform(900, 1500), random.uniform(0, 9), "rock") for _ in range(40)]
    return "\n".join(["B04,B08,height,ground", *(f"{float(r)!r},{float(n)!r},{h!r},{g}" for r, n, h, g in rows), ""])


def test_words_are_indexed_by_frequency_and_bands_turned_to_vegetation(make: Run, tmp_path: Path) -> None:
    output = KeptOutput()
    found = make(written(tmp_path / "a.csv", pixels()), output=output)
    assert found["columns"] == {
        "ground index": 1,
        "ground one-hot": 1,
        "ndvi": 1,
        "numbers": 4,
        "scaled": 4,
        "components": 3,
        "features": 5,
    }
    columns, words = output.tables["words"]
    assert columns == ["ground", "index", "rows", "mean NDVI"]
    assert [row[:3] for row in words] == [["meadow", 0, 60], ["rock", 1, 40]]
    assert words[0][3] > 0.8
    assert words[1][3] < 0.3
    assert set(output.figures) == {"explained", "components", "ndvi"}
    assert len(output.tables["rows"][1]) == 5


def test_the_vegetation_and_the_explained_variance_are_numpys(make: Run, tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", pixels())
    red, nir, height = np.array([line.split(",")[:3] for line in path.read_text().splitlines()[1:]], dtype=float).T
    ndvi = (nir - red) / (nir + red)
    correlation = np.corrcoef([red, nir, height, ndvi])
    found = make(path, "--components", "4")
    assert found["ndvi"] == pytest.approx({"min": ndvi.min(), "mean": ndvi.mean(), "max": ndvi.max()})
    np.testing.assert_allclose(found["explained"], np.sort(np.linalg.eigvalsh(correlation))[::-1] / 4, atol=1e-9)
    assert found["explained_together"] == pytest.approx(1)


def test_a_pixel_that_is_black_in_both_bands_has_no_vegetation(make: Run, tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", "r,n\n0,0\n1,3\n2,2\n")
    found = make(path, "--ndvi", "r,n", "--components", "1")
    assert found["ndvi"] == {"min": 0, "mean": pytest.approx(0.5 / 3), "max": 0.5}


def test_a_table_of_numbers_alone_in_awkward_columns_is_enough(make: Run, tmp_path: Path) -> None:
    found = make(written(tmp_path / "a.csv", "a.b,features\n1,2\n2,1\n3,5\n,7\n"), "--components", "2")
    assert found["numbers"] == ["a_b", "features_"]
    assert (found["categories"], found["rows"], found["dropped_rows"]["missing"]) == ([], 3, 1)
    filled = make(tmp_path / "a.csv", "--components", "2", "--missing", "mean")
    assert (filled["rows"], filled["dropped_rows"]["missing"]) == (4, 0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--ndvi", "B04"], "--ndvi names 1 columns"),
        (["--ndvi", "B04,B09"], "the band 'B09' is none of the numbers"),
        (["--components", "9"], "9 components of 4 numbers"),
        (["--categories", "grund"], "no column 'grund'"),
    ],
)
def test_what_cannot_be_made_is_said(make: Run, tmp_path: Path, arguments: list[str], message: str) -> None:
    with pytest.raises(InputError) as caught:
        make(written(tmp_path / "a.csv", pixels()), *arguments)
    assert message in caught.value.message
    assert caught.value.hint
