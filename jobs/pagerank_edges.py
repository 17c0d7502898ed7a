"""A graph from a list of edges: CSV or Parquet with two columns, or text as graph collections publish it."""

import argparse
from dataclasses import dataclass
from typing import Any, Dict, NamedTuple, Tuple

from pyspark import StorageLevel
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs import reading, reading_faults, reading_files
from jobs.errors import InputError

FIRST = 1 << 16  # bytes in which a list shows what it is
COMMENTS = ("#", "%")  # of SNAP's files and of KONECT's
BETWEEN = r"[,;\s]+"
ENDS = ("start", "end")


class Sizes(NamedTuple):
    """How many vertices and different edges there are, vertices that no edge leaves, and edges that came again."""

    vertices: int
    edges: int
    dangling: int
    repeated: int


@dataclass(frozen=True)
class Graph:
    """``edges`` (src, dst), each once, and ``vertices`` (id, name, outs, ins); both persisted.

    A vertex's id is the place of its name among all names in their order, from 0, whatever the partitions.
    """

    edges: DataFrame
    vertices: DataFrame
    sizes: Sizes
    dropped: Dict[str, int]

    def release(self) -> None:
        """Free the memory that the graph takes on the workers."""
        self.edges.unpersist()
        self.vertices.unpersist()


def read(source: reading.Source, args: argparse.Namespace) -> Graph:
    """Read, number and persist the graph; raises InputError when the input is no list of edges."""
    pairs = _listed(source) if _is_list(source) else _table(source, args)
    pairs = pairs.persist(StorageLevel.MEMORY_AND_DISK)
    try:
        rows, dropped = _checked(source, pairs, args)
        edges = pairs.filter("reason = 0").select(*ENDS).distinct()
        return _numbered(edges, rows, dropped)
    finally:
        pairs.unpersist()


def _is_list(source: reading.Source) -> bool:
    """Tell whether the text has comments, or no comma, in its first line: then it has no header either."""
    if source.kind != "csv" or source.delimiter != ",":
        return False
    text = reading_files.head(source.spark, source.files[0], FIRST).decode("utf-8-sig", "replace")
    first = next((line.strip() for line in text.splitlines() if line.strip()), "")
    return first.startswith(COMMENTS) or "," not in first


def _listed(source: reading.Source) -> DataFrame:
    """Give start, end and reason of each line that is no comment; what follows the second word is left out."""
    text = source.spark.read.text([reading.literal(file) for file in source.files])
    lines = text.select(F.regexp_replace("value", "^[\\s\ufeff]+|\\s+$", "").alias("line"))
    lines = lines.filter((F.col("line") != "") & ~F.substring("line", 1, 1).isin(*COMMENTS))
    words = lines.select(F.split("line", BETWEEN).alias("words"))
    whole = F.size("words") > 1
    first, second = (F.when(whole, F.col("words")[at]) for at in range(2))
    return words.select(first.alias("start"), second.alias("end"), F.when(whole, 0).otherwise(2).alias("reason"))


def _table(source: reading.Source, args: argparse.Namespace) -> DataFrame:
    """Give start, end and reason of each row: 0, 1 where one of the two is missing, 2 for a ragged row."""
    raw, names = reading.untyped(source)
    first, second = _positions(source, names, args)
    ragged = F.col("`{}`".format(reading.RAGGED)).isNotNull() if reading.RAGGED in raw.columns else F.lit(False)
    ends = _word(raw, first), _word(raw, second)
    reason = F.when(ragged, 2).when(ends[0].isNull() | ends[1].isNull(), 1).otherwise(0)
    return raw.select(ends[0].alias("start"), ends[1].alias("end"), reason.alias("reason"))


def _positions(source: reading.Source, names: Tuple[str, ...], args: argparse.Namespace) -> Tuple[int, int]:
    if len(names) < len(ENDS):
        raise InputError("{} has only one column".format(source.files[0]), "an edge has two ends: --delimiter C")
    if source.kind == "csv" and source.header and all(name.lstrip("-").isdigit() for name in names[:2]):
        raise InputError(
            "the header of {} is {}: that is an edge".format(source.files[0], ",".join(names)),
            "--no-header says that there is none",
        )
    first = reading.position(source, names, args.start, "--from") if args.start else 0
    second = reading.position(source, names, args.end, "--to") if args.end else 1
    if first == second:
        raise InputError(
            "an edge would lead from column {!r} to itself".format(names[first]), "--from and --to name two columns"
        )
    return first, second


def _word(raw: DataFrame, at: int) -> Column:
    return F.when(~reading.missing(raw, at), F.trim(F.col("f{}".format(at)).cast("string")))


def _checked(source: reading.Source, pairs: DataFrame, args: argparse.Namespace) -> Tuple[int, Dict[str, int]]:
    counts = {row["reason"]: row["count"] for row in pairs.groupBy("reason").count().collect()}
    dropped = {"missing": counts.get(1, 0), "ragged": counts.get(2, 0)}
    rows = counts.get(0, 0)
    if not rows and dropped["ragged"] and _is_list(source):
        raise InputError(
            "no line of {} holds two words: it is no list of edges".format(source.files[0]),
            "an edge is a line with two names or numbers, apart by comma, blank or tab",
        )
    raw, _ = reading.untyped(source)
    if not _is_list(source):
        reading_faults.check_usable(reading.Table(pairs, (), source, raw, ()), rows, dropped, args.ragged)
    if not rows:
        raise InputError("{} holds no edge".format(source.uri), "give a file with edges")
    return rows, dropped


def _numbered(edges: DataFrame, rows: int, dropped: Dict[str, int]) -> Graph:
    names = edges.select(F.explode(F.array(*ENDS)).alias("name")).distinct().orderBy("name")
    numbered = names.rdd.map(lambda row: row["name"]).zipWithIndex().toDF("name string, id bigint")
    numbered = numbered.persist(StorageLevel.MEMORY_AND_DISK)
    ends = [numbered.select(F.col("name").alias(end), F.col("id").alias(at)) for end, at in zip(ENDS, ("src", "dst"))]
    kept = edges.join(ends[0], "start").join(ends[1], "end").select("src", "dst")
    kept = kept.persist(StorageLevel.MEMORY_AND_DISK)
    vertices = numbered.join(_degrees(kept, "src", "outs"), "id", "left").join(
        _degrees(kept, "dst", "ins"), "id", "left"
    )
    vertices = vertices.na.fill(0).select("id", "name", "outs", "ins").persist(StorageLevel.MEMORY_AND_DISK)
    counted: Any = vertices.agg(
        F.count(F.lit(1)), F.sum("outs"), F.coalesce(F.sum(F.when(F.col("outs") == 0, 1)), F.lit(0))
    ).first()
    numbered.unpersist()
    count, different, dangling = counted
    return Graph(kept, vertices, Sizes(count, different, dangling, rows - different), dropped)


def _degrees(edges: DataFrame, end: str, name: str) -> DataFrame:
    return edges.groupBy(F.col(end).alias("id")).agg(F.count(F.lit(1)).alias(name))
