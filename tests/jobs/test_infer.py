"""infer with the network in NumPy: every environment has it; tests/deep compares it with the frameworks."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from jobs import network
from jobs.errors import InputError
from tests.jobs.idx import pictures, write
from tests.jobs.tables import ROOT, KeptOutput

FASHION = ROOT / "samples" / "fashion-mnist-900.npz"
MODEL = f"file://{ROOT}/samples/fashion-model.npz"  # Hadoop takes the characters of a URI as they are
CLASSES = ("0", "1", "2")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "images").mkdir()
    return tmp_path / "images"


@pytest.fixture
def untrained(spark: Any, tmp_path: Path) -> Path:
    """A model for images of 12 x 12 in three classes, which has learned nothing."""
    found = network.Network((12, 12, 1), CLASSES, (100.0,), (50.0,))
    network.save(spark, (tmp_path / "model").as_uri(), found, found.initial(1), {})
    return tmp_path / "model"


def predictions(spark: Any, output: KeptOutput) -> list[Any]:
    return spark.read.parquet(output.uri("predictions")).orderBy("number").collect()


def refusal(workload: Any, path: Path, model: Path, *arguments: str) -> InputError:
    with pytest.raises(InputError) as caught:
        workload("infer", path, "--model", model.as_uri(), *arguments)
    return caught.value


def test_all_ways_give_the_same_predictions(spark: Any, workload: Any, tmp_path: Path) -> None:
    found = {}
    for way in ("pandas", "arrow", "row"):
        output = KeptOutput(tmp_path / way)
        metrics = workload("infer", FASHION, "--model", MODEL, "--by", way, "--framework", "numpy", output=output)
        found[way] = predictions(spark, output)
        assert metrics["accuracy"] == pytest.approx(148 / 180)
        assert output.tables["model"][1][0][1] in {1, 2}, "processes that have built the model"
    for way in ("arrow", "row"):
        assert [row[:-1] for row in found[way]] == [row[:-1] for row in found["pandas"]]
        assert [row[-1] for row in found[way]] == pytest.approx([row[-1] for row in found["pandas"]], abs=1e-5)


def test_every_image_is_predicted_once_with_its_place_and_label(spark: Any, workload: Any, tmp_path: Path) -> None:
    output = KeptOutput(tmp_path)
    metrics = workload("infer", FASHION, "--model", MODEL, "--framework", "numpy", output=output)
    rows = predictions(spark, output)
    with np.load(FASHION) as arrays:
        labels = {name: arrays[f"{name}_labels"].tolist() for name in ("train", "test")}
    assert [row["number"] for row in rows] == list(range(900))
    assert [row["label"] for row in rows if row["part"] == "test_images"] == labels["test"]
    assert [row["row"] for row in rows if row["part"] == "train_images"] == list(range(720))
    assert {row["part"] for row in rows if row["held"]} == {"test_images"}
    assert sum(metrics["predictions_by_class"].values()) == metrics["predictions"] == 900
    assert np.sum(metrics["confusion"]) == metrics["test_rows"] == 180
    assert metrics["accuracy_of_all"] == np.mean([row["label"] == row["predicted"] for row in rows])
    assert set(output.figures) == {"predictions", "confusion", "least-sure"}


@pytest.mark.usefixtures("spark")
def test_images_without_labels_are_predicted_without_accuracy(
    workload: Any, folder: Path, tmp_path: Path, untrained: Path
) -> None:
    write(folder, "train", *pictures(60))
    (folder / "train-labels-idx1-ubyte").unlink()
    metrics = workload("infer", folder, "--model", untrained.as_uri(), output=KeptOutput(tmp_path))
    assert metrics["predictions"] == 60
    assert "accuracy" not in metrics


def test_floats_and_bytes_in_one_input_mean_the_same(
    spark: Any, workload: Any, folder: Path, tmp_path: Path, untrained: Path
) -> None:
    pixels, labels = pictures(60)
    np.savez(folder / "both.npz", bytes_images=pixels, bytes_labels=labels, x=pixels.astype("float64"), y=labels)
    output = KeptOutput(tmp_path)
    workload("infer", folder, "--model", untrained.as_uri(), output=output)
    rows = predictions(spark, output)
    assert [row["predicted"] for row in rows[:60]] == [row["predicted"] for row in rows[60:]]


def test_many_files_are_numbered_through(spark: Any, workload: Any, folder: Path, tmp_path: Path) -> None:
    found = network.Network((12, 12, 1), CLASSES, (0.0,), (1.0,))
    network.save(spark, (tmp_path / "model").as_uri(), found, found.initial(1), {})
    for name, rows in (("a", 300), ("b", 7), ("c", 31)):
        write(folder, name, *pictures(rows), packed=name == "b")
    output = KeptOutput(tmp_path)
    workload("infer", folder, "--model", (tmp_path / "model").as_uri(), output=output)
    rows = predictions(spark, output)
    assert [row["number"] for row in rows] == list(range(338))
    assert [row["row"] for row in rows] == [*range(300), *range(7), *range(31)]


def test_files_that_are_predicted_where_they_are_read_give_what_one_file_does(
    spark: Any, workload: Any, untrained: Path, tmp_path: Path
) -> None:
    pixels, labels = pictures(90)
    found = []
    for pieces in (1, 3):
        folder = tmp_path / str(pieces)
        folder.mkdir()
        for at, rows in enumerate(np.array_split(np.arange(90), pieces)):
            np.savez(folder / f"{at}.npz", x=pixels[rows], y=labels[rows])
        output = KeptOutput(folder / "out")
        workload("infer", folder, "--model", untrained.as_uri(), output=output)
        found.append([(row["number"], row["label"], row["predicted"]) for row in predictions(spark, output)])
    assert found[0] == found[1]


def test_images_of_another_size_than_the_models_are_told_with_the_file(
    workload: Any, folder: Path, untrained: Path
) -> None:
    write(folder, "train", *pictures(60, side=14))
    told = refusal(workload, folder, untrained)
    assert "train-images-idx3-ubyte row 0: images of 14 x 14 x 1, the model takes 12 x 12 x 1" in told.message
    assert "trained on such images" in told.hint


def test_a_class_that_the_model_does_not_know_is_told_with_the_row(
    workload: Any, folder: Path, tmp_path: Path, untrained: Path
) -> None:
    pixels, labels = pictures(300)
    labels[281] = 9
    write(folder, "test", pixels, labels)
    told = refusal(workload, folder, untrained)
    assert "test-images-idx3-ubyte row 281: class '9' is none of the model's: 0, 1, 2" in told.message
    arguments = ("--model", untrained.as_uri(), "--ignore-labels")
    assert "accuracy" not in workload("infer", folder, *arguments, output=KeptOutput(tmp_path))


def test_a_broken_file_is_told_with_the_row(workload: Any, folder: Path, untrained: Path) -> None:
    write(folder, "train", *pictures(600))
    file = folder / "train-images-idx3-ubyte"
    file.write_bytes(file.read_bytes()[: 16 + 144 * 500 + 7])
    assert "row 500: it ends in the middle" in refusal(workload, folder, untrained).message


def test_what_is_no_model_is_told(workload: Any, folder: Path, untrained: Path) -> None:
    write(folder, "train", *pictures(60))
    assert "there is no model in" in refusal(workload, folder, folder).message
    description = json.loads((untrained / "model.json").read_text(encoding="utf-8"))
    (untrained / "model.json").write_text(json.dumps(description | {"classes": ["0", "1"]}), encoding="utf-8")
    assert "another network than model.json says" in refusal(workload, folder, untrained).message
    (untrained / "model.json").write_text('{"form": "other"}', encoding="utf-8")
    assert "describes no model of ours" in refusal(workload, folder, untrained).message
    (untrained / "weights.npz").write_bytes(b"PK\x03\x04")
    assert "the weights are broken" in refusal(workload, folder, untrained).message


@pytest.mark.usefixtures("spark")
def test_without_a_model_it_is_said_where_one_comes_from(workload: Any) -> None:
    with pytest.raises(InputError, match="no model is named") as caught:
        workload("infer", FASHION)
    assert "train-torch" in caught.value.hint
