import re
from pathlib import Path
from urllib.parse import unquote

import pytest

from tests.docs.pages import PAGES, ROOT, prose, read

LINK = re.compile(r"\[[^\]]*\]\((?P<target>[^)\s]+)\)")
HEADING = re.compile(r"^#+ (?P<text>.+)$", re.MULTILINE)


def anchors(page: Path) -> set[str]:
    """The names that a code host gives to a page's headings."""
    texts = (found["text"].lower() for found in HEADING.finditer(read(page)))
    return {re.sub(r"[^\w\- ]", "", text).strip().replace(" ", "-") for text in texts}


def relative_links(page: Path) -> list[str]:
    return [found["target"] for found in LINK.finditer(prose(page)) if "://" not in found["target"]]


def is_broken(page: Path, link: str) -> bool:
    path, _, anchor = unquote(link).partition("#")
    target = (page.parent / path).resolve() if path else page
    inside = target == ROOT or ROOT in target.parents
    return not (inside and target.exists()) or bool(anchor and anchor not in anchors(target))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    assert [link for link in relative_links(page) if is_broken(page, link)] == []


def test_every_page_of_the_guide_is_named_in_an_index() -> None:
    docs = ROOT / "docs"
    indexes = [ROOT / "README.md", docs / "index.md", docs / "workloads.md", docs / "adr" / "README.md"]
    named = {(index.parent / link).resolve() for index in indexes for link in relative_links(index)}
    assert [page for page in PAGES if page.is_relative_to(docs) and page not in {*named, *indexes}] == []


@pytest.mark.parametrize("link", ["nowhere.md", "index.md#nowhere", "../../outside.md", "#nowhere"])
def test_a_broken_link_is_seen(link: str) -> None:
    assert is_broken(ROOT / "docs" / "index.md", link)


@pytest.mark.parametrize("link", ["runs.md", "runs.md#exit-codes", "../README.md", "#words", "adr"])
def test_a_good_link_is_left_alone(link: str) -> None:
    assert not is_broken(ROOT / "docs" / "index.md", link)
