"""The report's page: what it tells about a run, and what it makes of an output that is broken or hostile."""

from __future__ import annotations

import html
import json
import re
import shutil
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from launcher import report

DATA = Path(__file__).parent / "report_data"


@pytest.fixture
def record() -> dict[str, Any]:
    return json.loads((DATA / "record.json").read_text())


@pytest.fixture
def drawn(tmp_path: Path) -> Path:
    return shutil.copytree(DATA / "output", tmp_path / "drawn")


@pytest.fixture
def output(tmp_path: Path) -> Path:
    """Give an output without figures, since each takes most of a second to draw."""
    return shutil.copytree(DATA / "output", tmp_path / "output", ignore=shutil.ignore_patterns("figures"))


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    (tmp_path / "empty").mkdir()
    return tmp_path / "empty"


def metrics(folder: Path, values: Any) -> None:
    (folder / "metrics.json").write_text(json.dumps(values))


def table(folder: Path, columns: list[str], rows: list[list[Any]]) -> None:
    (folder / "tables").mkdir(exist_ok=True)
    (folder / "tables" / "made.json").write_text(json.dumps({"columns": columns, "rows": rows}))


def text(page: str) -> str:
    """Give what a reader sees of a page, one line for each piece of text."""
    body = page.partition("<body>")[2]
    pieces = (html.unescape(piece).strip() for piece in re.split(r"<[^>]*>", body))
    return "\n".join(piece for piece in pieces if piece)


def test_the_title_names_workload_state_and_handle(output: Path, record: dict[str, Any]) -> None:
    page = report.render(output, record)
    assert "<title>kmeans SUCCEEDED · local/kmeans-20261122-101530-4f2a</title>" in page


def test_single_metrics_are_readable_numbers(output: Path, record: dict[str, Any]) -> None:
    shown = text(report.render(output, record))
    assert "cost\n15.7979\n" in shown
    assert "rows\n25,000\n" in shown
    assert "features\nLat, Lon\n" in shown


def test_a_number_keeps_all_its_digits_for_machines(output: Path, record: dict[str, Any]) -> None:
    assert '<data value="15.797936131">15.7979</data>' in report.render(output, record)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.5, "0.5"),
        (0.1 + 0.2, "0.3"),
        (1234567.891, "1,234,568"),
        (0.0, "0"),
        (3.2e-9, "3.2e-09"),
        (1e22, "1e+22"),
        (True, "yes"),
        (None, "–"),  # noqa: RUF001 -- the dash is what stands for nothing
        ([], "–"),  # noqa: RUF001 -- the same dash
        ("a b", "a b"),
        ([1, "x"], "1, x"),
        ({"a": 1}, '{"a": 1}'),
    ],
)
def test_a_value_reads_well(value: Any, shown: str) -> None:
    assert report.readable(value) == shown


def test_a_seed_is_no_quantity() -> None:
    assert report.readable(20261122, "seed") == "20261122"


def test_a_text_of_any_length_is_cut() -> None:
    assert report.readable("x" * 5000).endswith("(5,000 characters)")


def test_lists_of_one_length_stand_in_one_table_named_by_the_features(empty: Path, record: dict[str, Any]) -> None:
    metrics(empty, {"features": ["Lat", "Lon"], "sizes": [9061, 54], "centres": [[40.7, -74.0], [40.9, -73.6]]})
    shown = text(report.render(empty, record))
    assert "#\nsizes\ncentres Lat\ncentres Lon\n0\n9,061\n40.7000\n-74.0000\n1\n54\n" in shown


def test_a_single_cluster_has_its_table(empty: Path, record: dict[str, Any]) -> None:
    metrics(empty, {"features": ["Lat"], "sizes": [7], "centres": [[40.5]]})
    assert "#\nsizes\ncentres Lat\n0\n7\n40.5000\n" in text(report.render(empty, record))


def test_lists_that_a_table_of_the_job_shows_are_not_shown_twice(output: Path, record: dict[str, Any]) -> None:
    assert text(report.render(output, record)).count("9,061") == 1


