"""What either engine gives: clusters in a fixed order, and the cells of their map."""

from typing import List, NamedTuple, Optional, Sequence, Tuple

import numpy as np

GRID = 256  # cells along each side of the finest map


class Grid(NamedTuple):
    """Cells along the first one or two features, in the features' units: GRID of them a side from ``low``."""

    low: List[float]
    step: List[float]


class Clustering(NamedTuple):
    """Clusters, largest first: ``centres`` (k lists of d) in the features' units, ``cost`` in the clustered units.

    ``cells`` are (column, row, cluster, rows) for every cell of ``grid`` and cluster that has rows.
    """

    centres: List[List[float]]
    sizes: List[int]
    cost: float
    silhouette: Optional[float]
    iterations: int
    grid: Grid
    cells: List[Tuple[int, ...]]


def order(sizes: Sequence[float], centres: np.ndarray) -> List[int]:
    """Give the clusters' numbers by falling size, equal ones by centre."""
    return sorted(range(len(sizes)), key=lambda at: (-sizes[at], list(centres[at])))


def grid(low: np.ndarray, high: np.ndarray, centres: np.ndarray) -> Grid:
    """Give the grid over a window of the first features that is widened until it shows all centres."""
    shown = min(2, centres.shape[1])
    low = np.minimum(low[:shown], centres[:, :shown].min(axis=0))
    high = np.maximum(high[:shown], centres[:, :shown].max(axis=0))
    margin = np.where(high > low, (high - low) * 0.02, np.maximum(np.abs(low) * 1e-6, 0.5))
    low, high = low - margin, high + margin
    return Grid(low.tolist(), ((high - low) / GRID).tolist())
