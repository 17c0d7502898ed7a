"""launcher up, extend, down, sweep: clouds that are made for a workshop, and end with it."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from launcher.commands import options
from launcher.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from launcher.stacks.operations import Certificate, Made

LEFT = 1


def _cloud(command: options.F) -> options.F:
    return click.option(
        "--cloud", required=True, metavar="NAME", help="The cloud's name; Pulumi's stack has the same."
    )(command)


def _end(command: options.F) -> options.F:
    until = click.option("--until", metavar="TIME", help="When it ends: 17:00, or 2026-11-25T17:00.")
    length = click.option("--for", "length", metavar="LENGTH", help="After how long it ends: 4h, 90m, 2d.")
    return until(length(command))


@click.command()
@_cloud
@click.option("--kind", metavar="KIND", help="Which service: emr, dataproc, hdinsight. Needed the first time.")
@click.option("--region", metavar="REGION", help="The provider's region. Needed the first time.")
@click.option("--project", metavar="ID", help="dataproc: the Google project, by its id. Needed the first time.")
@click.option("--ssh-source", metavar="CIDR", help="Who may open ssh: 192.0.2.7/32. Needed the first time.")
@click.option("--workers", type=click.IntRange(min=1), metavar="N", help="Nodes that compute (default: 2).")
@click.option("--spot", is_flag=True, help="Workers that the provider may take back, for less money.")
@click.option("--set", "more", multiple=True, metavar="KEY=VALUE", help="Any key of Pulumi.yaml; may be repeated.")
@click.option("--yes", is_flag=True, help="Do not ask before what is there is replaced.")
@_end
@options.json_option
def up(
    cloud: str,
    kind: str | None,
    region: str | None,
    project: str | None,
    ssh_source: str | None,
    workers: int | None,
    spot: bool,
    more: tuple[str, ...],
    yes: bool,
    until: str | None,
    length: str | None,
    as_json: bool,
) -> None:
    """Make a cloud, or change it: machines, network, bucket, and the time at which the provider itself ends it.

    It is ready when the provider has confirmed that time. Ctrl-C, or a crash: the same command goes on.

    \b
    Examples:
      launcher up --cloud aws --kind emr --region eu-central-1 --ssh-source 192.0.2.7/32 --for 4h
      launcher up --cloud aws --workers 5
    """
    from launcher import targets
    from launcher.stacks import operations

    given = {
        "kind": kind,
        "region": region,
        "project": project,
        "ssh_source": ssh_source,
        "workers": str(workers or ""),
    }
    settings = {key: value for key, value in given.items() if value} | ({"spot": "true"} if spot else {}) | _pairs(more)
    end = _instant(until, length)
    if cloud in targets.configured():
        raise UsageError(f"{cloud} is a cloud of {targets.config_file()}", "choose another name for the new one")
    made = operations.up(cloud, settings, end, _agreed if yes else _agree, _say)
    _print(made, as_json=as_json)


@click.command()
@_cloud
@_end
@options.json_option
def extend(cloud: str, until: str | None, length: str | None, as_json: bool) -> None:
    """Move the time at which a cloud ends, later or earlier, in the provider and in Pulumi's state.

    \b
    Example:
      launcher extend --cloud aws --for 1h
    """
    from launcher.stacks import operations

    end = _instant(until, length)
    if end is None:
        raise UsageError("how long is it to run?", f"launcher extend --cloud {cloud} --for 1h")
    _print(operations.extend(cloud, end, _agree, _say), as_json=as_json)


@click.command()
@_cloud
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--cancel-runs", is_flag=True, help="Cancel what still computes.")
@click.option(
    "--keep-runs",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="First copy every run's output there.",
)
@options.json_option
def down(cloud: str, yes: bool, cancel_runs: bool, keep_runs: Path | None, as_json: bool) -> None:
    """Take a cloud down, with its bucket and the runs in it, and prove with the provider that nothing is left.

    Exit code 1 when something is left; it is listed.

    \b
    Example:
      launcher down --cloud aws --keep-runs results
    """
    from launcher.stacks import last_runs, operations

    last_runs.ended(cloud, cancel=cancel_runs, say=_say)
    if not yes:
        kept = f" (kept in {keep_runs})" if keep_runs else ""
        click.confirm(f"Take {cloud} down, with all runs in its bucket{kept}?", abort=True, err=True)
    if keep_runs:
        last_runs.keep(cloud, keep_runs, _say)
    _certify(operations.down(cloud, _say), as_json=as_json)


@click.command()
@_cloud
@click.option("--kind", metavar="KIND", help="Which service, where this machine has no state of it.")
@click.option("--region", metavar="REGION", help="Where, the same.")
@click.option("--project", metavar="ID", help="dataproc: in which Google project, the same.")
@click.option("--set", "more", multiple=True, metavar="KEY=VALUE", help="Any other key of Pulumi.yaml.")
@click.option("--delete", is_flag=True, help="Delete what is found.")
@options.json_option
def sweep(
    cloud: str,
    kind: str | None,
    region: str | None,
    project: str | None,
    more: tuple[str, ...],
    delete: bool,
    as_json: bool,
) -> None:
    """List what a provider has of a cloud, without Pulumi's state: by tag, by name, by network.

    Exit code 1 when there is something.

    \b
    Example:
      launcher sweep --cloud aws --kind emr --region eu-central-1
    """
    from launcher.stacks import operations

    place = {"kind": kind, "region": region, "project": project}
    given = {key: value for key, value in place.items() if value} | _pairs(more)
    _certify(operations.sweep(cloud, given, delete=delete, say=_say), as_json=as_json)


def _agree(lost: list[str]) -> None:
    click.confirm(f"This deletes {', '.join(lost)}, with what runs there. Go on?", abort=True, err=True)


def _agreed(_lost: list[str]) -> None:
    """Ask nobody."""


def _say(text: str) -> None:
    click.echo(text, err=True)


def _pairs(words: tuple[str, ...]) -> dict[str, str]:
    for word in words:
        if "=" not in word:
            raise UsageError(f"--set {word!r} has no =", "--set KEY=VALUE")
    return dict(word.split("=", 1) for word in words)


def _instant(until: str | None, length: str | None) -> "datetime | None":
    from datetime import UTC, datetime

    from launcher.stacks import deadline

    if until and length:
        raise UsageError("--until and --for say the same thing", "give one of them")
    now = datetime.now(UTC)
    if until:
        return deadline.at(until, now)
    return deadline.after(deadline.span(length), now) if length else None


def _print(made: "Made", *, as_json: bool) -> None:
    if as_json:
        options.echo_json(made.to_json())
        return
    for warning in made.warnings:
        click.echo(f"warning: {warning}", err=True)
    cluster: Mapping[str, object] = made.cluster
    rows = {
        "cloud": made.name,
        **cluster,
        "changed": ", ".join(f"{verb} {n}" for verb, n in made.changes.items()) or "nothing",
    }
    from launcher import tables

    click.echo(tables.aligned(("WHAT", "VALUE"), [(key, str(value)) for key, value in rows.items()]))
    click.echo(f"price: unknown here, see {made.pricing}; it ends at {made.cluster['expires_at']}", err=True)
    click.echo(f"ready after {made.seconds:.0f} s: launcher submit kmeans --cloud {made.name}", err=True)


def _certify(certificate: "Certificate", *, as_json: bool) -> None:
    from launcher import tables

    if as_json:
        options.echo_json(certificate.to_json())
    elif certificate.left:
        rows = [(each.service, each.type, each.id, each.why) for each in certificate.left]
        click.echo(tables.aligned(("SERVICE", "WHAT", "ID", "WHY"), rows))
    else:
        click.echo(f"nothing is left of {certificate.name}: {', '.join(certificate.looked_at)} were asked")
    if certificate.left:
        click.echo(f"{len(certificate.left)} are left of {certificate.name}", err=True)
        click.echo(f"hint:  launcher sweep --cloud {certificate.name} --delete", err=True)
        raise click.exceptions.Exit(LEFT)