def test_nested_metrics_are_a_small_table(output: Path, record: dict[str, Any]) -> None:
    assert "Dropped rows\nmissing\n0\nnon_numeric\n3\ninfinite\n0\n" in text(report.render(output, record))


def test_the_map_comes_before_other_figures(drawn: Path, record: dict[str, Any]) -> None:
    figures = drawn / "figures"
    (figures / "sizes.vl.json").rename(figures / "a-bar-chart.vl.json")
    (figures / "clusters.vl.json").rename(figures / "map.vl.json")
    described = re.findall(r'<figure role="img" aria-label="([^"]+)"', report.render(drawn, record))
    assert described == ["Map of 25000 rows in 8 clusters", "Rows per cluster"]


def test_the_title_of_a_figure_is_a_heading_and_not_drawn_again(drawn: Path, record: dict[str, Any]) -> None:
    page = report.render(drawn, record)
    assert re.search(r"<h3[^>]*>Rows per cluster</h3>", page)
    assert text(page).count("Rows per cluster") == 1


def test_headings_skip_no_level(drawn: Path, record: dict[str, Any]) -> None:
    levels = [int(level) for level in re.findall(r"<h(\d)", report.render(drawn, record))]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_versions_digest_timing_and_settings_are_told(output: Path, record: dict[str, Any]) -> None:
    shown = text(report.render(output, record))
    for line in ("spark\n4.1.4", record["receipt"]["digest"], "session\n3.21", "spark.sql.shuffle.partitions\n4"):
        assert line in shown


def test_the_command_is_on_the_page(output: Path, record: dict[str, Any]) -> None:
    assert report.command(record) in html.unescape(report.render(output, record))


def test_a_failed_run_shows_its_message_and_hint(empty: Path, record: dict[str, Any]) -> None:
    record["state"] = "FAILED"
    record["receipt"] |= {"state": "FAILED", "message": "No column named Lot.", "hint": "The nearest name is Lat."}
    shown = text(report.render(empty, record))
    assert "No column named Lot.\nHint:\nThe nearest name is Lat.\n" in shown


def test_a_run_without_a_receipt_shows_the_launchers_message(empty: Path, record: dict[str, Any]) -> None:
    record |= {"state": "FAILED", "receipt": None, "message": "The process ended without a word."}
    shown = text(report.render(empty, record))
    assert "The process ended without a word." in shown
    assert "There is no receipt" in shown


def test_an_output_that_is_not_there_is_told(tmp_path: Path, record: dict[str, Any]) -> None:
    shown = text(report.render(tmp_path / "nothing", record))
    assert "This run left no metrics." in shown
    assert "This run left no figures." in shown


