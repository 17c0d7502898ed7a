"""The ways to call Python from Spark, each as a function from rows with ``z`` to rows with ``z`` and ``p``."""

import inspect
import math
from functools import partial
from typing import Any, Callable, Dict, Iterable, Iterator, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

Kind = Callable[[DataFrame], DataFrame]
SCHEMA = "z double, p double"
ROOT = math.sqrt(2)
PANDAS_UDF: Any = F.pandas_udf  # whose overloads do not know the type hints that it goes by


class Function(NamedTuple):
    """The normal distribution's function: its name, for a number, and for an array of them."""

    name: str
    one: Callable[[float], float]
    many: Callable[[np.ndarray], np.ndarray]


def function(frame: DataFrame) -> Function:
    """Give SciPy's norm.cdf where all workers have SciPy, else one made of math.erf, which knows no arrays."""
    found = frame.select("z").mapInArrow(_asked, "scipy boolean").agg(F.min("scipy").alias("scipy")).first()
    if found is not None and found["scipy"]:
        return Function("scipy.stats.norm.cdf", _scipy_one, _scipy_many)
    return Function("math.erf", _erf_one, _erf_many)


def kinds(found: Function) -> Dict[str, Kind]:
    """Give the kinds that this Spark has, by name; the first one is what the others are compared with."""
    every = {
        "row UDF, pickled": partial(_by_row, one=found.one, arrow=False),
        "row UDF, Arrow": partial(_by_row, one=found.one, arrow=True),
        "pandas UDF": partial(_by_series, many=found.many),
        "pandas UDF, iterator": partial(_by_iterator, many=found.many),
        "mapInPandas": partial(_by_frames, many=found.many),
        "mapInArrow": partial(_by_batches, many=found.many),
        "Arrow UDF": partial(_by_arrays, many=found.many),
    }
    if not hasattr(F, "arrow_udf"):  # Spark 4.1
        del every["Arrow UDF"]
    if not _takes_arrow():
        del every["row UDF, Arrow"]
    return every


def is_slow(name: str) -> bool:
    """Tell whether Python is called once a row."""
    return name.startswith("row UDF")


def _by_row(rows: DataFrame, one: Callable[[float], float], *, arrow: bool) -> DataFrame:
    told: Dict[str, Any] = {"useArrow": arrow} if _takes_arrow() else {}
    return rows.withColumn("p", F.udf(one, "double", **told)("z"))


def _by_series(rows: DataFrame, many: Callable[[np.ndarray], np.ndarray]) -> DataFrame:
    def series(z: pd.Series) -> pd.Series:
        return pd.Series(many(z.to_numpy()))

    return rows.withColumn("p", PANDAS_UDF(series, "double")("z"))


def _by_iterator(rows: DataFrame, many: Callable[[np.ndarray], np.ndarray]) -> DataFrame:
    def iterator(batches: Iterator[pd.Series]) -> Iterator[pd.Series]:
        for z in batches:
            yield pd.Series(many(z.to_numpy()))

    return rows.withColumn("p", PANDAS_UDF(iterator, "double")("z"))


def _by_frames(rows: DataFrame, many: Callable[[np.ndarray], np.ndarray]) -> DataFrame:
    def frames(batches: Iterable[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        for batch in batches:
            yield batch.assign(p=many(batch["z"].to_numpy()))

    return rows.mapInPandas(frames, SCHEMA)


def _by_batches(rows: DataFrame, many: Callable[[np.ndarray], np.ndarray]) -> DataFrame:
    def arrow(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            p = pa.array(many(batch.column(0).to_numpy()))
            yield pa.RecordBatch.from_arrays([batch.column(0), p], ["z", "p"])

    return rows.mapInArrow(arrow, SCHEMA)


def _by_arrays(rows: DataFrame, many: Callable[[np.ndarray], np.ndarray]) -> DataFrame:
    def arrays(z: pa.Array) -> pa.Array:
        return pa.array(many(z.to_numpy(zero_copy_only=False)))

    arrow_udf: Any = F.arrow_udf  # Spark 4.1
    return rows.withColumn("p", arrow_udf(arrays, "double")("z"))


def _takes_arrow() -> bool:
    return "useArrow" in inspect.signature(F.udf).parameters  # Spark 3.5


def _asked(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Tell whether this worker has SciPy, once for each batch."""
    import importlib.util

    for _ in batches:
        yield pa.RecordBatch.from_arrays([pa.array([importlib.util.find_spec("scipy") is not None])], ["scipy"])


def _scipy_one(z: float) -> float:
    from scipy.stats import norm

    return float(norm.cdf(z))


def _scipy_many(z: np.ndarray) -> np.ndarray:
    from scipy.stats import norm

    return norm.cdf(z)


def _erf_one(z: float) -> float:
    return 0.5 * math.erfc(-z / ROOT)


def _erf_many(z: np.ndarray) -> np.ndarray:
    return 0.5 * np.fromiter(map(math.erfc, (-z / ROOT).tolist()), np.float64, len(z))
