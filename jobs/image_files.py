"""Images and labels from the bytes of their files, in blocks of rows; what is wrong with them comes as a Fault.

Runs in the tasks. A packed file is unpacked block by block.
"""

import gzip
import io
import struct
import zlib
from typing import Any, Dict, Iterator, List, NamedTuple, Tuple, Union

import numpy as np

from jobs import image_sources
from jobs.image_sources import NPZ, Source

ROWS = 256  # of a block
TYPES = {8: ">u1", 9: ">i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}
PARTNERS = (("images", "labels"), ("image", "label"), ("x", "y"), ("data", "labels"), ("data", "target"))
BYTES_PER_IMAGE = 1 << 27
NONE = np.array([], dtype=str)


class Fault(NamedTuple):
    """What is wrong, and with which file and row (from 0; -1 for the whole file)."""

    file: str
    row: int
    said: str


class Block(NamedTuple):
    """Images of shape (rows, height, width, channels) from row ``first`` of ``part`` of a file, and labels, or none."""

    part: str
    held: bool
    first: int
    images: np.ndarray
    labels: np.ndarray


def blocks(source: Source, contents: Dict[str, bytes]) -> Iterator[Union[Block, Fault]]:
    """Give the rows of a source in their order from what its files hold, until the first fault."""
    try:
        yield from _npz(source, contents) if source.kind == NPZ else _idx(source, contents)
    except Unreadable as error:
        yield error.fault


class Unreadable(Exception):
    """A file that cannot be read on."""

    def __init__(self, file: str, row: int, said: str) -> None:
        super().__init__(said)
        self.fault = Fault(file, row, said)


def _idx(source: Source, contents: Dict[str, bytes]) -> Iterator[Block]:
    stream = _Stream(source.images, contents[source.images])
    shape, kind = stream.header()
    labels = _labels(source.labels, contents[source.labels]) if source.labels else NONE
    if source.labels and len(labels) != shape[0]:
        said = "{:,} images, but {:,} labels in {}".format(shape[0], len(labels), source.labels)
        raise Unreadable(source.images, min(shape[0], len(labels)), said)
    for first in range(0, shape[0], ROWS):
        rows = min(ROWS, shape[0] - first)
        images = stream.rows(first, rows, shape[1:], kind)
        yield Block("", source.held, first, _with_channels(images), labels[first : first + rows])


def _labels(file: str, content: bytes) -> np.ndarray:
    stream = _Stream(file, content)
    shape, kind = stream.header()
    return _words(file, stream.rows(0, shape[0], (), kind))


class _Stream:
    """An idx file, read from its beginning; gz or not, whatever its name says."""

    def __init__(self, file: str, content: bytes) -> None:
        self._file = file
        packed = content[:2] == b"\x1f\x8b"
        self._bytes: Any = gzip.GzipFile(fileobj=io.BytesIO(content)) if packed else io.BytesIO(content)

    def header(self) -> Tuple[Tuple[int, ...], np.dtype]:
        """Give the shape and the type of the numbers."""
        _, kind, dimensions = struct.unpack(">HBB", self._read(4, 0))
        if kind not in TYPES:
            raise Unreadable(self._file, -1, "idx knows no type of numbers 0x{:02x}".format(kind))
        shape = struct.unpack(">{}I".format(dimensions), self._read(4 * dimensions, 0))
        size = np.dtype(TYPES[kind]).itemsize * int(np.prod(shape[1:], dtype=np.float64))
        if not 0 < size < BYTES_PER_IMAGE:
            raise Unreadable(self._file, -1, "its header says rows of shape {}".format(shape[1:]))
        return shape, np.dtype(TYPES[kind])

    def rows(self, first: int, rows: int, shape: Tuple[int, ...], kind: np.dtype) -> np.ndarray:
        """Give the next rows; ``first`` is the number of the first one, for a message."""
        size = kind.itemsize * int(np.prod(shape))
        data = self._read(size * rows, first, size)
        return np.frombuffer(data, kind).reshape(rows, *shape).astype(kind.newbyteorder("="), copy=False)

    def _read(self, size: int, first: int, each: int = 0) -> bytes:
        try:
            data = self._bytes.read(size)
        except (OSError, EOFError, zlib.error) as error:
            raise Unreadable(self._file, first, "broken from about this row on: {}".format(error)) from error
        if len(data) < size:
            row = first + len(data) // each if each else -1
            raise Unreadable(self._file, row, "it ends in the middle: {} bytes are missing".format(size - len(data)))
        return bytes(data)


def _npz(source: Source, contents: Dict[str, bytes]) -> Iterator[Block]:
    file = source.images
    try:
        with np.load(io.BytesIO(contents[file]), allow_pickle=False) as archive:
            shapes = {name: archive[name] for name in archive.files}
    except (OSError, ValueError, zlib.error, EOFError, KeyError) as error:
        raise Unreadable(file, -1, "no archive of plain NumPy arrays: {}".format(error)) from error
    except Exception as error:
        if type(error).__name__ != "BadZipFile":
            raise
        raise Unreadable(file, -1, "a broken archive: {}".format(error)) from error
    names = [name for name, array in shapes.items() if array.ndim >= image_sources.LEAST]
    if not names:
        told = ", ".join("{} {}".format(name, array.shape) for name, array in shapes.items())
        raise Unreadable(file, -1, "no array of images in it, only {}".format(told))
    for name in names:
        yield from _array(source, name, shapes)


def _array(source: Source, name: str, arrays: Dict[str, np.ndarray]) -> Iterator[Block]:
    images = arrays[name]
    if images.dtype.kind not in "uif":
        raise Unreadable(source.images, -1, "{} holds {}, not numbers".format(name, images.dtype))
    partner = _partner(name, arrays)
    labels = _words(source.images, arrays[partner].reshape(len(arrays[partner]), -1)) if partner else NONE
    if partner and len(labels) != len(images):
        said = "{:,} images in {}, but {:,} labels in {}".format(len(images), name, len(labels), partner)
        raise Unreadable(source.images, min(len(images), len(labels)), said)
    held = source.held or bool(image_sources.HELD.search(name.lower()))
    for first in range(0, len(images), ROWS):
        yield Block(name, held, first, _with_channels(images[first : first + ROWS]), labels[first : first + ROWS])


def _partner(name: str, arrays: Dict[str, np.ndarray]) -> str:
    """Give the array of labels that belongs to one of images: by name, else the only one of its length."""
    flat = [other for other, array in arrays.items() if array.size == len(array) and array.ndim and other != name]
    words = [re_named for old, new in PARTNERS for re_named in _renamed(name, old, new)]
    by_name = [other for word in words for other in flat if other.lower() == word]
    by_length = [other for other in flat if len(arrays[other]) == len(arrays[name])]
    return by_name[0] if by_name else by_length[0] if len(by_length) == 1 else ""


def _renamed(name: str, old: str, new: str) -> List[str]:
    parts = name.lower().split("_")
    return ["_".join(new if part == old else part for part in parts)] if old in parts else []


def _words(file: str, labels: np.ndarray) -> np.ndarray:
    flat = labels.reshape(-1)
    if flat.dtype.kind == "f" and not (flat == np.floor(flat)).all():
        row = int(np.argmax(flat != np.floor(flat)))
        raise Unreadable(file, row, "the label {} is no class: a whole number or a word".format(flat[row]))
    return (flat.astype(np.int64) if flat.dtype.kind in "fb" else flat).astype(str)


def _with_channels(images: np.ndarray) -> np.ndarray:
    """Give (rows, height, width, channels): grey images get one channel, channels that come first are put last."""
    if images.ndim == image_sources.LEAST:
        return images[..., np.newaxis]
    first, last = images.shape[1], images.shape[-1]
    return np.moveaxis(images, 1, -1) if first <= 4 < last else images  # noqa: PLR2004 -- grey, colour, with alpha
