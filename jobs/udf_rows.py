"""The numbers that the UDFs are measured on: one column of the input in standard deviations, as often as is needed."""

import argparse
from typing import Dict, NamedTuple

from pyspark import StorageLevel
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs import columns, parts, reading, splitting
from jobs.errors import InputError


class Values(NamedTuple):
    """Persisted rows with ``z``, a number, and ``key``, a hash, on all cores; where they come from."""

    frame: DataFrame
    column: str
    rows: int
    dropped: Dict[str, int]


def read(source: reading.Source, args: argparse.Namespace) -> Values:
    """Give the column, standardized; raises InputError for one that holds no numbers, or always the same."""
    wanted = argparse.Namespace(**vars(args), missing="drop", features=(args.column,) if args.column else ())
    if not wanted.features:
        chosen = columns.choose(source, wanted, number=False)
        wanted.features = (chosen.names[chosen.features[0]],)
    found = parts.read(source, wanted, number=False)
    moments = found.moments()[0]
    if moments.constant:
        raise InputError("column {!r} is always {:g}".format(found.features[0], moments.mean), "--column NAME")
    standard = (F.col("numbers")[0] - moments.mean) / moments.deviation
    cores = found.frame.sparkSession.sparkContext.defaultParallelism
    frame = found.usable.select(standard.alias("z"), "key").repartition(cores).persist(StorageLevel.MEMORY_AND_DISK)
    frame.count()
    found.cells.release()
    return Values(frame, found.features[0], found.rows[0], found.dropped)


def about(values: Values, rows: int) -> DataFrame:
    """Give about so many rows: the values several times over, or those whose hash falls below a share."""
    if rows < values.rows:
        return values.frame.filter(splitting.held(rows / values.rows)).select("z")
    times = values.frame.sparkSession.range(round(rows / values.rows))
    return values.frame.select("z").crossJoin(F.broadcast(times)).select("z")
