"""What one pass over the blocks says of the data: counts, mean, variance and the sample that k-means starts from."""

from typing import Iterable, Iterator, NamedTuple, Tuple

import numpy as np

from jobs.kmeans_seeds import Sample, Sampler
from jobs.reading import REASONS

Block = Tuple[np.ndarray, np.ndarray]  # rows by reason, and the usable rows' values (d, n)


class Moments(NamedTuple):
    """Number of rows and, per feature, mean, sum of squared deviations from it, least and greatest value."""

    rows: int
    mean: np.ndarray
    deviations: np.ndarray
    low: np.ndarray
    high: np.ndarray


class Summary(NamedTuple):
    """Rows by reason (see reading.REASONS), moments and sample of the usable ones."""

    reasons: np.ndarray
    moments: Moments
    sample: Sample


def summarized(blocks: Iterable[Block], width: int, seed: int, limit: int) -> Iterator[Summary]:
    """Give one summary of the blocks of one partition."""
    sampler, reasons, moments = Sampler(width, seed, limit), np.zeros(len(REASONS) + 1), _moments(np.zeros((width, 0)))
    for counts, values in blocks:
        reasons = reasons + counts
        with np.errstate(over="ignore", invalid="ignore"):  # the driver sees by the range that squares overflow
            moments = _combined(moments, _moments(values))
        sampler.add(values)
    yield Summary(reasons, moments, sampler.result())


def merged(left: Summary, right: Summary, width: int, seed: int, limit: int) -> Summary:
    """Give the summary of both."""
    sampler = Sampler(width, seed, limit)
    sampler.merge(left.sample)
    sampler.merge(right.sample)
    with np.errstate(over="ignore", invalid="ignore"):
        moments = _combined(left.moments, right.moments)
    return Summary(left.reasons + right.reasons, moments, sampler.result())


def _moments(values: np.ndarray) -> Moments:
    rows = max(values.shape[1], 1)
    mean = values.sum(axis=1) / rows
    difference = values - mean[:, None]
    error = difference.sum(axis=1)  # what rounding left in the mean
    deviations = (difference * difference).sum(axis=1) - error * error / rows
    low, high = values.min(axis=1, initial=np.inf), values.max(axis=1, initial=-np.inf)
    return Moments(values.shape[1], mean + error / rows, deviations, low, high)


def _combined(left: Moments, right: Moments) -> Moments:
    """Give the moments of both, by Chan, Golub and LeVeque's update, which does not cancel."""
    rows = left.rows + right.rows
    move = right.mean - left.mean
    mean = left.mean + move * (right.rows / max(rows, 1))
    deviations = left.deviations + right.deviations + move * move * (left.rows * right.rows / max(rows, 1))
    return Moments(rows, mean, deviations, np.minimum(left.low, right.low), np.maximum(left.high, right.high))
