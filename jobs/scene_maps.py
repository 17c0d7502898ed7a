"""Maps of a scene as Vega-Lite v5 specifications with their data inlined, side by side; north is up.

https://vega.github.io/vega-lite/docs/rect.html
"""

from typing import Any, Dict, List, Mapping, Sequence, Tuple

from jobs import scene_cells
from jobs.charts import HEIGHT, SCHEMA, WIDTH, Spec

PANEL = 303  # pixels of a map's longer side, about
LAP = 0.15  # of a cell, by which a mark reaches under its neighbours: without, light shines through the seams
# Okabe and Ito's colours, which people with any kind of colour vision tell apart, then others.
COLOURS = ("#d55e00", "#009e73", "#f0e442", "#cc79a7", "#0072b2", "#56b4e9", "#e69f00", "#8c564b", "#7f7f7f", "#bcbd22")
LEARNED, RIGHT, WRONG = "learned from", "held: right", "held: wrong"
SHADE = {"field": "value", "type": "quantitative", "title": None}
PARTS = {LEARNED: "#c8c8c8", RIGHT: "#0072b2", WRONG: "#d55e00"}

Cells = Dict[scene_cells.Place, Any]


def beside(*panels: Spec) -> Spec:
    """Give the maps next to each other, each with a legend of its own."""
    return {"$schema": SCHEMA, "hconcat": list(panels), "resolve": {"scale": {"color": "independent"}}, "spacing": 28}


def picture(cells: Cells, grid: scene_cells.Grid, title: str) -> Spec:
    """Give the cells in colours of their own."""
    return _map(cells, grid, title, {"field": "value", "type": "nominal", "scale": None, "legend": None})


def classes(cells: Cells, grid: scene_cells.Grid, title: str, names: Sequence[str]) -> Spec:
    """Give the cells, each a place among the names, in the colours of the classes."""
    return _named({place: names[int(at)] for place, at in cells.items()}, grid, title, palette(names))


def held(cells: Cells, grid: scene_cells.Grid, title: str) -> Spec:
    """Give which cells (0, 1, 2) were learned from, and which were held and then right or wrong."""
    return _named({place: list(PARTS)[int(at)] for place, at in cells.items()}, grid, title, PARTS)


def shades(cells: Cells, grid: scene_cells.Grid, title: str) -> Spec:
    """Give the cells darker for more, in steps of 0.05."""
    return _map(_rounded(cells), grid, title, dict(SHADE, scale={"scheme": "yellowgreen"}))


def gains(cells: Cells, grid: scene_cells.Grid, title: str) -> Spec:
    """Give the cells by what they lost or gained, in steps of 0.05."""
    rounded = _rounded(cells)
    most = max([abs(value) for value in rounded.values()], default=0) or 1.0
    return _map(rounded, grid, title, dict(SHADE, scale={"scheme": "brownbluegreen", "domain": [-most, most]}))


def palette(names: Sequence[str]) -> Dict[str, str]:
    """Give each class a colour; past ten they come again."""
    return {name: COLOURS[at % len(COLOURS)] for at, name in enumerate(names)}


def lines(dates: Sequence[str], values: Mapping[str, Sequence[float]], title: str) -> Spec:
    """Give a line for each class over the dates, written as in the columns: 20150711."""
    rows = [
        {"date": "{}-{}-{}".format(date[:4], date[4:6], date[6:]), "value": value, "class": name}
        for name, series in values.items()
        for date, value in zip(dates, series)
    ]
    colours = palette(list(values))
    return {
        "$schema": SCHEMA,
        "width": WIDTH,
        "height": HEIGHT // 2,
        "data": {"values": rows},
        "mark": {"type": "line", "point": True},
        "encoding": {
            "x": {"field": "date", "type": "ordinal", "title": "date"},
            "y": {"field": "value", "type": "quantitative", "title": title, "scale": {"zero": False}},
            "color": _colour("class", colours),
        },
    }


def _rounded(cells: Cells) -> Cells:
    return {place: round(value * 20) / 20 for place, (value,) in cells.items()}


def _named(cells: Cells, grid: scene_cells.Grid, title: str, colours: Dict[str, str]) -> Spec:
    return _map(cells, grid, title, _colour("value", colours))


def _colour(field: str, colours: Dict[str, str]) -> Spec:
    scale = {"domain": list(colours), "range": list(colours.values())}
    legend = {"orient": "bottom", "columns": 3, "symbolType": "square", "symbolOpacity": 1}
    return {"field": field, "type": "nominal", "title": None, "scale": scale, "legend": legend}


def _map(cells: Cells, grid: scene_cells.Grid, title: str, colour: Spec) -> Spec:
    step = max(1, round(PANEL / max(grid.rows, grid.columns)))
    values: List[Spec] = [
        {"x": left, "x2": right + LAP, "y": down, "y2": down + 1 + LAP, "value": value}
        for down, left, right, value in scene_cells.runs(cells)
    ]
    return {
        "title": title,
        "width": step * grid.columns,
        "height": step * grid.rows,
        "data": {"values": values},
        "mark": {"type": "rect", "clip": True},
        "encoding": {
            "x": _axis("x", (0, grid.columns)),
            "x2": {"field": "x2"},
            "y": _axis("y", (grid.rows, 0)),
            "y2": {"field": "y2"},
            "color": colour,
        },
    }


def _axis(field: str, domain: Tuple[int, int]) -> Spec:
    return {"field": field, "type": "quantitative", "axis": None, "scale": {"domain": list(domain), "nice": False}}
