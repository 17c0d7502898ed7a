"""Compare distributed training here with its peers.

    .venv/deep/bin/python benchmarks/training.py [--rounds 3] [--quick]

Prints two tables: a call of a distributed function, by this project's launcher and by PySpark's; and training by two
workers beside one, each with one thread, with what of the time went into sums over workers. Contenders take turns, and
shown are medians. It needs an environment with Spark and PyTorch: `make deep` makes .venv/deep.
"""

# PyTorch is in that environment only.
# pyright: reportMissingImports=false

import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from measured import in_turn, options, spark_session
from pyspark.ml.torch.distributor import TorchDistributor as Theirs
from pyspark.sql import SparkSession

ROOT = Path(__file__).resolve().parent.parent
SIDE, BATCH = 48, 192
IMAGES = 3072


def main() -> None:
    """Print the tables."""
    found = options(__doc__, usual=3, quick=1)
    sys.path.insert(0, str(ROOT))
    with spark_session("local[2]") as spark:
        _print_calls(found.rounds)
        with TemporaryDirectory(prefix="firesteel-") as folder:
            _print_training(spark, Path(folder), found.rounds, IMAGES // 2 if found.quick else IMAGES)


def summed(number: int) -> float:
    """Meet the other workers and give the sum of what all hold: the least that a distributed function does."""
    import torch
    import torch.distributed as dist

    dist.init_process_group("gloo")
    held = torch.tensor([float(number)])
    dist.all_reduce(held)
    dist.destroy_process_group()
    return held.item()


def _print_calls(rounds: int) -> None:
    from jobs.runners import TorchDistributor as Ours

    def call(distributor: Any) -> Callable[[], float]:
        def run() -> float:
            began = time.perf_counter()
            if distributor(num_processes=2, local_mode=False, use_gpu=False).run(summed, 21) != 42:  # noqa: PLR2004 -- 2 x 21
                sys.exit("the sum over two workers is wrong")
            return time.perf_counter() - began

        return run

    # in_turn does not count the first call of each: what is shown are second calls and later ones.
    taken = in_turn({"jobs.runners": call(Ours), "pyspark": call(Theirs)}, rounds)
    print("\nTorchDistributor(num_processes=2, local_mode=False), second call and later\n")
    print(f"{'':16}{'s':>8}{'/ pyspark':>12}")
    for name, seconds in taken.items():
        print(f"{name:16}{seconds:8.2f}{seconds / taken['pyspark']:12.2f}")


def _print_training(spark: SparkSession, folder: Path, rounds: int, images: int) -> None:
    random = np.random.default_rng(1)
    pixels = random.integers(256, size=(images, SIDE, SIDE, 3), dtype=np.uint8)
    np.savez(folder / "images.npz", images=pixels, labels=np.arange(images) % 10)
    trained: dict[int, list[dict[str, Any]]] = {1: [], 2: []}
    for number in range(rounds + 1):
        for workers in trained:
            metrics = _trained(spark, folder, workers, number)
            trained[workers] += [metrics] if number else []
    alone = statistics.median(metrics["images_per_second"] for metrics in trained[1])
    print(f"\ntrain-torch, {SIDE} x {SIDE} x 3, {BATCH} images a step, one thread a worker\n")
    print(f"{'':12}{'images / s':>12}{'/ one':>8}{'in transport':>15}")
    for workers, each in trained.items():
        rate = statistics.median(metrics["images_per_second"] for metrics in each)
        share = statistics.median(metrics["transport_share"] for metrics in each)
        print(f"{workers} worker{'s' if workers > 1 else ' ':5}{rate:11,.0f}{rate / alone:8.2f}{share:15.1%}")


def _trained(spark: SparkSession, folder: Path, workers: int, number: int) -> dict[str, Any]:
    from jobs import workloads

    asked = ["--input", str(folder / "images.npz"), "--epochs", "1", "--test", "0.02"]
    args = workloads.parse("train-torch", [*asked, "--batch", str(BATCH), "--workers", str(workers)])
    args.output = _Output(folder / f"output-{workers}-{number}")
    with redirect_stdout(StringIO()):
        return workloads.load("train-torch").run(spark, args)


class _Output:
    """Takes what a workload writes; models go below ``root``, nothing else is kept."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def uri(self, name: str) -> str:
        """Give where a file goes."""
        return (self._root / name).as_uri()

    @contextmanager
    def phase(self, _name: str) -> Iterator[None]:
        """Count nothing."""
        yield

    def figure(self, _name: str, _spec: Any) -> None:
        """Keep nothing."""

    def table(self, _name: str, _columns: Any, _rows: Any) -> None:
        """Keep nothing."""


if __name__ == "__main__":
    main()
