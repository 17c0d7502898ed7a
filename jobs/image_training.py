"""Training on images, the driver's part: it counts, hands out tasks round by round, and writes what came of them.

What a worker does with its share is the framework's module; the driver needs no framework, and sees no image.
"""

import argparse
import importlib
import math
from typing import Any, Callable, Dict, List

import numpy as np

from jobs import barrier, image_report, image_shares, image_sources, network, nodes
from jobs.errors import InputError, WorkerError
from jobs.image_report import Trained
from jobs.network import Network
from jobs.training import State, Task, Told

Work = Callable[[Task, Any, Any], Told]

LEARNED = 150_000  # images to learn from in all, by default, in
EPOCHS = (3, 30)  # so many epochs
TRIES = 3  # of one round


def run(spark: Any, args: argparse.Namespace, framework: str, work: Work) -> Dict[str, Any]:
    """Train on the images of the input and give the metrics; the model is left in the output.

    Raises InputError for what is wrong with the input, or when the cluster has no room, and WorkerError.
    """
    context = spark.sparkContext
    room = barrier.slots(context) if barrier.embedded(context) else barrier.USUAL
    workers = args.workers or max(1, min(barrier.USUAL, room))
    barrier.require_static(context)
    barrier.require_slots(context, workers)
    nodes.require(spark, framework)
    with args.output.phase("read"):
        images = image_shares.counted(context, image_sources.find(spark, args.input), args.test, args.seed)
    with args.output.phase("compute"):
        trained = _trained(spark, images, workers, args, work)
    about = {"framework": framework, "seed": args.seed, "epochs": len(trained.epochs)}
    network.save(spark, args.output.uri("model"), trained.network, trained.state.weights, about)
    return image_report.write(spark, args, trained)


def work_of(module: str) -> Work:
    """Give the work of a module, imported where it is done: the driver needs no framework."""

    def work(task: Task, worker: Any, pieces: Any) -> Told:
        return importlib.import_module(module).work(task, worker, pieces)

    return work


def epochs(asked: int, rows: int) -> int:
    """Give how many epochs to train for."""
    least, most = EPOCHS
    return asked or max(least, min(most, math.ceil(LEARNED / rows)))


def _trained(spark: Any, images: image_shares.Images, workers: int, args: argparse.Namespace, work: Work) -> Trained:
    """Train in rounds, each from where the last one ended; a lost worker costs no more than one round."""
    context = spark.sparkContext
    found = Network(images.shape, images.classes, tuple(images.mean.tolist()), tuple(images.deviation.tolist()))
    wanted = epochs(args.epochs, images.sizes[0])
    state, told, last, repeated = State(0, found.initial(args.seed), {}), [], [], 0
    shares = image_shares.shares(context, images, workers)
    _say(images, found, workers, wanted)
    while state.epoch < wanted:
        until = min(wanted, state.epoch + (args.checkpoint_every or wanted))
        threads = int(context.getConf().get("spark.task.cpus", "1"))
        task = Task(found, state, until, wanted, args.batch, args.learning_rate, args.seed, images.sizes, threads)
        try:
            last = _round(context, workers, work, task, shares)
        except WorkerError as error:
            repeated += 1
            if not args.checkpoint_every or repeated >= TRIES:
                raise
            print("{}; going on from epoch {}".format(error.message, state.epoch))
            continue
        told += zip(*(each.epochs for each in last))
        state = last[0].state
        _check(told, args)
        _say_epochs(told, until - task.state.epoch, images)
        if until < wanted:
            folder = args.output.uri("checkpoints/epoch-{:04d}".format(until))
            network.save(spark, folder, found, state.weights, {"epochs": until})
    return Trained(found, images, workers, told, np.sum([each.confusion for each in last], axis=0), state, repeated)


def _round(context: Any, workers: int, work: Work, task: Task, shares: Any) -> List[Told]:
    return barrier.run(context, workers, lambda worker, share: work(task, worker, share), shares)


def _check(told: List[Any], args: argparse.Namespace) -> None:
    losses = [step for epoch in told for step in epoch[0].losses]
    if not np.isfinite(losses).all():
        step = int(np.argmin(np.isfinite(losses))) + 1
        raise InputError(
            "the loss is no number from step {} on".format(step), "--learning-rate {:g}".format(args.learning_rate / 5)
        )


def _say(images: image_shares.Images, found: Network, workers: int, wanted: int) -> None:
    train, test = images.sizes
    size = " x ".join(map(str, images.shape))
    print("{:,} images of {} in {} classes, {:,} to test on".format(train, size, len(images.classes), test))
    numbers = sum(int(np.prod(shape)) for shape in found.shapes().values())
    print("{:,} weights, {} epochs, {} workers".format(numbers, wanted, workers))


def _say_epochs(told: List[Any], new: int, images: image_shares.Images) -> None:
    for number, epoch in list(enumerate(told, 1))[-new:]:
        right = sum(worker.right for worker in epoch) / images.sizes[1]
        print("epoch {}: loss {:.4f}, accuracy {:.4f}".format(number, image_report.loss(epoch), right))
