"""The gradient by Spark: blocks of NumPy, made from the text in each pass or kept in memory."""

import contextlib
import io
from itertools import islice
from typing import Any, Iterator, List, Sequence, Tuple

import numpy as np
from pyspark import StorageLevel

from jobs import reading
from jobs.gradient_passes import Pass
from jobs.gradient_rows import Rows

BLOCK = 20_000  # lines


@contextlib.contextmanager
def ways(spark: Any, rows: Rows) -> Iterator[Tuple[Pass, Pass]]:
    """Give two ways: one that reads the text in each pass, and one that reads it in the first and keeps the blocks."""
    context = spark.sparkContext
    lines = context.textFile(reading.literal(rows.uri), context.defaultParallelism)
    cached = lines.mapPartitions(_blocks).persist(StorageLevel.MEMORY_AND_DISK)
    try:
        yield _over(lines.mapPartitions(_blocks)), _over(cached)
    finally:
        cached.unpersist()


def _over(blocks: Any) -> Pass:
    def one_pass(weights: Sequence[float]) -> List[float]:
        fixed = np.array(weights)
        return blocks.map(lambda block: gradient(block, fixed)).reduce(np.add).tolist()

    return one_pass


def _blocks(lines: Iterator[str]) -> Iterator[np.ndarray]:
    import pandas as pd

    while True:
        text = "\n".join(islice(lines, BLOCK))
        if not text:
            return
        yield pd.read_csv(io.StringIO(text), header=None, dtype=float, float_precision="high").to_numpy()


def gradient(block: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Give the sums over the rows of a block: the gradient, the intercept's last, the loss, and the rows."""
    values, label = block[:, :-1], block[:, -1]
    z = values @ weights[:-1] + weights[-1]
    error = 1 / (1 + np.exp(-z)) - label
    loss = np.logaddexp(0, z) - label * z
    return np.array([*(error @ values), error.sum(), loss.sum(), len(block)])
