"""The text that all ways read: standardized numbers and, last in a line, whether the row is of the class, 0 or 1."""

import argparse
from dataclasses import dataclass
from typing import Any, Dict, Tuple

from pyspark.sql import Column
from pyspark.sql import functions as F

from jobs import parts, reading, reading_files
from jobs.errors import InputError

DIGITS = 6  # after the point


@dataclass(frozen=True)
class Rows:
    """Text at ``uri``: its rows, what their numbers are, and the class that is told from all others."""

    uri: str
    rows: int
    megabytes: float
    features: Tuple[str, ...]
    positive: str
    dropped: Dict[str, int]


def prepare(source: reading.Source, args: argparse.Namespace, uri: str) -> Rows:
    """Write the rows, each as often as ``--copies`` says; raises InputError when there is nothing to tell apart."""
    found = parts.read(source, args, number=False)
    try:
        positive = _positive(found, args.positive)
        _write(found, positive, args.copies, uri)
    finally:
        found.cells.release()
    megabytes = sum(file.size for file in reading_files.find(source.spark, uri)) / 1e6
    rows = args.copies * sum(found.rows)
    return Rows(uri, rows, megabytes, found.features, positive, found.dropped)


def _positive(found: parts.Parts, wanted: str) -> str:
    sizes: Dict[str, int] = {}
    for group in found.used:
        sizes[group["label"]] = sizes.get(group["label"], 0) + group["count"]
    if len(sizes) == 1:
        raise InputError(
            "the label {!r} has one class only, {!r}: there is nothing to tell apart".format(found.label, *sizes),
            "--label names a column with two or more classes",
        )
    if wanted and wanted not in sizes:
        raise InputError(
            "the label {!r} has no class {!r}; its classes are {}".format(
                found.label, wanted, ", ".join(sorted(sizes)[: parts.MOST_CLASSES])
            ),
            "--positive takes one of them",
        )
    return wanted or min(sizes, key=lambda name: (-sizes[name], name))


def _write(found: parts.Parts, positive: str, copies: int, uri: str) -> None:
    numbers = F.zip_with(F.col("numbers"), _moments(found), _standardized)
    label = F.when(F.col(found.columns.word) == positive, "1").otherwise("0")
    line = F.concat_ws(",", F.transform(numbers, lambda number: F.round(number, DIGITS).cast("string")), label)
    lines = found.usable.select(line.alias("line"), F.explode(F.array_repeat(F.lit(0), copies)).alias("copy"))
    cores = found.frame.sparkSession.sparkContext.defaultParallelism
    lines.select("line").repartition(cores).write.text(uri)


def _moments(found: parts.Parts) -> Column:
    return F.array(
        *(
            F.struct(
                F.lit(moments.mean).alias("mean"), F.lit(moments.deviation if not moments.constant else 1.0).alias("sd")
            )
            for moments in found.moments()
        )
    )


def _standardized(number: Column, moments: Any) -> Column:
    return (number - moments["mean"]) / moments["sd"]
