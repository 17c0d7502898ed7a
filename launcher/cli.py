"""The command line: finds the command, and turns every error into one line and an exit code."""

import os
import sys
from importlib import import_module
from typing import Any

import click

from launcher import __version__
from launcher.errors import LauncherError

BUG, INTERRUPTED, BROKEN_PIPE = 70, 130, 141

# name -> (module:attribute, help in a line). A command's module is imported when it is used.
COMMANDS: dict[str, tuple[str, str]] = {
    "up": ("launcher.commands.stacks:up", "Make a cloud that ends by itself."),
    "extend": ("launcher.commands.stacks:extend", "Move the time at which a cloud ends."),
    "down": ("launcher.commands.stacks:down", "Take a cloud down and prove that nothing is left."),
    "sweep": ("launcher.commands.stacks:sweep", "List what a provider still has of a cloud."),
    "submit": ("launcher.commands.submit:submit", "Run a workload on a cloud."),
    "status": ("launcher.commands.follow:status", "Show how a run stands."),
    "wait": ("launcher.commands.follow:wait", "Wait for a run's end; the exit code says how it ended."),
    "logs": ("launcher.commands.follow:logs", "Print a run's log, or follow it with -f."),
    "cancel": ("launcher.commands.follow:cancel", "Ask a cloud to end a run."),
    "results": ("launcher.commands.results:results", "Copy a run's output to a folder and print its metrics."),
    "compare": ("launcher.commands.compare:compare", "Compare runs side by side."),
    "rerun": ("launcher.commands.rerun:rerun", "Run the same thing again, on any cloud."),
    "runs": ("launcher.commands.listing:runs", "List runs, the newest first."),
    "resume": ("launcher.commands.listing:resume", "Settle runs that a killed launcher or a reboot left open."),
    "clouds": ("launcher.commands.listing:clouds", "List the clouds that --cloud takes."),
    "workloads": ("launcher.commands.listing:workloads", "List the workloads, and with -v the samples."),
    "doctor": ("launcher.commands.doctor:doctor", "Check this machine, with a fix for what is wrong."),
    "completion": ("launcher.commands.completion:completion", "Print the completion script of a shell."),
}


class Commands(click.Group):
    """A group that imports a command only when it is called: help has to be quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 -- click's signature
        """Give the names in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 -- the same
        """Import a command; None for an unknown name."""
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name][0].partition(":")
        return getattr(import_module(module), attribute)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that is called, or name the nearest one."""
        if args[0] not in COMMANDS and not args[0].startswith("-"):
            from difflib import get_close_matches

            near = get_close_matches(args[0], COMMANDS, n=1)
            hint = f"Did you mean {near[0]}?" if near else "See: launcher --help"
            ctx.fail(f"No such command {args[0]!r}. {hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 -- the same
        """List the commands from the table, without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, row[1]) for name, row in COMMANDS.items()])


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="launcher")
def launcher() -> None:
    """Run one PySpark package on any cloud, and say honestly how it ended.

    \b
    Example:
      launcher submit kmeans --input uber -- --k 8
    """


def main() -> None:
    """Run the command line and end the process with its exit code."""
    code = run(sys.argv[1:])
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:  # the reader has gone, or the disk is full
        code = BROKEN_PIPE
    # At once: to take everything apart that was imported costs a twentieth of a second, with a cloud's SDK more.
    os._exit(code)


def run(arguments: list[str]) -> int:  # noqa: PLR0911 -- one line for each kind of end
    """Run the command line and give its exit code; the only place where an error becomes one."""
    try:
        return int(launcher.main(arguments, prog_name="launcher", standalone_mode=False) or 0)
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.ClickException as error:
        error.show()
        return 2
    except LauncherError as error:
        complain(error.message, error.hint)
        return error.exit_code
    except (KeyboardInterrupt, click.Abort):
        click.echo("interrupted", err=True)
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of our output has gone (launcher logs | head); nothing more can be written, at exit either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    except Exception as error:  # noqa: BLE001 -- a bug of ours: one line for the user, the trace in a file
        return _bug(error)


def complain(message: str, hint: str = "") -> None:
    """Print an error and the next thing to type on stderr."""
    from launcher.visible import visible

    click.echo(f"error: {visible(message)}", err=True)
    if hint:
        click.echo(f"hint:  {visible(hint)}", err=True)


def _bug(error: Exception) -> int:
    import tempfile
    import traceback

    handle, path = tempfile.mkstemp(prefix="firesteel-", suffix=".txt", text=True)
    with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
        file.write(f"firesteel {__version__}, Python {sys.version}\nlauncher {sys.argv[1:]}\n\n")
        traceback.print_exception(error, file=file)
    complain(
        f"this is a bug in the launcher: {type(error).__name__}: {error}".splitlines()[0], f"the trace is in {path}"
    )
    return BUG


def exit_with(code: int) -> Any:
    """End the command with this exit code."""
    raise click.exceptions.Exit(code)
