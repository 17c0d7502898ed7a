"""Compare the ways to predict from Spark, and the best with a plain loop of PyTorch in one process.

    .venv/deep/bin/python benchmarks/inference.py [--rounds 3] [--quick]

All have one core and one thread, go from the file to the predictions and give the network as many images at once.
Spark is `local[1]`; its time includes that infer looks at all images before it predicts. What its jobs cost however few
the images are is measured with ten of them. Contenders take turns, and shown are medians. It needs an environment with
Spark and PyTorch: `make deep` makes .venv/deep.
"""

# PyTorch is in that environment only.
# pyright: reportMissingImports=false

import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from measured import in_turn, options, spark_session
from pyspark.sql import SparkSession

ROOT = Path(__file__).resolve().parent.parent
FEW = 10
PARTITIONS = 3  # as infer makes of one core
# Size of the images, how many: small ones, and larger ones that the network takes longer for.
INPUTS: tuple[tuple[tuple[int, int, int], int], ...] = (((28, 28, 1), 60_000), ((64, 64, 3), 12_000))


def main() -> None:
    """Print a table for each kind of images."""
    found = options(__doc__, usual=3, quick=1)
    sys.path.insert(0, str(ROOT))
    with (
        spark_session("local[1]", spark_driver_memory="3g") as spark,
        TemporaryDirectory(prefix="firesteel-") as folder,
    ):
        for shape, images in INPUTS:
            _print(spark, Path(folder) / f"{shape[0]}.npz", shape, images // 2 if found.quick else images, found.rounds)


def _written(path: Path, shape: tuple[int, int, int], images: int) -> Path:
    np.savez(path, x=np.random.default_rng(1).integers(256, size=(images, *shape), dtype=np.uint8))
    return path


def _print(spark: SparkSession, path: Path, shape: tuple[int, int, int], images: int, rounds: int) -> None:
    from jobs.network import Network

    _written(path, shape, images)
    channels = shape[2]
    network = Network(shape, tuple("0123456789"), (127.0,) * channels, (74.0,) * channels)
    weights = network.initial(1)
    few = _written(path.with_name("few.npz"), shape, FEW)
    contenders: dict[str, Callable[[], float]] = {
        "plain PyTorch": lambda: _plain(path, network, weights),
        **{f"--by {way}": _by_spark(spark, path, network, weights, way) for way in ("arrow", "pandas", "row")},
        "few": _by_spark(spark, few, network, weights, "arrow"),
    }
    taken = in_turn(contenders, rounds)
    fixed, plain, row = taken.pop("few"), taken["plain PyTorch"], taken["--by row"]
    print(f"\n{images:,} images of {' x '.join(map(str, shape))}, one core, one thread, median of {rounds}\n")
    print(f"{'':16}{'images / s':>12}{'over plain':>12}{'/ --by row':>12}")
    for contender, seconds in taken.items():
        print(f"{contender:16}{images / seconds:12,.0f}{seconds / plain - 1:12.0%}{row / seconds:12.1f}")
    print(f"\n{FEW} images by arrow: {fixed:.2f} s, {fixed / plain:.0%} of the time of plain PyTorch for all")


def _plain(path: Path, network: Any, weights: Any) -> float:
    import torch

    from jobs import network_torch

    torch.set_num_threads(1)
    model = network_torch.build(network, weights).eval()
    began = time.perf_counter()
    with np.load(path) as archive:
        images = archive["x"]
    with torch.inference_mode():
        for first in range(0, len(images), network.at_once):
            some = network_torch.pixels(network, images[first : first + network.at_once])
            model(some).softmax(dim=1).max(dim=1)
    return time.perf_counter() - began


def _by_spark(spark: SparkSession, path: Path, network: Any, weights: Any, way: str) -> Callable[[], float]:
    from jobs import image_fit, image_rows, image_sources, predicting, predicting_ways

    model = predicting.share(spark, network, weights, "torch")
    each = predicting_ways.in_a_row(way, network)

    def run() -> float:
        spark.conf.set(image_rows.BATCH, str(image_rows.batch(network, each)))
        began = time.perf_counter()
        sources = image_sources.find(spark, str(path), labelled=False)
        counts = image_fit.counted(spark.sparkContext, sources, network, labels=False)
        images = image_rows.Images(spark, sources, counts, PARTITIONS)
        predicting_ways.WAYS[way](images, model).write.format("noop").mode("overwrite").save()
        return time.perf_counter() - began

    return run


if __name__ == "__main__":
    main()
