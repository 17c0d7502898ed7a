"""The command `rehearsal`: clouds on this machine, to practise with and to test against."""

import json
import os
import shlex
import sys
import time
from collections.abc import Sequence
from typing import Any

import click

from launcher import __version__
from launcher.cli import BROKEN_PIPE, INTERRUPTED, complain
from launcher.errors import LauncherError, MissingDependency
from rehearsal.clouds import CLOUDS

NOT_WELL, NOT_STARTED = 1, 6


class CloudName(click.ParamType):
    """The name of a rehearsal cloud."""

    name = "cloud"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Refuse a name that no rehearsal cloud has."""
        if value not in CLOUDS:
            self.fail(f"{value!r} is no rehearsal cloud: {', '.join(CLOUDS)}", param, ctx)
        return value

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[Any]:  # noqa: ARG002 -- click's signature
        """Offer the names."""
        from click.shell_completion import CompletionItem

        return [CompletionItem(name) for name in CLOUDS if name.startswith(incomplete)]


def _faults(_context: click.Context, _parameter: click.Parameter, text: str | None) -> str | None:
    """Refuse faults that are no faults before anything starts; the clouds' services read the text again."""
    from rehearsal.chaos import Chaos

    if text is not None:
        Chaos.parse(text)
    return text


def _interpreter(_context: click.Context, _parameter: click.Parameter, path: str | None) -> str | None:
    """Give the path as nodes need it; a virtual environment is known by the link that its Python is."""
    return path and os.path.abspath(path)  # noqa: PTH100 -- resolve() would follow the link


several = click.argument("clouds", nargs=-1, type=CloudName(), metavar="[CLOUD]...")


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="rehearsal")
def rehearsal() -> None:
    """Practise with clouds on this machine, without an account: real parts where they exist, emulators elsewhere.

    \b
    Example:
      rehearsal up aws
      eval "$(rehearsal env aws)"
      launcher submit kmeans --cloud aws --input uber
      rehearsal down
    """


@rehearsal.command()
@several
@click.option(
    "--chaos",
    metavar="SPEC",
    callback=_faults,
    help="Imitate a bad day: the faults and their seed, e.g. seed=7,throttle=0.2.",
)
@click.option(
    "--python",
    type=click.Path(exists=True, dir_okay=False, executable=True),
    callback=_interpreter,
    help="The nodes' interpreter, e.g. one with TensorFlow and PyTorch (default: the rehearsal's own).",
)
def up(clouds: tuple[str, ...], chaos: str | None, python: str | None) -> int:
    """Start rehearsal clouds (default: all), and print how to use them.

    A cloud that is up stays as it is. The real parts are built once, into a cache.

    \b
    Example:
      rehearsal up aws gcp --python .venv/deep/bin/python
    """
    from rehearsal import lifecycle

    names, began = tuple(dict.fromkeys(clouds)) or tuple(CLOUDS), time.monotonic()
    try:
        errors = lifecycle.up(names, lifecycle.Wish(chaos=chaos, python=python))
    except KeyboardInterrupt:
        lifecycle.interrupted(names)
        raise
    for name, error in errors.items():
        complain(f"{name}: {error.message}", error.hint)
    ready = [name for name in names if name not in errors]
    if ready:
        click.echo(f"{', '.join(ready)} up after {time.monotonic() - began:.0f} s; to use them:", err=True)
        click.echo(f'  eval "$(rehearsal env {" ".join(ready)})"', err=True)
        click.echo(f"  launcher submit kmeans --cloud {ready[0]} --input uber", err=True)
    return max((_code(error) for error in errors.values()), default=0)


@rehearsal.command()
@several
def prepare(clouds: tuple[str, ...]) -> None:
    """Build the real parts of rehearsal clouds (default: all) into the cache, and start nothing.

    \b
    Example:
      rehearsal prepare
    """
    from rehearsal import parts
    from rehearsal.clouds import load

    wanted = dict.fromkeys(part for name in clouds or tuple(CLOUDS) for part in load(name).PARTS)
    for part in wanted:
        click.echo(f"{part:16}  {parts.ensure(part)}")


