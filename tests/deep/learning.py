"""A training run as a test looks at it: metrics, the loss of each step, the weights."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from tests.jobs.idx import pictures, write
from tests.jobs.tables import KeptOutput


class Learned(NamedTuple):
    """What a run left."""

    metrics: Mapping[str, Any]
    losses: list[float]
    weights: Mapping[str, np.ndarray]

    def difference(self, other: "Learned") -> float:
        """Give the largest difference of any step's loss and of any weight."""
        steps = np.abs(np.subtract(self.losses, other.losses)).max()
        return max(
            float(steps), *(float(np.abs(self.weights[name] - other.weights[name]).max()) for name in self.weights)
        )


def images(folder: Path) -> Path:
    """Write images that are easy to tell apart, to learn from and to test on."""
    write(folder, "train", *pictures(480))
    write(folder, "test", *pictures(120, seed=2))
    return folder


def learn(workload: Any, name: str, source: Path, root: Path, *arguments: str) -> Learned:
    """Run a training workload and read what it left below ``root``."""
    metrics = workload(name, source, *arguments, output=KeptOutput(root))
    losses = json.loads((root / "model" / "losses.json").read_text(encoding="utf-8"))["loss_of_step"]
    with np.load(root / "model" / "weights.npz") as archive:
        return Learned(metrics, losses, {name: archive[name] for name in archive.files})
