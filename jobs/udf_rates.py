"""Rows a second of each kind of UDF: all take turns, so that a change of load meets all; shown is the median."""

import argparse
import time
from statistics import median
from typing import Any, Dict, List, NamedTuple, Tuple

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs import udf_kinds, udf_rows

EQUAL = 1e-9  # of the largest sum: as far as sums in another order may differ
Sums = Tuple[float, ...]


class Rate(NamedTuple):
    """How a kind did: rows and seconds of a turn, and how far its sums are from the first kind's on the same rows."""

    name: str
    rows: int
    seconds: float
    difference: float

    @property
    def rate(self) -> float:
        """Rows a second."""
        return self.rows / self.seconds


def measured(values: udf_rows.Values, function: udf_kinds.Function, args: argparse.Namespace) -> List[Rate]:
    """Give the rate of each kind; the first turn of each starts its Python workers and is not counted."""
    kinds = udf_kinds.kinds(function)
    slow, fast = (udf_rows.about(values, rows) for rows in (args.slow_rows, args.rows))
    rows = {name: slow if udf_kinds.is_slow(name) else fast for name in kinds}
    first = {name: _turn(kind, slow)[1] for name, kind in kinds.items()}
    base = next(iter(first.values()))
    turns: Dict[str, List[Tuple[float, Sums]]] = {name: [] for name in kinds}
    for _ in range(args.rounds):
        for name, kind in kinds.items():
            turns[name].append(_turn(kind, rows[name]))
    return [
        Rate(name, int(taken[0][1][0]), median(seconds for seconds, _ in taken), _difference(first[name], base))
        for name, taken in turns.items()
    ]


def _turn(kind: udf_kinds.Kind, rows: DataFrame) -> Tuple[float, Sums]:
    """Give the seconds, and the count and sums that make Spark call the UDF for every row."""
    began = time.monotonic()
    found: Any = (
        kind(rows).agg(F.count("p"), F.sum("p"), F.sum(F.col("p") * F.col("p")), F.sum(F.col("p") * F.col("z"))).first()
    )
    return time.monotonic() - began, tuple(found)


def _difference(sums: Sums, base: Sums) -> float:
    return max(abs(one - other) / max(abs(other), 1.0) for one, other in zip(sums, base))
