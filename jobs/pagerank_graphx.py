"""PageRank by GraphX, which has no Python of its own: called in the JVM, without a jar of ours.

https://spark.apache.org/docs/latest/api/scala/org/apache/spark/graphx/lib/PageRank$.html
"""

from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs import reading
from jobs.pagerank_edges import Graph

PAIR = r"^\((\d+),(.*)\)$"  # a vertex and its rank, as Scala writes a tuple


def ranks(spark: Any, graph: Graph, iterations: int, damping: float, scratch: str) -> DataFrame:
    """Give (id, rank) after so many iterations; the ranks' sum is the number of vertices.

    GraphX lets the rank of vertices without a way out go, and in the end makes all ranks larger by what is gone
    (SPARK-18847): when settled, the same as if it had been given to all alike. Both edges and ranks pass by files below
    ``scratch``, so that neither comes to the driver.
    """
    jvm, context = spark.sparkContext._jvm, spark.sparkContext._jsc.sc()  # noqa: SLF001 -- the only way to GraphX
    edges, found = scratch + "/edges", scratch + "/graphx"
    graph.edges.select(F.concat_ws(" ", "src", "dst")).write.text(edges)
    level = jvm.org.apache.spark.storage.StorageLevel.MEMORY_AND_DISK()
    cores = spark.sparkContext.defaultParallelism
    loader = jvm.org.apache.spark.graphx.GraphLoader
    loaded = loader.edgeListFile(context, reading.literal(edges), False, cores, level, level)
    number = jvm.scala.reflect.ClassTag.Int()
    ranked = jvm.org.apache.spark.graphx.lib.PageRank.run(loaded, iterations, 1 - damping, number, number)
    ranked.vertices().saveAsTextFile(found)
    loaded.unpersist(False)
    pairs = spark.read.text(reading.literal(found))
    numbers = (F.regexp_extract("value", PAIR, at) for at in (1, 2))
    return pairs.select(*(text.cast(kind).alias(name) for text, (kind, name) in zip(numbers, NUMBERS)))


NUMBERS = (("bigint", "id"), ("double", "rank"))
