"""launcher status, wait, logs, cancel: one run, by its handle."""

import contextlib
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from launcher.cli import INTERRUPTED, complain, exit_with
from launcher.commands import options
from launcher.model import JobState

if TYPE_CHECKING:
    from launcher.model import Submission
    from launcher.runs import Cloud, Standing

timeout_option = click.option(
    "--timeout", type=click.FloatRange(min=0), metavar="SECONDS", help="Stop waiting after that; the job runs on."
)


@click.command()
@options.handle_argument
@click.option("--wait", "waiting", is_flag=True, help="Wait for the end, without printing the log.")
@timeout_option
@options.json_option
def status(handle: str, waiting: bool, timeout: float | None, as_json: bool) -> None:
    """Show how a run stands.

    \b
    Example:
      launcher status local/kmeans-20261122-101530-4f2a
    """
    from launcher import runs
    from launcher.waiting import wait as wait_for

    cloud, run_id = _opened(handle)
    if waiting:
        with leaving_the_job(handle):
            standing = wait_for(cloud, run_id, lambda _line: None, timeout=timeout)
    else:
        standing = runs.look(cloud, run_id)
    options.echo_json(standing.to_json()) if as_json else click.echo(line(standing))
    if waiting:
        exit_with(options.EXIT_CODES[standing.status.state])


@click.command()
@options.handle_argument
@timeout_option
@options.report_option
@click.option(
    "--patience", type=click.FloatRange(min=0), default=60, show_default=True, metavar="SECONDS",
    help="How long the service may be silent or contradict the job.",
)  # fmt: skip
@options.json_option
def wait(
    handle: str,
    timeout: float | None,
    report: Path | None,
    patience: float,
    as_json: bool,
) -> None:
    """Wait for a run's end: the log goes to stderr, the metrics go to stdout, the exit code says how it ended.

    \b
    Example:
      launcher wait local/kmeans-20261122-101530-4f2a --timeout 600
    """
    cloud, run_id = _opened(handle)
    to_the_end(cloud, run_id, timeout=timeout, report=report, as_json=as_json, patience=patience)


@click.command()
@options.handle_argument
@click.option("-f", "--follow", is_flag=True, help="Go on until the run has ended.")
@click.option("--service", is_flag=True, help="Print the service's own log instead.")
def logs(handle: str, follow: bool, service: bool) -> None:
    """Print what a run has printed so far. Control characters are shown, not obeyed.

    \b
    Example:
      launcher logs -f local/kmeans-20261122-101530-4f2a
    """
    from launcher import runs
    from launcher.logs import Tail
    from launcher.waiting import service_lines
    from launcher.waiting import wait as wait_for

    cloud, run_id = _opened(handle)
    if follow:
        with leaving_the_job(handle):
            wait_for(cloud, run_id, click.echo)
        return
    standing = runs.look(cloud, run_id)
    tail = Tail(cloud.records, run_id)
    for text in service_lines(cloud, standing) if service else tail.last():
        click.echo(text)
    if tail.empty and not service:
        click.echo(f"nothing is logged yet; the service's own log: launcher logs --service {handle}", err=True)


@click.command()
@options.handle_argument
@options.json_option
def cancel(handle: str, as_json: bool) -> None:
    """Ask the cloud to end a run; does nothing to one that has ended.

    \b
    Example:
      launcher cancel local/kmeans-20261122-101530-4f2a
    """
    from launcher import runs

    cloud, run_id = _opened(handle)
    standing = runs.cancel(cloud, run_id)
    options.echo_json(standing.to_json()) if as_json else click.echo(line(standing))
    if not standing.status.state.final:
        click.echo(f"asked to end; see: launcher wait {standing.submission.handle}", err=True)


def say_detached(accepted: "Submission", *, as_json: bool) -> None:
    """Print the handle on stdout and how to go on on stderr."""
    if as_json:
        empty = {"metrics": None, "directory": accepted.run.directory, "seconds": None}
        options.echo_json({"handle": accepted.handle, "state": JobState.PENDING, **empty})
        return
    click.echo(accepted.handle)
    click.echo(f"follow it with: launcher logs -f {accepted.handle}", err=True)


def to_the_end(
    cloud: "Cloud",
    run_id: str,
    *,
    timeout: float | None,
    report: Path | None,
    as_json: bool,
    patience: float = 60,
    beside: "Standing | None" = None,
) -> None:
    """Wait, pass the log on to stderr, print metrics or JSON on stdout, and exit with the state's code.

    With a run ``beside`` it, say whether both found the same.
    """
    from launcher.progress import Waiting
    from launcher.waiting import wait as wait_for

    with leaving_the_job(f"{cloud.name}/{run_id}"), Waiting() as shown:
        standing = wait_for(cloud, run_id, shown.line, watch=shown.status, timeout=timeout, patience=patience)
    _print(standing, as_json=as_json)
    if beside is not None:
        from launcher.comparing import compared

        click.echo(f"beside {beside.submission.handle}: {compared([beside, standing]).sentence}", err=True)
    if report is not None and standing.status.state.final:
        from launcher.fetching import write_report

        click.echo(f"report: {write_report(cloud, standing, report)}", err=True)
    exit_with(options.EXIT_CODES[standing.status.state])


def line(standing: "Standing") -> str:
    """Give a run's standing in one line."""
    from launcher.visible import visible

    parts = [standing.status.state, standing.submission.handle, visible(standing.status.message)]
    return "  ".join(part for part in parts if part)


def _print(standing: "Standing", *, as_json: bool) -> None:
    from launcher import tables

    if as_json:
        options.echo_json(standing.to_json())
    elif standing.metrics:
        click.echo(tables.metrics(standing.metrics))
    _narrate(standing)


def _narrate(standing: "Standing") -> None:
    state, handle = standing.status.state, standing.submission.handle
    if state is JobState.SUCCEEDED:
        seconds = (standing.receipt or {}).get("seconds", {}).get("total", 0)
        click.echo(f"{line(standing)}  in {seconds:.1f} s", err=True)
    elif state in {JobState.FAILED, JobState.UNKNOWN}:
        complain(line(standing), _next_step(standing))
    else:
        click.echo(line(standing), err=True)
        if not state.final:
            click.echo(f"go on waiting: launcher wait {handle}\nend it:        launcher cancel {handle}", err=True)


def _next_step(standing: "Standing") -> str:
    from launcher.waiting import REMOVED

    handle = standing.submission.handle
    if standing.status.native == REMOVED:
        return "launcher runs"
    if standing.status.state is JobState.UNKNOWN:
        return f"launcher status {handle}, or if its launcher was killed: launcher resume {handle}"
    return str((standing.receipt or {}).get("hint") or "launcher logs HANDLE").replace("HANDLE", handle)


@contextlib.contextmanager
def leaving_the_job(handle: str = "") -> Generator[list[str]]:
    """On Ctrl-C say how to re-attach or end the run, then exit; the handle may be appended once it is known."""
    handles = [handle] if handle else []
    try:
        yield handles
    except KeyboardInterrupt:
        if not handles:
            raise
        name = handles[0]
        click.echo(
            f"\n{name} goes on.\n  re-attach: launcher wait {name}\n  end it:    launcher cancel {name}", err=True
        )
        exit_with(INTERRUPTED)


def _opened(handle: str) -> tuple["Cloud", str]:
    from launcher import runs

    cloud, run_id = options.parsed(handle)
    return runs.open_cloud(cloud), run_id
