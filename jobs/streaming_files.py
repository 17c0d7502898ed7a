"""The files of a stream: a folder's as they are, or one table cut by its times, some records of it delayed."""

import argparse
import json
import re
from dataclasses import dataclass, replace
from typing import Any, Dict, Tuple

from pyspark import StorageLevel
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import StringType

from jobs import hadoop, reading, reading_files, splitting
from jobs.errors import InputError
from jobs.output import encode

PIECES = 12  # of one file
LATEST = 3  # files by which a record may be delayed
AMERICAN = r"^([0-9]{1,2})/([0-9]{1,2})/([0-9]{4}) ([0-9]{1,2}):([0-9]{2})(:[0-9]{2})?$"
NAMED = re.compile("time|date", re.IGNORECASE)


@dataclass(frozen=True)
class Arriving:
    """Files below ``folder`` with the column ``time``: ``records`` that have one, and rows that were dropped."""

    source: reading.Source
    folder: str
    time: str
    position: int
    records: int
    dropped: Dict[str, int]


def arrive(source: reading.Source, args: argparse.Namespace, place: str) -> Arriving:
    """Count what there is to come, and cut it, if that is wanted and has not been done at ``place`` before.

    Raises InputError when there is no time, or another stream at ``place``.
    """
    raw, names = reading.untyped(source)
    at = _position(source, names, args.time)
    _claim(source, args, place, names[at])
    held = raw.withColumn("moment", moment(raw, at)).persist(StorageLevel.MEMORY_AND_DISK)
    try:
        bounds = _bounds(source, held, at, names[at])
        records, dropped = bounds["records"], {"missing": bounds["missing"], "no_time": bounds["no_time"]}
        if not (args.files or hadoop.is_file(source.spark, source.uri)):
            return Arriving(source, source.uri, names[at], at, records, dropped)
        folder = place + "/arriving"
        _cut(source.spark, _numbered(held, bounds, args), names, folder)
        return Arriving(_of(source, folder, names), folder, names[at], at, records, dropped)
    finally:
        held.unpersist()


def moment(raw: DataFrame, at: int) -> Column:
    """Give the time in the column, as 4/1/2014 0:11:00 or 2014-04-01T00:11, else null; without a zone, in UTC."""
    if not isinstance(raw.schema[at].dataType, StringType):
        return F.col("f{}".format(at)).cast("timestamp")
    text = "trim(f{})".format(at)
    american = "regexp_replace({}, '{}', '$3-$1-$2 $4:$5$6')".format(text, AMERICAN)
    return F.expr("try_cast({} as timestamp)".format(american))


def _position(source: reading.Source, names: Tuple[str, ...], wanted: str) -> int:
    if wanted:
        return reading.position(source, names, wanted, "--time")
    found = next((at for at, name in enumerate(names) if NAMED.search(name)), None)
    if found is None:
        raise InputError(
            "no column of {} is called after a time or a date; its columns are {}".format(
                source.files[0], ", ".join(names)
            ),
            "--time NAME says which holds the times",
        )
    return found


def _claim(source: reading.Source, args: argparse.Namespace, place: str, time: str) -> None:
    """Write down whose stream is at ``place``; raises InputError when it is another's."""
    own = {
        "input": source.uri,
        "time": time,
        "window": args.window,
        "watermark": args.watermark,
        "files": args.files,
        "delayed": args.delayed,
        "seed": args.seed,
    }
    found = hadoop.read(source.spark, place + "/stream.json")
    if not found:
        hadoop.write_new(source.spark, place + "/stream.json", encode(own))
        return
    other = json.loads(found)
    for name, value in own.items():
        if other.get(name) != value:
            raise InputError(
                "the checkpoint {} is that of another stream: its {} is {}, not {}".format(
                    place, name, other.get(name), value
                ),
                "another --checkpoint, or what the first run was given",
            )


def _bounds(source: reading.Source, held: DataFrame, at: int, name: str) -> Any:
    """Give records, missing and no_time (rows), and the first and last time in seconds since 1970."""
    moments, missing = F.col("moment"), reading.missing(held, at)
    found: Any = held.agg(
        F.count("moment").alias("records"),
        F.count(F.when(missing, 1)).alias("missing"),
        F.count(F.when(~missing & moments.isNull(), 1)).alias("no_time"),
        F.min(moments).cast("long").alias("first"),
        F.max(moments).cast("long").alias("last"),
        F.max(F.when(~missing & moments.isNull(), F.col("f{}".format(at)).cast("string"))).alias("example"),
    ).first()
    if not found["records"]:
        raise InputError(
            "no row of {} has a time in the column {!r}{}".format(
                source.uri, name, ": it holds {!r}".format(found["example"]) if found["example"] else ""
            ),
            "--time NAME; a time is written as 4/1/2014 0:11:00 or 2014-04-01T00:11",
        )
    return found


def _numbered(held: DataFrame, bounds: Any, args: argparse.Namespace) -> DataFrame:
    """Give the rows with the number of the file in which they come; rows without a time come in the first."""
    pieces = args.files or PIECES
    width = max((bounds["last"] - bounds["first"] + 1) / pieces, 1)
    own = F.floor((F.col("moment").cast("long") - bounds["first"]) / F.lit(width)).cast("int")
    fields = [name for name in held.columns if name[0] == "f" and name[1:].isdigit()]
    keyed = held.withColumn("key", F.xxhash64(F.lit(args.seed), *fields))
    later = F.when(splitting.held(args.delayed), F.expr("1 + pmod(xxhash64(key, 'later'), {})".format(LATEST)))
    number = F.coalesce(own, F.lit(0)) + F.coalesce(later.cast("int"), F.lit(0))
    return keyed.withColumn("number", F.least(number, F.lit(pieces - 1))).withColumn("pieces", F.lit(pieces))


def _cut(spark: Any, rows: DataFrame, names: Tuple[str, ...], folder: str) -> None:
    """Write the files one after the other, for Spark takes them by the time of their writing."""
    if hadoop.exists(spark, folder + "/_complete"):
        return
    hadoop.remove(spark, folder)
    fields = [F.col("f{}".format(at)).cast("string").alias(name) for at, name in enumerate(names)]
    numbers = rows.persist(StorageLevel.MEMORY_AND_DISK)
    pieces: Any = numbers.select("pieces").first()
    for number in range(pieces[0]):
        piece = numbers.filter(F.col("number") == number).select(*fields).coalesce(1)
        piece.write.options(header=True, escape='"').csv("{}/{:04d}".format(folder, number))
    numbers.unpersist()
    hadoop.write_new(spark, folder + "/_complete", b"")


def _of(source: reading.Source, folder: str, names: Tuple[str, ...]) -> reading.Source:
    files = tuple(file.uri for file in reading_files.find(source.spark, folder))
    return replace(source, uri=folder, files=files, kind="csv", columns=names, delimiter=",", header=True)
