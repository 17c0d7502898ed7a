"""Vega-Lite specifications as SVG that is safe to put into a page.

A specification comes from a job and its data from anywhere, so it is checked before it is drawn (it may not name a
URL) and the drawing is rebuilt from a list of harmless elements and attributes afterwards.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

from launcher.metrics import is_list, is_object
from launcher.visible import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

VEGA_LITE = "5.21"
PROGRAM = Path(__file__).with_name("drawing.py")
LIMIT_SECONDS = 20
MAX_SVG_CHARACTERS = 1_500_000
MAX_LABELLED_MARKS = 100

SVG = "http://www.w3.org/2000/svg"
SHAPES = ["circle", "ellipse", "line", "path", "polygon", "polyline", "rect", "text", "tspan"]
ELEMENTS = frozenset(["svg", "g", *SHAPES, "defs", "clipPath", "linearGradient", "radialGradient", "stop"])
PLACE = ["cx", "cy", "dx", "dy", "height", "r", "rx", "ry", "transform", "width", "x", "x1", "x2", "y", "y1", "y2"]
TYPE = ["dominant-baseline", "font-family", "font-size", "font-style", "font-weight", "text-anchor"]
COLOUR = ["fill", "fill-opacity", "fill-rule", "gradientUnits", "offset", "opacity", "stop-color", "stop-opacity"]
STROKE = ["", "-dasharray", "-dashoffset", "-linecap", "-linejoin", "-miterlimit", "-opacity", "-width"]
STROKES = [f"stroke{name}" for name in STROKE]
ATTRIBUTES = frozenset(["clip-path", "d", "id", "points", "viewBox", *PLACE, *TYPE, *COLOUR, *STROKES])

# The page defines these three; one drawing then serves light mode, dark mode and print.
INK, QUIET, PAPER = "var(--ink)", "var(--line)", "var(--paper)"
PAINT = {"black": INK, "#000": INK, "#000000": INK, "white": PAPER, "#fff": PAPER, "#ffffff": PAPER}
CONFIG: dict[str, Any] = {
    "background": None,
    "view": {"stroke": QUIET},
    "text": {"color": INK},
    "title": {"color": INK, "subtitleColor": INK},
    "header": {"titleColor": INK, "labelColor": INK},
    "axis": {
        "labelColor": INK,
        "titleColor": INK,
        "gridColor": QUIET,
        "domainColor": QUIET,
        "tickColor": QUIET,
        "labelFontSize": 13,
        "titleFontSize": 13,
        "titlePadding": 18,
        "tickCount": 5,
    },
    "axisX": {"labelAngle": 0, "labelOverlap": True},
    "axisY": {"minExtent": 42},
    "legend": {
        "orient": "bottom",
        "columns": 10,
        "columnPadding": 24,
        "rowPadding": 8,
        "titlePadding": 10,
        "labelColor": INK,
        "titleColor": INK,
        "labelFontSize": 13,
        "titleFontSize": 13,
        "labelLimit": 120,
    },
}


class ChartError(ValueError):
    """A specification that cannot be drawn; the text says why in the reader's words."""


def svg(spec: Mapping[str, Any], prefix: str, limit: float = LIMIT_SECONDS) -> str:
    """Draw a specification as an `<svg>` element without script, link, image or reference outside itself.

    Ids inside it begin with `prefix`, so that several drawings can share a page. Colours of text and lines are the
    CSS variables --ink, --line and --paper of the page. Drawing may take `limit` seconds. Raises ChartError.
    """
    if any(_external(spec)):
        raise ChartError("it refers to data or images by URL; a figure must hold its data")
    drawn = safe(_draw(spec, limit), prefix)
    if len(drawn) > MAX_SVG_CHARACTERS:
        raise ChartError(f"it has too many marks ({len(drawn) / 1e6:.1f} MB as a drawing); aggregate them in the job")
    return drawn


def _external(node: Any) -> Iterator[bool]:
    """Yield once for each place where a URL is named, not looking into the inlined data itself."""
    if is_object(node):
        for key, value in node.items():
            if key == "url":
                yield True
            elif key not in {"values", "datasets"}:
                yield from _external(value)
    elif is_list(node):
        for value in node:
            yield from _external(value)


def _draw(spec: Mapping[str, Any], limit: float) -> str:
    content = _spelled({key: value for key, value in spec.items() if key != "background"})
    # The specification goes as text: the reader on the other side limits its depth.
    request: dict[str, Any] = {
        "vl_spec": json.dumps(content),
        "vl_version": VEGA_LITE,
        "config": CONFIG,
        "allowed_base_urls": [],
    }
    command = [sys.executable, "-P", str(PROGRAM)]
    try:
        drawn = subprocess.run(
            command, input=json.dumps(request).encode(), capture_output=True, timeout=limit, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise ChartError(f"it was not drawn within {limit:g} seconds") from error
    if drawn.returncode < 0:
        raise ChartError("the program that draws it died")
    if drawn.returncode:
        raise ChartError(_reason(drawn.stderr.decode(errors="replace")))
    return drawn.stdout.decode()


def _spelled(node: Any) -> Any:
    """Spell out control characters everywhere: some end the drawing program, and none may stand in SVG."""
    if isinstance(node, str):
        return visible(node)
    if is_object(node):
        return {visible(key): _spelled(value) for key, value in node.items()}
    return [_spelled(value) for value in node] if is_list(node) else node


def _reason(error: str) -> str:
    """Keep what Vega says is wrong, without its stack of JavaScript functions."""
    lines = [line for line in error.splitlines() if line and not line.lstrip().startswith("at ")]
    return f"Vega-Lite cannot draw it: {lines[-1][:300]}" if lines else "Vega-Lite cannot draw it"


def safe(drawing: str, prefix: str) -> str:
    """Rebuild a drawing from harmless elements and attributes; `prefix` goes before each id."""
    try:
        # vl-convert writes no document type and escapes text, so its drawing cannot declare an entity.
        root = _copy(ET.fromstring(drawing), prefix)  # noqa: S314 -- our own child process wrote it, not the user
    except ET.ParseError as error:
        raise ChartError("its drawing holds characters that no page can show") from error
    root.set("xmlns", SVG)
    return ET.tostring(root, encoding="unicode")


def _copy(element: ET.Element, prefix: str) -> ET.Element:
    copy = ET.Element(_local(element.tag), _attributes(element, prefix))
    copy.text = element.text
    labelled = len(element) <= MAX_LABELLED_MARKS
    for child in element:
        if _local(child.tag) in ELEMENTS:
            copied = _copy(child, prefix)
            copy.append(copied)
            if labelled and child.get("role") == "graphics-symbol" and not len(child):
                ET.SubElement(copied, "title").text = child.get("aria-label")
    return copy


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _attributes(element: ET.Element, prefix: str) -> dict[str, str]:
    values = {name: _value(value, prefix) for name, value in element.items() if name in ATTRIBUTES}
    if "id" in values:
        values["id"] = prefix + values["id"]
    return {name: value for name, value in values.items() if value}


def _value(value: str, prefix: str) -> str:
    """Give an attribute's value, themed, shortened to 1/100 pixel, and empty where it could refer to elsewhere."""
    if local := re.fullmatch(r"url\(#([\w-]+)\)", value):
        return f"url(#{prefix}{local[1]})"
    if "url" in value.lower() or "\\" in value:
        return ""
    return PAINT.get(value, re.sub(r"\d+\.\d{3,}", lambda number: f"{float(number[0]):.2f}", value))
