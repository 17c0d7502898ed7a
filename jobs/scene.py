"""A scene: its pixels by tile, some tiles held for the test, and which classes of land are known of them.

Neighbouring pixels are much alike, so a test on pixels from among those that were learned from would flatter: whole
tiles are held, by a hash of their place and the seed.
"""

import argparse
from dataclasses import dataclass
from typing import Any, Dict, List, Sequence, Tuple

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs import cells, columns, labelled, parts, reading, reading_faults, scene_bands, scene_pixels
from jobs.errors import InputError

Sizes = Dict[str, Tuple[int, int]]


@dataclass(frozen=True)
class Extent:
    """The rows and columns that a scene takes."""

    top: int
    bottom: int
    left: int
    right: int


@dataclass(frozen=True)
class Scene:
    """Pixels as scene_pixels gives them, with what a count of them says.

    ``sizes`` are the pixels of each class: to learn from, and held; ``rare`` the pixels of words that are too few to be
    a class; ``tiles`` are all, and the held.
    """

    frame: DataFrame
    cells: cells.Cells
    bands: scene_bands.Bands
    classes: Tuple[str, ...]
    sizes: Tuple[Tuple[int, int], ...]
    rare: Dict[str, int]
    extent: Extent
    tiles: Tuple[int, int]
    pixels: int
    dropped: Dict[str, int]

    def release(self) -> None:
        """Free the memory that the pixels take on the workers."""
        self.cells.release()


def read(source: reading.Source, args: argparse.Namespace) -> Scene:
    """Read and cache the pixels; raises InputError for what is wrong with the table, its places or its classes."""
    _, names = reading.untyped(source)
    bands = scene_bands.found(names, args)
    held = _cells(source, names, bands, args, multiline=False)
    groups = _groups(held, args)
    if any(group["reason"] == cells.BROKEN_QUOTE for group in groups):
        held.release()
        held = _cells(source, names, bands, args, multiline=True)
        groups = _groups(held, args)
    return _scene(held, bands, groups, args)


def _cells(
    source: reading.Source, names: Sequence[str], bands: scene_bands.Bands, args: argparse.Namespace, *, multiline: bool
) -> cells.Cells:
    places = [reading.position(source, names, name, "an input with the column") for name in ("row", "col")]
    features = [reading.position(source, names, name) for name in bands.columns]
    label = reading.position(source, names, args.label, "--label") if args.label else len(names) - 1
    if label in {*places, *features}:
        raise InputError("column {!r} is a place or a band".format(names[label]), "--label NAME says what is learned")
    chosen = columns.Columns(tuple(names), label, (*places, *features))
    return cells.of(source, chosen, seed=args.seed, unlabelled=True, multiline=multiline)


def _groups(held: cells.Cells, args: argparse.Namespace) -> List[Any]:
    """Give the counts of rows by word, reason and part, with their extent and how many are at no whole place."""
    grouped = scene_pixels.tiled(held, args).groupBy("word", "reason", "held")
    broken = F.expr("row <> floor(row) OR col <> floor(col)")
    counted = grouped.agg(
        F.count(F.lit(1)).alias("count"),
        F.count(F.when(broken, 1)).alias("broken"),
        F.min("row").alias("top"),
        F.max("row").alias("bottom"),
        F.min("col").alias("left"),
        F.max("col").alias("right"),
    )
    # More groups than this tell no more than that the label has too many values.
    return counted.limit(2 * (parts.MOST_CLASSES + 2 + len(reading.REASONS))).collect()


def _scene(held: cells.Cells, bands: scene_bands.Bands, groups: List[Any], args: argparse.Namespace) -> Scene:
    used = [group for group in groups if not group["reason"]]
    dropped = _dropped(groups)
    pixels = sum(group["count"] for group in used)
    reading_faults.check_usable(held.table(), pixels, dropped, args.ragged)
    if any(group["broken"] for group in used):
        raise InputError("row and col are not whole numbers everywhere", "they count pixels from a corner of the scene")
    sizes, rare = _sizes(used, args)
    _check(held.names[held.words[0]], sizes, args)
    classes = labelled.ordered(list(sizes))
    rows = scene_pixels.tiled(held, args)
    frame = scene_pixels.measured(rows, bands, classes)
    scene_pixels.require_once(frame)
    ordered = tuple(sizes[name] for name in classes)
    tiles = scene_pixels.tiles(rows)
    return Scene(frame, held, bands, classes, ordered, rare, _extent(used), tiles, pixels, dropped)


def _dropped(groups: Sequence[Any]) -> Dict[str, int]:
    counts: Dict[int, int] = {}
    for group in groups:
        counts[group["reason"]] = counts.get(group["reason"], 0) + group["count"]
    return cells.tally(counts)


def _sizes(used: Sequence[Any], args: argparse.Namespace) -> Tuple[Sizes, Dict[str, int]]:
    """Give the pixels of each class by part, and those of words that are too rare to be one."""
    found: Dict[str, List[int]] = {}
    for group in used:
        if group["word"] is not None:
            found.setdefault(group["word"], [0, 0])[bool(group["held"])] += group["count"]
    rare = {name: sum(size) for name, size in found.items() if sum(size) < args.least}
    return {name: (size[0], size[1]) for name, size in found.items() if name not in rare}, rare


def _check(label: str, sizes: Sizes, args: argparse.Namespace) -> None:
    """Raise InputError unless there are classes to tell apart, to learn from and to test on."""
    if not sizes:
        raise InputError(
            "no class of {!r} has {} pixels".format(label, args.least),
            "--label NAME says which column holds classes, --least N how many pixels make one",
        )
    missing = [name for name, (train, _) in sorted(sizes.items()) if not train]
    if missing:
        raise InputError(
            "all pixels of class {!r} lie in held tiles: none is left to learn from".format(missing[0]),
            "a smaller --tile or --test, or another --seed",
        )
    labelled.check_classes(label, sizes)
    if not sum(test for _, test in sizes.values()):
        raise InputError("no tile with a class is held for the test", "a smaller --tile, or another --seed")


def _extent(used: Sequence[Any]) -> Extent:
    return Extent(
        int(min(group["top"] for group in used)),
        int(max(group["bottom"] for group in used)),
        int(min(group["left"] for group in used)),
        int(max(group["right"] for group in used)),
    )
