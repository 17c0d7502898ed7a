"""Vega-Lite v5 specifications with their data inlined: no background and no text colours, the report has a theme.

https://vega.github.io/vega-lite/docs/
"""

from collections import defaultdict
from typing import Any, Dict, List, Sequence, Tuple

from jobs.kmeans_result import GRID, Clustering

SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"
MOST_CELLS = 4000
LATITUDE, LONGITUDE = ("lat",), ("lon", "lng", "long")

Spec = Dict[str, Any]
Cells = Dict[Tuple[int, int], Dict[int, int]]


def clusters(found: Clustering, features: Sequence[str]) -> Spec:
    """Give the map of the clusters over the first two features, or the histogram over the only one."""
    return _histogram(found, features[0]) if len(features) == 1 else _map(found, features)


def sizes(found: Clustering) -> Spec:
    """Give a bar for each cluster, largest first."""
    values = [{"cluster": str(at), "rows": size} for at, size in enumerate(found.sizes)]
    return {
        "$schema": SCHEMA,
        "width": 640,
        "height": 240,
        "data": {"values": values},
        "mark": "bar",
        "encoding": {
            "x": {"field": "cluster", "type": "nominal", "sort": None, "axis": {"labelAngle": 0}},
            "y": {"field": "rows", "type": "quantitative", "axis": {"format": ",d"}},
            "color": dict(_colour(found), legend=None),
            "tooltip": [
                {"field": "cluster", "type": "nominal"},
                {"field": "rows", "type": "quantitative", "format": ",d"},
            ],
        },
    }


def _map(found: Clustering, features: Sequence[str]) -> Spec:
    across, up = (1, 0) if _is(features[0], LATITUDE) and _is(features[1], LONGITUDE) else (0, 1)
    return {
        "$schema": SCHEMA,
        "width": 640,
        "height": 480,
        "layer": [_tiles(found, features, across, up), *_centres(found, features, across, up)],
    }


def _tiles(found: Clustering, features: Sequence[str], across: int, up: int) -> Spec:
    """Give the layer of map cells, each in the colour of the cluster that has most of its rows."""
    cells, width = _coarsened(found.cells)
    low, step = found.grid.low, [width * step for step in found.grid.step]
    values = []
    for place, rows in sorted(cells.items()):
        left, bottom = low[across] + place[across] * step[across], low[up] + place[up] * step[up]
        corner = {"x": _short(left), "y": _short(bottom)}
        values.append(dict(corner, cluster=str(_dominant(rows)), rows=sum(rows.values())))
    return {
        "data": {"values": values},
        "transform": [
            {"calculate": "datum.x + {!r}".format(step[across]), "as": "x2"},
            {"calculate": "datum.y + {!r}".format(step[up]), "as": "y2"},
        ],
        "mark": "rect",
        "encoding": {
            "x": _axis("x", features[across]),
            "x2": {"field": "x2"},
            "y": _axis("y", features[up]),
            "y2": {"field": "y2"},
            "color": _colour(found),
            "opacity": {
                "field": "rows",
                "type": "quantitative",
                "scale": {"type": "log", "range": [0.5, 1]},
                "legend": None,
            },
            "tooltip": [
                {"field": "cluster", "type": "nominal"},
                {"field": "rows", "type": "quantitative", "format": ",d"},
            ],
        },
    }


def _centres(found: Clustering, features: Sequence[str], across: int, up: int) -> List[Spec]:
    """Give two layers that mark the centres: a disc that stands out on light and dark, and the colour on it."""
    values = [
        {"x": centre[across], "y": centre[up], "cluster": str(at), "rows": size}
        for at, (centre, size) in enumerate(zip(found.centres, found.sizes))
    ]
    place = {"x": _axis("x", features[across]), "y": _axis("y", features[up])}
    tooltip = [
        {"field": "cluster", "type": "nominal"},
        {"field": "rows", "type": "quantitative", "format": ",d"},
        {"field": "x", "type": "quantitative", "title": features[across]},
        {"field": "y", "type": "quantitative", "title": features[up]},
    ]
    disc = {"type": "circle", "size": 260, "color": "white", "stroke": "black", "opacity": 1}
    dot = {"type": "circle", "size": 120, "opacity": 1}
    return [
        {"data": {"values": values}, "mark": disc, "encoding": place},
        {"data": {"values": values}, "mark": dot, "encoding": dict(place, color=_colour(found), tooltip=tooltip)},
    ]


def _histogram(found: Clustering, feature: str) -> Spec:
    low, step = found.grid.low[0], found.grid.step[0]
    values = [
        {"x": _short(low + at * step), "x2": _short(low + (at + 1) * step), "cluster": str(cluster), "rows": rows}
        for at, cluster, rows in found.cells
    ]
    return {
        "$schema": SCHEMA,
        "width": 640,
        "height": 480,
        "data": {"values": values},
        "mark": "bar",
        "encoding": {
            "x": dict(_axis("x", feature), bin="binned"),
            "x2": {"field": "x2"},
            "y": {"field": "rows", "type": "quantitative", "stack": "zero"},
            "color": _colour(found),
        },
    }


def _axis(field: str, title: str) -> Spec:
    return {"field": field, "type": "quantitative", "title": title, "scale": {"zero": False, "nice": False}}


def _colour(found: Clustering) -> Spec:
    many = len(found.sizes) > 10  # noqa: PLR2004 -- the colours in category10
    names = [str(at) for at in range(len(found.sizes))]
    return {
        "field": "cluster",
        "type": "nominal",
        "scale": {"domain": names, "scheme": "tableau20" if many else "category10"},
        "legend": {"symbolLimit": 100, "symbolOpacity": 1},
    }


def _coarsened(found: Sequence[Tuple[int, ...]]) -> Tuple[Cells, int]:
    """Give rows by cell and cluster, in the finest grid that has few enough cells, and a cell's width in fine ones."""
    width = 1
    while True:
        cells: Cells = defaultdict(lambda: defaultdict(int))
        for column, row, cluster, rows in found:
            cells[column // width, row // width][cluster] += rows
        if len(cells) <= MOST_CELLS or width >= GRID:
            return cells, width
        width *= 2


def _dominant(rows: Dict[int, int]) -> int:
    return min(rows, key=lambda cluster: (-rows[cluster], cluster))


def _is(name: str, beginnings: Tuple[str, ...]) -> bool:
    return name.strip().lower().startswith(beginnings)


def _short(number: float) -> float:
    return float("{:.9g}".format(number))
