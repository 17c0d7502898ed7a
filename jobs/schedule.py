"""In which order rows are learned from, and which worker has them: the same batches, however many workers there are.

A row's number says its shard, and a batch takes from each shard in turn, so that each worker has about as many rows of
every batch as the others, and no row ever moves. Workers add up gradients lane by lane, and a lane has the same rows
with one, two or four workers: that, and a sum in double precision, makes the result the same to the last bit. Without
it the rounding of the first step would be a tenth of the weights after a hundred: training amplifies it.
"""

from typing import Iterator, List

import numpy as np

SHARDS = 48
LANES = 4


def lanes(workers: int) -> int:
    """Give into how many parts a batch is cut: a worker has one or more whole ones."""
    return workers if LANES % workers else LANES


def lane(rows: np.ndarray, workers: int) -> np.ndarray:
    """Give the lane of each of these rows."""
    return (rows % max(SHARDS, workers)) % lanes(workers)


def owner(rows: np.ndarray, workers: int) -> np.ndarray:
    """Give the rank of the worker that has each of these rows."""
    return lane(rows, workers) % workers


def owned(rows: int, rank: int, workers: int) -> np.ndarray:
    """Give the numbers of a worker's rows of so many, rising."""
    numbers = np.arange(rows)
    return numbers[owner(numbers, workers) == rank]


def parts(rows: np.ndarray, rank: int, workers: int) -> List[np.ndarray]:
    """Give a worker's lanes of a batch, without empty ones."""
    found = lane(rows, workers)
    mine = (rows[found == each] for each in range(rank, lanes(workers), workers))
    return [part for part in mine if len(part)]


def batches(rows: int, size: int, seed: int, epoch: int) -> Iterator[np.ndarray]:
    """Give the rows of each global batch of an epoch; the last one may be smaller."""
    order = np.empty(rows, dtype=np.int64)
    for shard in range(min(SHARDS, rows)):
        members = np.arange(shard, rows, SHARDS)
        order[shard::SHARDS] = np.random.RandomState([seed % 2**32, seed >> 32, epoch, shard]).permutation(members)
    return (order[first : first + size] for first in range(0, rows, size))
