"""k-means by Lloyd's algorithm over cached NumPy blocks: all restarts advance in one pass over the data.

A pass is an ordinary Spark stage over a persisted RDD, so a lost executor's blocks are read again from the input. What
reaches the driver is the sample (bounded), and per pass the sums of each centre.
"""

import argparse
from functools import partial, reduce
from operator import add
from typing import Any, Callable, Dict, Iterable, List, NamedTuple, Sequence, Tuple

import numpy as np
from pyspark import RDD, StorageLevel
from pyspark.sql import DataFrame

from jobs import kmeans_kernel, kmeans_result, kmeans_seeds, kmeans_summary, packing, reading, workers
from jobs.errors import InputError

EDGE = 0.002  # of the rows lie outside the map on each side

Points = Tuple[np.ndarray, np.ndarray]  # shift and scale


class Blocks(NamedTuple):
    """The usable rows as a persisted RDD of blocks, and their summary."""

    rdd: RDD
    summary: kmeans_summary.Summary

    @property
    def rows(self) -> int:
        """Rows that are used."""
        return int(self.summary.reasons[0])

    @property
    def dropped(self) -> Dict[str, int]:
        """Rows that are not used, by reason."""
        return reading.tally(self.summary.reasons.tolist())

    @property
    def broken_quotes(self) -> int:
        """Ragged rows that hold a quote."""
        return int(self.summary.reasons[-1])

    def release(self) -> None:
        """Free the memory that the blocks take on the workers."""
        self.rdd.unpersist()


def prepare(frame: DataFrame, args: argparse.Namespace) -> Blocks:
    """Give the frame's rows as cached blocks: the one pass that reads the input."""
    width, limit = len(frame.columns) - 1, kmeans_seeds.size(args.k)
    packed = frame.mapInArrow(packing.pack, packing.SCHEMA)
    if packed.rdd.getNumPartitions() < frame.sparkSession.sparkContext.defaultParallelism:
        # A packed file is one partition: its few blocks are dealt out, not its many rows.
        packed = packed.repartition(frame.sparkSession.sparkContext.defaultParallelism)
    rdd = packed.rdd.map(partial(packing.unpacked, width=width)).persist(StorageLevel.MEMORY_AND_DISK)
    settings = {"width": width, "seed": args.seed, "limit": limit}
    summaries = rdd.mapPartitions(partial(kmeans_summary.summarized, **settings))
    return Blocks(rdd, summaries.treeReduce(partial(kmeans_summary.merged, **settings)))


def fit(blocks: Blocks, features: Sequence[str], args: argparse.Namespace) -> kmeans_result.Clustering:
    """Give the best of the restarts; raises InputError when there are fewer distinct rows than centres."""
    sample, shift_scale = blocks.summary.sample, _transform(blocks.summary, standardize=args.standardize)
    _require_distinct(args.k, len(sample.counts))
    _require_squares(blocks.summary.moments, shift_scale[1], features)
    points = kmeans_kernel.augmented(sample.values, *shift_scale)
    centres = kmeans_seeds.starts(points, sample.counts, args.k, args.restarts, args.seed)
    centres, iterations = _advanced(blocks, centres, points, shift_scale, args)
    scores = _total(blocks, partial(_scored, centres=centres, transform=shift_scale))
    costs = scores[:, :, -1].sum(axis=1)
    best = _cheapest(costs)
    ranks = kmeans_result.order(scores[best, :, -2], centres[best])
    return _described(blocks, centres[best][ranks], scores[best][ranks], shift_scale, int(iterations[best]))


def _transform(summary: kmeans_summary.Summary, *, standardize: bool) -> Points:
    """Give what is subtracted (the sample's mean: any point near the data keeps digits) and multiplied with."""
    shift, moments = summary.sample.values.mean(axis=1), summary.moments
    if not standardize:
        return shift, np.ones(len(shift))
    # As MLlib's StandardScaler: the corrected standard deviation, and a constant column counts for nothing.
    deviation = np.sqrt(moments.deviations / max(moments.rows - 1, 1))
    constant = moments.low == moments.high
    return shift, np.where(constant, 0.0, 1 / np.where(constant, 1.0, deviation))


def _require_distinct(k: int, distinct: int) -> None:
    if k > distinct:
        raise InputError(
            "k is {} but the data has only {} distinct points".format(k, distinct), "--k {} or less".format(distinct)
        )