BROKEN = {
    "not JSON": b'{"k": 8,',
    "not UTF-8": b'{"k": "\xff"}',
    "empty": b"",
    "too deep": b"[" * 500 + b"]" * 500,
    "far too deep": b"[" * 100_000,
    "a number of 10,000 digits": b"[" + b"9" * 10_000 + b"]",
    "something else": b'"hello"',
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
@pytest.mark.parametrize("name", ["metrics.json", "figures/clusters.vl.json", "tables/clusters.json"])
def test_a_broken_file_is_told_in_its_place(output: Path, record: dict[str, Any], name: str, content: bytes) -> None:
    path = output / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    problems = re.findall(r'<p class="problem">(.*?)</p>', report.render(output, record))
    assert len([problem for problem in problems if problem.startswith(path.name)]) == 1


def test_a_folder_where_a_file_should_be_is_told(output: Path, record: dict[str, Any]) -> None:
    (output / "tables" / "odd.json").mkdir()
    assert "odd.json could not be read: Is a directory." in text(report.render(output, record))


def test_one_broken_figure_leaves_the_others(drawn: Path, record: dict[str, Any]) -> None:
    (drawn / "figures" / "bad.vl.json").write_text('{"mark": "point", "data": {"url": "x.csv"}}')
    page = report.render(drawn, record)
    assert "bad.vl.json is not shown: it refers to data or images by URL" in text(page)
    assert page.count("<svg") == 2


def test_ragged_and_odd_tables_are_shown_as_they_are(empty: Path, record: dict[str, Any]) -> None:
    table(empty, ["a", "b"], [[], [1], [1, 2, {"c": [3]}], [None, True]])
    shown = text(report.render(empty, record))
    assert '1\n2\n{"c": [3]}\n–\nyes\n' in shown  # noqa: RUF001 -- the same dash


def test_a_table_without_rows_says_so(empty: Path, record: dict[str, Any]) -> None:
    table(empty, ["a"], [])
    assert "This table has no rows." in text(report.render(empty, record))


def test_a_long_table_is_cut_with_a_note(empty: Path, record: dict[str, Any]) -> None:
    table(empty, ["n"], [[f"row {n}"] for n in range(3000)])
    shown = text(report.render(empty, record))
    assert "row 199\n" in shown
    assert "row 200\n" not in shown
    assert "The first 200 of 3,000 rows" in shown


SCRIPT = "<script>alert('x')</script>\"'><img src=x onerror=alert(1)>"


def test_markup_from_anywhere_is_text_on_the_page(empty: Path, record: dict[str, Any]) -> None:
    metrics(empty, {SCRIPT: SCRIPT, "nested": {SCRIPT: [SCRIPT]}, "lists": [[SCRIPT]]})
    table(empty, [SCRIPT], [[SCRIPT]])
    hostile = {key: SCRIPT for key in record if key not in {"args", "conf", "env", "receipt", "seconds"}}
    receipt = record["receipt"] | {"message": SCRIPT, "hint": SCRIPT, "digest": SCRIPT, "versions": {SCRIPT: SCRIPT}}
    page = report.render(empty, hostile | {"args": [SCRIPT], "env": {SCRIPT: SCRIPT}, "receipt": receipt})
    assert "<script" not in page
    assert "<img" not in page


def test_terminal_escapes_are_spelled_out(empty: Path, record: dict[str, Any]) -> None:
    record["receipt"]["message"] = "\x1b[31mred\x07 \u202egnp.exe \ud800"
    page = report.render(empty, record)
    assert r"\x1b[31mred\x07 \u202egnp.exe \ud800" in page
    assert not re.search(r"[\x00-\x08\x0b-\x1f\u202e\ud800]", page)


@pytest.mark.parametrize("receipt", [None, {}, [], "done", {"versions": 3, "seconds": None, "digest": [1]}])
def test_an_odd_receipt_does_not_stop_the_report(empty: Path, record: dict[str, Any], receipt: Any) -> None:
    assert "kmeans" in report.render(empty, record | {"receipt": receipt})


def test_the_page_refers_to_nothing_and_runs_nothing(drawn: Path, record: dict[str, Any]) -> None:
    page = report.render(drawn, record)
    assert not re.search(r"<(script|link|img|iframe|object|embed|image|use|a)\b|\b(src|href)=|@import", page)
    assert "default-src 'none'" in page


def test_a_map_of_4000_cells_makes_a_page_below_two_megabytes(drawn: Path, record: dict[str, Any]) -> None:
    path = drawn / "figures" / "clusters.vl.json"
    spec = json.loads(path.read_text())
    cells = [{"Lon": -75 + n % 80 / 81, "Lat": 40 + n / 3999, "cluster": str(n % 8), "rows": n} for n in range(4000)]
    spec["layer"][0]["data"]["values"] = cells
    path.write_text(json.dumps(spec))
    page = report.render(drawn, record)
    assert page.count("<path") > 4000
    assert len(page.encode()) < 2_000_000


def test_writing_replaces_the_page_and_leaves_nothing_else(output: Path, empty: Path, record: dict[str, Any]) -> None:
    path = empty / "a report.html"
    path.write_text("before")
    report.write(output, record, path)
    assert path.read_text(encoding="utf-8") == report.render(output, record)
    assert list(empty.iterdir()) == [path]


def test_a_page_that_cannot_be_put_in_place_leaves_what_was_there(
    output: Path, empty: Path, record: dict[str, Any]
) -> None:
    path = empty / "report.html"
    (path / "kept").mkdir(parents=True)
    with pytest.raises(OSError, match="directory"):
        report.write(output, record, path)
    assert list(empty.rglob("*")) == [path, path / "kept"]
