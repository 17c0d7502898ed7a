"""Rows as NumPy blocks, through Arrow: a block is one binary value of a data frame."""

from typing import Any, Iterable, Iterator, List

import numpy as np
import pyarrow as pa

from jobs import workers
from jobs.kmeans_summary import Block
from jobs.reading import REASONS

ROWS = 16384  # of a block: with 8 centres the kernel's scratch memory is 1 MiB, about a core's cache
SCHEMA = "reasons array<bigint>, data binary"


def pack(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Give blocks of ROWS rows from Arrow batches of any size; runs in the tasks."""
    workers.forget_archives()
    for batch in _rebatched(batches):
        columns = [column.to_numpy(zero_copy_only=False) for column in batch.columns]
        reasons = np.bincount(columns[-1], minlength=len(REASONS) + 1)
        usable = columns[-1] == 0
        values = np.stack([column[usable] for column in columns[:-1]]).astype(np.float64) + 0.0  # -0.0 becomes 0.0
        yield pa.RecordBatch.from_arrays(
            [pa.array([reasons.tolist()], pa.list_(pa.int64())), pa.array([values.tobytes()], pa.binary())],
            ["reasons", "data"],
        )


def _rebatched(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    held: List[pa.RecordBatch] = []
    for batch in batches:
        held.append(batch)
        if sum(part.num_rows for part in held) >= ROWS:
            whole = pa.Table.from_batches(held).combine_chunks()
            yield whole.slice(0, ROWS).to_batches()[0]
            held = whole.slice(ROWS).to_batches()
    if sum(part.num_rows for part in held):
        yield pa.Table.from_batches(held).combine_chunks().to_batches()[0]


def unpacked(row: Any, width: int) -> Block:
    """Give a row of SCHEMA as counts by reason and values of shape (width, n)."""
    return np.array(row.reasons), np.frombuffer(row.data).reshape(width, -1)
