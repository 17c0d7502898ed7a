"""Argument types and the input's arguments; imports nothing heavy, so a launcher can check them without Spark."""

import argparse
import csv
from typing import Tuple

LARGEST_SEED = 2**63 - 1  # a Java long, which is what MLlib takes


def at_least_one(text: str) -> int:
    """Give a whole number of at least 1; raises ArgumentTypeError."""
    value = _whole(text)
    if value < 1:
        raise argparse.ArgumentTypeError("{!r} is less than 1".format(text))
    return value


def seed(text: str) -> int:
    """Give a seed from 0 to 2**63 - 1; raises ArgumentTypeError."""
    value = _whole(text)
    if value < 0:
        raise argparse.ArgumentTypeError("{!r} is negative: a seed is 0 or more".format(text))
    if value > LARGEST_SEED:
        raise argparse.ArgumentTypeError("{!r} is above the largest seed, {}".format(text, LARGEST_SEED))
    return value


def tolerance(text: str) -> float:
    """Give a finite number of 0 or more; raises ArgumentTypeError."""
    try:
        value = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError("{!r} is not a number".format(text)) from None
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError("{!r} is not a finite number of 0 or more".format(text))
    return value


def positive(text: str) -> float:
    """Give a finite number above 0; raises ArgumentTypeError."""
    value = tolerance(text)
    if not value:
        raise argparse.ArgumentTypeError("{!r} is not above 0".format(text))
    return value


def names(text: str) -> Tuple[str, ...]:
    """Give column names from ``a,b``; a name that holds a comma is put in double quotes. Raises ArgumentTypeError."""
    found = tuple(name.strip() for name in next(csv.reader([text], skipinitialspace=True), []))
    if not found or "" in found:
        raise argparse.ArgumentTypeError("{!r} holds an empty column name: give NAME,NAME".format(text))
    twice = [name for at, name in enumerate(found) if name in found[:at]]
    if twice:
        raise argparse.ArgumentTypeError("{!r} names column {!r} twice".format(text, twice[0]))
    return found


def names_or_all(text: str) -> Tuple[str, ...]:
    """Give column names as ``names`` does; the word ``all`` gives none. Raises ArgumentTypeError."""
    return () if text.strip() == "all" else names(text)


def fraction(text: str) -> float:
    """Give a number above 0 and below 1; raises ArgumentTypeError."""
    value = tolerance(text)
    if not 0 < value < 1:
        raise argparse.ArgumentTypeError("{!r} is not above 0 and below 1".format(text))
    return value


def share(text: str) -> float:
    """Give a number from 0 to 1; raises ArgumentTypeError."""
    value = tolerance(text)
    if value > 1:
        raise argparse.ArgumentTypeError("{!r} is above 1".format(text))
    return value


def tolerances(text: str) -> Tuple[float, ...]:
    """Give different finite numbers of 0 or more from ``A,B``; raises ArgumentTypeError."""
    found = tuple(tolerance(part) for part in text.split(","))
    if len(set(found)) < len(found):
        raise argparse.ArgumentTypeError("{!r} names a number twice".format(text))
    return found


def folds(text: str) -> int:
    """Give a whole number of at least 2; raises ArgumentTypeError."""
    value = _whole(text)
    if value < 2:  # noqa: PLR2004 -- one part to learn from, one to test on
        raise argparse.ArgumentTypeError("{!r} is less than 2".format(text))
    return value


def delimiter(text: str) -> str:
    r"""Give one character; ``tab`` and ``\t`` mean the tab. Raises ArgumentTypeError."""
    found = {"tab": "\t", "\\t": "\t"}.get(text, text)
    if len(found) != 1 or found in '"\r\n':
        raise argparse.ArgumentTypeError("{!r} is not one character (or the word tab)".format(text))
    return found


def add_input_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what says where the rows are and how to read them."""
    parser.add_argument(
        "--input", required=True, metavar="URI", help="a CSV, CSV.gz or Parquet file, or a folder of such"
    )
    parser.add_argument("--format", choices=("auto", "csv", "parquet"), default="auto", help="default: by file name")
    parser.add_argument("--delimiter", type=delimiter, default=",", metavar="C", help="CSV delimiter (default: ,)")
    parser.add_argument("--no-header", action="store_true", help="the CSV has no header: its columns are c0, c1, ...")
    parser.add_argument(
        "--ragged",
        choices=("fail", "drop"),
        default="fail",
        help="what to do with a CSV row whose number of fields is not the header's (default: fail)",
    )


def add_learning_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what says which columns are learned from, which is learned, and which rows are held for the test."""
    parser.add_argument("--label", default="", metavar="NAME", help="the column to learn (default: the last)")
    add_features_argument(parser)
    parser.add_argument(
        "--test",
        type=fraction,
        default=0.25,
        metavar="SHARE",
        help="share of the rows held for the test, by a hash of the row and the seed (default: 0.25)",
    )
    parser.add_argument(
        "--split", default="", metavar="NAME", help="column whose word `test` says instead which rows are held"
    )
    add_missing_argument(parser)
    add_seed_argument(parser)


def add_features_argument(parser: argparse.ArgumentParser) -> None:
    """Add what names the columns of numbers."""
    parser.add_argument(
        "--features",
        type=names_or_all,
        default=(),
        metavar="NAME,NAME",
        help="columns of numbers to use, or all that hold numbers (default: all)",
    )


def add_categories_argument(parser: argparse.ArgumentParser) -> None:
    """Add what names the columns of words."""
    parser.add_argument(
        "--categories",
        type=names_or_all,
        default=(),
        metavar="NAME,NAME",
        help="columns of words to use, or all that have few different ones (default: all)",
    )


def add_missing_argument(parser: argparse.ArgumentParser) -> None:
    """Add what is done about missing numbers."""
    parser.add_argument(
        "--missing",
        choices=("drop", "mean"),
        default="drop",
        help="what to do with a row in which a feature is missing: drop and count it, or put in the mean of the rows "
        "that are not held (default: drop)",
    )


def add_seed_argument(parser: argparse.ArgumentParser) -> None:
    """Add the seed."""
    parser.add_argument("--seed", type=seed, default=1, help="the same seed gives the same result (default: 1)")


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError("{!r} is not a whole number".format(text)) from None
