"""What a training run shows: metrics, the loss and the accuracy by epoch, the confusion matrix."""

import argparse
from typing import Any, Dict, List, NamedTuple, Sequence

import numpy as np

from jobs import charts, hadoop, image_shares, scores
from jobs.network import Network
from jobs.output import encode
from jobs.training import Epoch, State

POINTS = 400  # of the loss curve
RARE = 0.02  # of the images to learn from


class Trained(NamedTuple):
    """What came of all rounds: each epoch as each worker saw it, held rows by class and prediction, the last state."""

    network: Network
    images: image_shares.Images
    workers: int
    epochs: List[Sequence[Epoch]]
    confusion: np.ndarray
    state: State
    repeated: int


def write(spark: Any, args: argparse.Namespace, trained: Trained) -> Dict[str, Any]:
    """Write figures and tables, and the loss of each step beside the model; gives the metrics."""
    losses = [each for epoch in trained.epochs for each in epoch[0].losses]
    hadoop.write_new(spark, args.output.uri("model/losses.json"), encode({"loss_of_step": losses}))
    tested = scores.Tested(trained.network.classes, scores.Confusion(trained.confusion), None)
    _figures(args.output, trained, losses, tested)
    warnings = _warnings(trained)
    for warning in warnings:
        print("warning: " + warning)
    train, test = trained.images.sizes
    seconds = sum(max(worker.seconds for worker in epoch) for epoch in trained.epochs)
    return {
        **scores.summary(tested),
        "loss": [loss(epoch) for epoch in trained.epochs],
        "accuracy_by_epoch": _accuracies(trained),
        "images_per_second": train * len(trained.epochs) / seconds,
        "transport_share": _transport(trained.epochs),
        "workers": trained.workers,
        "epochs": len(trained.epochs),
        "batch": args.batch,
        "learning_rate": args.learning_rate,
        "weights": sum(array.size for array in trained.state.weights.values()),
        "shape": " x ".join(map(str, trained.images.shape)),
        "train_rows": train,
        "test_rows": test,
        "rounds_repeated": trained.repeated,
        "model": args.output.uri("model"),
        "warnings": warnings,
        "seed": args.seed,
    }


def _figures(output: Any, trained: Trained, losses: List[float], tested: scores.Tested) -> None:
    steps = len(losses) / len(trained.epochs)
    at = np.unique(np.linspace(0, len(losses) - 1, POINTS).astype(int)).tolist()
    output.figure("loss", charts.curve([((step + 1) / steps, losses[step]) for step in at], "epoch", "loss of a step"))
    points = [(float(number), share) for number, share in enumerate(_accuracies(trained), 1)]
    output.figure("accuracy", charts.curve(points, "epoch", "accuracy on the held images"))
    output.figure("confusion", charts.matrix(tested.confusion.counts.tolist(), tested.classes))
    output.table("classes", ["class", "precision", "recall", "f1", "test images"], scores.by_class(tested))
    rows = [
        [number, loss(epoch), share, trained.images.sizes[0] / max(w.seconds for w in epoch), _transport([epoch])]
        for (number, epoch), share in zip(enumerate(trained.epochs, 1), _accuracies(trained))
    ]
    output.table("epochs", ["epoch", "loss", "accuracy", "images per second", "share in transport"], rows)


def loss(epoch: Sequence[Epoch]) -> float:
    """Give the mean loss of an epoch's steps."""
    return float(np.mean(epoch[0].losses))


def _accuracies(trained: Trained) -> List[float]:
    return [sum(worker.right for worker in epoch) / trained.images.sizes[1] for epoch in trained.epochs]


def _transport(epochs: List[Any]) -> float:
    """Give the share of the training time that workers spent in sums over all of them, waiting for each other too."""
    every = [worker for epoch in epochs for worker in epoch]
    return sum(worker.transport for worker in every) / sum(worker.seconds for worker in every)


def _warnings(trained: Trained) -> List[str]:
    rows = dict.fromkeys(trained.network.classes, 0)
    for each in trained.images.counts:
        for (name, part), count in each.rows.items():
            rows[name] += count if part == image_shares.LEARNED else 0
    total = sum(rows.values())
    said = "class {!r} has only {:.2%} of the images: see its f1, accuracy alone says little"
    return [said.format(name, count / total) for name, count in rows.items() if count < RARE * total]
