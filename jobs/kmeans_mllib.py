"""k-means by Spark's own MLlib, as the tutorials teach it: one k-means|| start per seed, the best of several kept.

The result depends on how the data is partitioned (k-means|| samples each partition with its own generator), so the
same seed promises the same result only for the same files on the same number of cores.
https://spark.apache.org/docs/latest/ml-clustering.html#k-means
"""

import argparse
from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Tuple

import numpy as np
from pyspark import StorageLevel
from pyspark.ml.clustering import KMeans, KMeansModel
from pyspark.ml.evaluation import ClusteringEvaluator
from pyspark.ml.feature import StandardScaler, StandardScalerModel, VectorAssembler
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs import kmeans_result, options, reading
from jobs.errors import InputError

EDGES = [0.002, 0.998]  # quantiles between which the map shows the rows


class Rows(NamedTuple):
    """The usable rows with their vector ``features``, persisted, and the rows by reason."""

    frame: DataFrame
    reasons: List[int]
    scaler: Optional[StandardScalerModel]

    @property
    def rows(self) -> int:
        """Rows that are used."""
        return self.reasons[0]

    @property
    def dropped(self) -> Dict[str, int]:
        """Rows that are not used, by reason."""
        return reading.tally(self.reasons)

    @property
    def broken_quotes(self) -> int:
        """Ragged rows that hold a quote."""
        return self.reasons[-1]

    def release(self) -> None:
        """Free the memory that the rows take on the workers."""
        self.frame.unpersist()


def prepare(frame: DataFrame, args: argparse.Namespace) -> Rows:
    """Give the frame's usable rows, assembled, cached and, with ``--standardize``, scaled."""
    columns = [name for name in frame.columns if name != "reason"]
    counted = {row["reason"]: row["count"] for row in frame.groupBy("reason").count().collect()}
    reasons = [counted.get(at, 0) for at in range(len(reading.REASONS) + 1)]
    cores = frame.sparkSession.sparkContext.defaultParallelism
    usable = frame.filter("reason = 0").repartition(cores)
    assembled = VectorAssembler(inputCols=columns, outputCol="assembled").transform(usable)
    scaler = None
    if args.standardize and reasons[0]:
        scaler = StandardScaler(inputCol="assembled", outputCol="features").fit(assembled)
        assembled = scaler.transform(assembled)
    else:
        assembled = assembled.withColumnRenamed("assembled", "features")
    persisted = assembled.select("features", *columns[:2]).persist(StorageLevel.MEMORY_AND_DISK)
    return Rows(persisted, reasons, scaler)


def fit(data: Rows, features: Sequence[str], args: argparse.Namespace) -> kmeans_result.Clustering:
    """Give the best of the restarts; raises InputError when k is 1 or more than there are distinct rows."""
    if args.k == 1:
        raise InputError("k is 1, but MLlib's k-means takes 2 or more clusters", "--engine blocks takes 1")
    _require_distinct(data.frame, args.k)
    best = best_model(data.frame, args)
    if not np.isfinite(best.summary.trainingCost):
        raise InputError("the numbers are too large: their squares overflow", "leave out such a column, or scale it")
    return _described(best.transform(data.frame), best, _original(best, data.scaler), min(2, len(features)))


def best_model(frame: DataFrame, args: argparse.Namespace) -> KMeansModel:
    """Give the model with the lowest cost of as many as there are restarts."""
    models = (_model(frame, args, restart) for restart in range(args.restarts))
    return min(models, key=lambda model: model.summary.trainingCost)


def _model(frame: DataFrame, args: argparse.Namespace, restart: int) -> KMeansModel:
    seed = (args.seed + restart) % (options.LARGEST_SEED + 1)
    return KMeans(k=args.k, seed=seed, maxIter=args.max_iter, tol=args.tolerance).fit(frame)


def _require_distinct(frame: DataFrame, k: int) -> None:
    distinct = frame.select("features").distinct().limit(k).count()
    if k > distinct:
        raise InputError(
            "k is {} but the data has only {} distinct points".format(k, distinct), "--k {} or less".format(distinct)
        )


def _original(model: KMeansModel, scaler: Optional[StandardScalerModel]) -> np.ndarray:
    """Give the centres in the features' units; MLlib made a constant column 0, so there the constant is put back."""
    centres = np.array(model.clusterCenters())
    if scaler is None:
        return centres
    deviation = scaler.std.toArray()
    return np.where(deviation > 0, centres * deviation, scaler.mean.toArray())


def _described(predicted: DataFrame, model: KMeansModel, centres: np.ndarray, shown: int) -> kmeans_result.Clustering:
    sizes = list(model.summary.clusterSizes)
    ranks = kmeans_result.order(sizes, centres)
    place = {cluster: at for at, cluster in enumerate(ranks)}
    corners = np.array(predicted.approxQuantile(["c{}".format(at) for at in range(shown)], EDGES, 0.001)).T
    grid = kmeans_result.grid(corners[0], corners[1], centres)
    return kmeans_result.Clustering(
        centres[ranks].tolist(),
        [int(sizes[cluster]) for cluster in ranks],
        float(model.summary.trainingCost),
        _silhouette(predicted, len(ranks)),
        int(model.summary.numIter),
        grid,
        [(*cell, place[cluster], rows) for *cell, cluster, rows in _cells(predicted, grid)],
    )


def _silhouette(predicted: DataFrame, clusters: int) -> Optional[float]:
    return float(ClusteringEvaluator().evaluate(predicted)) if clusters > 1 else None


def _cells(predicted: DataFrame, grid: kmeans_result.Grid) -> List[Tuple[Any, ...]]:
    names = ["p{}".format(at) for at in range(len(grid.low))]
    cells = predicted.select(
        *(
            F.floor((F.col("c{}".format(at)) - grid.low[at]) / grid.step[at]).alias(name)
            for at, name in enumerate(names)
        ),
        "prediction",
    )
    for name in names:
        cells = cells.filter(F.col(name).between(0, kmeans_result.GRID - 1))
    return [tuple(row) for row in cells.groupBy(*names, "prediction").count().collect()]
