"""Drawings of Vega-Lite specifications: what they show, and what they can never hold."""

from __future__ import annotations

import copy
import re
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from launcher import charts

POINTS: dict[str, Any] = {
    "data": {"values": [{"x": 1, "y": 2, "name": "a"}, {"x": 2, "y": 3, "name": "b"}]},
    "mark": "point",
    "encoding": {
        "x": {"field": "x", "type": "quantitative"},
        "y": {"field": "y", "type": "quantitative"},
        "color": {"field": "name", "type": "nominal"},
    },
}


def points(**changes: Any) -> dict[str, Any]:
    return copy.deepcopy(POINTS) | changes


def named(name: str) -> dict[str, Any]:
    return points(data={"values": [{"x": 1, "y": 2, "name": name}]})


def parse(drawing: str) -> ET.Element:
    return ET.fromstring(drawing)  # noqa: S314  our own drawing, and a broken one should fail the test


def tags(drawing: str) -> set[str]:
    return {element.tag.rpartition("}")[2] for element in parse(drawing).iter()}


def test_a_drawing_scales_by_its_view_box() -> None:
    assert "viewBox" in parse(charts.svg(points(), "f1-")).attrib


def test_text_and_lines_take_the_colours_of_the_page() -> None:
    drawing = charts.svg(points(), "f1-")
    assert 'fill="var(--ink)"' in drawing
    assert 'stroke="var(--line)"' in drawing


def test_the_background_is_the_page_even_where_the_specification_sets_one() -> None:
    assert "#abcdef" not in charts.svg(points(background="#abcdef"), "f1-")


def test_black_marks_follow_dark_mode() -> None:
    spec = points(mark={"type": "point", "stroke": "black"})
    del spec["encoding"]["color"]
    assert 'stroke="black"' not in charts.svg(spec, "f1-")


def test_few_marks_say_their_values_when_pointed_at() -> None:
    assert "<title>x: 1; y: 2; name: a</title>" in charts.svg(points(), "f1-")


def test_many_marks_stay_small() -> None:
    values = [{"x": x, "y": x % 63, "name": str(x % 8)} for x in range(4000)]
    drawing = charts.svg(points(data={"values": values}), "f1-")
    assert len(drawing) < 1_000_000
    assert "<title>x: 1;" not in drawing


@pytest.mark.parametrize(
    "spec",
    [
        points(data={"url": "https://example.org/cells.json"}),
        points(data={"url": "file:///etc/passwd"}),
        {"layer": [points(), points(data={"url": "cells.json"})]},
        points(transform=[{"lookup": "x", "from": {"data": {"url": "names.csv"}, "key": "x", "fields": ["z"]}}]),
        points(mark={"type": "image", "url": "https://example.org/pixel.png"}),
        points(mark="image", encoding={"url": {"field": "name"}}),
    ],
    ids=["data", "file", "layer", "lookup", "image", "channel"],
)
def test_a_specification_that_names_a_url_is_refused(spec: dict[str, Any]) -> None:
    with pytest.raises(charts.ChartError, match="by URL"):
        charts.svg(spec, "f1-")


def test_data_may_have_a_column_named_url() -> None:
    spec = points(data={"values": [{"x": 1, "y": 2, "name": "a", "url": "https://example.org"}]})
    assert "<path" in charts.svg(spec, "f1-")


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "</svg><img src=x onerror=alert(1)>", '"><a href="x">'])
def test_markup_in_data_is_text_in_the_drawing(name: str) -> None:
    drawing = charts.svg(named(name), "f1-")
    assert tags(drawing) <= charts.ELEMENTS | {"title"}
    assert name in "".join(parse(drawing).itertext())


def test_elements_that_run_load_or_lead_elsewhere_are_left_out() -> None:
    drawing = (
        '<svg xmlns="http://www.w3.org/2000/svg" onload="f()"><script>f()</script><style>@import "x"</style>'
        '<a href="javascript:f()"><rect/></a><image href="https://example.org/x.png"/><foreignObject/>'
        '<rect onclick="f()" style="fill:url(x)" fill="url(https://example.org/x)" stroke="\\75rl(x)" width="1"/></svg>'
    )
    assert charts.safe(drawing, "f1-") == '<svg xmlns="http://www.w3.org/2000/svg"><rect width="1" /></svg>'


def test_a_colour_taken_from_data_cannot_refer_to_elsewhere() -> None:
    spec = named("url(https://example.org/paint.svg#a)")
    spec["encoding"]["color"]["scale"] = None
    assert not re.search(r'="[^"]*example\.org', charts.svg(spec, "f1-"))


def test_ids_of_two_drawings_do_not_meet() -> None:
    clipped = points(mark={"type": "point", "clip": True})
    first, second = (set(re.findall(r'id="([^"]+)"', charts.svg(clipped, prefix))) for prefix in ("f1-", "f2-"))
    assert first
    assert not first & second


def test_references_inside_a_drawing_still_lead_to_their_ids() -> None:
    drawing = charts.svg(points(mark={"type": "point", "clip": True}), "f1-")
    assert set(re.findall(r"url\(#([^)]+)\)", drawing)) <= set(re.findall(r'id="([^"]+)"', drawing))


@pytest.mark.parametrize(
    ("name", "shown"), [("\x1b[31mred", r"\x1b[31mred"), ("a\ufffeb", r"a\ufffeb"), ("\ud800", r"\ud800")]
)
def test_characters_that_no_page_can_show_are_spelled_out(name: str, shown: str) -> None:
    assert shown in charts.svg(named(name), "f1-")


def test_a_specification_that_ends_the_drawing_program_is_only_not_drawn() -> None:
    spec = points(transform=[{"calculate": r"'\u001b'", "as": "name"}])
    with pytest.raises(charts.ChartError, match="died"):
        charts.svg(spec, "f1-")


def test_a_drawing_that_is_no_xml_is_only_not_shown() -> None:
    spec = points(transform=[{"calculate": r"'\u001b'", "as": "told"}])
    spec["encoding"]["description"] = {"field": "told"}
    with pytest.raises(charts.ChartError, match="no page can show"):
        charts.svg(spec, "f1-")


def test_a_drawing_that_takes_too_long_is_given_up() -> None:
    with pytest.raises(charts.ChartError, match=r"not drawn within 0\.01 seconds"):
        charts.svg(points(), "f1-", limit=0.01)


def test_what_vega_refuses_is_told_in_one_line() -> None:
    with pytest.raises(charts.ChartError, match="Vega-Lite cannot draw it: ") as caught:
        charts.svg({"mark": "point", "layer": 3}, "f1-")
    assert "\n" not in str(caught.value)
    assert "    at " not in str(caught.value)


def test_a_drawing_too_large_for_a_page_is_refused_with_the_remedy() -> None:
    values = [{"x": x, "y": x % 631, "name": str(x % 8)} for x in range(20_000)]
    with pytest.raises(charts.ChartError, match="aggregate them in the job"):
        charts.svg(points(data={"values": values}), "f1-")
