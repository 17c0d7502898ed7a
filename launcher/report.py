"""One HTML page about a run: what it found, how it was made, how to do it again.

The page is self-contained (no script, no font, no request) and opens from disk. What a job wrote is not trusted: it
is escaped, drawn without references (see charts), and where it is missing or broken the page says so in its place.
"""

from __future__ import annotations

import json
import math
import shlex
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from markupsafe import Markup

from launcher import artifacts, pages
from launcher.metrics import words

if TYPE_CHECKING:
    from pathlib import Path

MAX_ROWS = 200
MAX_TEXT = 2_000
SIGNIFICANT_DIGITS = 6
PLAIN = (1e-4, 1e15)  # sizes that are written without an exponent
NOTHING = "\N{EN DASH}"
IDENTIFIERS = frozenset({"seed"})  # numbers that count nothing and get no thousands separators


def render(folder: Path, record: Mapping[str, Any]) -> str:
    """Give the page for one run.

    `folder` is a local copy of the run's output: metrics.json, figures/*.vl.json (Vega-Lite with inlined data) and
    tables/*.json ({"columns", "rows"}); what is absent or broken is shown as such, not raised. `record` is what the
    launcher knows: handle, workload, cloud, kind, state, seconds, args, conf, env, submitted_at, directory, message
    and the receipt (None before the job's last act).
    """
    tables = artifacts.tables(folder)
    receipt = _object(record.get("receipt"))
    return pages.template("report.html.j2").render(
        record=record,
        receipt=receipt,
        facts=_facts(record, receipt),
        metrics=artifacts.metrics(folder, shown=tables),
        figures=artifacts.figures(folder),
        tables=tables,
        command=command(record),
        arguments="\n".join(_lines(_words(record.get("args")))),
        max_rows=MAX_ROWS,
        readable=readable,
        is_quantity=is_quantity,
        words=words,
        drawing=Markup,
    )


def write(folder: Path, record: Mapping[str, Any], path: Path) -> None:
    """Render the page into `path`, which then holds either what it held before or the whole page.

    Raises OSError where `path` cannot be written.
    """
    pages.write(render(folder, record), path)


def command(record: Mapping[str, Any]) -> str:
    """Give the command that submits the same run again: quoted for a POSIX shell, one option on a line."""
    source, rest = _split_input(_words(record.get("args")))
    head = ["launcher", "submit", str(record.get("workload", "")), "--cloud", str(record.get("cloud", ""))]
    options = source + _settings("--conf", record.get("conf")) + _settings("--env", record.get("env"))
    lines = [shlex.join(head), *_lines(options)]
    return " \\\n  ".join([*lines, shlex.join(["--", *rest])] if rest else lines)


def _words(values: Any) -> list[str]:
    return [str(value) for value in values or ()]


def _split_input(args: list[str]) -> tuple[list[str], list[str]]:
    """Take out --input: it is an option of `launcher submit`, which passes it on to the job."""
    for index, argument in enumerate(args):
        if argument == "--input" and index + 1 < len(args):
            return args[index : index + 2], args[:index] + args[index + 2 :]
        if argument.startswith("--input="):
            return ["--input", argument.removeprefix("--input=")], args[:index] + args[index + 1 :]
    return [], args


def _settings(option: str, values: Mapping[str, Any] | None) -> list[str]:
    return [word for key, value in (values or {}).items() for word in (option, f"{key}={value}")]


def _lines(words: list[str]) -> list[str]:
    """Quote words for a shell, with each option and its values on a line of their own."""
    starts = [index for index, word in enumerate(words) if word.startswith("--") or not index]
    return [shlex.join(words[start:end]) for start, end in zip(starts, [*starts[1:], None], strict=True)]


def _facts(record: Mapping[str, Any], receipt: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Give what is known about how the run was made, by heading; what is not known is left out."""
    submitted = {"submitted": record.get("submitted_at")}
    facts: dict[str, dict[str, Any]] = {
        "Run": _known(record, "cloud", "kind", "directory") | _known(receipt, "host", "seed", "exit_code"),
        "Versions": _object(receipt.get("versions")),
        "Time": _known({**submitted, "started": receipt.get("started_at"), "ended": receipt.get("ended_at")}),
        "Seconds": _object(receipt.get("seconds")),
        "Digests": _known({"application": receipt.get("digest")}),
        "Spark properties": _object(record.get("conf")),
        "Environment": _object(record.get("env")),
    }
    return {heading: known for heading, known in facts.items() if known}


def _object(value: Any) -> dict[str, Any]:
    return dict(cast("Mapping[str, Any]", value)) if isinstance(value, Mapping) else {}


def _known(values: Mapping[str, Any], *names: str) -> dict[str, Any]:
    chosen = {name: values.get(name) for name in names or values}
    return {words(name): value for name, value in chosen.items() if value is not None and value != ""}


def is_quantity(value: Any) -> bool:
    """Tell a number from everything else; yes and no are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def readable(value: Any, name: str = "", *, aligned: bool = False) -> str:
    """Give a value as a reader wants it: six significant digits, thousands separators, lists on one line.

    `aligned` keeps zeros at the end, so that numbers of a column stand under each other.
    """
    match value:
        case None | "" | []:
            return NOTHING
        case bool():
            return "yes" if value else "no"
        case int():
            return str(value) if name in IDENTIFIERS else f"{value:,}"
        case float():
            number = _decimal(value)
            return number if aligned or "." not in number else number.rstrip("0").rstrip(".")
        case str():
            text = value
        case [*items] if all(isinstance(item, str | int | float) for item in items):
            text = ", ".join(readable(item) for item in items)
        case _:
            text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= MAX_TEXT else f"{text[:MAX_TEXT]} … ({len(text):,} characters)"


def _decimal(value: float) -> str:
    if value == 0:
        return "0"
    if not math.isfinite(value) or not PLAIN[0] <= abs(value) < PLAIN[1]:
        return f"{value:.{SIGNIFICANT_DIGITS}g}"
    digits = max(0, SIGNIFICANT_DIGITS - 1 - math.floor(math.log10(abs(value))))
    return f"{value:,.{digits}f}"
