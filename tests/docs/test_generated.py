from pathlib import Path

import pytest

from docs import generate
from launcher.cli import COMMANDS
from tests.docs.pages import read


@pytest.fixture(autouse=True)
def narrow_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal that must make no difference."""
    monkeypatch.setenv("COLUMNS", "40")


def test_what_comes_from_the_code_is_fresh() -> None:
    stale = [page.name for page, text in generate.pages().items() if page.read_text(encoding="utf-8") != text]
    assert stale == [], "run: make docs"


def test_every_command_has_its_help_in_the_reference() -> None:
    assert [name for name in COMMANDS if f"\n## launcher {name}\n" not in read("docs/cli.md")] == []


def test_generating_fills_the_marked_places_and_leaves_the_rest(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- thing -->\nold\n<!-- /thing -->\nafter\n", encoding="utf-8")
    filled = generate.filled(page, {"thing": "new"})
    assert filled == "before\n<!-- thing -->\nnew\n<!-- /thing -->\nafter\n"
