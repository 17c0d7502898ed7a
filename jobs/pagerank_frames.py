"""PageRank in DataFrames: a join and a group for each iteration.

A vertex that no edge leaves gives its rank to all alike, as the authors of PageRank have it and NetworkX does.
https://networkx.org/documentation/stable/reference/algorithms/generated/networkx.algorithms.link_analysis.pagerank_alg.pagerank.html
"""

import argparse
from typing import Any, List, NamedTuple

from pyspark import StorageLevel
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs import settings
from jobs.pagerank_edges import Graph

WRITTEN = 10  # iterations after which the ranks are written, so that no recomputation goes back further
SHARE = 500_000  # edges of a task


class Ranks(NamedTuple):
    """``frame`` (id, rank), whose ranks' sum is 1, and by how much each iteration changed all ranks together."""

    frame: DataFrame
    changes: List[float]


def ranks(graph: Graph, args: argparse.Namespace, scratch: str) -> Ranks:
    """Iterate until the ranks change by less than the tolerance; what is kept meanwhile goes below ``scratch``."""
    spark: Any = graph.edges.sparkSession
    tasks = max(spark.sparkContext.defaultParallelism, graph.sizes.edges // SHARE)
    # Plans that are made anew while they run cost more than they gain where each iteration is like the one before.
    wanted = {"spark.sql.adaptive.enabled": "false", "spark.sql.shuffle.partitions": str(tasks)}
    with settings.changed(spark, wanted):
        shares = graph.vertices.filter("outs > 0").select(F.col("id").alias("src"), (1 / F.col("outs")).alias("share"))
        edges = graph.edges.join(shares, "src").repartition("src").persist(StorageLevel.MEMORY_AND_DISK)
        try:
            return _iterated(graph, edges, args, scratch)
        finally:
            edges.unpersist()


def _iterated(graph: Graph, edges: DataFrame, args: argparse.Namespace, scratch: str) -> Ranks:
    count = graph.sizes.vertices
    state = graph.vertices.select("id", (F.col("outs") == 0).alias("dangling"), F.lit(1 / count).alias("rank"))
    changes: List[float] = []
    lost = graph.sizes.dangling / count
    while len(changes) < args.max_iter and (not changes or changes[-1] >= args.tolerance):
        base = (1 - args.damping + args.damping * lost) / count
        before, state = state, _kept(_next(edges, state, base, args.damping), scratch, len(changes) + 1)
        found: Any = state.agg(F.sum("change"), F.sum(F.when(F.col("dangling"), F.col("rank")))).first()
        before.unpersist()
        changes.append(found[0])
        lost = found[1] or 0.0
    return Ranks(state.select("id", "rank"), changes)


def _next(edges: DataFrame, state: DataFrame, base: float, damping: float) -> DataFrame:
    """Give the next ranks: all that is sent to a vertex is added up, with a row for each vertex that gets nothing."""
    senders = state.select(F.col("id").alias("src"), "rank").hint("shuffle_hash")
    nothing, no = F.lit(0.0), F.lit(False)
    sent = edges.join(senders, "src").select(
        F.col("dst").alias("id"),
        (F.col("share") * F.col("rank")).alias("got"),
        nothing.alias("old"),
        no.alias("dangling"),
    )
    own = state.select("id", nothing.alias("got"), F.col("rank").alias("old"), "dangling")
    grouped = sent.union(own).groupBy("id").agg(F.sum("got").alias("got"), F.sum("old").alias("old"), F.max("dangling"))
    ranked = grouped.toDF("id", "got", "old", "dangling").withColumn(
        "rank", F.lit(base) + F.lit(damping) * F.col("got")
    )
    return ranked.select("id", "dangling", "rank", F.abs(F.col("rank") - F.col("old")).alias("change"))


def _kept(state: DataFrame, scratch: str, iteration: int) -> DataFrame:
    """Give the same rows, computed once, with a plan that does not contain the iterations before."""
    if iteration % WRITTEN == 0:
        place = "{}/iteration-{}".format(scratch, iteration)
        state.write.parquet(place)
        return state.sparkSession.read.parquet(place)
    spark: Any = state.sparkSession
    java: Any = state._jdf  # noqa: SLF001 -- the rows have to stay in the JVM: by state.rdd they would go through Python
    rows = spark._jsparkSession.createDataFrame(java.javaRDD(), java.schema())  # noqa: SLF001 -- the same
    return DataFrame(rows, spark).persist(StorageLevel.MEMORY_AND_DISK)