def _require_squares(moments: kmeans_summary.Moments, scale: np.ndarray, features: Sequence[str]) -> None:
    with np.errstate(over="ignore"):
        most = ((moments.high - moments.low) * scale) ** 2 * moments.rows * len(scale)
    if not np.isfinite(most).all():
        at = int(np.flatnonzero(~np.isfinite(most))[0])
        raise InputError(
            "the squares of column {!r} overflow: it goes from {:g} to {:g}".format(
                features[at], moments.low[at], moments.high[at]
            ),
            "leave the column out, or give it in other units",
        )


def _advanced(
    blocks: Blocks, centres: np.ndarray, points: np.ndarray, transform: Points, args: argparse.Namespace
) -> Tuple[np.ndarray, np.ndarray]:
    """Give the centres after Lloyd's passes and how many each restart took; one that has settled is passed no more."""
    variance = (blocks.summary.moments.deviations * transform[1] ** 2 / blocks.rows).mean()
    iterations, active = np.zeros(len(centres), dtype=int), np.arange(len(centres))
    for _ in range(args.max_iter):
        totals = _total(blocks, partial(_summed, centres=centres[active], transform=transform))
        moved = kmeans_seeds.means(totals, centres[active], points)
        distance = ((moved - centres[active]) ** 2).sum(axis=(1, 2))
        centres[active] = moved
        iterations[active] += 1
        active = active[distance > args.tolerance * variance]
        if not len(active):
            break
    return centres, iterations


def _cheapest(costs: np.ndarray) -> int:
    """Give the first restart whose cost is the lowest but for rounding, which differs with the partitions."""
    return int(np.flatnonzero(costs <= costs.min() * (1 + 1e-9))[0])


def _described(
    blocks: Blocks, centres: np.ndarray, scores: np.ndarray, transform: Points, iterations: int
) -> kmeans_result.Clustering:
    shift, scale = transform
    original = centres / np.where(scale > 0, scale, 1) + shift
    grid = kmeans_result.grid(*_window(blocks.summary.sample), original)
    detail = partial(_detailed, centres=centres, scores=scores, transform=transform, grid=grid)
    silhouette, found, counts = _total(blocks, detail, _added)
    return kmeans_result.Clustering(
        original.tolist(),
        scores[:, -2].astype(int).tolist(),
        float(scores[:, -1].sum()),
        silhouette / blocks.rows if len(centres) > 1 else None,
        iterations,
        grid,
        list(zip(*(row.tolist() for row in np.unravel_index(found, _shape(grid, len(centres)))), counts.tolist())),
    )


def _shape(grid: kmeans_result.Grid, k: int) -> Tuple[int, ...]:
    return (*[kmeans_result.GRID] * len(grid.low), k)


def _window(sample: kmeans_seeds.Sample) -> Tuple[np.ndarray, np.ndarray]:
    """Give the lower left and the upper right corner of what the map shows: all but a few rows on each side."""
    corners = []
    for row in sample.values[:2]:
        ranks = np.argsort(row, kind="stable")
        heights = np.cumsum(sample.counts[ranks])
        at = np.searchsorted(heights, heights[-1] * np.array([EDGE, 1 - EDGE])).clip(max=len(row) - 1)
        corners.append(row[ranks][at])
    low, high = np.array(corners).T
    return low, high


def _total(
    blocks: Blocks, measure: Callable[[kmeans_summary.Block], Any], plus: Callable[[Any, Any], Any] = add
) -> Any:
    """Give the sum of what ``measure`` gives for each block: one pass over the data."""
    return blocks.rdd.mapPartitions(partial(_measured, measure=measure, plus=plus)).treeReduce(plus)


def _measured(
    blocks: Iterable[kmeans_summary.Block],
    measure: Callable[[kmeans_summary.Block], Any],
    plus: Callable[[Any, Any], Any],
) -> List[Any]:
    workers.forget_archives()
    found = map(measure, blocks)
    first = next(found, None)
    return [] if first is None else [reduce(plus, found, first)]


def _summed(block: kmeans_summary.Block, centres: np.ndarray, transform: Points) -> np.ndarray:
    return kmeans_kernel.totals(kmeans_kernel.augmented(block[1], *transform), centres)


def _scored(block: kmeans_summary.Block, centres: np.ndarray, transform: Points) -> np.ndarray:
    return kmeans_kernel.scores(kmeans_kernel.augmented(block[1], *transform), centres)


Detail = Tuple[float, np.ndarray, np.ndarray]  # sum of silhouettes, cells as flat indices, rows in each


def _detailed(
    block: kmeans_summary.Block, centres: np.ndarray, scores: np.ndarray, transform: Points, grid: kmeans_result.Grid
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
