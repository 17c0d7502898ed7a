"""Images as rows of a DataFrame, for work that takes each image by itself: a row holds one of them, or a block.

The columns are ``number`` (of the row's first image in all of the input), ``file``, ``part`` (of an archive: the
array's name), ``row`` (of that image in the file), ``held`` (its name says that it is for a test), ``images`` (the
bytes of their pixels, one image after the other) and ``labels``, one for each image (nulls without).
"""

from functools import reduce
from typing import Any, Callable, Dict, Iterable, Iterator, List, NamedTuple, Sequence

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs import image_shares, workers
from jobs.image_files import Block
from jobs.image_fit import Count
from jobs.image_sources import Source
from jobs.network import Network

SCHEMA = "number bigint, file string, part string, row bigint, held boolean, images binary, labels array<string>"
NAMES = ["number", "file", "part", "row", "held", "images", "labels"]
BYTES = 32 << 20  # of pixels that go to a worker at once
MOST = 10_000  # rows that do
BATCH = "spark.sql.execution.arrow.maxRecordsPerBatch"


Batches = Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]


class Images(NamedTuple):
    """The images of all sources, and into how many partitions they are dealt out."""

    spark: Any
    sources: Sequence[Source]
    counts: Sequence[Count]
    partitions: int

    def frame(self, each: int = 1) -> DataFrame:
        """Give them as rows, up to ``each`` of them in one."""
        # By a hash, not in turn: for that Spark would sort the pixels first.
        return self._read(iter, SCHEMA, each).repartition(self.partitions, F.col("number"))

    def mapped(self, function: Batches, schema: str, each: int) -> DataFrame:
        """Give what a function makes of Arrow's batches of such rows.

        Where there is a file for each core it is done in the task that reads the file: no pixel leaves Python again.
        """
        if len(self.sources) < self.spark.sparkContext.defaultParallelism:
            return self.frame(each).mapInArrow(function, schema)
        return self._read(function, schema, each)

    def _read(self, function: Batches, schema: str, each: int) -> DataFrame:
        offsets = np.cumsum([0, *(count.rows for count in self.counts)]).tolist()
        read = [
            image_shares.files(self.spark, source).mapInArrow(_read_by(source, offset, each, function), schema)
            for source, offset in zip(self.sources, offsets)
        ]
        return reduce(DataFrame.union, read)


def batch(network: Network, each: int = 1) -> int:
    """Give how many rows of ``each`` images may go to a worker at once."""
    return max(1, min(MOST, BYTES // (4 * each * int(np.prod(network.shape)))))


def pixels(network: Network, images: Sequence[bytes]) -> np.ndarray:
    """Give images from the bytes of each: as many bytes as pixels are bytes, four times as many are floats."""
    size = int(np.prod(network.shape))
    if all(len(image) == size for image in images):
        return np.frombuffer(b"".join(images), np.uint8).reshape(-1, *network.shape)
    floats = [np.frombuffer(image, np.uint8 if len(image) == size else np.float32) for image in images]
    return np.array(floats, dtype=np.float32).reshape(-1, *network.shape)


def blocks(network: Network, rows: pa.RecordBatch) -> Iterator[np.ndarray]:
    """Give the images of each row, where Arrow has them: nothing is copied."""
    size = int(np.prod(network.shape))
    for images, many in zip(rows.column("images"), _many(rows)):
        content = images.as_buffer()
        kind = np.uint8 if content.size == many * size else np.float32
        yield np.frombuffer(content, kind).reshape(many, *network.shape)


def spread(rows: pa.RecordBatch) -> List[pa.Array]:
    """Give what rows say of each of their images: number, file, part, row, held, label."""
    many = _many(rows)
    owner = np.repeat(np.arange(len(many)), many)
    after = np.arange(len(owner)) - np.repeat(np.cumsum(many) - many, many)
    number, row = (pa.array(rows.column(name).to_numpy()[owner] + after) for name in ("number", "row"))
    file, part, held = (rows.column(name).take(pa.array(owner)) for name in ("file", "part", "held"))
    return [number, file, part, row, held, rows.column("labels").flatten()]


def _many(rows: pa.RecordBatch) -> np.ndarray:
    return np.diff(rows.column("labels").offsets.to_numpy())


def _read_by(source: Source, offset: int, each: int, function: Batches) -> Batches:
    def read(files: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        contents = {path.as_py(): content.as_py() for some in files for path, content in zip(*some.columns)}
        workers.forget_archives()
        return function(_decoded(source, contents, offset, each))

    return read


def _decoded(source: Source, contents: Dict[str, bytes], following: int, each: int) -> Iterator[pa.RecordBatch]:
    for block in image_shares.blocks_of(source)(iter(contents.items())):
        most = max(1, BYTES // block.images[0].nbytes // each) * each
        for first in range(0, len(block.images), most):
            yield _batch(source, _cut(block, first, first + most), following, each)
            following += len(block.images[first : first + most])


def _cut(block: Block, first: int, end: int) -> Block:
    return block._replace(first=block.first + first, images=block.images[first:end], labels=block.labels[first:end])


def _batch(source: Source, block: Block, number: int, each: int) -> pa.RecordBatch:
    images = np.ascontiguousarray(block.images, np.uint8 if block.images.dtype == np.uint8 else np.float32)
    starts = np.arange(0, len(images), each)
    ends = np.append(starts, len(images)).astype(np.int32)
    offsets = pa.py_buffer(ends * (images.nbytes // len(images)))
    labels = block.labels.tolist() if len(block.labels) else [None] * len(images)
    columns = [
        pa.array(number + starts),
        pa.array([source.images] * len(starts)),
        pa.array([block.part] * len(starts)),
        pa.array(block.first + starts),
        pa.array([bool(block.held)] * len(starts)),
        pa.Array.from_buffers(pa.binary(), len(starts), [None, offsets, pa.py_buffer(images)]),
        pa.ListArray.from_arrays(pa.array(ends), pa.array(labels, pa.string())),
    ]
    return pa.RecordBatch.from_arrays(columns, NAMES)
