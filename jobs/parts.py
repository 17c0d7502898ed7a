"""A table's rows with what they are for: dropped for a reason, learned from, or held for the test."""

import argparse
import math
from dataclasses import dataclass, replace
from typing import Any, Dict, List, NamedTuple, Sequence, Tuple

from pyspark.ml.functions import array_to_vector
from pyspark.ml.stat import Summarizer
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs import cells, columns, reading, reading_faults, splitting

MOST_CLASSES = 100
ROUNDING = 1e-12  # a spread that small, beside the mean, is what rounding leaves of none


class Moments(NamedTuple):
    """Mean and standard deviation of a feature over the rows to learn from."""

    mean: float
    deviation: float

    @property
    def constant(self) -> bool:
        """True when the feature always has the same value."""
        return self.deviation <= ROUNDING * abs(self.mean)


@dataclass(frozen=True)
class Parts:
    """Rows with ``numbers`` (the label's too, first, when it is one), the words wN, ``reason``, ``held`` and ``key``.

    ``groups`` are the counts of rows by ``label`` (null unless it is a word), ``reason`` and ``held``, with the mean
    and the variance of the numbers.
    """

    frame: DataFrame
    cells: cells.Cells
    columns: columns.Columns
    groups: List[Any]

    @property
    def used(self) -> List[Any]:
        """The groups of usable rows."""
        return [group for group in self.groups if not group["reason"]]

    @property
    def usable(self) -> DataFrame:
        """The usable rows."""
        return self.frame.filter("reason = 0")

    @property
    def rows(self) -> Tuple[int, int]:
        """Rows to learn from, and rows that are held."""
        held = sum(group["count"] for group in self.used if group["held"])
        return sum(group["count"] for group in self.used) - held, held

    @property
    def dropped(self) -> Dict[str, int]:
        """Rows that are not used, by reason."""
        counts: Dict[int, int] = {}
        for group in self.groups:
            counts[group["reason"]] = counts.get(group["reason"], 0) + group["count"]
        return cells.tally(counts)

    @property
    def features(self) -> Tuple[str, ...]:
        """The features' names."""
        return tuple(self.cells.names[at] for at in self.columns.features)

    @property
    def label(self) -> str:
        """The label's name, empty where there is none."""
        return "" if self.columns.label is None else self.cells.names[self.columns.label]

    def moments(self) -> List[Moments]:
        """Give the moments of each feature, joined from those of the groups."""
        groups = [group for group in self.used if not group["held"]]
        return [_joined(groups, at) for at in range(len(self.columns.required), len(self.cells.numbers))]


def read(source: reading.Source, args: argparse.Namespace, *, number: bool) -> Parts:
    """Read and cache the rows and give them by part; ``number`` says that the label is one.

    Raises InputError for a column that is not there, a table without usable rows, and an empty part.
    """
    chosen = columns.choose(source, args, number=number)
    found = _read(source, chosen, args, multiline=False)
    if any(group["reason"] == cells.BROKEN_QUOTE for group in found.groups):
        found.cells.release()
        found = _read(source, chosen, args, multiline=True)
    train, test = found.rows
    if not args.features and found.dropped["non_numeric"] > train + test:
        found.cells.release()
        found = _read(source, replace(chosen, features=columns.looked_for(source, chosen)), args, multiline=False)
        train, test = found.rows
    reading_faults.check_usable(found.cells.table(), train + test, found.dropped, args.ragged)
    splitting.check_sizes(train, test, args)
    return found


def _read(source: reading.Source, chosen: columns.Columns, args: argparse.Namespace, *, multiline: bool) -> Parts:
    filled = args.missing == "mean"
    held = cells.of(source, chosen, seed=args.seed, forgiven=filled, multiline=multiline)
    rows = held.frame.withColumn("held", splitting.part(args, chosen.split))
    found = _counted(_filled(rows, len(held.numbers)) if filled else rows, held, chosen)
    if not splitting.by_hash(args) or not splitting.repeats(
        sum(found.rows), sum(group["different"] for group in found.used)
    ):
        return found
    rows = splitting.apart(rows).withColumn("held", splitting.part(args, chosen.split))
    return _counted(_filled(rows, len(held.numbers)) if filled else rows, held, chosen)


def _counted(rows: DataFrame, held: cells.Cells, chosen: columns.Columns) -> Parts:
    label = F.when(F.col("reason") == 0, F.col(chosen.word)) if chosen.word else F.lit(None)
    moments = Summarizer.metrics("mean", "variance").summary(array_to_vector(F.col("numbers")))
    grouped = rows.groupBy(label.alias("label"), "reason", "held").agg(
        F.count(F.lit(1)).alias("count"), F.approx_count_distinct("key").alias("different"), moments.alias("moments")
    )
    # More groups than this tell no more than that the label has too many values.
    most = 2 * (MOST_CLASSES + 1 + len(reading.REASONS))
    return Parts(rows, held, chosen, grouped.limit(most).collect())


def _filled(rows: DataFrame, width: int) -> DataFrame:
    """Give the rows with the mean of the rows to learn from where a number is missing."""
    known = [F.when(~F.isnan(F.col("numbers")[at]), F.col("numbers")[at]) for at in range(width)]
    usable = rows.filter("reason = 0 and not held")
    means: Any = usable.agg(*(F.avg(number) for number in known)).first()
    each = F.array(*(F.lit(0.0 if mean is None else mean) for mean in means))
    return rows.withColumn(
        "numbers", F.zip_with("numbers", each, lambda number, mean: F.when(F.isnan(number), mean).otherwise(number))
    )


def _joined(groups: Sequence[Any], at: int) -> Moments:
    """Give the moments of a number over all groups, of which each has its own."""
    rows = sum(group["count"] for group in groups)
    mean = sum(group["count"] * group["moments"]["mean"][at] for group in groups) / rows
    squares = (
        (group["count"] - 1) * group["moments"]["variance"][at]
        + group["count"] * (group["moments"]["mean"][at] - mean) ** 2
        for group in groups
    )
    return Moments(float(mean), math.sqrt(sum(squares) / max(rows - 1, 1)))
