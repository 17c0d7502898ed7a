"""Small files of images for tests: idx as the world writes it, npz, and pictures that are easy to tell apart."""

import gzip
import struct
from pathlib import Path

import numpy as np

KINDS = {"uint8": 8, "int16": 11, "float32": 13}


def idx(array: np.ndarray) -> bytes:
    """Give an array in the form of idx."""
    head = struct.pack(f">HBB{array.ndim}I", 0, KINDS[array.dtype.name], array.ndim, *array.shape)
    return head + array.astype(array.dtype.newbyteorder(">")).tobytes()


def write(folder: Path, name: str, images: np.ndarray, labels: np.ndarray, *, packed: bool = False) -> None:
    """Write images and labels beside each other, by MNIST's names."""
    folder.mkdir(parents=True, exist_ok=True)
    for what, array, form in (("images", images, "idx3"), ("labels", labels.astype(np.uint8), "idx1")):
        data = idx(array)
        path = folder / f"{name}-{what}-{form}-ubyte{'.gz' if packed else ''}"
        path.write_bytes(gzip.compress(data, 1) if packed else data)


def pictures(rows: int, side: int = 12, classes: int = 3, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Give noisy pictures, each class with a bright bar at a place of its own, and their classes."""
    random = np.random.default_rng(seed)
    labels = random.integers(classes, size=rows)
    images = random.integers(120, size=(rows, side, side), dtype=np.uint8)
    for image, label in zip(images, labels, strict=True):
        at = 1 + label * (side - 2) // classes
        image[at : at + 2] = np.maximum(image[at : at + 2], 200)
    return images, labels
