"""Which rows are learned from and which are held: told by a hash of each row, so that no partition matters."""

import argparse

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from jobs.errors import InputError

TEST = "test"  # in any case
PLACES = 1 << 30
REPEATED = 0.9  # of the rows are different: with fewer, equal rows are told apart


def held(share: float) -> Column:
    """Give whether a row is among the ``share`` that is held for the test, by its hash ``key``."""
    return F.expr("pmod(key, {})".format(PLACES)) < int(share * PLACES)  # F.pmod is Spark 3.4


def folds(count: int) -> Column:
    """Give the number of a row's fold from 0 to ``count`` - 1, by its hash ``key`` but independent of ``held``."""
    return F.expr("pmod(xxhash64(key, 'fold'), {})".format(count)).cast("int")


def apart(frame: DataFrame) -> DataFrame:
    """Give the rows with a ``key`` of its own for each of several equal rows, which else would stay together.

    Equal rows are alike, so it does not matter which of them gets which key.
    """
    number = F.row_number().over(Window.partitionBy("key").orderBy("key"))
    return frame.withColumn("number", number).withColumn("key", F.xxhash64("key", "number")).drop("number")


def part(args: argparse.Namespace, column: str) -> Column:
    """Give whether a row is held, by its ``key`` or, with ``--split``, by the word in ``column``; else none is."""
    if not hasattr(args, "test"):
        return F.lit(False)
    if args.split:
        return F.lower(F.col(column)) == TEST
    return held(args.test)


def by_hash(args: argparse.Namespace) -> bool:
    """Tell whether rows are held by their hash."""
    return hasattr(args, "test") and not args.split


def check_sizes(train: int, test: int, args: argparse.Namespace) -> None:
    """Raise InputError when a part that is wanted has no rows."""
    if train and (test or not hasattr(args, "test")):
        return
    sizes = "{:,} rows to learn from, {:,} to test on".format(train, test)
    if args.split:
        raise InputError("column {!r} leaves {}".format(args.split, sizes), "its words must be train and test")
    raise InputError("too few rows to split: {}".format(sizes), "more rows, or another --test or --seed")


def repeats(rows: int, different: int) -> bool:
    """Tell whether so many rows are equal to others that they must be dealt out one by one."""
    return rows > 0 and different < REPEATED * rows
