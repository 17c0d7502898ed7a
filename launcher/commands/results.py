"""launcher results: the output, on this machine."""

from pathlib import Path

import click

from launcher.commands import options
from launcher.model import JobState


@click.command()
@options.handle_argument
@click.argument("folder", required=False, type=click.Path(file_okay=False, path_type=Path))
@options.report_option
@click.option("--open", "show", is_flag=True, help="Open the report in a browser.")
@options.json_option
def results(handle: str, folder: Path | None, report: Path | None, show: bool, as_json: bool) -> None:
    """Copy a run's output to FOLDER (default: ./RUN_ID), with a report.html, and print its metrics.

    \b
    Example:
      launcher results local/kmeans-20261122-101530-4f2a results --open
    """
    from launcher import fetching, runs, tables

    cloud_name, run_id = options.parsed(handle)
    cloud = runs.open_cloud(cloud_name)
    standing = runs.look(cloud, run_id)
    target = folder or Path(run_id)
    copied = fetching.fetch(cloud, standing, target)
    target.mkdir(parents=True, exist_ok=True)
    page = fetching.write_report(cloud, standing, report or target / "report.html")
    if as_json:
        options.echo_json({**standing.to_json(), "files": [str(path) for path in copied], "report": str(page)})
    elif standing.metrics:
        click.echo(tables.metrics(standing.metrics))
    if standing.status.state is not JobState.SUCCEEDED:
        click.echo(f"{standing.submission.handle} is {standing.status.state}: {standing.status.message}", err=True)
    click.echo(f"{len(copied)} files in {target}, report: {page}", err=True)
    if show:
        click.launch(page.absolute().as_uri())
