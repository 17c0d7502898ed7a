"""Gradient descent over all rows, a pass a step, by several ways in turn."""

import argparse
import statistics
import time
from dataclasses import dataclass, field
from typing import Callable, Dict, List, Sequence

from jobs.gradient_rows import Rows

# Takes the weights, the intercept last; gives their gradient's sum over the rows, the sum of the losses, and the rows.
Pass = Callable[[Sequence[float]], List[float]]


@dataclass
class Way:
    """What a way has found: the weights, the seconds of each pass, the mean loss of the weights before each pass."""

    name: str
    weights: List[float]
    seconds: List[float] = field(default_factory=list)
    losses: List[float] = field(default_factory=list)

    @property
    def usual(self) -> float:
        """The median of the passes but the first, which also starts what has to be started."""
        return statistics.median(self.seconds[1:])


def in_turn(ways: Dict[str, Pass], rows: Rows, args: argparse.Namespace) -> List[Way]:
    """Give what each way has found after so many passes; they take turns, so that a change of load meets all."""
    found = [Way(name, [0.0] * (len(rows.features) + 1)) for name in ways]
    for _ in range(args.passes):
        for way in found:
            _step(way, ways[way.name], args.learning_rate)
    return found


def _step(way: Way, over: Pass, rate: float) -> None:
    began = time.monotonic()
    *gradient, loss, rows = over(way.weights)
    way.weights = [weight - rate * slope / rows for weight, slope in zip(way.weights, gradient)]
    way.seconds.append(time.monotonic() - began)
    way.losses.append(loss / rows)
