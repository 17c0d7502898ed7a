"""What files of images hold, counted in the tasks: the driver sees numbers, and the first thing that is wrong.

A row is learned from or held by the name of its file or, where no file is for the test, by a hash of the image and the
seed.
"""

import hashlib
from collections import defaultdict
from typing import Any, Callable, Dict, Iterator, NamedTuple, Optional, Tuple, Union

import numpy as np

from jobs.image_files import Block, Fault
from jobs.image_sources import Source

PLACES = 1 << 32
LEARNED, HELD = 0, 1


class Split(NamedTuple):
    """How rows are dealt out: by the files' names, or so large a share by a hash of the image and the seed."""

    by_name: bool
    share: float
    seed: int

    def held(self, block: Block) -> np.ndarray:
        """Give for each row whether it is held for the test."""
        if self.by_name:
            return np.full(len(block.images), block.held)
        key = self.seed.to_bytes(8, "big")
        hashes = [hashlib.blake2b(image.tobytes(), digest_size=4, key=key).digest() for image in block.images]
        return np.array([int.from_bytes(found, "big") < self.share * PLACES for found in hashes], dtype=bool)


class Counts(NamedTuple):
    """What one file holds: rows by class and part, the first row of each class, and sums over the rows learned from."""

    file: str
    shape: Tuple[int, ...]
    rows: Dict[Tuple[str, int], int]
    first: Dict[Tuple[str, int], int]
    sums: np.ndarray
    squares: np.ndarray
    fault: Optional[Fault]

    def total(self, part: int) -> int:
        """Give the rows of a part."""
        return sum(count for (_, where), count in self.rows.items() if where == part)


class Images(NamedTuple):
    """The images of some sources: what they are, and how many of each class are learned from and held."""

    sources: Tuple[Source, ...]
    split: Split
    shape: Tuple[int, int, int]
    classes: Tuple[str, ...]
    counts: Tuple[Counts, ...]
    mean: np.ndarray
    deviation: np.ndarray

    @property
    def sizes(self) -> Tuple[int, int]:
        """Rows to learn from, and rows that are held."""
        return sum(each.total(LEARNED) for each in self.counts), sum(each.total(HELD) for each in self.counts)


def counter(source: Source, split: Split) -> Callable[[Iterator[Any]], Iterator[Counts]]:
    """Give what turns the blocks of a source into one Counts, up to the first fault."""

    def count(blocks: Iterator[Union[Block, Fault]]) -> Iterator[Counts]:
        rows: Dict[Tuple[str, int], int] = defaultdict(int)
        first: Dict[Tuple[str, int], int] = {}
        shape, sums, squares, fault = (), np.zeros(()), np.zeros(()), None
        for block in blocks:
            fault = _fault(source, block, shape)
            if fault is not None or isinstance(block, Fault):
                break
            shape = block.images.shape[1:]
            held = split.held(block)
            for at, key in enumerate(zip(block.labels.tolist(), held.astype(int).tolist())):
                rows[key] += 1
                first.setdefault(key, block.first + at)
            pixels = block.images[~held].astype(np.float64).reshape(-1, shape[-1])
            sums, squares = sums + pixels.sum(axis=0), squares + (pixels**2).sum(axis=0)
        yield Counts(source.images, shape, dict(rows), first, sums, squares, fault)

    return count


def _fault(source: Source, block: Union[Block, Fault], shape: Tuple[int, ...]) -> Optional[Fault]:
    if isinstance(block, Fault):
        return block
    if len(block.labels) < len(block.images):
        return Fault(source.images, -1, "{} has no labels beside it".format(block.part or "the file"))
    if shape and block.images.shape[1:] != shape:
        said = "images of {} in {}, others are {}".format(size(block.images.shape[1:]), block.part, size(shape))
        return Fault(source.images, block.first, said)
    if block.images.dtype.kind == "f" and not np.isfinite(block.images).all():
        wrong = ~np.isfinite(block.images).reshape(len(block.images), -1).all(axis=1)
        return Fault(source.images, block.first + int(np.argmax(wrong)), "the image holds NaN or infinity")
    return None


def size(shape: Tuple[int, ...]) -> str:
    """Give the shape of an image as people write it."""
    return " x ".join(map(str, shape))
