"""What a stream has counted: by window, over time, and batch by batch."""

import datetime as dt
from typing import Any, Dict, List, NamedTuple, Tuple

from pyspark.sql import functions as F

from jobs import reading
from jobs.charts import HEIGHT, SCHEMA, WIDTH
from jobs.streaming_query import Done

MOST_BARS = 400
LISTED = 100  # windows in the table


class Totals(NamedTuple):
    """Records in windows, the windows' number, bars (start, rows) of ``width`` seconds, and the fullest windows."""

    counted: int
    windows: int
    width: int
    bars: List[Tuple[int, int]]
    fullest: List[Tuple[int, int]]


def totals(spark: Any, place: str, window: int) -> Totals:
    """Give the counts of all batches below ``place``: a window's last count is its largest."""
    written = spark.read.schema("start bigint, rows bigint").parquet(reading.literal(place) + "/counts/*")
    windows = written.groupBy("start").agg(F.max("rows").alias("rows")).persist()
    try:
        found: Any = windows.agg(F.sum("rows"), F.count("rows"), F.min("start"), F.max("start")).first()
        if not found[1]:
            return Totals(0, 0, window, [], [])
        width = window * -(-(found[3] - found[2] + window) // (window * MOST_BARS))
        place_of = (F.floor((F.col("start") - found[2]) / width) * width + found[2]).alias("start")
        bars = windows.groupBy(place_of).agg(F.sum("rows").alias("rows")).orderBy("start").collect()
        fullest = windows.orderBy(F.desc("rows"), "start").limit(LISTED).collect()
        return Totals(found[0], found[1], width, [tuple(row) for row in bars], [tuple(row) for row in fullest])
    finally:
        windows.unpersist()


def write(output: Any, found: Totals, done: Done, window: int) -> None:
    """Write the figure over time, the table of windows in the order of time, and the table of batches."""
    output.figure("counts", _figure(found))
    output.table("windows", ["from", "to", "records"], [_row(*counted, window) for counted in sorted(found.fullest)])
    titles = ["batch", "records", "records a second", "watermark"]
    output.table("batches", titles, [_batch(progress) for progress in done.reports])


def _batch(progress: Dict[str, Any]) -> List[Any]:
    watermark = (progress["eventTime"] or {}).get("watermark", "")[:19].replace("T", " ")
    known = "" if watermark.startswith("1970-01-01") else watermark  # which is where Spark begins
    return [progress["batchId"], progress["numInputRows"], progress["processedRowsPerSecond"], known]


def _row(start: int, rows: int, window: int) -> List[Any]:
    return [_time(start), _time(start + window), rows]


def _time(seconds: int) -> str:
    return dt.datetime.fromtimestamp(seconds, dt.timezone.utc).strftime("%Y-%m-%d %H:%M:%S")


def _figure(found: Totals) -> Dict[str, Any]:
    """Give an upright bar for each window, or for several together where there are too many."""
    values = [
        {"from": 1000 * start, "to": 1000 * (start + found.width), "records": rows, "zero": 0}
        for start, rows in found.bars
    ]
    return {
        "$schema": SCHEMA,
        "width": WIDTH,
        "height": HEIGHT // 2,
        "data": {"values": values},
        "mark": "bar",
        "encoding": {
            "x": {"field": "from", "type": "temporal", "title": "time (UTC)", "scale": {"type": "utc"}},
            "x2": {"field": "to"},
            "y": {"field": "records", "type": "quantitative", "title": "records"},
            "y2": {"field": "zero"},
            "tooltip": [
                {"field": "from", "type": "temporal", "scale": {"type": "utc"}},
                {"field": "records", "type": "quantitative"},
            ],
        },
    }
