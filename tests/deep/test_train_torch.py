"""Training in PyTorch by several workers: the same as one worker's, and as a plain loop's that knows nothing of it."""

# PyTorch is in the environment that runs these tests only.
# pyright: reportMissingImports=false

import json
import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from torch import nn

from jobs import image_training, network, schedule, training, workloads
from jobs.barrier_worker import Worker
from jobs.errors import InputError, WorkerError
from tests.jobs.idx import pictures, write
from tests.jobs.tables import KeptOutput

ROWS, BATCH, EPOCHS, RATE, SEED = 300, 32, 3, 0.05, 7
SMALL = ("--epochs", str(EPOCHS), "--batch", str(BATCH), "--learning-rate", str(RATE), "--seed", str(SEED))

Train = Callable[..., dict[str, Any]]
Work = Callable[..., training.Told]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a folder of images to learn from and to test on."""
    write(tmp_path / "images", "train", *pictures(ROWS))
    write(tmp_path / "images", "test", *pictures(90, seed=2), packed=True)
    return tmp_path / "images"


@pytest.fixture
def train(workload: Train, tmp_path: Path) -> Train:
    """Train and give the metrics, the loss of each step, and the weights, as the run leaves them."""

    def run(path: Path, *arguments: str) -> dict[str, Any]:
        root = tmp_path / f"output-{time.monotonic_ns()}"
        found = workload("train-torch", path, *arguments, output=KeptOutput(root))
        losses = json.loads((root / "model" / "losses.json").read_text(encoding="utf-8"))["loss_of_step"]
        with np.load(root / "model" / "weights.npz") as weights:
            return found | {"losses": losses, "arrays": dict(weights), "root": root}

    return run


def plain_loop(images: np.ndarray, labels: np.ndarray) -> tuple[list[float], dict[str, torch.Tensor]]:
    """Give losses and weights of training in one process, as a tutorial does it: modules, SGD, a mean loss."""
    model = nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(16 * 6 * 6, 64),
        nn.ReLU(),
        nn.Linear(64, 3),
    )
    scaling = float(images.mean()), float(images.std())
    start = network.Network((12, 12, 1), ("0", "1", "2"), scaling[:1], scaling[1:]).initial(SEED)
    model.load_state_dict(dict(zip(model.state_dict(), map(torch.from_numpy, start.values()), strict=True)))
    optimizer = torch.optim.SGD(model.parameters(), RATE, 0.9, weight_decay=1e-4)
    pixels = (torch.from_numpy(images).float()[:, None] - scaling[0]) / scaling[1]
    losses, total = [], EPOCHS * -(-ROWS // BATCH)
    for rows in (rows for epoch in range(EPOCHS) for rows in schedule.batches(ROWS, BATCH, SEED, epoch)):
        step = len(losses)
        optimizer.param_groups[0]["lr"] = RATE * min((step + 1) / (0.1 * total), (total - step) / (0.9 * total), 1)
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(pixels[rows]), torch.from_numpy(labels[rows]))
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses, model.state_dict()


def test_two_workers_learn_what_one_learns_step_by_step_to_the_last_bit(train: Train, folder: Path) -> None:
    one, two = (train(folder, *SMALL, "--workers", str(workers)) for workers in (1, 2))
    assert one["losses"] == two["losses"]
    assert all(np.array_equal(one["arrays"][name], two["arrays"][name]) for name in one["arrays"])
    assert one["confusion"] == two["confusion"]


def test_two_workers_learn_what_a_plain_loop_over_the_same_batches_learns(train: Train, folder: Path) -> None:
    images, labels = pictures(ROWS)
    losses, weights = plain_loop(images, labels)
    found = train(folder, *SMALL, "--workers", "2")
    assert found["losses"] == pytest.approx(losses, abs=1e-5)
    for ours, theirs in zip(found["arrays"].values(), weights.values(), strict=True):
        assert np.abs(ours - theirs.numpy()).max() < 1e-5


def test_handwritten_digits_are_told_apart_with_the_defaults(train: Train, tmp_path: Path) -> None:
    digits: Any = load_digits()
    write(tmp_path / "digits", "digits", (digits.images * 15).astype(np.uint8), digits.target, packed=True)
    found = train(tmp_path / "digits")
    assert found["accuracy"] >= 0.95
    assert found["shape"] == "8 x 8 x 1"
    assert found["train_rows"] + found["test_rows"] == 1797
    assert (found["workers"], len(found["loss"])) == (2, 30)
    assert found["loss"][-1] < found["loss"][0] / 5


def test_a_colour_archive_with_names_for_classes_is_learned(train: Train, tmp_path: Path) -> None:
    grey, labels = pictures(240, side=17)
    colour = np.stack([grey, grey // 2, 255 - grey], axis=-1)
    np.savez(tmp_path / "colour.npz", images=colour, labels=np.array(["left", "middle", "right"])[labels])
    found = train(tmp_path / "colour.npz", "--epochs", "6")
    assert found["accuracy"] >= 0.9
    assert found["classes"] == ["left", "middle", "right"]


def test_a_learning_rate_that_is_too_high_is_told_and_not_reported_as_success(train: Train, folder: Path) -> None:
    with pytest.raises(InputError, match=r"the loss is no number from step \d+ on") as caught:
        train(folder, *SMALL, "--learning-rate", "1e9")
    assert caught.value.hint == "--learning-rate 2e+08"


def dying(rank: int, epoch: int, mark: Path) -> Work:
    """Give the usual work, but in the round from ``epoch`` on, once, a worker is killed in the middle of it."""

    def work(task: training.Task, worker: Worker, pieces: Any) -> training.Told:
        from jobs import training_torch

        def kill() -> None:
            mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)

        if worker.rank == rank and task.state.epoch == epoch and not mark.exists():
            threading.Timer(0.5, kill).start()
        return training_torch.work(task, worker, pieces)

    return work


def trained_with(work: Work, spark: Any, folder: Path, root: Path, *arguments: str) -> dict[str, Any]:
    """Run the workload with other work for its workers."""
    args = workloads.parse("train-torch", ["--input", str(folder), "--workers", "2", "--batch", "8", *arguments])
    args.output = KeptOutput(root)
    return image_training.run(spark, args, "torch", work)


@pytest.mark.parametrize("rank", [0, 1])
def test_a_worker_killed_in_the_middle_ends_the_run_within_a_minute_and_is_named(
    spark: Any, folder: Path, tmp_path: Path, rank: int
) -> None:
    mark = tmp_path / "killed"
    with pytest.raises(WorkerError, match=f"^worker {rank} of 2") as caught:
        trained_with(dying(rank, 0, mark), spark, folder, tmp_path / "output", "--epochs", "5000")
    assert time.time() - mark.stat().st_mtime < 60
    assert "--checkpoint-every" in caught.value.hint


def test_after_a_kill_training_goes_on_from_the_checkpoint_to_the_same_weights(
    train: Train, spark: Any, folder: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    asked = ("--epochs", "60", "--checkpoint-every", "20")
    undisturbed = train(folder, "--workers", "2", "--batch", "8", *asked)
    root, mark = tmp_path / "disturbed", tmp_path / "killed"
    found = trained_with(dying(1, 20, mark), spark, folder, root, *asked)
    assert mark.exists()
    assert found["rounds_repeated"] == 1
    assert "going on from epoch 20" in capfd.readouterr().out
    with np.load(root / "model" / "weights.npz") as weights:
        assert all(np.array_equal(weights[name], undisturbed["arrays"][name]) for name in weights.files)
