"""Charts of any workload as Vega-Lite v5 specifications with their data inlined; the report gives them a theme.

https://vega.github.io/vega-lite/docs/
"""

from typing import Any, Dict, List, Sequence, Tuple

SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"
WIDTH, HEIGHT = 640, 360
CELL = 44  # pixels of a matrix
LABELLED = 15  # classes up to which a matrix shows its numbers

Spec = Dict[str, Any]


def matrix(counts: Sequence[Sequence[int]], names: Sequence[str]) -> Spec:
    """Give a confusion matrix: rows of a class across its predictions, coloured by the share of the class."""
    values = [
        {"class": name, "predicted": other, "rows": rows, "share": rows / max(sum(line), 1)}
        for name, line in zip(names, counts)
        for other, rows in zip(names, line)
    ]
    side = min(max(CELL * len(names), 240), WIDTH)
    # Otherwise every other name is left out as soon as two might touch.
    across = {"labelAngle": -40, "labelOverlap": len(names) > LABELLED}
    axes = {
        "x": {"field": "predicted", "type": "nominal", "sort": list(names), "axis": across},
        "y": {"field": "class", "type": "nominal", "sort": list(names)},
    }
    colour = {
        "field": "share",
        "type": "quantitative",
        "title": "share of the class",
        "scale": {"domain": [0, 1], "scheme": "blues"},
        "legend": {"format": "%"},
    }
    tiles = {"mark": "rect", "encoding": dict(axes, color=colour, tooltip=_told("class", "predicted", "rows"))}
    shown = {
        "mark": {"type": "text"},
        "encoding": dict(
            axes,
            text={"field": "rows", "type": "quantitative", "format": ",d"},
            color={"condition": {"test": "datum.share > 0.5", "value": "white"}, "value": "black"},
        ),
    }
    layers = [tiles, shown] if len(names) <= LABELLED else [tiles]
    return {"$schema": SCHEMA, "width": side, "height": side, "data": {"values": values}, "layer": layers}


def curve(
    points: Sequence[Tuple[float, float]], across: str, up: str, *, diagonal: bool = False, whole: bool = False
) -> Spec:
    """Give a line through the points in their order; ``diagonal`` adds what guessing would give.

    Where all that stands across is a whole number, ``whole`` marks no other there.
    """
    x = dict(_number("x", across), **({"axis": {"tickMinStep": 1, "format": "d"}} if whole else {}))
    line = {
        "data": {"values": [{"x": x, "y": y, "at": at} for at, (x, y) in enumerate(points)]},
        "mark": {"type": "line", "interpolate": "linear", "strokeWidth": 2},
        "encoding": {"x": x, "y": _number("y", up), "order": {"field": "at"}},
    }
    guess = {
        "data": {"values": [{"x": 0, "y": 0}, {"x": 1, "y": 1}]},
        "mark": {"type": "line", "strokeDash": [4, 4], "strokeWidth": 1, "color": "gray"},
        "encoding": {"x": x, "y": _number("y", up)},
    }
    side = HEIGHT if diagonal else WIDTH
    return {"$schema": SCHEMA, "width": side, "height": HEIGHT, "layer": [guess, line] if diagonal else [line]}


def density(cells: Sequence[Tuple[float, float, int]], step: float, across: str, up: str) -> Spec:
    """Give squares of the side ``step`` with (left, bottom, rows), darker for more rows, and the line across = up."""
    values = [{"x": x, "x2": x + step, "y": y, "y2": y + step, "rows": rows} for x, y, rows in cells]
    low = min([min(x, y) for x, y, _ in cells], default=0)
    high = max([max(x, y) for x, y, _ in cells], default=1) + step
    scale = {"domain": [low, high], "nice": False, "zero": False}
    axes = {"x": dict(_number("x", across), scale=scale), "y": dict(_number("y", up), scale=scale)}
    colour = {"field": "rows", "type": "quantitative", "scale": {"type": "log", "scheme": "blues"}}
    tiles = {
        "data": {"values": values},
        "mark": "rect",
        "encoding": dict(axes, x2={"field": "x2"}, y2={"field": "y2"}, color=colour, tooltip=_told("x", "y", "rows")),
    }
    same = {
        "data": {"values": [{"x": low, "y": low}, {"x": high, "y": high}]},
        "mark": {"type": "line", "strokeDash": [4, 4], "strokeWidth": 1, "color": "gray"},
        "encoding": axes,
    }
    return {"$schema": SCHEMA, "width": HEIGHT, "height": HEIGHT, "layer": [tiles, same]}


