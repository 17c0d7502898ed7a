"""What a run left in its output folder, read for showing: figures, tables, metrics.

Nothing here raises for a file that is broken: the artifact then carries a `problem` to be shown in its place.
"""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from launcher import charts
from launcher.metrics import Metrics, Table, arrange, is_list, is_object, words

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

MAX_FILE_BYTES = 16_000_000
MAX_DEPTH = 100
FIRST_FIGURES = frozenset({"map", "clusters"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A drawing (see charts.svg), or the `problem` that stands in its place."""

    title: str
    description: str = ""
    svg: str = ""
    problem: str = ""


class _UnreadableError(Exception):
    pass


def figures(folder: Path) -> list[Figure]:
    """Draw figures/*.vl.json, the map first and then by name."""
    files = sorted((folder / "figures").glob("*.vl.json"), key=lambda path: (_stem(path) not in FIRST_FIGURES, path))
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        return list(pool.map(_figure, files, (f"f{number}-" for number in range(1, len(files) + 1))))


def tables(folder: Path) -> list[Table]:
    """Read tables/*.json, by name."""
    return [_table(path) for path in sorted((folder / "tables").glob("*.json"))]


def metrics(folder: Path, shown: Sequence[Table] = ()) -> Metrics:
    """Read metrics.json and arrange it, leaving out lists that are columns of a table in `shown` already."""
    path = folder / "metrics.json"
    if not path.exists():
        return Metrics(problem="This run left no metrics.")
    try:
        values = _load(path)
    except _UnreadableError as error:
        return Metrics(problem=str(error))
    if not is_object(values):
        return Metrics(problem="metrics.json does not hold names and values.")
    return arrange(values, shown)


def _load(path: Path) -> Any:
    """Read JSON; NaN and Infinity, which are not JSON but are often written, come as text."""
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise _UnreadableError(f"{path.name} is larger than {MAX_FILE_BYTES // 1_000_000} MB and is not shown.")
        return _shallow(json.loads(path.read_text(encoding="utf-8-sig"), parse_constant=str))
    except (OSError, RecursionError, ValueError) as error:
        raise _UnreadableError(f"{path.name} could not be read: {_reason(error)}.") from error


def _shallow(value: Any) -> Any:
    """Give the value back unless it is nested so deeply that walking it could exhaust the stack."""
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [child for node in level for child in _children(node)]
        if not level:
            return value
    raise RecursionError


def _children(node: Any) -> Iterable[Any]:
    return node.values() if is_object(node) else node if is_list(node) else ()


def _reason(error: Exception) -> str:
    match error:
        case json.JSONDecodeError():
            return f"it is not JSON (line {error.lineno}, column {error.colno})"
        case UnicodeDecodeError():
            return "it is not UTF-8 text"
        case RecursionError():
            return "it is nested too deeply"
        case OSError():
            return error.strerror or "it cannot be opened"
        case _:
            return "it holds a number of too many digits"


def _figure(path: Path, prefix: str) -> Figure:
    try:
        spec = _load(path)
        if not is_object(spec):
            return Figure(title=_title(path), problem=f"{path.name} is not a Vega-Lite specification.")
        title = spec.pop("title") if isinstance(spec.get("title"), str) else _title(path)
        description = spec.get("description") if isinstance(spec.get("description"), str) else title
        return Figure(title=title, description=str(description), svg=charts.svg(spec, prefix))
    except _UnreadableError as error:
        return Figure(title=_title(path), problem=str(error))
    except charts.ChartError as error:
        return Figure(title=_title(path), problem=f"{path.name} is not shown: {error}.")


def _table(path: Path) -> Table:
    try:
        content = _load(path)
    except _UnreadableError as error:
        return Table(title=_title(path), problem=str(error))
    columns, rows = (content.get("columns"), content.get("rows")) if is_object(content) else (None, None)
    if not (is_list(columns) and is_list(rows) and all(is_list(row) for row in rows)):
        return Table(title=_title(path), problem=f"{path.name} does not hold columns and rows.")
    return Table(title=_title(path), columns=tuple(map(str, columns)), rows=tuple(map(tuple, rows)))


def _stem(path: Path) -> str:
    return path.name.partition(".")[0]


def _title(path: Path) -> str:
    return words(_stem(path)).capitalize()
