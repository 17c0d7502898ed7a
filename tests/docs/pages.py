"""The project's Markdown, and what is in it."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "samples").glob("*.md")])
BLOCK = re.compile(r"^```(?P<language>\w*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


def read(page: Path | str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def blocks(page: Path | str, *languages: str) -> list[str]:
    """The fenced blocks of a page in one of these languages, in order."""
    return [found["text"] for found in BLOCK.finditer(read(page)) if found["language"] in languages]


def prose(page: Path | str) -> str:
    """A page without its fenced blocks and code spans."""
    return re.sub(r"`[^`\n]*`", "", BLOCK.sub("", read(page)))
