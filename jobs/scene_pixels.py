"""The rows of a table as pixels: columns for place, tile, bands, indices and class."""

import argparse
from typing import Any, Sequence, Tuple

from pyspark.ml.functions import array_to_vector
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs import cells, scene_bands, splitting
from jobs.errors import InputError

PLACES = 2  # numbers of a row before its bands: row and column


def tiled(held: cells.Cells, args: argparse.Namespace) -> DataFrame:
    """Give all rows with ``row``, ``col``, ``word``, ``tile`` and whether the tile is ``held``."""
    numbers = F.col("numbers")
    word = F.col("w{}".format(held.words[0]))
    placed = held.frame.select(
        numbers[0].alias("row"),
        numbers[1].alias("col"),
        F.when(word != args.unlabelled, word).alias("word"),
        "numbers",
        "reason",
    )
    tile = F.struct(*(F.floor(F.col(name) / args.tile).alias(name) for name in ("row", "col")))
    keyed = placed.withColumn("tile", tile).withColumn("key", F.xxhash64(F.lit(args.seed), "tile.row", "tile.col"))
    return keyed.withColumn("held", splitting.held(args.test)).drop("key")


def measured(rows: DataFrame, bands: scene_bands.Bands, classes: Sequence[str]) -> DataFrame:
    """Give the usable rows with ``bands``, ``indices``, both as ``features``, and ``label``, null where unknown."""
    whole = rows.filter("reason = 0").select(
        F.col("row").cast("long").alias("row"),
        F.col("col").cast("long").alias("col"),
        F.slice("numbers", PLACES + 1, len(bands.columns)).alias("bands"),
        F.array(*map(F.lit, classes)).alias("classes"),
        "word",
        "held",
    )
    place = F.expr("array_position(classes, word)")  # F.array_position takes no column
    indices = F.array(*(_ratio(index) for index in bands.indices)).cast("array<double>")
    known = whole.withColumn("indices", indices).withColumn("label", F.when(place > 0, (place - 1).cast("double")))
    return known.withColumn("features", array_to_vector(F.concat("bands", "indices"))).drop("classes", "word")


def tiles(rows: DataFrame) -> Tuple[int, int]:
    """Give how many tiles have usable pixels, and how many of them are held."""
    each = rows.filter("reason = 0").groupBy("tile").agg(F.first("held").alias("held"))
    found: Any = each.agg(F.count(F.lit(1)), F.count(F.when(F.col("held"), 1))).first()
    return found[0], found[1]


def require_once(pixels: DataFrame) -> None:
    """Raise InputError when two rows are the same pixel: neither areas nor a map would be right."""
    twice: Any = pixels.groupBy("row", "col").count().filter("count > 1").orderBy("row", "col").first()
    if twice:
        raise InputError(
            "the pixel in row {} and column {} is there {} times".format(twice["row"], twice["col"], twice["count"]),
            "one row a pixel: several dates are columns, as B04_20150711 and B04_20150909",
        )


def _ratio(index: scene_bands.Index) -> Column:
    """Give (a - b) / (a + b), 0 where the sum is 0."""
    plus, minus = F.col("bands")[index.plus], F.col("bands")[index.minus]
    return F.when(plus + minus == 0, 0.0).otherwise((plus - minus) / (plus + minus))
