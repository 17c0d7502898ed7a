"""Which columns of a table are what: the label, features, categories; chosen by name or by what they hold."""

import argparse
import csv
import io
from dataclasses import dataclass, replace
from typing import List, Optional, Set, Tuple

from pyspark.sql import DataFrame

from jobs import reading, reading_files
from jobs.errors import InputError

FIRST = 2000  # rows of a Parquet file that are looked at
MOST_WORDS = 50  # of a column that is taken for a category without being named


@dataclass(frozen=True)
class Columns:
    """Places of columns among ``names``: the label, a number or a word, if any; features; categories; what is held."""

    names: Tuple[str, ...]
    label: Optional[int]
    features: Tuple[int, ...]
    categories: Tuple[int, ...] = ()
    splits: Tuple[int, ...] = ()
    label_is_number: bool = False

    @property
    def words(self) -> Tuple[int, ...]:
        """The columns that are read as words."""
        label = () if self.label_is_number or self.label is None else (self.label,)
        return (*label, *self.categories, *self.splits)

    @property
    def required(self) -> Tuple[int, ...]:
        """The numbers that are never put in when they are missing."""
        return (self.label,) if self.label_is_number and self.label is not None else ()

    @property
    def word(self) -> str:
        """The name of the column of cells.Cells with the label's words, empty without such a label."""
        return "" if self.label_is_number or self.label is None else "w{}".format(self.label)

    @property
    def split(self) -> str:
        """The name of the column of cells.Cells that says which rows are held, empty without one."""
        return "w{}".format(self.splits[0]) if self.splits else ""


def choose(source: reading.Source, args: argparse.Namespace, *, number: bool) -> Columns:
    """Give the columns that the arguments name, the label, of a workload that has one, as a ``number`` or a word.

    Without names, features are those that hold numbers: by their type, or, of text, when more than half of what the
    beginning of the input holds is one; and categories, where the workload has any, those of few different words.
    """
    raw, names = reading.untyped(source)
    if len(names) == 1 and hasattr(args, "label"):
        raise InputError("{} has only one column".format(source.files[0]), "--delimiter says what separates them")
    chosen = Columns(
        names,
        _label(source, names, args),
        tuple(reading.position(source, names, name) for name in args.features),
        tuple(reading.position(source, names, name, "--categories") for name in getattr(args, "categories", ())),
        (reading.position(source, names, args.split, "--split"),) if getattr(args, "split", "") else (),
        number,
    )
    _require_others(chosen)
    rows = [] if chosen.features and not _seeks_categories(args) else _beginning(source, raw)
    if _seeks_categories(args):
        chosen = replace(chosen, categories=_categories(rows, chosen))
    return chosen if chosen.features else replace(chosen, features=_guessed(source, rows, chosen))


def looked_for(source: reading.Source, chosen: Columns) -> Tuple[int, ...]:
    """Give the columns that hold numbers in more than half of all rows, label and words aside: one pass over the input.

    Raises InputError when there is none.
    """
    raw, names = reading.untyped(source)
    if not raw.take(1):
        raise InputError("{} has a header but no rows".format(source.files[0]), "give a file with rows")
    found = tuple(at for at in reading.numeric(source, raw, names) if at not in _taken(chosen))
    if not found:
        raise InputError(
            "no column of {} but the label holds numbers; its columns are {}".format(source.files[0], ", ".join(names)),
            "at least one column to learn from must hold numbers",
        )
    return found


def _label(source: reading.Source, names: Tuple[str, ...], args: argparse.Namespace) -> Optional[int]:
    if not hasattr(args, "label"):
        return None
    return reading.position(source, names, args.label, "--label") if args.label else len(names) - 1


def _taken(chosen: Columns) -> Set[Optional[int]]:
    return {chosen.label, *chosen.words}


def _require_others(chosen: Columns) -> None:
    others = {*chosen.features, *chosen.categories, *chosen.splits}
    if chosen.label is not None and chosen.label in others:
        raise InputError(
            "column {!r} is the label: nothing can be learned about it from itself".format(chosen.names[chosen.label]),
            "--label NAME says which column is learned (default: the last)",
        )


def _seeks_categories(args: argparse.Namespace) -> bool:
    return hasattr(args, "categories") and not args.categories


def _guessed(source: reading.Source, rows: List[List[str]], chosen: Columns) -> Tuple[int, ...]:
    """Give the columns that hold numbers in the beginning, or in all of the input where that does not tell."""
    present = {at: _present(rows, at) for at in range(len(chosen.names)) if at not in _taken(chosen)}
    found = tuple(at for at, texts in present.items() if 2 * sum(map(_is_number, texts)) > len(texts))
    return found if found and all(present.values()) else looked_for(source, chosen)


def _categories(rows: List[List[str]], chosen: Columns) -> Tuple[int, ...]:
    """Give the columns of few words, each of them there several times."""
    found = []
    for at in range(len(chosen.names)):
        texts = _present(rows, at)
        few = 1 < len(set(texts)) <= min(MOST_WORDS, len(texts) / 2)
        if few and at not in {chosen.label, *chosen.features, *chosen.splits} and not any(map(_is_number, texts)):
            found.append(at)
    return tuple(found)


def _present(rows: List[List[str]], at: int) -> List[str]:
    return [row[at] for row in rows if row[at].strip().lower() not in reading.MISSING]


def _beginning(source: reading.Source, raw: DataFrame) -> List[List[str]]:
    """Give rows of the beginning, as text: of a CSV, the whole and not ragged ones in the first part of the file."""
    if source.kind == "parquet":
        first = raw.limit(FIRST).collect()
        return [["" if value is None else str(value) for value in row] for row in first]
    text = reading_files.head(source.spark, source.files[0]).decode("utf-8-sig", "replace")
    rows = list(csv.reader(io.StringIO(text), delimiter=source.delimiter, skipinitialspace=True))
    rows = rows[1:] if source.header else rows
    return [row for row in (rows[:-1] if len(rows) > 1 else rows) if len(row) == len(source.columns)]


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
