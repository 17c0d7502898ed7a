"""What a worker is told to do, what it has to do it with, and what it tells afterwards; no framework in it."""

import time
from typing import Any, Dict, Iterable, Iterator, List, NamedTuple, Tuple

import numpy as np

from jobs import schedule
from jobs.barrier_worker import Worker
from jobs.network import Network, Weights

MOMENTUM = 0.9
DECAY = 1e-4  # of the weights
WARM_UP = 0.1  # of the steps


class State(NamedTuple):
    """Where training stands after some epochs: weights, and what the optimizer remembers."""

    epoch: int
    weights: Weights
    momentum: Weights


class Task(NamedTuple):
    """Train from ``state`` up to, not including, the epoch ``until``; ``rows`` are to learn from and held."""

    network: Network
    state: State
    until: int
    epochs: int
    batch: int
    learning_rate: float
    seed: int
    rows: Tuple[int, int]
    threads: int

    def rates(self, epoch: int) -> Iterator[float]:
        """Give the learning rate of each step of an epoch: it rises for a tenth of the steps, then falls to 0."""
        each = -(-self.rows[0] // self.batch)
        total = each * self.epochs
        for step in range(epoch * each, (epoch + 1) * each):
            yield self.learning_rate * min((step + 1) / (WARM_UP * total), (total - step) / ((1 - WARM_UP) * total), 1)


class Epoch(NamedTuple):
    """One epoch of one worker: the loss of each step over all workers, what was right of its own held rows."""

    losses: List[float]
    right: int
    images: int
    seconds: float
    transport: float


class Told(NamedTuple):
    """What a worker tells: its epochs, its held rows by class and prediction; the first one, where training stands."""

    epochs: List[Epoch]
    confusion: np.ndarray
    state: Any


class Share:
    """A worker's rows: numbers (rising), images and classes, to learn from and held."""

    def __init__(self, pieces: Iterable[Any], task: Task, worker: Worker) -> None:
        numbers = [schedule.owned(rows, worker.rank, worker.size) for rows in task.rows]
        self.learned, self.held = (_Rows(each, task.network) for each in numbers)
        for part, rows, images, classes in pieces:
            (self.held if part else self.learned).put(rows, images, classes)
        self._rank, self._size = worker.rank, worker.size

    def batch(self, rows: np.ndarray) -> List[Tuple[np.ndarray, np.ndarray]]:
        """Give the images and classes of this worker's lanes of a global batch."""
        return [self.learned.at(part) for part in schedule.parts(rows, self._rank, self._size)]


class _Rows:
    def __init__(self, numbers: np.ndarray, network: Network) -> None:
        self._numbers = numbers
        self._images = np.empty((0, *network.shape))
        self.classes = np.zeros(len(numbers), dtype=np.int64)

    def put(self, rows: np.ndarray, images: np.ndarray, classes: np.ndarray) -> None:
        if len(self._images) < len(self._numbers):  # the first piece tells the type of the pixels
            self._images = np.empty((len(self._numbers), *images.shape[1:]), dtype=images.dtype)
        at = np.searchsorted(self._numbers, rows)
        self._images[at], self.classes[at] = images, classes

    def at(self, rows: np.ndarray) -> Tuple[np.ndarray, np.ndarray]:
        at = np.searchsorted(self._numbers, rows)
        return self._images[at], self.classes[at]

    def batches(self, size: int) -> Iterator[Tuple[np.ndarray, np.ndarray]]:
        """Give all rows, so many at a time."""
        for first in range(0, len(self._numbers), size):
            yield self._images[first : first + size], self.classes[first : first + size]


def run(task: Task, share: Share, learner: Any) -> Told:
    """Train by ``learner`` (step, predict, state) and give what the worker has to tell."""
    epochs = []
    confusion = np.zeros((len(task.network.classes),) * 2, dtype=np.int64)
    for number in range(task.state.epoch, task.until):
        began, learner.transport = time.perf_counter(), 0.0
        steps = zip(schedule.batches(task.rows[0], task.batch, task.seed, number), task.rates(number))
        losses = [learner.step(share.batch(rows), len(rows), rate) for rows, rate in steps]
        seconds = time.perf_counter() - began
        confusion[:] = 0
        for images, classes in share.held.batches(1024):
            np.add.at(confusion, (classes, learner.predict(images)), 1)
        right = int(np.trace(confusion))
        epochs.append(Epoch(losses, right, len(share.learned.classes), seconds, learner.transport))
    return Told(epochs, confusion, learner.state(task.until))


def named(names: Iterable[str], arrays: Iterable[Any]) -> Dict[str, np.ndarray]:
    """Give arrays by name, as this process's own copies."""
    return {name: np.array(array) for name, array in zip(names, arrays)}
