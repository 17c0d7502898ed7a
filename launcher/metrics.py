"""Metrics of a run, arranged for reading: single values by name, and tables of the lists that run in parallel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeGuard

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows, under names where `columns` has any; `problem` stands in their place when they could not be read."""

    title: str
    columns: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Metrics:
    """Metrics by how they are shown: values by name, and tables of lists that run in parallel."""

    values: tuple[tuple[str, Any], ...] = ()
    tables: tuple[Table, ...] = ()
    problem: str = ""


def arrange(values: Mapping[str, Any], shown: Sequence[Table] = ()) -> Metrics:
    """Give metrics as values and tables, without lists that are columns of a table in `shown` already."""
    lists = {name: value for name, value in values.items() if _is_column(value)}
    nested = {name: value for name, value in values.items() if is_object(value) and value}
    known = [column for table in shown for column in _columns(table.rows)]
    parallel = [table for table in _parallel(lists, values) if not _covered(table, known)]
    return Metrics(
        values=tuple((name, value) for name, value in values.items() if name not in lists and name not in nested),
        tables=(*parallel, *(_pairs(name, value) for name, value in nested.items())),
    )


def _is_column(value: Any) -> bool:
    """Tell numbers and vectors, one per item, from names such as ["Lat", "Lon"], which read well on one line."""
    return is_list(value) and bool(value) and not all(isinstance(item, str) for item in value)


def _pairs(name: str, value: Mapping[str, Any]) -> Table:
    # Keys stay as they are: they may be the data's own words.
    return Table(title=words(name).capitalize(), rows=tuple(value.items()))


def _parallel(lists: Mapping[str, list[Any]], values: Mapping[str, Any]) -> Iterator[Table]:
    """Yield one table for each length, since lists of one length describe the same items."""
    for length in dict.fromkeys(len(value) for value in lists.values()):
        same = {name: value for name, value in lists.items() if len(value) == length}
        columns = {"#": list(range(length))}
        for name, value in same.items():
            columns |= _expanded(name, value, values)
        title = ", ".join(words(name) for name in same).capitalize()
        yield Table(title=title, columns=tuple(columns), rows=tuple(zip(*columns.values(), strict=True)))


def _expanded(name: str, value: list[Any], values: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Give a list of vectors as one column for each component, named by the metric that lists as many names."""
    widths = {len(item) if is_list(item) else 0 for item in value}
    width = widths.pop()
    if widths or not width:
        return {words(name): value}
    names = next((known for known in values.values() if _names(known, width)), range(1, width + 1))
    return {f"{words(name)} {part}": list(column) for part, column in zip(names, zip(*value, strict=True), strict=True)}


def _names(value: Any, width: int) -> bool:
    return is_list(value) and len(value) == width and all(isinstance(item, str) for item in value)


def _columns(rows: Iterable[Row]) -> list[Row]:
    """Turn rows into columns; a ragged table gives the columns that all its rows have."""
    return list(zip(*rows, strict=False))


def _covered(table: Table, known: Sequence[Row]) -> bool:
    return all(column in known for column in _columns(table.rows)[1:])


def words(name: str) -> str:
    """Give a name from a program as a reader would write it: `dropped_rows` as "dropped rows"."""
    return name.replace("_", " ").replace("-", " ")


def is_object(value: Any) -> TypeGuard[dict[str, Any]]:
    """Tell a JSON object, whose keys are always strings."""
    return isinstance(value, dict)


def is_list(value: Any) -> TypeGuard[list[Any]]:
    """Tell a JSON array."""
    return isinstance(value, list)
