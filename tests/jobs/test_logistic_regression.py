import functools
import gzip
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from jobs.errors import InputError
from tests.jobs.tables import ROOT, KeptOutput, written

Run = Callable[..., dict[str, Any]]


@pytest.fixture
def learn(workload: Run) -> Run:
    return functools.partial(workload, "logistic-regression")


def table(rows: int = 400, words: tuple[str, str] = ("no", "yes"), seed: int = 5) -> list[str]:
    """Give lines x,y,class in which x tells the class most of the time."""
    random = np.random.default_rng(seed)
    x, y = random.normal(size=rows), random.normal(3, 2, size=rows)
    found = (2 * x + random.logistic(size=rows) > 0).astype(int)
    return [f"{a!r},{b!r},{words[c]}" for a, b, c in zip(x.tolist(), y.tolist(), found.tolist(), strict=True)]


def as_csv(lines: list[str], header: str = "x,y,class") -> str:
    return "\n".join([header, *lines, ""])


def failure(learn: Run, path: Path, *arguments: str) -> InputError:
    with pytest.raises(InputError) as caught:
        learn(path, *arguments)
    assert caught.value.hint
    return caught.value


def test_the_last_column_is_learned_from_all_that_hold_numbers(learn: Run, tmp_path: Path) -> None:
    lines = [f"row {at},{line}" for at, line in enumerate(table())]
    output = KeptOutput()
    found = learn(written(tmp_path / "a.csv", as_csv(lines, "name,x,y,class")), output=output)
    assert (found["features"], found["classes"]) == (["x", "y"], ["no", "yes"])
    assert (found["rows"], found["train_rows"], found["test_rows"]) == (400, 306, 94)
    assert np.sum(found["confusion"]) == found["test_rows"]
    assert found["accuracy"] > 0.7
    assert found["auc"] > 0.75
    assert set(output.figures) == {"confusion", "roc", "coefficients"}
    assert len(output.figures["roc"]["layer"][1]["data"]["values"]) <= 200
    assert output.phases == ["read", "compute"]


def test_neither_order_nor_files_nor_packing_change_the_result(learn: Run, tmp_path: Path) -> None:
    lines = table()
    whole = learn(written(tmp_path / "a.csv", as_csv(lines)))
    shuffled = np.random.default_rng(1).permutation(lines)
    for at, part in enumerate(np.array_split(shuffled, 5)):
        written(tmp_path / "parts" / f"{at}.csv.gz", gzip.compress(as_csv(part.tolist()).encode()))
    split = learn(tmp_path / "parts")
    assert split["confusion"] == whole["confusion"]
    np.testing.assert_allclose(split["coefficients"], whole["coefficients"], rtol=1e-6)
    assert learn(tmp_path / "a.csv", "--seed", "2")["confusion"] != whole["confusion"]


