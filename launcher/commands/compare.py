"""launcher compare: runs side by side."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from launcher.cli import exit_with
from launcher.commands import options
from launcher.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from launcher.comparing import Comparison
    from launcher.runs import Standing

LONGEST = 40  # characters of a value in a terminal's column
FEWEST = 2


@click.command()
@click.argument("handles", nargs=-1, required=True, metavar="HANDLE HANDLE...")
@options.json_option
@click.option(
    "--html", "page", type=click.Path(dir_okay=False, path_type=Path), callback=options.in_a_folder, metavar="FILE",
    help="Write the comparison, one HTML page, there.",
)  # fmt: skip
def compare(handles: tuple[str, ...], as_json: bool, page: Path | None) -> None:
    """Compare runs of any clouds: metrics, seconds by phase, versions, settings.

    Exit code 0 when every run succeeded and all metrics are equal, 1 when not.

    \b
    Example:
      launcher compare local/kmeans-20261122-101530-4f2a gcp/kmeans-20261122-104007-91c0
    """
    from launcher import comparing

    if len(handles) < FEWEST:
        raise UsageError("two runs or more can be compared", "launcher compare HANDLE HANDLE")
    found = comparing.compared([_standing(handle) for handle in handles])
    options.echo_json(found.to_json()) if as_json else click.echo(table(found))
    click.echo(found.sentence, err=True)
    if page is not None:
        from launcher import comparison_page

        comparison_page.write(found, page)
        click.echo(f"page: {page}", err=True)
    exit_with(0 if found.equal else 1)


def table(found: "Comparison") -> str:
    """Give a comparison as text: a block for each section, a column for each run."""
    from launcher import tables
    from launcher.comparing import SECTIONS

    rows: list[Sequence[str]] = [("state", "", *found.states)]
    for section in SECTIONS:
        rows.append((section.upper(), "", *("" for _ in found.handles)))
        rows += [
            (f"  {row.name}", row.verdict, *(_short(value) for value in row.values))
            for row in found.rows
            if row.section == section
        ]
    return tables.aligned(("", "", *found.handles), rows)


def _short(value: object) -> str:
    from launcher import tables
    from launcher.visible import visible

    text = visible(tables.text(value))
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."


def _standing(handle: str) -> "Standing":
    from launcher import runs

    cloud, run_id = options.parsed(handle)
    return runs.look(runs.open_cloud(cloud), run_id)
