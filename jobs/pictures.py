"""A few small images in a report, drawn as squares of colour: a figure may hold no picture, as it may name no URL."""

from itertools import groupby
from typing import Any, Dict, Iterator, NamedTuple, Sequence

import numpy as np

from jobs.charts import SCHEMA

SIDE = 104  # pixels of a picture on the page
GAP = 16
FINEST = 32  # squares across a picture
STEPS = 16  # of brightness, so that neighbours are often equal and are one rectangle
COLOURS = 3

Spec = Dict[str, Any]


class Picture(NamedTuple):
    """An image of (height, width, channels), a line below it and another one."""

    image: np.ndarray
    first: str
    second: str


def figure(pictures: Sequence[Picture]) -> Spec:
    """Give the pictures in a row."""
    squares = [dict(each, picture=at) for at, one in enumerate(pictures) for each in _squares(one.image, at)]
    lines = [
        {"x": at + 0.5, "y": 1 + 0.14 * (line + 1), "text": text}
        for at, one in enumerate(pictures)
        for line, text in enumerate((one.first, one.second))
    ]
    across = {"type": "quantitative", "axis": None, "scale": {"domain": [0, len(pictures)], "nice": False}}
    down = {"type": "quantitative", "axis": None, "scale": {"domain": [1.4, 0], "nice": False}}
    place = {"x": dict(across, field="x"), "y": dict(down, field="y")}
    area = dict(
        place, x2={"field": "x2"}, y2={"field": "y2"}, color={"field": "colour", "type": "nominal", "scale": None}
    )
    return {
        "$schema": SCHEMA,
        "width": (SIDE + GAP) * len(pictures),
        "height": 1.4 * SIDE,
        "layer": [
            {"data": {"values": squares}, "mark": {"type": "rect", "strokeWidth": 0}, "encoding": area},
            {
                "data": {"values": lines},
                "mark": {"type": "text", "limit": SIDE + GAP},
                "encoding": dict(place, text={"field": "text", "type": "nominal"}),
            },
        ],
    }


def _squares(image: np.ndarray, left: int) -> Iterator[Spec]:
    """Give rectangles of one colour, of a picture that is one wide and high."""
    shown = _colours(image)
    height, width, _ = shown.shape
    wide, high = SIDE / (SIDE + GAP) / width, 1 / height
    for row, line in enumerate(shown):
        at = 0
        for colour, same in groupby(map(bytes, line)):
            run = sum(1 for _ in same)
            x = left + GAP / 2 / (SIDE + GAP) + at * wide
            corner = {"x": round(x, 4), "x2": round(x + run * wide, 4), "y": round(row * high, 4)}
            yield dict(corner, y2=round((row + 1) * high, 4), colour="#" + colour.hex())
            at += run


def _colours(image: np.ndarray) -> np.ndarray:
    """Give bytes for red, green and blue, coarse enough to be drawn; of more than three channels the first three."""
    every = -(-max(image.shape[:2]) // FINEST)
    shown = image[::every, ::every, : COLOURS if image.shape[-1] >= COLOURS else 1].astype(np.float64)
    low, high = (0.0, 255.0) if image.dtype == np.uint8 else (shown.min(), shown.max())
    steps = np.round((shown - low) / ((high - low) or 1) * (STEPS - 1))
    return np.broadcast_to((steps * (255 / (STEPS - 1))).astype(np.uint8), (*shown.shape[:2], COLOURS))
