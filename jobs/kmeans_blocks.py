"""k-means by Lloyd's algorithm over cached NumPy blocks: all restarts advance in one pass over the data.

A pass is an ordinary Spark stage over a persisted RDD, so a lost executor's blocks are read again from the input. What
reaches the driver is the sample (bounded), and per pass the sums of each centre. A few rows are not worth a stage for
each pass: then one stage does it all, whose tasks hold all the rows and share out the restarts.
"""

import argparse
from functools import partial, reduce
from typing import Any, Dict, Iterable, Iterator, List, NamedTuple, Sequence, Tuple

import numpy as np
from pyspark import RDD, StorageLevel
from pyspark.sql import DataFrame

from jobs import kmeans_kernel, kmeans_lloyd, kmeans_result, kmeans_seeds, kmeans_summary, packing, reading, workers
from jobs.errors import InputError

EDGE = 0.002  # of the rows lie outside the map on each side
HELD = 1 << 24  # bytes of values that one task may hold


class Blocks(NamedTuple):
    """The usable rows as a persisted RDD of blocks, and their summary."""

    rdd: RDD
    summary: kmeans_summary.Summary

    @property
    def rows(self) -> int:
        """Rows that are used."""
        return int(self.summary.reasons[0])

    @property
    def bytes(self) -> int:
        """What the used rows' values take."""
        return self.rows * len(self.summary.sample.values) * 8

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


def fit(
    blocks: Blocks, features: Sequence[str], args: argparse.Namespace, held: int = HELD
) -> kmeans_result.Clustering:
    """Give the best of the restarts; raises InputError when there are fewer distinct rows than centres.

    Up to ``held`` bytes of values each task passes over all of them, beyond that over its partition.
    """
    transform = _transform(blocks.summary, standardize=args.standardize)
    _require_distinct(args.k, len(blocks.summary.sample.counts))
    _require_squares(blocks.summary.moments, transform[1], features)
    problem = _problem(blocks, transform, args)
    if blocks.bytes <= held:
        found = _shared_out(blocks, problem, args.restarts)
    else:
        found = kmeans_lloyd.solved(partial(_total, blocks), problem, range(args.restarts))
    return kmeans_lloyd.described(found, transform)


def _problem(blocks: Blocks, transform: kmeans_lloyd.Transform, args: argparse.Namespace) -> kmeans_lloyd.Problem:
    sample, moments = blocks.summary.sample, blocks.summary.moments
    return kmeans_lloyd.Problem(
        points=kmeans_kernel.augmented(sample.values, *transform),
        counts=sample.counts,
        window=_window(sample),
        transform=transform,
        variance=float((moments.deviations * transform[1] ** 2).mean() / moments.rows),
        k=args.k,
        seed=args.seed,
        max_iter=args.max_iter,
        tolerance=args.tolerance,
    )


def _transform(summary: kmeans_summary.Summary, *, standardize: bool) -> kmeans_lloyd.Transform:
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


def _total(blocks: Blocks, measure: kmeans_lloyd.Measure, plus: kmeans_lloyd.Plus) -> Any:
    """Give the sum of what ``measure`` gives for each block, by a Spark job."""
    return blocks.rdd.mapPartitions(partial(_measured, measure=measure, plus=plus)).treeReduce(plus)


def _measured(
    blocks: Iterable[kmeans_summary.Block], measure: kmeans_lloyd.Measure, plus: kmeans_lloyd.Plus
) -> List[Any]:
    workers.forget_archives()
    found = map(measure, blocks)
    first = next(found, None)
    return [] if first is None else [reduce(plus, found, first)]


def _shared_out(blocks: Blocks, problem: kmeans_lloyd.Problem, restarts: int) -> kmeans_lloyd.Solution:
    """Give the best of the restarts, by one Spark job with a task for each core."""
    context = blocks.rdd.context
    tasks = min(restarts, context.defaultParallelism)
    everywhere = context.union([blocks.rdd.coalesce(1)] * tasks)
    solve = partial(_solved, problem=problem, shares=[range(first, restarts, tasks) for first in range(tasks)])
    return kmeans_lloyd.best(everywhere.mapPartitionsWithIndex(solve).collect())


def _solved(
    task: int, blocks: Iterable[kmeans_summary.Block], problem: kmeans_lloyd.Problem, shares: Sequence[Sequence[int]]
) -> Iterator[kmeans_lloyd.Solution]:
    workers.forget_archives()
    held = list(blocks)
    yield kmeans_lloyd.solved(lambda measure, plus: reduce(plus, map(measure, held)), problem, shares[task])
