"""A table to learn classes from: vectors of features, the places of the classes, and the rows held for the test."""

import argparse
from dataclasses import dataclass
from typing import Dict, List, Tuple

from pyspark.ml.functions import array_to_vector
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs import parts, reading
from jobs.errors import InputError

RARE = 0.05  # of the rows: a class with a smaller share is worth a warning


@dataclass(frozen=True)
class Labelled:
    """Rows with ``features`` (a vector), ``label`` (the class's place in ``classes``), ``held`` and ``key``.

    ``sizes`` are the rows of each class: to learn from, and held.
    """

    frame: DataFrame
    features: Tuple[str, ...]
    label: str
    classes: Tuple[str, ...]
    sizes: Tuple[Tuple[int, int], ...]
    dropped: Dict[str, int]
    parts: parts.Parts

    @property
    def train(self) -> DataFrame:
        """The rows to learn from."""
        return self.frame.filter("not held")

    @property
    def test(self) -> DataFrame:
        """The rows that are held."""
        return self.frame.filter("held")

    def release(self) -> None:
        """Free the memory that the rows take on the workers."""
        self.parts.cells.release()


def prepare(source: reading.Source, args: argparse.Namespace) -> Labelled:
    """Read and cache the rows; raises InputError for what is wrong with the table, its label or its sizes."""
    found = parts.read(source, args, number=False)
    label = found.label
    sizes = _sizes(found)
    check_classes(label, sizes)
    classes = ordered(list(sizes))
    place = F.expr("array_position(classes, {}) - 1".format(found.columns.word))  # F.array_position takes no column
    frame = found.usable.withColumn("classes", F.array(*map(F.lit, classes))).select(
        array_to_vector(F.col("numbers")).alias("features"), place.cast("double").alias("label"), "held", "key"
    )
    sized = tuple(sizes[name] for name in classes)
    return Labelled(frame, found.features, label, classes, sized, found.dropped, found)


def warnings(data: Labelled) -> List[str]:
    """Give what a reader of the metrics must know, in sentences: a class that is rare."""
    rows = sum(train + test for train, test in data.sizes)
    return [
        "class {!r} has only {:.2%} of the rows: accuracy alone says little, see f1{}".format(
            name,
            sum(size) / rows,
            " and auc" if len(data.classes) == 2 else "",  # noqa: PLR2004 -- binary
        )
        for name, size in zip(data.classes, data.sizes)
        if sum(size) < RARE * rows
    ]


def _sizes(found: parts.Parts) -> Dict[str, Tuple[int, int]]:
    """Give the rows of each class, to learn from and held."""
    sizes: Dict[str, List[int]] = {}
    for group in found.used:
        sizes.setdefault(group["label"], [0, 0])[bool(group["held"])] += group["count"]
    return {name: (train, test) for name, (train, test) in sizes.items()}


def check_classes(label: str, sizes: Dict[str, Tuple[int, int]]) -> None:
    """Raise InputError unless the label's classes are several, not too many, and each has rows to learn from."""
    if len(sizes) > parts.MOST_CLASSES:
        raise InputError(
            "the label {!r} has more than {} classes".format(label, parts.MOST_CLASSES),
            "--label names a column of classes; launcher submit pipeline predicts a number",
        )
    if len(sizes) == 1:
        raise InputError(
            "the label {!r} has one class only, {!r}: there is nothing to tell apart".format(label, next(iter(sizes))),
            "--label names a column with two or more classes",
        )
    for name, (train, test) in sorted(sizes.items()):
        if not train:
            raise InputError(
                "class {!r} of {!r} has no row to learn from: its {} are held for the test".format(name, label, test),
                "more rows of it, a smaller --test or another --seed",
            )


def ordered(names: List[str]) -> Tuple[str, ...]:
    """Give classes as numbers in rising order when all are numbers, else by the alphabet."""
    try:
        return tuple(sorted(names, key=float))
    except ValueError:
        return tuple(sorted(names))
