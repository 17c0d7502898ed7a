"""Options and printing that several commands share."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from launcher.errors import UsageError
from launcher.model import HANDLE, JobState

F = TypeVar("F", bound=Callable[..., Any])

EXIT_CODES = {
    JobState.SUCCEEDED: 0,
    JobState.FAILED: 1,
    JobState.CANCELLED: 3,
    JobState.PENDING: 4,
    JobState.RUNNING: 4,
    JobState.UNKNOWN: 5,
}


def cloud_option(command: F) -> F:
    """Add ``--cloud``."""
    return click.option(
        "--cloud", metavar="NAME", shell_complete=_clouds, help="Which cloud (default: local; see: launcher clouds)."
    )(command)


def json_option(command: F) -> F:
    """Add ``--json``."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")(command)


def report_option(command: F) -> F:
    """Add ``--report``."""
    path = click.Path(dir_okay=False, writable=True, path_type=Path)
    return click.option(
        "--report", type=path, callback=in_a_folder, metavar="FILE", help="Write the report, one HTML page, there."
    )(command)


def handle_argument(command: F) -> F:
    """Add the HANDLE argument."""
    return click.argument("handle", shell_complete=_handles)(command)


def parsed(handle: str) -> tuple[str, str]:
    """Give cloud and run id of a handle; a bare run id belongs to the default cloud. Raises UsageError."""
    found = HANDLE.fullmatch(handle)
    if found is None:
        raise UsageError(f"{handle!r} is no handle: CLOUD/WORKLOAD-DATE-TIME-XXXX", "launcher runs")
    from launcher import targets

    return found["cloud"] or targets.chosen(None), found["run_id"]


def echo_json(value: Any) -> None:
    """Print a value as JSON on stdout; keys in their own order."""
    click.echo(json.dumps(value, indent=1, ensure_ascii=True))


def in_a_folder(_context: click.Context, _parameter: click.Parameter, path: Path | None) -> Path | None:
    """Refuse a path whose folder is missing before anything runs for its sake."""
    if path is not None and not os.access(path.absolute().parent, os.W_OK):
        raise click.BadParameter(f"the folder {path.absolute().parent} is not there, or cannot be written")
    return path


def _clouds(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    from launcher import targets

    return [name for name in targets.clusters() if name.startswith(incomplete)]


def _handles(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    from launcher import runs, targets

    cloud = incomplete.partition("/")[0] if "/" in incomplete else targets.chosen(None)
    handles = (f"{cloud}/{run_id}" for run_id in runs.open_cloud(cloud).records.run_ids()[:50])
    return [handle for handle in handles if handle.startswith(incomplete)]
