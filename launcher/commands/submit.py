"""launcher submit: from words to a run."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from launcher.commands import options
from launcher.errors import UsageError

if TYPE_CHECKING:
    from launcher.arguments import Argument
    from launcher.model import JobSpec, Submission
    from launcher.runs import Cloud
    from launcher.workloads import Workload

SECRET = re.compile(r"passw|secret|token|credential|api.?key|access.?key|account.?key|private.?key", re.IGNORECASE)


def _workloads(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    from launcher import workloads

    return [name for name in workloads.table() if name.startswith(incomplete)]


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("workload", shell_complete=_workloads)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@options.cloud_option
@click.option("--input", "source", metavar="PATH|URI|SAMPLE", help="What to read (default: a sample).")
@click.option("--conf", multiple=True, metavar="K=V", help="A Spark property; may be repeated.")
@click.option("--env", multiple=True, metavar="K=V", help="An environment variable of the job; may be repeated.")
@click.option("--wait/--detach", default=True, help="Wait for the end (default), or print the handle and return.")
@click.option("--timeout", type=click.FloatRange(min=0), metavar="SECONDS", help="Stop waiting; the job runs on.")
@options.report_option
@click.option("--dry-run", is_flag=True, help="Print the native request; send nothing.")
@options.json_option
def submit(
    workload: str,
    arguments: tuple[str, ...],
    cloud: str | None,
    source: str | None,
    conf: tuple[str, ...],
    env: tuple[str, ...],
    wait: bool,
    timeout: float | None,
    report: Path | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Run WORKLOAD on a cloud; its own ARGUMENTS stand after `--`.

    Waits by default: the log goes to stderr, the metrics go to stdout. Ctrl-C leaves the job running.

    \b
    Exit codes: 0 succeeded, 1 failed, 2 usage error, 3 cancelled, 4 still running,
    5 contact lost, 6 the cloud refused or was unreachable.

    \b
    Examples:
      launcher submit kmeans --input uber -- --k 8
      launcher submit kmeans --input rides.csv.gz --detach -- --features Lat,Lon
      launcher submit infer --input fashion -- --model local/train-torch-20261122-101530-4f2a
      launcher submit kmeans -- --help
    """
    from launcher import workloads

    if {"--help", "-h"} & set(arguments):
        click.echo(workloads.help_text(workload), nl=False)
        return
    with workloads.checking(workload, arguments) as checked:
        from launcher import runs, targets  # while the check runs

        opened = runs.open_cloud(targets.chosen(cloud))
        if not dry_run:
            opened.storage.prepare()
        order = _order(opened, checked(), source, arguments, conf, env)
    if dry_run:
        plan = runs.planned(opened, order.spec(opened))
        options.echo_json(opened.backend.request(plan.spec, plan.run))
        return
    from launcher.commands import follow

    with follow.leaving_the_job() as handles:
        accepted = _submit(opened, order, handles)
        if not wait:
            follow.say_detached(accepted, as_json=as_json)
            return
        click.echo(f"{accepted.handle} submitted", err=True)
        follow.to_the_end(opened, accepted.run.run_id, timeout=timeout, report=report, as_json=as_json)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What was asked for, checked: nothing has been sent anywhere yet."""

    workload: str
    arguments: "tuple[Argument, ...]"
    conf: dict[str, str]
    env: dict[str, str]

    def spec(self, cloud: "Cloud") -> "JobSpec":
        """Give the portable job: what is local by the URI that its copy has, or will have."""
        from launcher.model import JobSpec

        args = tuple(word if isinstance(word, str) else cloud.storage.uri(word.name) for word in self.arguments)
        return JobSpec(workload=self.workload, args=args, conf=self.conf, env=self.env)


def _order(
    cloud: "Cloud",
    workload: "Workload",
    given: str | None,
    arguments: tuple[str, ...],
    conf: Sequence[str],
    env: Sequence[str],
) -> Order:
    from launcher.arguments import located

    pairs = {"--conf": _pairs("--conf", conf), "--env": _pairs("--env", env)}
    found = located(cloud, workload, given, arguments)
    return Order(workload=workload.name, arguments=found, conf=pairs["--conf"], env=pairs["--env"])


def _pairs(option: str, values: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for value in values:
        key, separator, content = value.partition("=")
        if not separator or not re.fullmatch(r"[A-Za-z_][\w.-]*", key):
            raise UsageError(f"{option} {value!r}: not of the form NAME=VALUE", f"{option} NAME=VALUE")
        if SECRET.search(key):
            # Records, requests and logs are read by everyone who may read the run directory.
            raise UsageError(
                f"{option} {key}: a secret must not stand in a record", "use the platform's own credentials"
            )
        found[key] = content
    return found


def _submit(cloud: "Cloud", order: Order, handles: list[str]) -> "Submission":
    """Upload what is local and submit. Ctrl-C waits for the submission's few seconds: the run is then on record."""
    from launcher import inputs, interrupts, runs

    for word in order.arguments:
        if not isinstance(word, str):
            inputs.upload(cloud.storage, word.path, word.name)
    with interrupts.deferred("finishing the submission"):
        accepted = runs.submit(cloud, runs.planned(cloud, order.spec(cloud)))
        handles.append(accepted.handle)
    return accepted
