import re
import shlex
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from pkgutil import resolve_name

import click
import pytest

from launcher import backends, targets, workloads
from launcher.cli import launcher
from tests.docs.pages import PAGES, ROOT, blocks, read

PROGRAMS = ("launcher", ".venv/bin/launcher")


def examples() -> Iterator[str]:
    """Every line of a shell block that runs the launcher, and every example of a command's own help."""
    for page in PAGES:
        lines = "\n".join(blocks(page, "sh", "console", "text")).splitlines()
        commands = (line.strip().removeprefix("$ ") for line in lines)
        yield from (line for line in commands if line.split(" ")[0] in PROGRAMS)


def accept(line: str) -> None:
    """Parse a command line as the launcher does, and a workload's arguments as the workload does; runs nothing."""
    words = shlex.split(re.sub(r" [>|] .*", "", line))[1:]
    with click.Context(launcher, **launcher.context_settings) as context:
        name, command, rest = launcher.resolve_command(context, words)
        assert command is not None
        parsed = command.make_context(name, list(rest), parent=context).params
    arguments = parsed.get("arguments", ())
    if name == "submit" and not {"--help", "-h"} & set(arguments):
        with workloads.checking(parsed["workload"], arguments) as checked:
            checked()


@pytest.mark.parametrize("line", list(dict.fromkeys(examples())))
def test_every_launcher_line_in_the_documentation_is_accepted(line: str) -> None:
    accept(line)


@pytest.mark.parametrize(
    "line", ["launcher submit kmeans -- --q 8", "launcher runs --newest", "launcher summit kmeans"]
)
def test_a_line_that_the_launcher_would_refuse_is_seen(line: str) -> None:
    with pytest.raises((click.ClickException, workloads.UsageError)):
        accept(line)


def test_every_make_verb_in_the_documentation_exists() -> None:
    verbs = set(re.findall(r"^([a-z-]+):", read("Makefile"), re.MULTILINE))
    named = {verb for page in PAGES for verb in re.findall(r"(?:`|^|\$ )make ([a-z-]+)", read(page), re.MULTILINE)}
    assert named - verbs == set()


SHARED = {"measured", "gateway_bytes"}  # modules of the benchmarks that compare nothing themselves


def test_make_bench_runs_every_comparison() -> None:
    recipe = re.search(r"^bench:.*\n\t.* in ([\w ]+);", read("Makefile"), re.MULTILINE)
    assert recipe
    own = set(re.findall(r"benchmarks/(\w+)\.py", read("Makefile")))
    assert own | set(recipe[1].split()) == {path.stem for path in (ROOT / "benchmarks").glob("*.py")} - SHARED


def test_every_file_in_the_documentation_exists() -> None:
    spans = {span for page in PAGES for span in re.findall(r"`((?:launcher|jobs|tests|tools)/[\w./]+)`", read(page))}
    walked_through = {"jobs/count.py", "tests/jobs/test_count.py"}
    real = {span for span in spans - walked_through if "KIND" not in span}
    assert {span for span in real if not (ROOT / span).exists()} == set()


def test_the_configuration_page_has_every_key_of_every_kind() -> None:
    page = read("docs/configuration.md")
    keys = {(kind, field.name) for kind, place in backends.KINDS.items() for field in fields(resolve_name(place))}
    rows = {kind: re.findall(rf"^\| `{kind}` \|.*$", page, re.MULTILINE) for kind in backends.KINDS}
    unnamed = {(kind, key) for kind, key in keys if not any(f"`{key}`" in row for row in rows[kind])}
    assert {key for kind, key in unnamed if f"\n| `{key}` |" not in page} == set()


def test_the_example_of_a_configuration_is_understood(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = tmp_path / "launcher.toml"
    config.write_text(blocks("docs/configuration.md", "toml")[0], encoding="utf-8")
    monkeypatch.setenv("FIRESTEEL_CONFIG", str(config))
    assert {name: targets.backend(name).staging for name in targets.clusters()}["big"] == "/data/firesteel"


def test_every_variable_that_the_launcher_reads_is_documented() -> None:
    sources = (path.read_text(encoding="utf-8") for path in (ROOT / "launcher").rglob("*.py"))
    names = {name for source in sources for name in re.findall(r"\"(FIRESTEEL_[A-Z_]+|XDG_[A-Z_]+)\"", source)}
    internal = {"FIRESTEEL_JOB"}
    assert {name for name in names - internal if f"`{name}`" not in read("docs/configuration.md")} == set()


def test_every_message_in_troubleshooting_is_one_that_the_code_can_print() -> None:
    sources = [path for room in ("launcher", "jobs") for path in (ROOT / room).rglob("*.py")]
    code = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    messages = re.findall(r"^\| `([^`]+)`", read("docs/troubleshooting.md"), re.MULTILINE)
    pieces = [piece.strip() for message in messages for piece in message.split("...") if piece.strip()]
    assert len(messages) > 20
    assert [piece for piece in pieces if piece not in code] == []
