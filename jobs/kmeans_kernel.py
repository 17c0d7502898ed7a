"""The arithmetic of k-means on one block of rows, in NumPy: what a task does between reading and adding up.

``points`` is float64 of shape (d + 1, n): a row per feature and a last row of ones, so that one matrix product gives
|c|^2 - 2 c.x, which orders the centres by distance. ``centres`` is (restarts, k, d) or (k, d).
"""

from typing import Optional, Tuple

import numpy as np


def augmented(values: np.ndarray, shift: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Give ``points`` from values of shape (d, n): shifted (which keeps the products exact), scaled, ones below."""
    points = np.ones((values.shape[0] + 1, values.shape[1]))
    np.subtract(values, shift[:, None], out=points[:-1])
    points[:-1] *= scale[:, None]
    return points


def products(centres: np.ndarray) -> np.ndarray:
    """Give the left side of the product for centres (k, d): shape (k, d + 1)."""
    return np.hstack([-2.0 * centres, (centres * centres).sum(axis=1, keepdims=True)])


def nearest(points: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """Give the index of the nearest centre of each point; of equally near ones the first."""
    scores = products(centres) @ points
    best = scores[0].copy()
    labels = np.zeros(len(best), dtype=np.min_scalar_type(len(centres)))
    closer = np.empty(len(best), dtype=bool)
    taken = np.empty_like(labels)
    for at in range(1, len(centres)):
        # Plain vector operations: a masked store, or argmin along the short axis, costs three times as much.
        np.less(scores[at], best, out=closer)
        np.multiply(closer, labels.dtype.type(at), out=taken)
        np.maximum(labels, taken, out=labels)
        np.minimum(best, scores[at], out=best)
    return labels.astype(np.intp)


def totals(points: np.ndarray, centres: np.ndarray, weights: Optional[np.ndarray] = None) -> np.ndarray:
    """Give, for each restart and centre, the sum of its points and, last, their number: (restarts, k, d + 1)."""
    weighted = points if weights is None else points * weights
    return np.stack([_sums(weighted, nearest(points, one), len(one)) for one in centres])


def scores(points: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """Give ``totals`` with a last column: the sum of squared distances to the centre, (restarts, k, d + 2)."""
    return np.stack([_score(points, one) for one in centres])


def distances(points: np.ndarray, centres: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Give the squared distance of each point to its own centre, from differences: no digits are lost."""
    total = np.zeros(points.shape[1])
    for at, row in enumerate(points[:-1]):
        difference = row - centres[labels, at]
        total += difference * difference
    return total


def silhouettes(points: np.ndarray, labels: np.ndarray, scores: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """Give the silhouette of each point under squared Euclidean distance; ``scores`` are those of all the points.

    The mean squared distance to a cluster is the one to its mean plus the cluster's variance, so a pass over the
    points replaces the pairs; the same closed form as in Spark's ClusteringEvaluator.
    https://spark.apache.org/docs/latest/api/scala/org/apache/spark/ml/evaluation/ClusteringEvaluator.html
    """
    counts = scores[:, -2]
    if np.count_nonzero(counts) == 1:
        return np.zeros(len(labels))
    means = np.where(counts[:, None] > 0, scores[:, :-2] / np.maximum(counts, 1)[:, None], np.inf)
    variances = scores[:, -1] / np.maximum(counts, 1) - ((means - centres) ** 2).sum(axis=1)
    own, size = distances(points, means, labels), counts[labels]
    inside = (own + variances[labels]) * size / np.maximum(size - 1, 1)
    outside = _others(points, labels, means, variances)
    larger = np.maximum(inside, outside)
    return np.where((size > 1) & (larger > 0), (outside - inside) / np.where(larger > 0, larger, 1), 0.0)


def cells(
    values: np.ndarray, labels: np.ndarray, low: np.ndarray, step: np.ndarray, shape: Tuple[int, ...]
) -> Tuple[np.ndarray, np.ndarray]:
    """Give the flat indices, in an array of ``shape``, of the (column, row, label) that hold points, and the counts.

    ``values`` are the one or two features that the map shows; what lies outside it is left out.
    """
    place = np.floor((values - low[:, None]) / step[:, None])
    inside = ((place >= 0) & (place < shape[0])).all(axis=0)
    index = (*place[:, inside].astype(np.intp), labels[inside])
    return np.unique(np.ravel_multi_index(index, shape), return_counts=True)


def _sums(points: np.ndarray, labels: np.ndarray, k: int) -> np.ndarray:
    return np.stack([np.bincount(labels, weights=row, minlength=k) for row in points], axis=1)


def _others(points: np.ndarray, labels: np.ndarray, means: np.ndarray, variances: np.ndarray) -> np.ndarray:
    """Give the least mean squared distance of each point to the points of a cluster that is not its own."""
    filled = np.flatnonzero(np.isfinite(means[:, 0]))
    squares = products(means[filled]) @ points + (points[:-1] * points[:-1]).sum(axis=0)
    squares = np.maximum(squares, 0) + np.maximum(variances[filled], 0)[:, None]
    squares[np.searchsorted(filled, labels), np.arange(len(labels))] = np.inf
    return squares.min(axis=0)


def _score(points: np.ndarray, centres: np.ndarray) -> np.ndarray:
    labels = nearest(points, centres)
    return _sums(np.vstack([points, distances(points, centres, labels)]), labels, len(centres))
