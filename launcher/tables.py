"""Plain text for a terminal: aligned tables, and a workload's metrics as a person reads them."""

from collections.abc import Mapping, Sequence
from typing import Any

from launcher.metrics import Table, arrange, is_list, is_object

LARGE = 1e6  # from here on an exponent would hide the digits that count


def aligned(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Give a table with aligned columns, numbers to the right; without a header line when no name is given."""
    cells = [list(header)] if any(header) else []
    cells += [[text(cell) for cell in row] for row in rows]
    widths = [max(len(line[at]) for line in cells) for at in range(len(cells[0]))] if cells else []
    right = [bool(rows) and all(isinstance(row[at], int | float) for row in rows) for at in range(len(widths))]
    return "\n".join(_line(line, widths, right) for line in cells)


def metrics(values: Mapping[str, Any]) -> str:
    """Give metrics as names and values; lists that belong together (one item a cluster, say) become one table."""
    found = arrange(values)
    singles = [*found.values, *((name, value) for name, value in values.items() if is_object(value))]
    width = max((len(name) for name, _ in singles), default=0)
    blocks = ["\n".join(f"{name:{width}}  {text(value)}".rstrip() for name, value in singles)]
    return "\n\n".join(blocks + [_table(table) for table in found.tables if table.columns])


def text(value: Any) -> str:
    """Give a value as a person would write it: six significant digits, lists with commas."""
    if isinstance(value, float):
        return f"{value:.6g}" if abs(value) < LARGE else f"{value:.1f}"
    if is_object(value):
        return ", ".join(f"{name} {text(item)}" for name, item in value.items())
    if is_list(value):
        return ", ".join(text(item) for item in value)
    return "" if value is None else str(value)


def _table(table: Table) -> str:
    return aligned(table.columns, table.rows)


def _line(cells: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    padded = (
        cell.rjust(width) if to_right else cell.ljust(width)
        for cell, width, to_right in zip(cells, widths, right, strict=True)
    )
    return "  ".join(padded).rstrip()
