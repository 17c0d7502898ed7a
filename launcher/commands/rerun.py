"""launcher rerun: the same run once more, on any cloud."""

from pathlib import Path

import click

from launcher.commands import options


@click.command()
@options.handle_argument
@options.cloud_option
@click.option("--wait/--detach", default=True, help="Wait for the end (default), or print the handle and return.")
@click.option("--timeout", type=click.FloatRange(min=0), metavar="SECONDS", help="Stop waiting; the job runs on.")
@options.report_option
@options.json_option
def rerun(
    handle: str, cloud: str | None, wait: bool, timeout: float | None, report: Path | None, as_json: bool
) -> None:
    """Run HANDLE again: the same package, the same input, the same arguments, on its own cloud or on another.

    At the end it is said whether the metrics are equal to the first run's.

    \b
    Example:
      launcher rerun local/kmeans-20261122-101530-4f2a --cloud azure
    """
    from launcher import interrupts, rerunning, runs
    from launcher.commands import follow

    name, run_id = options.parsed(handle)
    source = runs.open_cloud(name)
    target = runs.open_cloud(cloud or name)
    plan = rerunning.planned(source, run_id, target)
    with follow.leaving_the_job() as handles:
        rerunning.copy(source, run_id, target)
        with interrupts.deferred("finishing the submission"):
            accepted = runs.submit(target, plan)
            handles.append(accepted.handle)
        if not wait:
            follow.say_detached(accepted, as_json=as_json)
            return
        click.echo(f"{accepted.handle} submitted", err=True)
        first = runs.look(source, run_id)
        follow.to_the_end(target, accepted.run.run_id, timeout=timeout, report=report, as_json=as_json, beside=first)
