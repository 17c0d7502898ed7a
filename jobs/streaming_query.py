"""The query of a stream: counts by window under a watermark, each batch written under its number."""

import argparse
import time
from typing import Any, Dict, List, NamedTuple, Optional

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import StringType, StructField, StructType

from jobs import hadoop, reading, streaming_files
from jobs.streaming_files import Arriving

MOST_PARTITIONS = 8  # each keeps its state in a file for each batch
GLOBS = {"csv": "{*.[cC][sS][vV],*.[cC][sS][vV].gz,*.[cC][sS][vV].bz2,part-*}", "parquet": "{*.parquet,*.pq,part-*}"}


class Done(NamedTuple):
    """Batches before this run and in it, what Spark reports of the latter, and records a second, if any.

    Spark may leave out a report: of a batch that an earlier run had begun, for one.
    """

    before: int
    batches: int
    reports: List[Dict[str, Any]]
    rate: Optional[float]


def settings(spark: Any) -> Dict[str, str]:
    """Give what a stream's result and its pace depend on."""
    return {
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": str(min(spark.sparkContext.defaultParallelism, MOST_PARTITIONS)),
        "spark.sql.streaming.numRecentProgressUpdates": "10000",
        "spark.sql.streaming.noDataMicroBatches.enabled": "false",
    }


def run(arriving: Arriving, args: argparse.Namespace, place: str) -> Done:
    """Take all files that are there, from where the checkpoint is, and give how it went.

    A batch that was broken off is repeated with the same records, and overwrites what it had written: so every record
    counts once. The watermark and the counts so far come from the checkpoint.
    """
    spark = arriving.source.spark
    before = _committed(spark, place)

    def write(counts: DataFrame, batch: int) -> None:
        counts.coalesce(1).write.mode("overwrite").parquet("{}/counts/{:06d}".format(place, batch))

    began = time.monotonic()
    counts = _windows(_stream(arriving, args), arriving, args)
    writer = counts.writeStream.foreachBatch(write).outputMode("update").trigger(availableNow=True)
    query = writer.option("checkpointLocation", place + "/query").start()
    query.awaitTermination()
    seconds = time.monotonic() - began
    reports: List[Any] = [progress for progress in query.recentProgress if progress["numInputRows"]]
    rows = sum(progress["numInputRows"] for progress in reports)
    return Done(before, _committed(spark, place) - before, reports, rows / seconds if rows else None)


def _committed(spark: Any, place: str) -> int:
    """Give how many batches have ended well: they are numbered from nought, and Spark keeps the last hundred only."""
    names = hadoop.names(spark, place + "/query/commits")
    return max((int(name) + 1 for name in names if name.isdigit()), default=0)


def _stream(arriving: Arriving, args: argparse.Namespace) -> DataFrame:
    source = arriving.source
    reader = source.spark.readStream.schema(_schema(source)).option("maxFilesPerTrigger", args.files_per_batch)
    reader = reader.option("recursiveFileLookup", "true")
    if args.format == "auto" or arriving.folder != source.uri:
        reader = reader.option("pathGlobFilter", GLOBS[source.kind])
    if source.kind == "csv":
        reader = reader.options(
            sep=source.delimiter, header=source.header, quote='"', escape='"',
            ignoreLeadingWhiteSpace=True, ignoreTrailingWhiteSpace=True,
        )  # fmt: skip
    frame = reader.format(source.kind).load(reading.literal(arriving.folder))
    return frame.toDF(*("f{}".format(at) for at in range(len(frame.columns))))


def _schema(source: reading.Source) -> StructType:
    if source.kind == "csv":
        return StructType([StructField(name, StringType()) for name in source.columns])
    return source.spark.read.parquet(*map(reading.literal, source.files)).schema


def _windows(rows: DataFrame, arriving: Arriving, args: argparse.Namespace) -> DataFrame:
    """Give the start of each window in seconds since 1970 and the rows in it, as often as they change."""
    timed = rows.select(streaming_files.moment(rows, arriving.position).alias("moment")).filter("moment is not null")
    late = timed.withWatermark("moment", "{} seconds".format(args.watermark))
    counted = late.groupBy(F.window("moment", "{} seconds".format(args.window))).agg(F.count(F.lit(1)).alias("rows"))
    return counted.select(F.col("window.start").cast("long").alias("start"), "rows")