@rehearsal.command()
@click.argument("clouds", nargs=-1, required=True, type=CloudName(), metavar="CLOUD...")
def env(clouds: tuple[str, ...]) -> None:
    """Print the variables that send the launcher, and the vendor's own tools, to rehearsal clouds.

    \b
    Example:
      eval "$(rehearsal env aws)"
    """
    from rehearsal import lifecycle, state

    variables, programs = {"FIRESTEEL_CONFIG": str(state.launcher_toml())}, list[str]()
    for name in clouds:
        found = lifecycle.condition(name)
        if found.record is None:
            raise lifecycle.not_up(name)
        variables.update(found.record.running.env)
        programs += found.record.running.path
    for name, value in variables.items():
        click.echo(f"export {name}={shlex.quote(value)}")
    if programs:
        click.echo(f'export PATH={shlex.quote(os.pathsep.join(programs))}:"$PATH"')


@rehearsal.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
def status(*, as_json: bool) -> int:
    """Show which rehearsal clouds are up, and where; the exit code is 1 when one is broken.

    \b
    Example:
      rehearsal status --json
    """
    from rehearsal import lifecycle

    found = [lifecycle.condition(name) for name in CLOUDS]
    if as_json:
        click.echo(json.dumps({one.cloud: _described(one) for one in found}, indent=1))
    else:
        for one in found:
            click.echo(_line(one))
    return NOT_WELL if any(one.word == "broken" for one in found) else 0


@rehearsal.command()
@several
def down(clouds: tuple[str, ...]) -> None:
    """End rehearsal clouds (default: all) and remove what they stored; only the cache of real parts stays.

    \b
    Example:
      rehearsal down aws
    """
    from rehearsal import lifecycle, state

    lifecycle.down(clouds or dict.fromkeys([*CLOUDS, *state.names()]))


@rehearsal.command()
@several
@click.option("--markdown", is_flag=True, help="Print a table in Markdown.")
def truth(clouds: tuple[str, ...], *, markdown: bool) -> None:
    """Print what of each cloud (default: all) is real here, what is emulated, and what is not imitated at all.

    \b
    Example:
      rehearsal truth --markdown
    """
    from rehearsal import truths

    names = clouds or tuple(CLOUDS)
    click.echo(truths.markdown(names) if markdown else truths.text(names), nl=False)


def main() -> None:
    """Run the command line and end the process with its exit code."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run the command line and give its exit code; the only place where an error becomes one."""
    try:
        return int(rehearsal.main(list(arguments), prog_name="rehearsal", standalone_mode=False) or 0)
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.ClickException as error:
        error.show()
        return 2
    except LauncherError as error:
        complain(error.message, error.hint)
        return _code(error)
    except (KeyboardInterrupt, click.Abort):
        click.echo("interrupted", err=True)
        return INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nothing more can be written, at exit either
        return BROKEN_PIPE


def _code(error: LauncherError) -> int:
    """Give the exit code of an error: a tool that is missing is no mistake in the command."""
    return NOT_STARTED if isinstance(error, MissingDependency) else error.exit_code


def _described(one: Any) -> dict[str, Any]:
    record = one.record
    facts = {"state": one.word, "processes": one.processes, "missing": list(one.missing)}
    known = {"addresses": dict(record.running.addresses), "chaos": record.chaos} if record else {}
    return facts | known


def _line(one: Any) -> str:
    if one.word == "broken":
        what = (
            f"ended: {', '.join(one.missing)}" if one.missing else f"{one.processes} processes of an interrupted start"
        )
        return f"{one.cloud:6} broken  {what} (repair: rehearsal up {one.cloud}; remove: rehearsal down {one.cloud})"
    where = one.record.running.addresses if one.record else {}
    return f"{one.cloud:6} {one.word:7} {', '.join(f'{name} {url}' for name, url in where.items())}".rstrip()
