"""Where images are: idx files with their labels, or npz archives, found and paired through Hadoop's FileSystem.

http://yann.lecun.com/exdb/mnist/ describes idx; numpy.org/doc/stable/reference/generated/numpy.savez.html npz.
"""

import re
from typing import Any, Dict, List, NamedTuple, Tuple

from jobs import reading_files
from jobs.errors import InputError

IDX, NPZ = "idx", "npz"
HELD = re.compile(r"(?:^|[^a-z])(?:t10k|test|val|valid|validation)(?:[^a-z]|$)")
LABELS = 1  # dimensions of a file of labels
LEAST = 3  # and of one of images
FORMS = "idx files (gz or not) of images and of labels, or npz with images and labels"


class Source(NamedTuple):
    """One file of images and, of idx, the file with their labels (empty where there is none)."""

    kind: str
    images: str
    labels: str

    @property
    def held(self) -> bool:
        """True when its name says that it is for the test."""
        return bool(HELD.search(_name(self.images)))

    @property
    def files(self) -> Tuple[str, ...]:
        """What has to be read together."""
        return (self.images, self.labels) if self.labels else (self.images,)


def find(spark: Any, uri: str, *, labelled: bool = True) -> List[Source]:
    """Give the files of images at ``uri``, a file or a folder, by name; each with its labels, if ``labelled``.

    Raises InputError when nothing is there, when a file cannot be what its name says, or labels are missing.
    """
    files = [file for file in reading_files.find(spark, uri) if file.size]
    if not files:
        raise InputError("{} holds no files, or only empty ones".format(uri), "give " + FORMS)
    kinds = {file.uri: _kind(spark, file.uri) for file in files}
    images = [uri for uri, kind in kinds.items() if kind[0] == IDX and kind[1] >= LEAST]
    labels = [uri for uri, kind in kinds.items() if kind == (IDX, LABELS)]
    found = [Source(NPZ, uri, "") for uri, kind in kinds.items() if kind[0] == NPZ]
    if not images and not found:
        raise InputError("{} holds no images: {}".format(uri, _seen(kinds)), "give " + FORMS)
    return sorted(found + [Source(IDX, file, _labels_of(file, images, labels, labelled=labelled)) for file in images])


def _kind(spark: Any, uri: str) -> Tuple[str, int]:
    """Give what a file is by its first bytes; of idx, also how many dimensions it has."""
    start = reading_files.head(spark, uri, 4)
    if start[:2] == b"PK":
        return NPZ, 0
    if start[:2] == b"\x1f\x8b":
        raise InputError(
            "{} is packed by gzip, its name does not say so".format(uri), "give it a name that ends in .gz"
        )
    looks = len(start) == 4 and start[:2] == b"\0\0" and start[2] in range(8, 15)  # noqa: PLR2004 -- idx's magic number
    return (IDX, start[3]) if looks else ("", 0)


def _labels_of(images: str, others: List[str], labels: List[str], *, labelled: bool) -> str:
    """Give the file whose name differs from the images' in the words for what they hold, or the only one there is."""
    stem = _stem(images)
    found = [file for file in labels if _stem(file) == stem]
    if not found and len(others) == len(labels) == 1:
        found = labels
    if found or not labelled:
        return found[0] if found else ""
    raise InputError(
        "{} has no labels beside it".format(images),
        "--input FOLDER with both: ...-images-idx3-ubyte and ...-labels-idx1-ubyte, gz or not",
    )


def _stem(uri: str) -> str:
    folder, _, name = uri.rpartition("/")
    name = re.sub(r"\.gz$", "", name.lower())
    return "{}/{}".format(folder, re.sub(r"images?|labels?|idx\d", "", name))


def _name(uri: str) -> str:
    return uri.rsplit("/", 1)[-1].lower()


def _seen(kinds: Dict[str, Tuple[str, int]]) -> str:
    names = ", ".join(sorted(_name(uri) for uri in kinds)[:5])
    only = all(kind == (IDX, LABELS) for kind in kinds.values())
    return "only labels ({})".format(names) if only else "it has {}".format(names)
