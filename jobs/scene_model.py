"""Classes of land learned from a scene's pixels, and what they cover: as mapped, and as the test corrects it."""

import argparse
from typing import Any, Dict, List, NamedTuple, Sequence, Tuple

import numpy as np
from pyspark import StorageLevel
from pyspark.ml.classification import LogisticRegression, RandomForestClassifier
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs import scores
from jobs.scene import Scene

SQUARE_METRES = 10_000.0  # of a hectare
TREES, DEPTH = 50, 10

Change = Tuple[List[str], List[List[float]]]


class Areas(NamedTuple):
    """Hectares of each class: as labelled, as mapped over the whole scene, and as mapped, corrected by the test."""

    labelled: List[float]
    mapped: List[float]
    adjusted: List[float]


class Mapped(NamedTuple):
    """Persisted pixels with ``prediction``, the test on held tiles, and pixels of the whole map by class."""

    frame: DataFrame
    tested: scores.Tested
    pixels: List[int]


def fit(scene: Scene, args: argparse.Namespace) -> Any:
    """Give the model that the labelled pixels of the tiles that are not held teach."""
    learned = scene.frame.filter("label is not null and not held").select("features", "label")
    return _classifier(args).fit(learned)


def mapped(model: Any, scene: Scene) -> Mapped:
    """Give the class of every pixel, with or without a label."""
    kept = ("row", "col", "bands", "indices", "label", "held", "prediction")
    frame = model.transform(scene.frame).select(*kept).persist(StorageLevel.MEMORY_AND_DISK)
    counts = np.zeros((len(scene.classes), len(scene.classes)), dtype=np.int64)
    pixels = [0] * len(scene.classes)
    for row in frame.groupBy("label", "prediction", "held").count().collect():
        pixels[int(row["prediction"])] += row["count"]
        if row["held"] and row["label"] is not None:
            counts[int(row["label"]), int(row["prediction"])] += row["count"]
    return Mapped(frame, scores.Tested(scene.classes, scores.Confusion(counts), None), pixels)


def areas(scene: Scene, found: Mapped, side: float) -> Areas:
    """Give the areas for pixels of so many metres."""
    labelled = [train + test for train, test in scene.sizes]
    adjusted = corrected(found.tested.confusion.counts, found.pixels)
    return Areas(*([hectares(count, side) for count in counts] for counts in (labelled, found.pixels, adjusted)))


def hectares(pixels: float, side: float) -> float:
    """Give the area of so many pixels of ``side`` metres."""
    return pixels * side * side / SQUARE_METRES


def corrected(counts: np.ndarray, pixels: Sequence[int]) -> List[float]:
    """Give the pixels of each true class, from those of the map and the test's counts (true class down, map across).

    Each class of the map is shared out over the true classes as it was in the test; a class of the map that the test
    never met counts as right. Equation 9 of Olofsson et al. 2014, https://doi.org/10.1016/j.rse.2014.02.015
    """
    met = counts.sum(axis=0)
    shares = np.where(met > 0, counts / np.maximum(met, 1), np.eye(len(met)))
    return (shares @ np.asarray(pixels, dtype=float)).tolist()


def change(scene: Scene, found: Mapped, threshold: float) -> Change:
    """Give a row for each class of the map: mean NDVI of each date, pixels that lost and that gained ``threshold``.

    The names are those of the dates. Both are empty where no NDVI is known.
    """
    ndvi = vegetation(scene)
    if not ndvi:
        return [], []
    values = [F.col("indices")[at] for at in ndvi.values()]
    gain = values[-1] - values[0]
    grouped = found.frame.groupBy("prediction").agg(
        *(F.avg(value) for value in values),
        F.count(F.when(gain < -threshold, 1)),
        F.count(F.when(gain > threshold, 1)),
    )
    rows = {int(row[0]): list(row[1:]) for row in grouped.collect()}
    return list(ndvi), [rows.get(at, [float("nan")] * len(ndvi) + [0, 0]) for at in range(len(scene.classes))]


def change_summary(found: Change, side: float) -> Dict[str, float]:
    """Give hectares that lost and gained vegetation between the first and the last date; nothing for one date."""
    dates, rows = found
    if len(dates) < 2:  # noqa: PLR2004 -- one date is no change
        return {}
    lost, gained = (sum(row[at] for row in rows) for at in (-2, -1))
    return {"hectares_lost": hectares(lost, side), "hectares_gained": hectares(gained, side)}


def vegetation(scene: Scene) -> Dict[str, int]:
    """Give the place of the NDVI of each date among the indices."""
    return {index.date: at for at, index in enumerate(scene.bands.indices) if index.name == "ndvi"}


def _classifier(args: argparse.Namespace) -> Any:
    if args.classifier == "random-forest":
        return RandomForestClassifier(numTrees=TREES, maxDepth=DEPTH, seed=args.seed)
    return LogisticRegression(regParam=args.regularisation, maxIter=args.max_iter, tol=1e-6)
