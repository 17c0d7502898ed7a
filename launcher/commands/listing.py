"""launcher runs, resume, clouds, workloads: what there is."""

from typing import TYPE_CHECKING

import click

from launcher.commands import options

if TYPE_CHECKING:
    from launcher.runs import Cloud, Standing

SHOWN = 20


@click.command()
@options.cloud_option
@click.option(
    "--limit", type=click.IntRange(min=1), default=SHOWN, show_default=True, help="How many, the newest first."
)
@click.option("--all", "every", is_flag=True, help="All of them.")
@options.json_option
def runs(cloud: str | None, limit: int, every: bool, as_json: bool) -> None:
    """List runs, the newest first.

    \b
    Example:
      launcher runs --cloud local --limit 5
    """
    from launcher import overview, tables
    from launcher import runs as library

    opened = library.open_cloud(_chosen(cloud))
    run_ids = opened.records.run_ids()
    standings = overview.standings(opened, run_ids if every else run_ids[:limit])
    if as_json:
        options.echo_json([standing.to_json() for standing in standings])
        return
    click.echo(tables.aligned(("HANDLE", "STATE", "SECONDS", "MESSAGE"), [_row(standing) for standing in standings]))
    if len(standings) < len(run_ids):
        click.echo(f"{len(run_ids) - len(standings)} more: launcher runs --all", err=True)


@click.command()
@click.argument("handle", required=False)
@options.cloud_option
@options.json_option
def resume(handle: str | None, cloud: str | None, as_json: bool) -> None:
    """Settle runs that a killed launcher or a reboot left open: finds each one's job, or declares that there is none.

    \b
    Examples:
      launcher resume
      launcher resume local/kmeans-20261122-101530-4f2a
    """
    from launcher import launching, tables
    from launcher import runs as library

    name, run_id = options.parsed(handle) if handle else (_chosen(cloud), "")
    opened = library.open_cloud(name)
    found = library.each(opened, _open_runs(opened), library.resume)
    standings = [library.resume(opened, run_id)] if run_id else list(found)
    launching.forget_dead()
    if as_json:
        options.echo_json([standing.to_json() for standing in standings])
    elif standings:
        click.echo(tables.aligned(("HANDLE", "STATE", "SECONDS", "MESSAGE"), [_row(s) for s in standings]))
    else:
        click.echo("nothing was left open", err=True)


@click.command()
@options.json_option
def clouds(as_json: bool) -> None:
    """List the clouds that --cloud takes: `local`, and the tables [clouds.NAME] of launcher.toml.

    \b
    Example:
      launcher clouds --json
    """
    from launcher import tables, targets

    known = targets.clusters()
    if as_json:
        options.echo_json(known)
        return
    default = targets.chosen(None)
    rows = [
        (
            name + (" *" if name == default else ""),
            c.get("kind", ""),
            c.get("staging", ""),
            c.get("expires_at", "unknown"),
        )
        for name, c in known.items()
    ]
    click.echo(tables.aligned(("CLOUD", "KIND", "STAGING", "ENDS"), rows))
    click.echo(f"* is the default; configured in {targets.config_file() or 'no launcher.toml'}", err=True)


@click.command()
@click.option("-v", "--verbose", is_flag=True, help="List the samples as well.")
@options.json_option
def workloads(verbose: bool, as_json: bool) -> None:
    """List the workloads, and with -v the samples that --input takes by name.

    \b
    Example:
      launcher workloads -v
    """
    from launcher import samples, tables
    from launcher import workloads as library

    known = library.table().values()
    if as_json:
        rows = [{"name": w.name, "summary": w.summary, "sample": w.sample} for w in known]
        options.echo_json({"workloads": rows, "samples": {n: dict(row) for n, row in samples.table().items()}})
        return
    click.echo(tables.aligned(("WORKLOAD", "WHAT IT DOES", "SAMPLE"), [(w.name, w.summary, w.sample) for w in known]))
    if verbose:
        rows = [(name, row["summary"], row["licence"]) for name, row in samples.table().items()]
        click.echo("\n" + tables.aligned(("SAMPLE", "WHAT IT IS", "LICENCE"), rows))


def _chosen(cloud: str | None) -> str:
    from launcher import targets

    return targets.chosen(cloud)


def _row(standing: "Standing") -> tuple[str, ...]:
    from launcher.visible import visible

    seconds = (standing.receipt or {}).get("seconds", {}).get("total")
    return (
        standing.submission.handle,
        standing.status.state,
        f"{seconds:.1f}" if seconds else "",
        visible(standing.status.message)[:100],
    )


def _open_runs(cloud: "Cloud") -> list[str]:
    run_ids = cloud.records.run_ids()
    settled = cloud.records.outcomes(run_ids)
    return [run_id for run_id, outcome in zip(run_ids, settled, strict=True) if outcome is None]
