from functools import reduce
from typing import Any

import numpy as np
import pytest

from jobs import kmeans_kernel, kmeans_lloyd, kmeans_seeds

RESTARTS = 6


def problem(values: np.ndarray) -> kmeans_lloyd.Problem:
    transform = values.mean(axis=1), np.ones(len(values))
    return kmeans_lloyd.Problem(
        points=kmeans_kernel.augmented(values[:, ::20], *transform),
        counts=np.ones(values[:, ::20].shape[1]),
        window=(values.min(axis=1), values.max(axis=1)),
        transform=transform,
        variance=float(values.var(axis=1).mean()),
        k=5,
        seed=1,
        max_iter=50,
        tolerance=1e-4,
    )


@pytest.fixture(scope="module")
def values() -> np.ndarray:
    return np.random.default_rng(1).normal(size=(2, 4000))


def solved(values: np.ndarray, restarts: range) -> kmeans_lloyd.Solution:
    blocks = [(np.zeros(7), part) for part in np.array_split(values, 3, axis=1)]

    def total(measure: kmeans_lloyd.Measure, plus: kmeans_lloyd.Plus) -> Any:
        return reduce(plus, map(measure, blocks))

    return kmeans_lloyd.solved(total, problem(values), restarts)


@pytest.mark.parametrize("tasks", [2, 3, RESTARTS])
def test_restarts_shared_out_give_what_they_give_together(values: np.ndarray, tasks: int) -> None:
    together = solved(values, range(RESTARTS))
    shares = [solved(values, range(first, RESTARTS, tasks)) for first in range(tasks)]
    found = kmeans_lloyd.best(shares[::-1])
    assert (found.restart, found.iterations) == (together.restart, together.iterations)
    np.testing.assert_array_equal(found.centres, together.centres)


def test_the_best_is_the_cheapest(values: np.ndarray) -> None:
    each = [solved(values, range(at, at + 1)) for at in range(RESTARTS)]
    assert kmeans_lloyd.best(each).cost == pytest.approx(min(one.cost for one in each), rel=1e-9)


def test_of_equally_good_restarts_the_first_is_kept(values: np.ndarray) -> None:
    one = solved(values, range(1))
    again = [one._replace(restart=at) for at in (4, 2, 3)]
    assert kmeans_lloyd.best(again).restart == 2


def test_a_start_is_refined_until_it_settles(values: np.ndarray) -> None:
    asked = problem(values)
    starts = kmeans_seeds.starts(asked.points, asked.counts, asked.k, range(RESTARTS), asked.seed)
    totals = kmeans_kernel.totals(asked.points, starts, asked.counts)
    moved = ((kmeans_seeds.means(totals, starts, asked.points) - starts) ** 2).sum(axis=(1, 2))
    assert (moved <= kmeans_seeds.SETTLED * asked.points[:-1].var(axis=1).mean()).all()