def test_the_rows_that_are_held_are_those_of_the_documentation(learn: Run, spark: Any, tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", as_csv(table()))
    page = (ROOT / "docs" / "workloads" / "logistic-regression.md").read_text(encoding="utf-8")
    block = re.search(r"```python\n(.*?held = .*?)```", page, re.DOTALL)
    assert block
    names: dict[str, Any] = {"spark": spark}
    exec(block[1].replace("rows.csv", str(path)), names)  # noqa: S102 - the page's own lines, as a reader would run them
    known = {row["class"]: row["count"] for row in names["held"].groupBy("class").count().collect()}
    found = learn(path)
    assert dict(zip(found["classes"], np.sum(found["confusion"], axis=1), strict=True)) == known


def test_many_equal_rows_are_dealt_out_to_both_parts(learn: Run, tmp_path: Path) -> None:
    lines = ["0,0,a"] * 300 + ["0,0,b"] * 100 + ["1,0,a"] * 100 + ["1,0,b"] * 300
    found = learn(written(tmp_path / "a.csv", as_csv(lines)))
    assert found["test_rows"] == pytest.approx(200, abs=40)
    assert np.min(found["confusion"]) > 10
    assert found["accuracy"] == pytest.approx(0.75, abs=0.07)


@pytest.mark.parametrize(("words", "classes"), [(("0", "1.0"), ["0", "1"]), (("9", "10"), ["9", "10"])])
def test_a_label_of_numbers_is_put_in_order_as_such(
    learn: Run, tmp_path: Path, words: tuple[str, str], classes: list[str]
) -> None:
    assert learn(written(tmp_path / "a.csv", as_csv(table(words=words))))["classes"] == classes


def test_a_label_among_the_columns_and_named_features_are_taken(learn: Run, tmp_path: Path) -> None:
    lines = [",".join(line.split(",")[::-1]) for line in table()]
    found = learn(written(tmp_path / "a.csv", as_csv(lines, "class,y,x")), "--label", "class", "--features", "x")
    assert found["features"] == ["x"]
    assert len(found["coefficients"]) == 1


def test_quotes_spaces_line_breaks_and_another_delimiter_are_read(learn: Run, tmp_path: Path) -> None:
    lines = ['"two\nlines"; "{}" ;{};"{} indeed" '.format(*line.split(",")) for line in table()]
    found = learn(written(tmp_path / "a.csv", as_csv(lines, 'note;x;"y";class')), "--delimiter", ";")
    assert (found["rows"], found["classes"], found["features"]) == (400, ["no indeed", "yes indeed"], ["x", "y"])


def test_a_table_without_header_and_one_in_parquet_are_read(learn: Run, spark: Any, tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", "\n".join(table()))
    found = learn(path, "--no-header")
    assert (found["rows"], found["features"]) == (400, ["c0", "c1"])
    spark.read.csv(str(path), inferSchema=True).toDF("x", "y", "class").write.parquet(str(tmp_path / "p"))
    assert learn(tmp_path / "p")["features"] == ["x", "y"]


def test_rows_that_cannot_be_used_are_counted_by_reason(learn: Run, tmp_path: Path) -> None:
    bad = [",1,no", "1,NA,no", "1,1,", "1,five,no", "NaN,1,no", "1,-inf,yes"]
    found = learn(written(tmp_path / "a.csv", as_csv(table() + bad)))
    assert found["rows"] == 400
    assert found["dropped_rows"] == {"missing": 3, "non_numeric": 1, "nan": 1, "infinite": 1, "ragged": 0}


def test_missing_numbers_are_replaced_by_the_mean_of_the_rows_that_are_learned_from(learn: Run, tmp_path: Path) -> None:
    lines = [f"{line},{'test' if at % 4 == 0 else 'train'}" for at, line in enumerate(table())]
    known = [float(line.split(",")[1]) for line in lines if line.endswith("train")]
    mean = float(np.mean(known))
    filled = [f"1,{mean!r},yes,train", f"1,{mean!r},no,test"]
    arguments = ["--label", "class", "--split", "part"]
    want = learn(written(tmp_path / "a.csv", as_csv(lines + filled, "x,y,class,part")), *arguments)
    gaps = ["1,,yes,train", "1,NaN,no,test", "1,,,train", "1,oops,no,train"]
    found = learn(written(tmp_path / "b.csv", as_csv(lines + gaps, "x,y,class,part")), *arguments, "--missing", "mean")
    np.testing.assert_allclose(found["coefficients"], want["coefficients"], rtol=1e-6)
    assert found["confusion"] == want["confusion"]
    assert (found["dropped_rows"]["missing"], found["dropped_rows"]["non_numeric"]) == (1, 1)


def test_a_constant_column_gets_no_weight_and_is_named(learn: Run, tmp_path: Path) -> None:
    lines = [f"0.1,{line}" for line in table()]
    found = learn(written(tmp_path / "a.csv", as_csv(lines, "same,x,y,class")))
    assert found["coefficients"][0] == 0
    assert "without a coefficient: same" in found["warnings"][0]


def test_a_rare_class_is_warned_of(learn: Run, tmp_path: Path) -> None:
    lines = table(2000)
    kept = [line for line in lines if line.endswith("no")] + [line for line in lines if line.endswith("yes")][:30]
    found = learn(written(tmp_path / "a.csv", as_csv(kept)))
    assert "class 'yes' has only 2." in found["warnings"][0]
    assert "auc" in found["warnings"][0]
    assert found["auc"] > 0.5


def test_cross_validation_chooses_among_the_penalties_and_shows_their_loss(learn: Run, tmp_path: Path) -> None:
    output = KeptOutput()
    path = written(tmp_path / "a.csv", as_csv(table()))
    found = learn(path, "--cross-validate", "3", "--regularisation", "5,0.01", output=output)
    assert found["regularisation"] == 0.01
    columns, rows = output.tables["regularisation"]
    assert columns == ["regularisation", "loss", "deviation"]
    assert rows[0][1] > rows[1][1] > 0


@pytest.mark.parametrize(
    ("lines", "arguments", "message"),
    [
        (table(), ["--label", "clas"], "there is no column 'clas'"),
        (table(), ["--features", "x,z"], "there is no column 'z'"),
        (table(), ["--features", "x,class"], "column 'class' is the label"),
        (table(), ["--split", "y"], "leaves 400 rows to learn from, 0 to test on"),
        (table(), ["--regularisation", "1,2"], "several values"),
        (table(), ["--delimiter", ";"], "has only one column"),
        (table(), ["--label", "x"], "more than 100 classes"),
        (["1,2,a"] * 50, [], "one class only, 'a'"),
        (table(2), ["--test", "0.01"], "too few rows to split"),
        ([*table(), "1,2,rare"], ["--test", "0.99", "--seed", "1"], "has no row to learn from"),
        (["a,b,c", "d,e,f"] * 9, [], "no column of"),
        ([f"1,word {at},{at % 2}" for at in range(50)], ["--features", "y"], "column 'y'"),
        ([*table(), "1,2"], [], "do not fit the header"),
        ([], [], "has a header but no rows"),
    ],
)
def test_what_cannot_be_learned_is_said(
    learn: Run, tmp_path: Path, lines: list[str], arguments: list[str], message: str
) -> None:
    assert message in failure(learn, written(tmp_path / "a.csv", as_csv(lines)), *arguments).message
