"""Where k-means starts: k-means++ on a sample of distinct rows that depends on the rows and the seed alone."""

from typing import NamedTuple, Sequence

import numpy as np

from jobs import kmeans_kernel

REFINEMENTS = 100
SETTLED = 1e-4  # times the points' mean variance: a start that moves less is as good as a sample can tell
LARGEST_SAMPLE = 20_000


class Sample(NamedTuple):
    """The distinct rows whose hashes are smallest, in the hashes' order, and how often each occurs in the data."""

    hashes: np.ndarray  # uint64 (m,)
    values: np.ndarray  # float64 (d, m)
    counts: np.ndarray  # float64 (m,)


def size(k: int) -> int:
    """Give the number of distinct rows to sample; fewer in a sample means that there are no more in the data."""
    return max(LARGEST_SAMPLE, 4 * k)


class Sampler:
    """Draws the sample from blocks of shape (d, n), in any order; memory is bounded by a few times the limit."""

    def __init__(self, width: int, seed: int, limit: int) -> None:
        self._seed = seed
        self._limit = limit
        self._parts = [Sample(np.zeros(0, np.uint64), np.zeros((width, 0)), np.zeros(0))]
        self._highest = np.uint64(2**64 - 1)

    def add(self, values: np.ndarray) -> None:
        """Take a block of rows into account."""
        hashes = row_hashes(values, self._seed)
        keep = hashes <= self._highest
        self.merge(Sample(hashes[keep], values[:, keep], np.ones(int(keep.sum()))))

    def merge(self, found: Sample) -> None:
        """Take another sampler's result into account: exact, for a row among the smallest is so wherever it occurs."""
        self._parts.append(found)
        if sum(len(part.hashes) for part in self._parts) > 2 * self._limit:
            self.result()

    def result(self) -> Sample:
        """Give the sample of all that was added."""
        hashes, values, counts = (np.concatenate(parts, axis=-1) for parts in zip(*self._parts))
        kept, first, place = np.unique(hashes, return_index=True, return_inverse=True)
        total = np.bincount(place, weights=counts, minlength=len(kept))
        found = Sample(kept[: self._limit], values[:, first[: self._limit]], total[: self._limit])
        if len(kept) >= self._limit:
            self._highest = found.hashes[-1]
        self._parts = [found]
        return found


def row_hashes(values: np.ndarray, seed: int) -> np.ndarray:
    """Give 64 bits per row that depend on its values and the seed only (SplitMix64, https://prng.di.unimi.it)."""
    state = np.full(values.shape[1], np.uint64(seed), dtype=np.uint64)
    with np.errstate(over="ignore"):
        for row in values:
            state = _mixed(state + np.uint64(0x9E3779B97F4A7C15) ^ row.view(np.uint64))
        return _mixed(state)


def starts(points: np.ndarray, counts: np.ndarray, k: int, restarts: Sequence[int], seed: int) -> np.ndarray:
    """Give the restarts' first centres (restarts, k, d): k-means++ on the weighted sample, then Lloyd on it.

    The sample costs next to nothing beside a pass over the data, and each pass on it saves about one on the data.
    """
    centres = np.stack([_plus_plus(points, counts, k, np.random.default_rng([seed, at])) for at in restarts])
    active, least = np.arange(len(centres)), SETTLED * points[:-1].var(axis=1).mean()
    for _ in range(REFINEMENTS):
        found = means(kmeans_kernel.totals(points, centres[active], counts), centres[active], points)
        moved = ((found - centres[active]) ** 2).sum(axis=(1, 2))
        centres[active] = found
        active = active[moved > least]
        if not len(active):
            break
    return centres


def means(totals: np.ndarray, centres: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Give the moved centres; one that lost all its points goes to the sample's point farthest from all the others."""
    counts = totals[:, :, -1:]
    moved = np.where(counts > 0, totals[:, :, :-1] / np.maximum(counts, 1), centres)
    for restart, at in zip(*np.nonzero(counts[:, :, 0] == 0)):
        others = np.delete(moved[restart], at, axis=0)
        labels = kmeans_kernel.nearest(points, others)
        far = int(np.argmax(kmeans_kernel.distances(points, others, labels)))
        moved[restart, at] = points[:-1, far]
    return moved


def _plus_plus(points: np.ndarray, counts: np.ndarray, k: int, random: np.random.Generator) -> np.ndarray:
    """Give k centres (k, d) by greedy k-means++: each the best of a few candidates.

    https://theory.stanford.edu/~sergei/papers/kMeansPP-soda.pdf, section 5
    """
    trials = 2 + int(np.log(k))
    chosen = [int(_drawn(counts, random, 1)[0])]
    near = _squares(points, np.array(chosen))[0]
    while len(chosen) < k:
        candidates = _drawn(counts * near, random, trials)
        left = np.minimum(_squares(points, candidates), near)
        best = int(np.argmin(left @ counts))
        chosen.append(int(candidates[best]))
        near = left[best]
    return points[:-1, chosen].T.copy()


def _drawn(weights: np.ndarray, random: np.random.Generator, number: int) -> np.ndarray:
    heights = np.cumsum(weights)
    return np.searchsorted(heights, random.random(number) * heights[-1], side="right").clip(max=len(weights) - 1)


def _squares(points: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    differences = points[:-1, None, :] - points[:-1, chosen][:, :, None]
    return (differences * differences).sum(axis=0)


def _mixed(state: np.ndarray) -> np.ndarray:
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return state ^ (state >> np.uint64(31))
