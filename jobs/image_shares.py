"""Images on their way from files to workers, through Spark: the driver sees counts only, each worker its share.

Rows have numbers, and those say who gets them, so that it does not matter how files are cut and who reads them.
"""

import re
from functools import reduce
from typing import Any, Callable, Dict, Iterator, List, Tuple

import numpy as np
from pyspark.sql import DataFrame

from jobs import image_checks, image_counts, image_files, schedule
from jobs.image_counts import HELD, LEARNED, Counts, Images, Split
from jobs.image_files import Block
from jobs.image_sources import NPZ, Source


def contents(context: Any, source: Source) -> Any:
    """Give an RDD of one partition with (name, bytes) of a source's files."""
    return context.union([context.binaryFiles(_escaped(uri)) for uri in source.files]).coalesce(1)


def files(spark: Any, source: Source) -> Any:
    """Give the same as a DataFrame, of ``path`` and ``content``, which come to Arrow without Python."""
    read = [spark.read.format("binaryFile").load(_escaped(uri)).select("path", "content") for uri in source.files]
    return reduce(DataFrame.union, read).coalesce(1)


def blocks_of(source: Source) -> Callable[[Iterator[Any]], Iterator[Any]]:
    """Give what turns the partition of ``contents`` into blocks and faults."""

    def read(files: Iterator[Any]) -> Iterator[Any]:
        return image_files.blocks(source, dict(files))

    return read


def counted(context: Any, sources: List[Source], share: float, seed: int) -> Images:
    """Read all files once and give what they hold; raises InputError for what is wrong, with file and row."""
    split = Split(by_name=any(each.held for each in sources), share=share, seed=seed)
    if not split.by_name and any(each.kind == NPZ for each in sources):
        inside = _counts(context, sources, split._replace(by_name=True))
        split = split._replace(by_name=any(each.total(HELD) for each in inside))
    found = _counts(context, sources, split)
    classes = image_checks.classes(found, share)
    pixels = sum(each.total(LEARNED) for each in found) * found[0].shape[0] * found[0].shape[1]
    mean = np.sum([each.sums for each in found], axis=0) / pixels
    variance = np.sum([each.squares for each in found], axis=0) / pixels - mean**2
    deviation = np.sqrt(np.maximum(variance, 0))
    height, width, channels = found[0].shape
    return Images(
        tuple(sources),
        split,
        (height, width, channels),
        classes,
        tuple(found),
        mean,
        np.where(deviation > 0, deviation, 1),
    )


def shares(context: Any, images: Images, workers: int) -> Any:
    """Give an RDD with a partition for each worker: pieces (part, row numbers, images, places of the classes)."""
    place = {name: at for at, name in enumerate(images.classes)}
    offsets = [np.zeros(2, dtype=np.int64)]
    for each in images.counts:
        offsets.append(offsets[-1] + [each.total(LEARNED), each.total(HELD)])
    read = [
        contents(context, source)
        .mapPartitions(blocks_of(source))
        .mapPartitions(_dealt(images.split, place, offset, workers))
        for source, offset in zip(images.sources, offsets)
    ]
    return context.union(read).partitionBy(workers, lambda rank: rank).values()


def _dealt(
    split: Split, place: Dict[str, int], offset: np.ndarray, workers: int
) -> Callable[[Iterator[Block]], Iterator[Tuple[int, Any]]]:
    def deal(blocks: Iterator[Block]) -> Iterator[Tuple[int, Any]]:
        following = offset.copy()
        for block in blocks:
            held = split.held(block)
            labels = np.array([place[name] for name in block.labels.tolist()], dtype=np.int64)
            for part in (LEARNED, HELD):
                chosen = np.flatnonzero(held == part)
                numbers = following[part] + np.arange(len(chosen))
                following[part] += len(chosen)
                owners = schedule.owner(numbers, workers)
                for rank in np.unique(owners):
                    rows = chosen[owners == rank]
                    yield int(rank), (part, numbers[owners == rank], block.images[rows], labels[rows])

    return deal


def _counts(context: Any, sources: List[Source], split: Split) -> List[Counts]:
    read = [
        contents(context, each).mapPartitions(blocks_of(each)).mapPartitions(image_counts.counter(each, split))
        for each in sources
    ]
    found = context.union(read).collect()
    image_checks.require_whole(found)
    return found


def _escaped(uri: str) -> str:
    """Give a path for Spark, which takes commas and brackets in it for a list and for patterns."""
    return re.sub(r"[\\[\]{}*?]", r"\\\g<0>", uri).replace(",", "?")