def regions(
    cells: Sequence[Tuple[float, float, str, int]], steps: Tuple[float, float], titles: Tuple[str, str]
) -> Spec:
    """Give rectangles (left, bottom, word, rows) in the colour of the word that has most of their rows."""
    best: Dict[Tuple[float, float], Tuple[int, str]] = {}
    total: Dict[Tuple[float, float], int] = {}
    for x, y, word, rows in cells:
        total[x, y] = total.get((x, y), 0) + rows
        best[x, y] = max(best.get((x, y), (0, "")), (rows, word))
    values = [
        {"x": x, "x2": x + steps[0], "y": y, "y2": y + steps[1], "word": word, "rows": total[x, y]}
        for (x, y), (_, word) in best.items()
    ]
    colour: Spec = {"field": "word", "type": "nominal", "title": None, "legend": {"symbolOpacity": 1}}
    return {
        "$schema": SCHEMA,
        "width": WIDTH,
        "height": HEIGHT,
        "data": {"values": values},
        "mark": "rect",
        "encoding": {
            "x": dict(_number("x", titles[0]), scale={"zero": False}),
            "x2": {"field": "x2"},
            "y": dict(_number("y", titles[1]), scale={"zero": False}),
            "y2": {"field": "y2"},
            "color": colour,
            "opacity": {
                "field": "rows",
                "type": "quantitative",
                "scale": {"type": "log", "range": [0.4, 1]},
                "legend": None,
            },
            "tooltip": _told("word", "rows"),
        },
    }


def columns(rows: Sequence[Tuple[Any, float]], names: str, values: str) -> Spec:
    """Give an upright bar for each (name, value), in their order."""
    return {
        "$schema": SCHEMA,
        "width": WIDTH,
        "height": HEIGHT // 2,
        "data": {"values": [{"name": name, "value": value} for name, value in rows]},
        "mark": "bar",
        "encoding": {
            "x": {"field": "name", "type": "ordinal", "title": names, "sort": None, "axis": {"labelAngle": 0}},
            "y": _number("value", values),
            "tooltip": _told("name", "value"),
        },
    }


def bars(rows: Sequence[Sequence[Any]], names: str, values: str, groups: str = "") -> Spec:
    """Give a bar for each (name, value) or, with the title ``groups``, (name, value, group), in their order."""
    table = [dict(zip(("name", "value", "group"), row)) for row in rows]
    order = list(dict.fromkeys(row["name"] for row in table))
    encoding: Spec = {
        "y": {
            "field": "name",
            "type": "nominal",
            "title": names,
            "sort": order,
            "axis": {"labelLimit": 260, "titlePadding": 32},
        },
        "x": _number("value", values),
        "tooltip": [{"field": "name"}, {"field": "value", "type": "quantitative"}],
    }
    if groups:
        kinds = list(dict.fromkeys(row["group"] for row in table))
        encoding["yOffset"] = {"field": "group", "sort": kinds}
        encoding["color"] = {"field": "group", "type": "nominal", "title": groups, "sort": kinds}
    step = {"step": 18 if not groups else 12}
    return {
        "$schema": SCHEMA,
        "width": WIDTH,
        "height": step,
        "data": {"values": table},
        "mark": "bar",
        "encoding": encoding,
    }


def _number(field: str, title: str) -> Spec:
    return {"field": field, "type": "quantitative", "title": title}


def _told(*fields: str) -> List[Spec]:
    return [{"field": field} for field in fields]
