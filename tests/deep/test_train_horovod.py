"""train-horovod, and Horovod's calls in functions that HorovodRunner runs."""

# The frameworks are in the environment for deep learning only.
# pyright: reportMissingImports=false, reportMissingModuleSource=false

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from jobs.runners import HorovodRunner
from tests.deep.learning import images, learn

SHORT = ("--epochs", "3", "--batch", "48")


def test_two_workers_learn_what_one_does_and_what_train_torch_does(workload: Any, tmp_path: Path) -> None:
    source = images(tmp_path / "images")
    one, two = (
        learn(workload, "train-horovod", source, tmp_path / workers, "--workers", workers, *SHORT)
        for workers in ("1", "2")
    )
    torch = learn(workload, "train-torch", source, tmp_path / "torch", "--workers", "2", *SHORT)
    assert one.difference(two) < 1e-5
    assert torch.difference(two) < 1e-5
    assert two.metrics["accuracy"] > 0.9
    assert set(two.metrics) == set(torch.metrics)


def told() -> Any:
    """Call everything that adds up or hands around, on this worker."""
    import torch

    from jobs import ring as hvd

    hvd.init()
    try:
        mine = torch.tensor([1.0, 10.0]) * (hvd.rank() + 1)
        mean, total = hvd.allreduce(mine).tolist(), hvd.allreduce(mine, op=hvd.Sum).tolist()
        untouched = mine.tolist()
        word = hvd.broadcast_object(f"from {hvd.rank()}", root_rank=hvd.size() - 1)
        return hvd.size(), hvd.local_rank(), mean, total, untouched, word
    finally:
        hvd.shutdown()


@pytest.mark.usefixtures("spark")
def test_sums_means_and_words_go_around() -> None:
    assert HorovodRunner(np=2).run(told) == (2, 0, [1.5, 15.0], [3.0, 30.0], [1.0, 10.0], "from 1")


def test_a_worker_that_is_alone_needs_nobody() -> None:
    assert told() == (1, 0, [1.0, 10.0], [1.0, 10.0], [1.0, 10.0], "from 0")


def fitted(rows: int) -> Any:
    """Train as Horovod's own examples do: each worker on its part, from weights handed out by the first."""
    import torch

    from jobs import ring as hvd

    hvd.init()
    try:
        torch.manual_seed(hvd.rank())
        model = torch.nn.Linear(4, 1)
        if hvd.rank() == 0:
            torch.nn.init.constant_(model.weight, 0.5)
            torch.nn.init.zeros_(model.bias)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
        hvd.broadcast_parameters(model.state_dict(), root_rank=0)
        hvd.broadcast_optimizer_state(optimizer, root_rank=0)
        optimizer = hvd.DistributedOptimizer(optimizer, named_parameters=model.named_parameters())
        x = torch.from_numpy(np.random.default_rng(1).normal(size=(rows, 4)).astype("float32"))
        x = x[hvd.rank() :: hvd.size()]
        for _ in range(20):
            optimizer.zero_grad()
            torch.nn.functional.mse_loss(model(x), x.sum(dim=1, keepdim=True)).backward()
            optimizer.step()
        return torch.cat([value.detach().reshape(-1) for value in model.parameters()]).tolist()
    finally:
        hvd.shutdown()


@pytest.mark.usefixtures("spark")
def test_a_program_written_for_horovod_learns_the_same_with_two_workers() -> None:
    alone, two = fitted(64), HorovodRunner(np=2).run(fitted, rows=64)
    assert two == pytest.approx(alone, abs=1e-5)
