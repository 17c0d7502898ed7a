"""Faults by seed: which call of an emulated service fails, lags, lies or is cut off, and how.

The n-th question about a switch and a subject has the same answer for the same seed, in whatever order threads ask. A
subject is what a fault befalls: a job, a listing, an operation of the API.
"""

import random
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Self, TypeVar

from launcher.errors import UsageError

N = TypeVar("N", int, float)

SWITCHES: dict[str, str] = {
    "throttle": "the service answers that there were too many requests; nothing was done",
    "error_before": "the service answers with an error of its own (500); nothing was done",
    "error_after": "the service answers with an error of its own (500), but the request was carried out",
    "timeout_after": "the request was carried out, but the answer never comes: the connection hangs, then ends",
    "reset_before": "the connection is reset; nothing was done",
    "reset_after": "the connection is reset, but the request was carried out",
    "late": "the connection is reset, and the request is carried out some time afterwards",
    "slow": "the answer takes seconds",
    "expire": "the credentials are refused as expired, for some seconds",
    "stale": "a listing lacks what was created in the last seconds",
    "truncate": "a listing comes in short pages",
    "forget": "the service no longer knows a job that has ended",
    "lie": "the service's final word is success although the job failed",
    "skew": "the service's clock is off",
    "late_receipt": "the job's receipt can be read only some seconds after the service reports its end",
    "no_receipt": "the job ends without a receipt",
}
# What is true of a job for good: asked again, the answer is the same, also in calm.
LASTING = frozenset({"lie", "skew", "late_receipt", "no_receipt"})
USUAL = 0.03
RATES = dict.fromkeys(SWITCHES, USUAL) | {"throttle": 0.08, "slow": 0.08, "stale": 0.2, "truncate": 0.3}
BUDGET = 8  # strikes of one switch at one subject: whoever tries again gets through in the end


class Chaos:
    """The faults of one seed. ``rates`` gives each switch's probability; one that is not named never strikes."""

    def __init__(self, seed: int, rates: Mapping[str, float] | None = None, *, budget: int = BUDGET) -> None:
        self.seed = seed
        self.rates = dict(RATES if rates is None else rates)
        self.struck: list[str] = []
        self._budget = budget
        self._asked: Counter[tuple[str, str, str]] = Counter()
        self._strikes: Counter[tuple[str, str]] = Counter()
        self._lock = threading.Lock()
        self._calm = False
        _check(self.rates)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Give the chaos of ``17`` (a seed, with the usual rates) or ``seed=17,throttle=0.1`` (only what is named).

        Raises UsageError for an unknown switch, and for what is no number.
        """
        words = dict(_pair(part) for part in text.split(","))
        if "seed" not in words:
            raise UsageError(f"chaos {text!r} has no seed", "--chaos 17, or --chaos seed=17,throttle=0.1")
        seed = _number("seed", words.pop("seed"), int)
        rates = {name: _number(name, value, float) for name, value in words.items()}
        return cls(seed, rates or None)

    def strikes(self, switch: str, subject: str = "") -> bool:
        """Tell whether this fault befalls the subject now."""
        with self._lock:
            n = 0 if switch in LASTING else self._next("strikes", switch, subject)
            if not self._would_strike(switch, subject, n):
                return False
            self._strikes[switch, subject] += 1
            self.struck.append(f"{switch} {subject}".strip())
            return True

    def amount(self, switch: str, low: float, high: float, subject: str = "") -> float:
        """Give how much of it: a number between ``low`` and ``high``."""
        with self._lock:
            n = 0 if switch in LASTING else self._next("amount", switch, subject)
        return low + (high - low) * self._draw("amount", switch, subject, n)

    @property
    def is_calm(self) -> bool:
        """True after ``calm``."""
        return self._calm

    def calm(self) -> None:
        """End all faults, but for what is true of a job for good."""
        with self._lock:
            self._calm = True

    def _would_strike(self, switch: str, subject: str, n: int) -> bool:
        rate = self.rates.get(switch, 0.0) if switch in SWITCHES else _unknown(switch)
        spent = self._calm or self._strikes[switch, subject] >= self._budget
        if spent and switch not in LASTING:
            return False
        return self._draw("strikes", switch, subject, n) < rate

    def _next(self, question: str, switch: str, subject: str) -> int:
        key = (question, switch, subject)
        self._asked[key] += 1
        return self._asked[key]

    def _draw(self, question: str, switch: str, subject: str, n: int) -> float:
        # Seeded by a text, which Python hashes alike in every process.
        return random.Random(f"{self.seed}/{question}/{switch}/{subject}/{n}").random()  # noqa: S311 -- faults, no secret


def _check(rates: Mapping[str, float]) -> None:
    for name, rate in rates.items():
        if name not in SWITCHES:
            _unknown(name)
        if not 0 <= rate <= 1:
            raise UsageError(f"chaos: {name}={rate:g} is no probability", "a number from 0 to 1")


def _unknown(name: str) -> float:
    raise UsageError(f"chaos: there is no switch {name!r}", f"switches: {', '.join(SWITCHES)}")


def _pair(part: str) -> tuple[str, str]:
    name, equals, value = part.strip().partition("=")
    return (name, value) if equals else ("seed", name)


def _number(name: str, text: str, kind: Callable[[str], N]) -> N:
    try:
        return kind(text)
    except ValueError:
        hint = "--chaos 17, or --chaos seed=17,throttle=0.1"
        raise UsageError(f"chaos: {name}={text!r} is no number", hint) from None
