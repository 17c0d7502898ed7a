import gzip
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from jobs import image_shares, image_sources, schedule
from jobs.errors import InputError
from tests.jobs.idx import idx, pictures, write


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a folder that holds nothing else; the test's own has its home in it."""
    (tmp_path / "images").mkdir()
    return tmp_path / "images"


def counted(spark: Any, path: Path, share: float = 0.25, seed: int = 1) -> image_shares.Images:
    return image_shares.counted(spark.sparkContext, image_sources.find(spark, str(path)), share, seed)


def gathered(spark: Any, images: image_shares.Images, workers: int) -> list[list[Any]]:
    """Give for each worker its rows (part, number, image, class), sorted."""
    shares = image_shares.shares(spark.sparkContext, images, workers).glom().collect()
    return [
        sorted(
            (part, int(number), image.tobytes(), int(label))
            for part, numbers, pixels, labels in pieces
            for number, image, label in zip(numbers, pixels, labels, strict=True)
        )
        for pieces in shares
    ]


def refusal(spark: Any, path: Path, **arguments: Any) -> str:
    with pytest.raises(InputError) as caught:
        counted(spark, path, **arguments)
    return str(caught.value)


def test_a_folder_of_idx_files_is_paired_and_split_by_the_files_names(spark: Any, folder: Path) -> None:
    write(folder, "train", *pictures(70))
    write(folder, "t10k", *pictures(30, seed=2), packed=True)
    images = counted(spark, folder)
    assert (images.sizes, images.shape, images.classes) == ((70, 30), (12, 12, 1), ("0", "1", "2"))


