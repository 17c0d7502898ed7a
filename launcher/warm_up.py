"""A small Spark job that loads the classes a typical run needs; `launcher.fast_start_build` submits it."""
# pyright: basic
# (pyspark hands out types that are only partly known)

import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pyspark import StorageLevel
from pyspark.ml.classification import LogisticRegression
from pyspark.ml.functions import array_to_vector, vector_to_array
from pyspark.ml.stat import Summarizer
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F


def main() -> None:
    """Touch session, CSV, Parquet, SQL, caching, RDDs, the Arrow path to Python and MLlib."""
    spark = SparkSession.builder.getOrCreate()
    with tempfile.TemporaryDirectory() as folder:
        points = read_csv(spark, folder)
        aggregate(points)
        through_arrow(points)
        learn(points)
        through_files(spark, points, folder)
    spark.stop()


def read_csv(spark: SparkSession, folder: str) -> DataFrame:
    """Points from a CSV file with a header."""
    file = Path(folder) / "points.csv"
    file.write_text("name,x,y\n" + "".join(f"n{i % 3},{i},{i * 0.5}\n" for i in range(1000)), encoding="utf-8")
    points = spark.read.option("header", value=True).option("inferSchema", value=True).csv(file.as_uri())
    return points.repartition(2).persist(StorageLevel.MEMORY_AND_DISK)


def aggregate(points: DataFrame) -> None:
    """Grouping, sorting, distinct rows."""
    points.groupBy("name").agg(F.count("*"), F.avg("x"), F.stddev("y")).orderBy("name").collect()
    points.select(F.xxhash64("x", "y").alias("hash")).distinct().count()


def through_arrow(points: DataFrame) -> None:
    """Python workers fed by Arrow, and the RDD way back."""

    def same(batches: Iterable[Any]) -> Iterable[Any]:
        yield from batches

    points.select("x", "y").mapInArrow(same, "x int, y double").toPandas()
    points.select("x").rdd.mapPartitions(lambda rows: [sum(1 for _ in rows)]).collect()


def learn(points: DataFrame) -> None:
    """Vectors, their summary, and a model of two classes."""
    vector = array_to_vector(F.array(F.col("x").cast("double"), "y")).alias("features")
    rows = points.select(vector, (F.col("x") % 2).cast("double").alias("label")).persist()
    rows.groupBy("label").agg(Summarizer.metrics("mean", "variance").summary(F.col("features"))).collect()
    predicted = LogisticRegression(maxIter=2).fit(rows).transform(rows)
    predicted.select(vector_to_array(F.col("rawPrediction"))[1].alias("margin")).agg(F.max("margin")).collect()


def through_files(spark: SparkSession, points: DataFrame, folder: str) -> None:
    """Parquet and the Hadoop file system."""
    where = (Path(folder) / "points.parquet").as_uri()
    points.write.parquet(where)
    spark.read.parquet(where).count()


if __name__ == "__main__":
    main()
