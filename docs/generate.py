#!/usr/bin/env python3
"""Writes the parts of docs/ that come from the code: `make docs`.

cli.md is written whole. In other pages the text between `<!-- NAME -->` and `<!-- /NAME -->` is replaced.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import click

from launcher import workloads
from launcher.cli import launcher
from launcher.verdict import VERDICTS

DOCS = Path(__file__).resolve().parent
WIDTH = 100  # of help texts, whatever the terminal


def main() -> None:
    """Write every page that has changed, and name it."""
    for page, text in pages().items():
        if not page.exists() or page.read_text(encoding="utf-8") != text:
            page.write_text(text, encoding="utf-8")
            click.echo(f"wrote {page.relative_to(DOCS.parent)}")


def pages() -> dict[Path, str]:
    """Give each page that holds something generated, as it should be."""
    blocks = {"verdicts": verdicts(), "truth": truth(), **{name: workload(name) for name in workloads.table()}}
    mixed = [DOCS / name for name in ("runs.md", "workloads.md", "rehearsal.md")]
    mixed += sorted((DOCS / "workloads").glob("*.md"))
    return {DOCS / "cli.md": cli()} | {page: filled(page, blocks) for page in mixed}


def cli() -> str:
    """Give the page of all commands: each one's help, at a fixed width."""
    sections = (f"## {path}\n\n```text\n{text}\n```\n" for path, text in _helps())
    head = "# Commands\n\nThis page is what `launcher COMMAND --help` prints; `make docs` writes it.\n"
    return "\n".join([head, *sections])


def verdicts() -> str:
    """Give the table of both witnesses as Markdown."""
    rows = (f"| {service} | {receipt} | {state} | {why} |" for (service, receipt), (state, why) in VERDICTS.items())
    return "\n".join(["| the service says | the receipt says | the run is | because |", "|---|---|---|---|", *rows])


def truth() -> str:
    """Give the table of what is real in the rehearsal clouds, in their own words."""
    from rehearsal import clouds, truths

    return truths.markdown(clouds.CLOUDS).rstrip("\n")


def workload(name: str) -> str:
    """Give the help of a workload's arguments, without the usage line, which Pythons wrap differently."""
    os.environ["COLUMNS"] = str(WIDTH)
    _, _, options = workloads.help_text(name).partition("options:\n")
    return f"```text\n{options.rstrip()}\n```"


def _helps() -> Iterator[tuple[str, str]]:
    context = click.Context(launcher, info_name="launcher", terminal_width=WIDTH, **launcher.context_settings)
    yield "launcher", launcher.get_help(context).rstrip()
    for name in launcher.list_commands(context):
        command = launcher.get_command(context, name)
        if command is not None:
            inside = click.Context(command, info_name=name, parent=context, terminal_width=WIDTH)
            yield f"launcher {name}", command.get_help(inside).rstrip()


def filled(page: Path, blocks: dict[str, str]) -> str:
    """Give a page with each marked place filled with the block of its name."""

    def block(found: re.Match[str]) -> str:
        name = found["name"]
        return f"<!-- {name} -->\n{blocks[name]}\n<!-- /{name} -->"

    pattern = r"<!-- (?P<name>[a-z-]+) -->.*?<!-- /(?P=name) -->"
    return re.sub(pattern, block, page.read_text(encoding="utf-8"), flags=re.DOTALL)


if __name__ == "__main__":
    main()
