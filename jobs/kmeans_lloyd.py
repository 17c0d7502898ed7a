"""Lloyd's algorithm with restarts: how the rows are passed over, in one task or by a Spark job a pass, is given."""

from functools import partial
from operator import add
from typing import Any, Callable, List, NamedTuple, Sequence, Tuple

import numpy as np

from jobs import kmeans_kernel, kmeans_result, kmeans_seeds
from jobs.kmeans_summary import Block

Transform = Tuple[np.ndarray, np.ndarray]  # shift and scale
Measure = Callable[[Block], Any]
Plus = Callable[[Any, Any], Any]
Total = Callable[[Measure, Plus], Any]  # gives the sum of what ``Measure`` gives for each block
Detail = Tuple[float, np.ndarray, np.ndarray]  # sum of silhouettes, cells as flat indices, rows in each


class Problem(NamedTuple):
    """What is to be solved, without the rows: it travels with the tasks."""

    points: np.ndarray  # the sample as the kernel takes it
    counts: np.ndarray  # how often each of its rows occurs
    window: Tuple[np.ndarray, np.ndarray]  # corners of what the map shows, in the features' units
    transform: Transform
    variance: float  # mean of the transformed features' variances
    k: int
    seed: int
    max_iter: int
    tolerance: float


class Solution(NamedTuple):
    """The cheapest of some restarts: its clusters in their final order, in the transformed units."""

    restart: int
    iterations: int
    centres: np.ndarray  # (k, d)
    scores: np.ndarray  # (k, d + 2), as the kernel gives them
    grid: kmeans_result.Grid
    detail: Detail

    @property
    def cost(self) -> float:
        """Sum of squared distances."""
        return float(self.scores[:, -1].sum())


def solved(total: Total, problem: Problem, restarts: Sequence[int]) -> Solution:
    """Give the best of these restarts. What one gives depends on its number, not on what others there are."""
    centres = kmeans_seeds.starts(problem.points, problem.counts, problem.k, restarts, problem.seed)
    iterations = _advance(total, problem, centres)
    scores = total(partial(_scored, centres=centres, transform=problem.transform), add)
    at = _cheapest(scores[:, :, -1].sum(axis=1))
    ranks = kmeans_result.order(scores[at, :, -2], centres[at])
    centres, scores = centres[at][ranks], scores[at][ranks]
    grid = kmeans_result.grid(*problem.window, _original(centres, problem.transform))
    detail = partial(_detailed, centres=centres, scores=scores, transform=problem.transform, grid=grid)
    return Solution(restarts[at], int(iterations[at]), centres, scores, grid, total(detail, _added))


def best(solutions: Sequence[Solution]) -> Solution:
    """Give the best of solutions for different restarts."""
    ranked = sorted(solutions, key=lambda one: one.restart)
    return ranked[_cheapest(np.array([one.cost for one in ranked]))]


def described(solution: Solution, transform: Transform) -> kmeans_result.Clustering:
    """Give the solution in the features' units."""
    sizes, (silhouettes, found, counts) = solution.scores[:, -2], solution.detail
    columns = np.unravel_index(found, _shape(solution.grid, len(sizes)))
    return kmeans_result.Clustering(
        _original(solution.centres, transform).tolist(),
        sizes.astype(int).tolist(),
        solution.cost,
        silhouettes / float(sizes.sum()) if len(sizes) > 1 else None,
        solution.iterations,
        solution.grid,
        list(zip(*(column.tolist() for column in columns), counts.tolist())),
    )


def _advance(total: Total, problem: Problem, centres: np.ndarray) -> List[int]:
    """Move the centres by Lloyd's passes, and give how many each restart took; one that has settled takes no more."""
    iterations, active = np.zeros(len(centres), dtype=int), np.arange(len(centres))
    for _ in range(problem.max_iter):
        totals = total(partial(_summed, centres=centres[active], transform=problem.transform), add)
        moved = kmeans_seeds.means(totals, centres[active], problem.points)
        distance = ((moved - centres[active]) ** 2).sum(axis=(1, 2))
        centres[active] = moved
        iterations[active] += 1
        active = active[distance > problem.tolerance * problem.variance]
        if not len(active):
            break
    return iterations.tolist()


def _cheapest(costs: np.ndarray) -> int:
    """Give the first restart whose cost is the lowest but for rounding, which differs with the partitions."""
    return int(np.flatnonzero(costs <= costs.min() * (1 + 1e-9))[0])


def _original(centres: np.ndarray, transform: Transform) -> np.ndarray:
    shift, scale = transform
    return centres / np.where(scale > 0, scale, 1) + shift


def _shape(grid: kmeans_result.Grid, k: int) -> Tuple[int, ...]:
    return (*[kmeans_result.GRID] * len(grid.low), k)


def _summed(block: Block, centres: np.ndarray, transform: Transform) -> np.ndarray:
    return kmeans_kernel.totals(kmeans_kernel.augmented(block[1], *transform), centres)


def _scored(block: Block, centres: np.ndarray, transform: Transform) -> np.ndarray:
    return kmeans_kernel.scores(kmeans_kernel.augmented(block[1], *transform), centres)


def _detailed(
    block: Block, centres: np.ndarray, scores: np.ndarray, transform: Transform, grid: kmeans_result.Grid
) -> Detail:
    points = kmeans_kernel.augmented(block[1], *transform)
    labels = kmeans_kernel.nearest(points, centres)
    low, step = np.array(grid.low), np.array(grid.step)
    found, counts = kmeans_kernel.cells(block[1][: len(low)], labels, low, step, _shape(grid, len(centres)))
    return float(kmeans_kernel.silhouettes(points, labels, scores, centres).sum()), found, counts


def _added(left: Detail, right: Detail) -> Detail:
    found, place = np.unique(np.concatenate([left[1], right[1]]), return_inverse=True)
    counts = np.bincount(place, weights=np.concatenate([left[2], right[2]])).astype(np.int64)
    return left[0] + right[0], found, counts
