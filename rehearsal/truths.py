"""What of the rehearsal clouds is real: each cloud's own words, as text and as a table for the documentation."""

from collections.abc import Iterable

from rehearsal import clouds
from rehearsal.clouds import Truth

COLUMNS = ("real", "emulated", "not imitated")


def text(names: Iterable[str]) -> str:
    """Give the truth for a terminal: a heading per cloud, a line per fact."""
    blocks = (
        "\n".join([name, *(f"  {column:13} {fact}" for column, facts in _cells(truth) for fact in facts)])
        for name, truth in _truths(names)
    )
    return "\n\n".join(blocks) + "\n"


def markdown(names: Iterable[str]) -> str:
    """Give the truth as a table: a row per cloud."""
    rows = (
        f"| {name} | {' | '.join('<br>'.join(_plain(fact) for fact in facts) for _, facts in _cells(truth))} |"
        for name, truth in _truths(names)
    )
    head = f"| cloud | {' | '.join(COLUMNS)} |"
    return "\n".join([head, "|---" * (len(COLUMNS) + 1) + "|", *rows]) + "\n"


def _truths(names: Iterable[str]) -> Iterable[tuple[str, Truth]]:
    return ((name, clouds.load(name).TRUTH) for name in names)


def _cells(truth: Truth) -> Iterable[tuple[str, tuple[str, ...]]]:
    return zip(COLUMNS, (truth.real, truth.emulated, truth.not_imitated), strict=True)


def _plain(fact: str) -> str:
    return fact.replace("|", "\\|")
