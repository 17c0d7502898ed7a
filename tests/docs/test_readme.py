"""The README's commands do what it shows."""

import math
import re
import shlex
import subprocess
import sys
from itertools import zip_longest
from pathlib import Path

import pytest

from tests.docs.pages import ROOT, blocks, read

PROGRAM = ".venv/bin/launcher"
NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


def shown() -> tuple[str, list[str]]:
    """The first command of the README, and the lines that it prints after those of the setup."""
    command, *output = blocks("README.md", "console")[0].splitlines()
    return command.removeprefix("$ "), output[1:]


def verb(name: str) -> str:
    """What a verb of the Makefile runs."""
    found = re.search(rf"^{name}:.*\n\t@?(.*)$", read("Makefile"), re.MULTILINE)
    assert found
    return found[1]


def is_alike(expected: str | None, printed: str | None) -> bool:
    """`...` stands for anything without a space; numbers may differ in their last digits."""
    if expected is None or printed is None:
        return False
    wanted, words = expected.split(), printed.split()
    return len(wanted) == len(words) and all(map(_same_word, wanted, words))


def _same_word(expected: str, printed: str) -> bool:
    if NUMBER.fullmatch(expected) and NUMBER.fullmatch(printed):
        return math.isclose(float(expected), float(printed), rel_tol=1e-4)
    return bool(re.fullmatch(re.escape(expected).replace(r"\.\.\.", r"\S+"), printed))


def test_make_demo_prints_what_the_readme_shows(tmp_path: Path) -> None:
    command, expected = shown()
    assert command == "make demo"
    words = shlex.split(verb("demo"))
    assert words[0] == PROGRAM
    program = [sys.executable, "-u", "-c", "from launcher.cli import main; main()"]
    answer = subprocess.run(
        [*program, *words[1:]], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    lines = answer.stdout.splitlines()
    unlike = [(e, p) for e, p in zip_longest(expected, lines) if not is_alike(e, p)]
    assert unlike == [], answer.stdout
    assert (answer.returncode, (tmp_path / "report.html").is_file()) == (0, True)


def test_make_test_runs_the_gate_and_all_tests() -> None:
    assert re.findall(r"tools/(?:check|test)\.sh", verb("test")) == ["tools/check.sh", "tools/test.sh"]


def test_the_readme_fits_on_about_a_screen() -> None:
    assert read("README.md").count("\n") <= 80


def test_the_readmes_picture_is_small() -> None:
    assert (ROOT / "docs" / "report.png").stat().st_size < 100_000


@pytest.mark.parametrize(
    ("expected", "printed", "alike"),
    [
        ("local/kmeans-... submitted", "local/kmeans-20261122-101530-4f2a submitted", True),
        ("cost  15.7979", "cost  15.7980", True),
        ("cost  15.7979", "cost  15.9", False),
        ("nan 0,", "nan 0,", True),
        ("a b", "a b c", False),
        ("a", None, False),
    ],
)
def test_output_is_compared_word_by_word(expected: str, printed: str | None, alike: bool) -> None:  # noqa: FBT001 -- a table
    assert is_alike(expected, printed) is alike
