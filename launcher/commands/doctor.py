"""launcher doctor: is this machine ready, and the cloud; and what mends it."""

import platform
import sys
from typing import TYPE_CHECKING

import click

from launcher.cli import exit_with
from launcher.commands import options
from launcher.errors import LauncherError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from launcher.checks import Check, Finding
    from launcher.runs import Cloud


@click.command()
@options.cloud_option
@click.option("--nodes", is_flag=True, help="Run a small job that tells what is installed on the nodes.")
@options.json_option
def doctor(cloud: str | None, nodes: bool, as_json: bool) -> None:
    """Check this machine, the cloud and its storage: each line is ok, or says how to mend it.

    \b
    Examples:
      launcher doctor
      launcher doctor --cloud aws --nodes
    """
    from launcher import checks, runs, targets

    opened = runs.open_cloud(targets.chosen(cloud))
    found: list[checks.Finding] = []
    for finding in checks.findings(_checks(opened, nodes=nodes)):
        found.append(finding)
        if not as_json:
            _print(finding)
    if as_json:
        options.echo_json([finding.to_json() for finding in found])
    exit_with(0 if all(finding.ok for finding in found) else 1)


def _print(finding: "Finding") -> None:
    from launcher.visible import visible

    click.echo(f"{'ok ' if finding.ok else 'BAD'}  {finding.name:11}  {visible(finding.found)}")
    if finding.hint:
        click.echo(f"     {'':11}  hint: {visible(finding.hint)}")


def _checks(cloud: "Cloud", *, nodes: bool) -> "Mapping[str, Check]":
    from launcher import checks

    common: dict[str, Check] = {
        "python": lambda: f"{platform.python_version()} at {sys.executable}",
        "config": _config,
        "imports": lambda: _imports(cloud.kind),
    }
    last: dict[str, Check] = {"storage": lambda: _storage(cloud)}
    if nodes:
        from launcher.checks.nodes import nodes as told

        last["nodes"] = lambda: told(cloud)
    return common | checks.of(cloud.kind, cloud.backend) | last


def _config() -> str:
    from launcher import targets

    return f"{targets.config_file() or 'no launcher.toml'}; clouds: {', '.join(targets.clusters())}"


def _imports(kind: str) -> str:
    """Give how long a submission waits for imports, measured in a process of its own."""
    import subprocess

    from launcher import checks

    code = "import sys, time; t = time.time(); [__import__(name) for name in sys.argv[1:]]; print(time.time() - t)"
    names = checks.sdk(kind)
    done = subprocess.run([sys.executable, "-c", code, *names], capture_output=True, text=True, check=False)
    if done.returncode:
        raise LauncherError(done.stderr.strip().splitlines()[-1], "pip install 'firesteel[aws,gcp,azure]'")
    return f"{', '.join(names) or 'nothing'} in {float(done.stdout):.2f} s"


def _storage(cloud: "Cloud") -> str:
    cloud.storage.require_create_only()
    return f"{cloud.storage.root} can be read and written; it creates only what is absent"
