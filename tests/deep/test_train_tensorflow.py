"""train-tensorflow: the same however many workers, and the same as PyTorch where both begin alike."""

# The frameworks are in the environment for deep learning only.
# pyright: reportMissingImports=false, reportMissingModuleSource=false

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from jobs.runners import MirroredStrategyRunner
from tests.deep.learning import images, learn

SHORT = ("--epochs", "3", "--batch", "48")


def test_two_workers_learn_what_one_does(workload: Any, tmp_path: Path) -> None:
    source = images(tmp_path / "images")
    one, two = (
        learn(workload, "train-tensorflow", source, tmp_path / workers, "--workers", workers, *SHORT)
        for workers in ("1", "2")
    )
    assert one.difference(two) < 1e-5
    assert two.metrics["workers"] == 2
    assert two.metrics["transport_share"] > one.metrics["transport_share"] == 0
    assert two.metrics["accuracy"] > 0.9


def test_tensorflow_begins_as_pytorch_does(workload: Any, tmp_path: Path) -> None:
    source = images(tmp_path / "images")
    tensorflow, torch = (
        learn(workload, f"train-{name}", source, tmp_path / name, "--workers", "1", *SHORT)
        for name in ("tensorflow", "torch")
    )
    assert tensorflow.losses[:5] == pytest.approx(torch.losses[:5], abs=1e-4)
    assert set(tensorflow.metrics) == set(torch.metrics)


def test_training_goes_on_from_a_checkpoint_as_if_it_had_not_stopped(workload: Any, tmp_path: Path) -> None:
    source = images(tmp_path / "images")
    whole, parts = (
        learn(
            workload, "train-tensorflow", source, tmp_path / each, "--workers", "1", *SHORT, "--checkpoint-every", each
        )
        for each in ("3", "1")
    )
    assert whole.difference(parts) < 1e-6


def fitted(width: int) -> Any:
    """Train a layer of Keras by hand, each worker on half of each batch; gives the strategy's replicas and weights."""
    import tensorflow as tf

    strategy = tf.distribute.get_strategy()
    workers, rank = int(os.environ.get("WORLD_SIZE", "1")), int(os.environ.get("RANK", "0"))
    weight = tf.Variable(tf.zeros([width, 1]))
    random = np.random.default_rng(1)
    x = random.normal(size=(32, width)).astype("float32")
    y = x.sum(axis=1, keepdims=True)
    x, y = (tf.constant(values[rank::workers]) for values in (x, y))

    def step() -> None:
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum((x @ weight - y) ** 2) / 32
        gradient = tape.gradient(loss, weight)
        gradient = tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, gradient)
        tf.distribute.get_replica_context().merge_call(lambda _s, g: weight.assign_sub(0.1 * g), args=(gradient,))

    for _ in range(20):
        strategy.run(step)
    return strategy.num_replicas_in_sync, weight.numpy().tolist()


@pytest.mark.usefixtures("spark")
def test_mirrored_strategy_runner_trains_as_one_process_does() -> None:
    replicas, two = MirroredStrategyRunner(num_slots=2, use_gpu=False).run(fitted, width=4)
    assert replicas == 2
    _, one = MirroredStrategyRunner(num_slots=1, use_gpu=False).run(fitted, width=4)
    assert np.allclose(one, two, atol=1e-6)
    assert np.allclose(one, 1, atol=0.2)
