import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from jobs.errors import InputError
from tests.jobs.tables import ROOT, KeptOutput, written

Run = Callable[..., dict[str, Any]]
WINE = ROOT / "samples" / "wine-quality.csv.gz"


@pytest.fixture
def learn(workload: Run, tmp_path: Path) -> Run:
    return functools.partial(workload, "pipeline", output=KeptOutput(tmp_path / "output"))


def priced(names: str = "size,kind,price") -> str:
    """Give a table in which the price is 3 a size, and 10 more for a house."""
    random = np.random.default_rng(2)
    rows = [(float(size), kind) for size in random.uniform(1, 9, 200) for kind in ("flat", "house")]
    lines = [f"{size!r},{kind},{3 * size + 10 * (kind == 'house')!r}" for size, kind in rows]
    return "\n".join([names, *lines, ""])


def test_the_model_that_was_saved_predicts_the_same(learn: Run, tmp_path: Path) -> None:
    output = KeptOutput(tmp_path / "mine")
    found = learn(written(tmp_path / "a.csv", priced()), output=output)
    assert found["identical_after_loading"] is True
    assert found["rows_that_differ"] == 0
    assert (tmp_path / "mine" / "model" / "stages").is_dir()
    assert (found["label"], found["features"], found["categories"]) == ("price", ["size"], ["kind"])
    assert found["r2"] == pytest.approx(1)
    assert found["rmse"] == pytest.approx(0, abs=1e-6)
    assert [row[0] for row in output.tables["stages"][1]] == [
        "StringIndexerModel",
        "OneHotEncoderModel",
        "VectorAssembler",
        "LinearRegressionModel",
    ]
    names, weights = zip(*output.tables["coefficients"][1], strict=True)
    assert names == ("(intercept)", "size", "kind = flat")
    assert weights == pytest.approx((10, 3, -10))
    assert "save and load" in output.phases


def test_a_word_that_only_held_rows_have_leaves_them_out_and_is_counted(learn: Run, tmp_path: Path) -> None:
    lines = priced("size,kind,price").splitlines()
    rows = [f"{line},{'test' if at % 4 == 0 else 'train'}" for at, line in enumerate(lines[1:])]
    text = "\n".join(["size,kind,price,part", *rows, "2,castle,99,test", ""])
    found = learn(written(tmp_path / "a.csv", text), "--label", "price", "--split", "part", "--categories", "kind")
    assert found["unseen_rows"] == 1
    assert found["r2"] == pytest.approx(1)


def test_columns_with_names_that_mllib_cannot_take_are_learned_from(learn: Run, tmp_path: Path) -> None:
    found = learn(written(tmp_path / "a.csv", priced("features,my.kind,prediction")))
    assert found["features"] == ["features_"]
    assert found["r2"] == pytest.approx(1)


@pytest.mark.parametrize(
    ("text", "arguments", "message"),
    [
        (priced(), ["--categories", "kin"], "no column 'kin'"),
        (priced(), ["--label", "kind"], "column 'kind' of"),
        ("x,y\n" + "1,5\n2,5\n" * 40, [], "the held rows all have the same 'y'"),
        (priced(), ["--categories", "price"], "is the label"),
    ],
)
def test_what_cannot_be_predicted_is_said(
    learn: Run, tmp_path: Path, text: str, arguments: list[str], message: str
) -> None:
    with pytest.raises(InputError) as caught:
        learn(written(tmp_path / "a.csv", text), *arguments)
    assert message in caught.value.message
    assert caught.value.hint