def test_pixels_are_scaled_by_the_rows_to_learn_from_alone(spark: Any, folder: Path) -> None:
    pixels, labels = pictures(70)
    write(folder, "train", pixels, labels)
    write(folder, "test", pictures(30, seed=2)[0] // 9, pictures(30, seed=2)[1])
    images = counted(spark, folder)
    assert images.mean == pytest.approx([pixels.mean()])
    assert images.deviation == pytest.approx([pixels.std()])


def test_every_row_reaches_one_worker_once_with_its_class(spark: Any, folder: Path) -> None:
    pixels, labels = pictures(1000)
    write(folder, "train", pixels[:800], labels[:800], packed=True)
    write(folder, "test", pixels[800:], labels[800:])
    images = counted(spark, folder)
    for workers in (1, 2, 3):
        shares = gathered(spark, images, workers)
        rows = sorted(row for share in shares for row in share)
        wanted = [(0, at, pixels[at].tobytes(), labels[at]) for at in range(800)]
        wanted += [(1, at - 800, pixels[at].tobytes(), labels[at]) for at in range(800, 1000)]
        assert rows == sorted(wanted)
        for rank, share in enumerate(shares):
            assert [n for part, n, *_ in share if not part] == schedule.owned(800, rank, workers).tolist()


def test_without_a_file_for_the_test_a_hash_of_the_image_says_what_is_held(spark: Any, folder: Path) -> None:
    pixels, labels = pictures(900)
    write(folder / "one", "train", pixels, labels)
    write(folder / "reversed", "train", pixels[::-1], labels[::-1])
    one, other = counted(spark, folder / "one"), counted(spark, folder / "reversed")
    held = [
        {image for part, _, image, _ in gathered(spark, images, 1)[0] if part == image_shares.HELD}
        for images in (one, other)
    ]
    assert held[0] == held[1]
    assert one.sizes[1] == pytest.approx(225, abs=45)
    assert counted(spark, folder / "one", seed=2).sizes != one.sizes


def test_npz_in_the_ways_people_write_it(spark: Any, folder: Path) -> None:
    pixels, labels = pictures(90)
    words = np.array(["red", "green", "blue"])[labels]
    np.savez(folder / "keras.npz", x_train=pixels[:60], y_train=labels[:60], x_test=pixels[60:], y_test=labels[60:])
    np.savez_compressed(
        folder / "med.npz",
        train_images=pixels,
        train_labels=words[:, None],
        val_images=pixels,
        val_labels=words[:, None],
    )
    np.savez(folder / "plain.npz", x=pixels, y=words, row=np.arange(90), bands=np.arange(3))
    np.savez(folder / "bare.npz", pixels, labels)
    assert counted(spark, folder / "keras.npz").sizes == (60, 30)
    assert counted(spark, folder / "med.npz").classes == ("blue", "green", "red")
    assert sum(counted(spark, folder / "plain.npz").sizes) == 90
    assert counted(spark, folder / "bare.npz").classes == ("0", "1", "2")


def test_channels_are_last_wherever_the_file_has_them(spark: Any, folder: Path) -> None:
    random = np.random.default_rng(1)
    labels = np.arange(60) % 2
    np.savez(folder / "first.npz", x=random.integers(99, size=(60, 3, 8, 9)), y=labels)
    np.savez(folder / "last.npz", x=random.normal(size=(60, 8, 9, 13)).astype("float32"), y=labels)
    assert counted(spark, folder / "first.npz").shape == (8, 9, 3)
    assert counted(spark, folder / "last.npz").shape == (8, 9, 13)


def test_names_that_hadoop_would_take_for_patterns(spark: Any, folder: Path) -> None:
    odd = folder / "a b, {c} [d] ü"
    write(odd, "train (1)", *pictures(60))
    write(odd, "test (1)", *pictures(30))
    assert counted(spark, odd).sizes == (60, 30)


def test_a_file_that_ends_in_the_middle_is_told_with_the_row(spark: Any, folder: Path) -> None:
    write(folder, "train", *pictures(600))
    file = folder / "train-images-idx3-ubyte"
    file.write_bytes(file.read_bytes()[: 16 + 144 * 500 + 7])
    said = refusal(spark, folder)
    assert "train-images-idx3-ubyte row 500: it ends in the middle" in said


def test_a_broken_gzip_is_told_with_about_the_row(spark: Any, folder: Path) -> None:
    write(folder, "train", *pictures(600), packed=True)
    file = folder / "train-images-idx3-ubyte.gz"
    data = bytearray(file.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 40] = bytes(40)
    file.write_bytes(data)
    assert re.search(r"train-images-idx3-ubyte.gz row \d+: ", refusal(spark, folder))


def test_gzip_without_its_ending_is_told(spark: Any, folder: Path) -> None:
    write(folder, "train", *pictures(60), packed=True)
    (folder / "train-images-idx3-ubyte.gz").rename(folder / "train-images-idx3-ubyte")
    with pytest.raises(InputError, match="packed by gzip, its name does not say so"):
        counted(spark, folder)


def test_labels_and_images_of_different_length_are_told_with_both_files(spark: Any, folder: Path) -> None:
    pixels, labels = pictures(90)
    write(folder, "train", pixels, labels[:80])
    said = refusal(spark, folder)
    assert "train-images-idx3-ubyte row 80: 90 images, but 80 labels in " in said
    assert "train-labels-idx1-ubyte" in said


def test_images_of_another_size_are_told_with_the_file(spark: Any, folder: Path) -> None:
    write(folder, "train", *pictures(60))
    write(folder, "test", *pictures(60, side=14))
    said = refusal(spark, folder)
    assert "test-images-idx3-ubyte: images of 14 x 14 x 1" in said or "train-images-idx3-ubyte: images of 12" in said


def test_a_class_never_seen_in_training_is_told_with_file_and_row(spark: Any, folder: Path) -> None:
    write(folder, "train", *pictures(60))
    pixels, labels = pictures(30)
    labels[17] = 9
    write(folder, "test", pixels, labels)
    assert "test-images-idx3-ubyte row 17: class '9' is never seen in training" in refusal(spark, folder)


def test_images_without_labels_are_told_with_what_to_do(spark: Any, folder: Path) -> None:
    write(folder, "train", *pictures(60))
    (folder / "train-labels-idx1-ubyte").unlink()
    with pytest.raises(InputError, match="no labels beside it") as caught:
        counted(spark, folder)
    assert caught.value.hint.startswith("--input FOLDER")
    np.savez(folder / "only.npz", x=pictures(60)[0])
    assert "only.npz: x has no labels beside it" in refusal(spark, folder / "only.npz")


def test_one_class_only_is_refused(spark: Any, folder: Path) -> None:
    pixels, labels = pictures(60)
    write(folder, "train", pixels, labels * 0)
    assert "all images are of class '0'" in refusal(spark, folder)


def test_too_few_images_to_split_are_refused(spark: Any, folder: Path) -> None:
    write(folder, "train", *pictures(1))
    assert "too few images" in refusal(spark, folder)


def test_an_image_with_no_number_in_it_is_told_with_its_row(spark: Any, folder: Path) -> None:
    pixels, labels = pictures(60)
    holed = pixels.astype("float32")
    holed[41, 3, 3] = np.nan
    np.savez(folder / "holed.npz", x=holed, y=labels)
    assert "holed.npz row 41: the image holds NaN or infinity" in refusal(spark, folder / "holed.npz")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"PK\x03\x04 no archive", "a broken archive"),
        (idx(np.arange(9, dtype=np.uint8)), "only labels"),
        (b"a,b\n1,2\n", "holds no images: it has file"),
        (gzip.compress(b""), "packed by gzip"),
    ],
)
def test_what_is_no_file_of_images_is_refused(spark: Any, folder: Path, content: bytes, said: str) -> None:
    (folder / "file").write_bytes(content)
    assert said in refusal(spark, folder / "file")


def test_pickled_objects_are_never_loaded(spark: Any, folder: Path) -> None:
    np.savez(folder / "evil.npz", x=np.array([{"a": 1}] * 8, dtype=object).reshape(2, 2, 2), y=np.arange(2))
    assert "no archive of plain NumPy arrays" in refusal(spark, folder / "evil.npz")


def test_labels_that_are_no_classes_are_refused_with_the_row(spark: Any, folder: Path) -> None:
    np.savez(folder / "x.npz", x=pictures(60)[0], y=np.arange(60) / 2)
    assert "x.npz row 1: the label 0.5 is no class" in refusal(spark, folder / "x.npz")
