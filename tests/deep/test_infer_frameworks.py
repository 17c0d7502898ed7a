"""infer by PyTorch and by TensorFlow: the same as by NumPy, and by the model of any training run."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from jobs import network, network_numpy, network_tensorflow, network_torch
from jobs.network import Network
from tests.deep.learning import images as written_images
from tests.deep.learning import learn
from tests.jobs.tables import ROOT, KeptOutput

SAMPLES = ROOT / "samples"
MODEL = f"file://{SAMPLES}/fashion-model.npz"  # Hadoop takes the characters of a URI as they are


@pytest.mark.parametrize("shape", [(28, 28, 1), (9, 13, 13), (64, 64, 3), (1, 7, 2), (8, 8, 1), (40, 6, 3)])
def test_each_framework_computes_the_same_network(shape: tuple[int, int, int]) -> None:
    found = Network(shape, tuple("abcd"), (3.0,) * shape[2], (50.0,) * shape[2])
    weights = found.initial(1)
    pixels = np.random.default_rng(1).integers(256, size=(70, *shape), dtype=np.uint8)
    torch = network_torch.predictor(found, weights)(pixels)
    assert network_numpy.predictor(found, weights)(pixels) == pytest.approx(torch, abs=1e-5)
    assert network_tensorflow.predictor(found, weights, 1)(pixels) == pytest.approx(torch, abs=1e-5)


def test_weights_come_back_from_tensorflow_as_they_went() -> None:
    found = Network((40, 6, 3), tuple("abcd"), (3.0,) * 3, (50.0,) * 3)
    weights = found.initial(1)
    back = network_tensorflow.outward(found, network_tensorflow.inward(found, weights))
    assert {name: array.tolist() for name, array in back.items()} == {n: a.tolist() for n, a in weights.items()}


@pytest.mark.parametrize(("asked", "used"), [("auto", "torch"), ("tensorflow", "tensorflow")])
def test_predictions_do_not_depend_on_the_framework(
    spark: Any, workload: Any, tmp_path: Path, asked: str, used: str
) -> None:
    output = KeptOutput(tmp_path)
    arguments = ("--model", MODEL, "--framework", asked)
    metrics = workload("infer", SAMPLES / "fashion-mnist-900.npz", *arguments, output=output)
    rows = spark.read.parquet(output.uri("predictions")).orderBy("number").collect()
    model, weights = network.load(spark, MODEL)
    with np.load(SAMPLES / "fashion-mnist-900.npz") as archive:
        images = np.concatenate([archive["train_images"], archive["test_images"]])[..., np.newaxis]
    scores = network_numpy.predictor(model, weights)(images)
    assert metrics["framework"] == used
    assert [row["predicted"] for row in rows] == [model.classes[at] for at in scores.argmax(axis=1)]


@pytest.mark.usefixtures("spark")
def test_a_model_that_was_just_learned_is_as_right_as_its_training_said(workload: Any, tmp_path: Path) -> None:
    source = written_images(tmp_path / "images")
    run = tmp_path / "run"
    learned = learn(workload, "train-torch", source, run / "output", "--workers", "2", "--epochs", "3")
    metrics = workload("infer", source, "--model", run.as_uri(), output=KeptOutput(tmp_path / "predicted"))
    assert metrics["accuracy"] == learned.metrics["accuracy"]
    assert metrics["test_rows"] == 120
