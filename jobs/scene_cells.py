"""A scene as a picture of bounded size: its pixels put together to square cells, which alone are collected."""

import math
from typing import Any, Dict, List, NamedTuple, Sequence, Tuple

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.scene import Extent, Scene

MOST = 10_201  # cells of a picture: 101 x 101
TAIL = 0.02  # of the pixels at either end that a colour does not tell apart
LEVELS = 16  # of each colour

Place = Tuple[int, int]


class Grid(NamedTuple):
    """Cells of ``side`` pixels over an extent, ``rows`` down and ``columns`` across."""

    extent: Extent
    side: int
    rows: int
    columns: int


def grid(extent: Extent, most: int = MOST) -> Grid:
    """Give the finest grid with at most so many cells."""
    height, width = extent.bottom - extent.top + 1, extent.right - extent.left + 1
    side = max(1, math.isqrt(height * width // most))
    while True:
        rows, columns = -(-height // side), -(-width // side)
        if rows * columns <= most:
            return Grid(extent, side, rows, columns)
        side += 1


def most_frequent(frame: DataFrame, cells: Grid, value: Column) -> Dict[Place, Any]:
    """Give what most pixels of each cell have, of equal ones the least; cells in which none has any are left out."""
    valued = frame.select(*_cell(cells), value.alias("value")).filter("value is not null")
    counted = valued.groupBy("down", "across", "value").count()
    best = F.max(F.struct(F.col("count"), -F.col("value")))
    rows = counted.groupBy("down", "across").agg(best.alias("best")).collect()
    return {(row["down"], row["across"]): -row["best"][1] for row in rows}


def means(frame: DataFrame, cells: Grid, values: Sequence[Column]) -> Dict[Place, Tuple[float, ...]]:
    """Give the means of the values in each cell."""
    named = [value.alias("v{}".format(at)) for at, value in enumerate(values)]
    placed = frame.select(*_cell(cells), *named).groupBy("down", "across")
    rows = placed.agg(*(F.avg("v{}".format(at)) for at in range(len(values)))).collect()
    return {(row["down"], row["across"]): tuple(row[2:]) for row in rows}


def colours(scene: Scene, cells: Grid, places: Sequence[int]) -> Dict[Place, str]:
    """Give the colour of each cell from three bands, each stretched over what most of its pixels have."""
    bands = [F.col("bands")[at] for at in places]
    edges: Any = scene.frame.agg(*(F.percentile_approx(band, [TAIL, 1 - TAIL]) for band in bands)).first()
    return {
        place: "#" + "".join(_level(value, *edge) for value, edge in zip(found, edges))
        for place, found in means(scene.frame, cells, bands).items()
    }


def runs(cells: Dict[Place, Any]) -> List[Tuple[int, int, int, Any]]:
    """Give (row, first column, column after the last, value) of neighbours with the same value: fewer marks to draw."""
    found: List[Tuple[int, int, int, Any]] = []
    for (down, across), value in sorted(cells.items()):
        if found and found[-1][0] == down and found[-1][2] == across and found[-1][3] == value:
            found[-1] = (down, found[-1][1], across + 1, value)
        else:
            found.append((down, across, across + 1, value))
    return found


def _cell(cells: Grid) -> Tuple[Column, Column]:
    down, across = F.col("row") - cells.extent.top, F.col("col") - cells.extent.left
    return F.floor(down / cells.side).alias("down"), F.floor(across / cells.side).alias("across")


def _level(value: float, low: float, high: float) -> str:
    share = min(max((value - low) / ((high - low) or 1.0), 0.0), 1.0)
    return "{:02x}".format(round(share * (LEVELS - 1)) * 255 // (LEVELS - 1))
