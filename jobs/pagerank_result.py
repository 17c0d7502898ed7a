"""What two ways of ranking the same graph found: the first vertices, and how far the ways are apart."""

from typing import Any, List, NamedTuple

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.pagerank_edges import Graph


class Found(NamedTuple):
    """Rows (name, rank, ins, outs) of the first vertices, and the largest difference of a vertex's two ranks."""

    top: List[Any]
    difference: float


def compared(graph: Graph, ranks: DataFrame, others: DataFrame, place: str, top: int) -> Found:
    """Write all ranks to ``place`` and compare them with the others'; the sum of each is made 1 before."""
    total: Any = others.agg(F.sum("rank")).first()
    other = others.select("id", (F.col("rank") / total[0]).alias("graphx"))
    joined = graph.vertices.join(ranks, "id").join(other, "id", "left")
    joined.select("name", "rank", "graphx", "ins", "outs").write.parquet(place)
    written = graph.vertices.sparkSession.read.parquet(place)
    apart: Any = written.agg(F.max(F.abs(F.col("rank") - F.col("graphx"))), F.count("graphx")).first()
    first = written.orderBy(F.desc("rank"), "name").limit(top).collect()
    return Found(first, float(apart[0]) if apart[1] == graph.sizes.vertices else float("inf"))
