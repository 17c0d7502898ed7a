"""Runs side by side: metrics, seconds by phase, versions, settings; and whether what they found is equal."""

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from launcher.metrics import is_list, is_object
from launcher.runs import Standing

TOLERANCE = 1e-6  # relative: the same sums, added up in another order, differ by less
FLOOR = 1e-3  # what is smaller is compared with this: a difference that is all rounding has no size of its own
SAME, EQUAL, DIFFERENT, NEUTRAL = "same", "equal", "differs", ""
ABSENT = None
# A metric with such a word in its name tells of time, which no two runs have alike: it is shown, and not judged.
TIMED = re.compile(r"(^|_)(seconds?|ratios?|transport)(_|$)")
SECTIONS = ("metrics", "seconds", "versions", "settings")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One quantity over all runs; ``verdict`` is "same", "equal" (within TOLERANCE), "differs", or empty for times."""

    section: str
    name: str
    values: tuple[Any, ...]
    verdict: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What several runs have in common and what not; ``handles`` and ``states`` in the order of each row's values."""

    handles: tuple[str, ...]
    states: tuple[str, ...]
    rows: tuple[Row, ...]
    difference: float | None

    @property
    def equal(self) -> bool:
        """True when every run succeeded and no metric differs by more than TOLERANCE, relative to its size."""
        found = [row for row in self.rows if row.section == "metrics"]
        return set(self.states) == {"SUCCEEDED"} and bool(found) and all(row.verdict != DIFFERENT for row in found)

    @property
    def sentence(self) -> str:
        """The answer in words."""
        if self.equal and not self.difference:
            return "the metrics are identical"
        if self.equal:
            return f"the metrics are equal (largest relative difference {self.difference:.1g})"
        unlike = [row.name for row in self.rows if row.section == "metrics" and row.verdict == DIFFERENT]
        if unlike:
            return f"the metrics differ: {', '.join(unlike)}"
        return "not every run has succeeded: there is nothing to compare yet"

    def to_json(self) -> dict[str, Any]:
        """Give what ``--json`` prints."""
        return {"equal": self.equal, "sentence": self.sentence, **asdict(self)}


def compared(standings: Sequence[Standing]) -> Comparison:
    """Compare runs, which may have run anywhere."""
    rows = [row for section in SECTIONS for row in _rows(section, [_part(section, found) for found in standings])]
    metrics = [row.values for row in rows if row.section == "metrics" and row.verdict != NEUTRAL]
    return Comparison(
        handles=tuple(found.submission.handle for found in standings),
        states=tuple(str(found.status.state) for found in standings),
        rows=tuple(rows),
        difference=max((_spread(values) for values in metrics), default=None),
    )


def _rows(section: str, parts: Sequence[Mapping[str, Any]]) -> Iterator[Row]:
    for name in dict.fromkeys(name for part in parts for name in part):
        values = tuple(part.get(name, ABSENT) for part in parts)
        timed = section == "seconds" or (section == "metrics" and TIMED.search(name))
        verdict = NEUTRAL if timed else _verdict(values)
        yield Row(section=section, name=name, values=values, verdict=verdict)


def _part(section: str, found: Standing) -> Mapping[str, Any]:
    receipt = found.receipt or {}
    if section == "metrics":
        return {name: _within(found, value) for name, value in (found.metrics or {}).items()}
    if section == "settings":
        return _settings(found)
    return receipt.get(section) or {}


def _within(found: Standing, value: Any) -> Any:
    """Give a metric as it is, and the place of a file as one within the run's directory, or within its staging."""
    if not isinstance(value, str):
        return value
    run = found.submission.run
    return value.removeprefix(f"{run.directory}/").removeprefix(f"{run.staging}/")


def _settings(found: Standing) -> dict[str, Any]:
    """Give what was asked for; an input that the launcher stored is named by its digest, on whichever cloud."""
    submission = found.submission
    own = f"{submission.run.staging}/"
    return {
        "workload": submission.spec.workload,
        "arguments": [word.removeprefix(own) for word in submission.spec.args],
        "conf": dict(submission.spec.conf),
        "env": dict(submission.spec.env),
        "package": submission.run.app.digest,
        "kind": submission.kind,
    }


def _verdict(values: Sequence[Any]) -> str:
    if all(value == values[0] for value in values):
        return SAME
    return EQUAL if _spread(values) <= TOLERANCE else DIFFERENT


def _spread(values: Sequence[Any]) -> float:
    """Give the largest relative difference between values of the same shape; infinite when they are not alike."""
    return max((_difference(values[0], value) for value in values[1:]), default=0.0)


def _difference(one: Any, other: Any) -> float:
    if one == other:
        return 0.0
    if _number(one) and _number(other):
        return abs(one - other) / max(abs(one), abs(other), FLOOR)
    if is_list(one) and is_list(other) and len(one) == len(other):
        return _largest(zip(one, other, strict=True))
    if is_object(one) and is_object(other) and one.keys() == other.keys():
        return _largest((one[name], other[name]) for name in one)
    return math.inf


def _largest(pairs: Iterable[tuple[Any, Any]]) -> float:
    return max((_difference(one, other) for one, other in pairs), default=0.0)


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
