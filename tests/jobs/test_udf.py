import functools
import math
from collections.abc import Callable
from pathlib import Path
from statistics import NormalDist
from typing import Any

import numpy as np
import pytest
from pyspark.sql import functions as F

from jobs import udf_kinds
from jobs.errors import InputError
from tests.jobs.tables import SAMPLE, KeptOutput, written

Run = Callable[..., dict[str, Any]]
FEW = ["--rows", "4000", "--slow-rows", "500", "--rounds", "1"]


@pytest.fixture
def measure(workload: Run) -> Run:
    return functools.partial(workload, "udf")


def test_every_kind_that_this_spark_has_is_measured_and_gives_the_same(measure: Run) -> None:
    output = KeptOutput()
    found = measure(SAMPLE, *FEW, output=output)
    assert found["results_equal"] is True
    kinds = ["row UDF, pickled", "row UDF, Arrow", "pandas UDF", "pandas UDF, iterator", "mapInPandas", "mapInArrow"]
    assert list(found["rows_per_second"])[:6] == kinds
    assert ("Arrow UDF" in found["rows_per_second"]) == hasattr(F, "arrow_udf")
    assert all(rate > 0 for rate in found["rows_per_second"].values())
    assert found["ratio"] == found["ratios"]["pandas UDF"]
    assert found["ratios"]["row UDF, pickled"] == 1
    rows = {row[0]: row[1] for row in output.tables["rates"][1]}
    assert rows["row UDF, pickled"] == pytest.approx(500, rel=0.25)
    assert rows["mapInArrow"] == pytest.approx(4000, rel=0.25)
    assert set(output.figures) == {"rates"}


@pytest.mark.parametrize("scipy", [True, False])
def test_each_kind_gives_the_normal_distribution(spark: Any, scipy: bool) -> None:  # noqa: FBT001 -- a case
    if scipy:
        pytest.importorskip("scipy")
    rows = spark.range(40).select((F.col("id") / 5 - 4).alias("z"))
    erf = udf_kinds.Function("math.erf", udf_kinds._erf_one, udf_kinds._erf_many)  # noqa: SLF001 -- what nodes without SciPy take
    found = udf_kinds.function(rows) if scipy else erf
    assert found.name == ("scipy.stats.norm.cdf" if scipy else "math.erf")
    want = [NormalDist().cdf(at / 5 - 4) for at in range(40)]
    for name, kind in udf_kinds.kinds(found).items():
        got = [row["p"] for row in kind(rows).orderBy("z").collect()]
        np.testing.assert_allclose(got, want, rtol=1e-9, err_msg=name)


def test_the_function_without_scipy_is_right_far_out() -> None:
    for z in (-30.0, -8.0, 0.0, 8.0):
        found = udf_kinds._erf_many(np.array([z]))[0]  # noqa: SLF001 -- as above
        assert found == udf_kinds._erf_one(z) == 0.5 * math.erfc(-z / math.sqrt(2))  # noqa: SLF001 -- as above


@pytest.mark.parametrize(
    ("text", "arguments", "message"),
    [
        ("x,y\n1,5\n2,5\n", ["--column", "y"], "column 'y' is always 5"),
        ("x,y\n1,5\n2,5\n", ["--column", "z"], "there is no column 'z'"),
        ("x,y\na,5\nb,5\n", ["--column", "x"], "column 'x'"),
    ],
)
def test_a_column_that_cannot_be_measured_on_is_refused(
    measure: Run, tmp_path: Path, text: str, arguments: list[str], message: str
) -> None:
    with pytest.raises(InputError) as caught:
        measure(written(tmp_path / "a.csv", text), *arguments)
    assert message in caught.value.message
