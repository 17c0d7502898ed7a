"""How good predictions are: counts by class, and for two classes the ROC curve from a histogram of bounded size."""

from typing import Any, Dict, List, NamedTuple, Optional, Tuple

import numpy as np
from pyspark.ml.functions import vector_to_array
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

BINARY = 2
BINS = 1 << 14
POINTS = 200  # of a drawn curve
QUARTILES = [0.25, 0.5, 0.75]


class Confusion(NamedTuple):
    """Rows by class (down) and prediction (across)."""

    counts: np.ndarray

    @property
    def accuracy(self) -> float:
        """Share of the rows that are predicted right."""
        return float(np.trace(self.counts) / self.counts.sum())

    @property
    def precision(self) -> List[float]:
        """Share of each predicted class that is right; 0 where it was never predicted."""
        return _ratio(np.diag(self.counts), self.counts.sum(axis=0))

    @property
    def recall(self) -> List[float]:
        """Share of each class that is found; 0 where the held rows have none of it."""
        return _ratio(np.diag(self.counts), self.counts.sum(axis=1))

    @property
    def f1(self) -> List[float]:
        """Harmonic mean of precision and recall of each class."""
        return _ratio(2 * np.diag(self.counts), self.counts.sum(axis=0) + self.counts.sum(axis=1))


class Roc(NamedTuple):
    """The area under the curve, and at most POINTS of its points: (false positive rate, true positive rate)."""

    auc: float
    points: List[Tuple[float, float]]


class Tested(NamedTuple):
    """What the held rows say of a model; the curve is there for two classes of which both were held."""

    classes: Tuple[str, ...]
    confusion: Confusion
    roc: Optional[Roc]


def tested(predicted: DataFrame, classes: Tuple[str, ...]) -> Tested:
    """Give the counts and the curve of rows with ``label``, ``prediction`` and ``rawPrediction``."""
    found = confusion(predicted, len(classes))
    binary = len(classes) == BINARY and bool(found.counts.sum(axis=1).all())
    return Tested(classes, found, roc(predicted) if binary else None)


def confusion(predicted: DataFrame, classes: int) -> Confusion:
    """Give the counts of ``label`` and ``prediction``."""
    counts = np.zeros((classes, classes), dtype=np.int64)
    for row in predicted.groupBy("label", "prediction").count().collect():
        counts[int(row["label"]), int(row["prediction"])] = row["count"]
    return Confusion(counts)


def roc(predicted: DataFrame) -> Roc:
    """Give the ROC curve of ``label`` 0 or 1 by the margin in ``rawPrediction``.

    Margins are sorted into BINS bins whose width follows their quartiles, so that no outlier makes them coarse; rows in
    one bin count as equal, which moves the area by less than 1e-4.
    """
    margins = predicted.select("label", vector_to_array(F.col("rawPrediction"))[1].alias("margin"))
    first: Any = margins.agg(F.percentile_approx("margin", QUARTILES, 10000).alias("at")).first()
    low, middle, high = first["at"]
    width = (high - low) or 1.0
    place = F.atan((F.col("margin") - middle) / width) / np.pi + 0.5
    counted = margins.groupBy(F.floor(place * BINS).alias("bin")).agg(
        F.sum("label").alias("positive"), F.count(F.lit(1)).alias("rows")
    )
    rows = sorted((row["bin"], row["positive"], row["rows"]) for row in counted.collect())
    return curve(np.array([row[1] for row in rows]), np.array([row[2] - row[1] for row in rows]))


def curve(positive: np.ndarray, negative: np.ndarray) -> Roc:
    """Give the curve from the rows of each class by rising score; both classes must have some."""
    found = np.concatenate([[0.0], np.cumsum(positive[::-1]) / positive.sum()])
    false = np.concatenate([[0.0], np.cumsum(negative[::-1]) / negative.sum()])
    area = float(((false[1:] - false[:-1]) * (found[1:] + found[:-1])).sum() / 2)
    return Roc(area, _thinned(false, found))


def by_class(found: Tested) -> List[List[Any]]:
    """Give a table row for each class: name, precision, recall, f1, rows."""
    counts = found.confusion
    columns = counts.precision, counts.recall, counts.f1, counts.counts.sum(axis=1).tolist()
    return [list(row) for row in zip(found.classes, *columns)]


def summary(found: Tested) -> Dict[str, Any]:
    """Give the metrics: accuracy, f1 (of the last of two classes, else the mean of all), auc where there is a curve."""
    f1 = found.confusion.f1
    return {
        "accuracy": found.confusion.accuracy,
        **({"auc": found.roc.auc} if found.roc else {}),
        "f1": f1[1] if len(f1) == BINARY else float(np.mean(f1)),
        "f1_by_class": dict(zip(found.classes, f1)),
        "classes": list(found.classes),
        "confusion": found.confusion.counts.tolist(),
    }


def _thinned(false: np.ndarray, found: np.ndarray) -> List[Tuple[float, float]]:
    """Give points that are evenly far from each other along the curve, both ends among them."""
    length = false + found  # along a curve that only rises: the sum of what it went right and up
    at = np.unique(np.searchsorted(length, np.linspace(0, length[-1], POINTS)).clip(max=len(length) - 1))
    return [(float(false[i]), float(found[i])) for i in at]


def _ratio(part: np.ndarray, whole: np.ndarray) -> List[float]:
    return (part / np.maximum(whole, 1)).tolist()
