"""One worker's training in PyTorch: the gradients of its part of each batch, summed over all workers by gloo.

The sum is taken once a step, over one flat tensor, so what transport costs can be told. Each lane's loss is divided by
the size of the whole batch, hence the sum is the batch's gradient, whatever the parts' sizes.
"""

# The nodes have the framework; where types are checked it need not be installed.
# pyright: reportMissingImports=false, reportMissingModuleSource=false
import datetime as dt
import time
from typing import Any, Callable, Iterator, List, Tuple

import numpy as np
import torch
import torch.distributed as dist
from torch.nn import functional

from jobs import network_torch, training
from jobs.barrier_worker import Worker
from jobs.training import State, Task, Told

PATIENCE = dt.timedelta(minutes=10)  # for a peer that computes; one that died is noticed by jobs.barrier_watch


def work(task: Task, worker: Worker, pieces: Iterator[Any]) -> Told:
    """Do a worker's part of the task with its share of the images."""
    torch.set_num_threads(task.threads)
    share = training.Share(pieces, task, worker)
    if worker.size == 1:
        return training.run(task, share, Learner(task, worker))
    dist.init_process_group("gloo", timeout=PATIENCE)
    told = training.run(task, share, Learner(task, worker))
    # Not after an error: the connections that end here would look to the others like the cause.
    dist.destroy_process_group()
    return told


class Learner:
    """The network, its optimizer, and the sum over workers; ``transport`` counts the seconds that sums take.

    ``add_up`` puts the sum of a tensor over all workers into the tensor itself.
    """

    def __init__(self, task: Task, worker: Worker, add_up: Callable[[torch.Tensor], Any] = dist.all_reduce) -> None:
        self._task, self._worker, self._add_up, self.transport = task, worker, add_up, 0.0
        self._device = "cuda" if worker.gpus and torch.cuda.is_available() else "cpu"
        self.model = network_torch.build(task.network, task.state.weights).to(self._device)
        self._optimizer = torch.optim.SGD(
            self.model.parameters(), task.learning_rate, training.MOMENTUM, weight_decay=training.DECAY
        )
        self._sizes = [value.numel() for value in self.model.parameters()]
        self._numbers = sum(self._sizes)
        names = dict(self.model.named_parameters())
        for name, array in task.state.momentum.items():
            buffer = torch.from_numpy(array.copy()).to(self._device)
            self._optimizer.state[names[name]]["momentum_buffer"] = buffer

    def step(self, lanes: List[Tuple[np.ndarray, np.ndarray]], size: int, rate: float) -> float:
        """Learn from this worker's lanes of a batch of ``size`` rows; gives the loss over the whole batch."""
        total = torch.zeros(self._numbers + 1, dtype=torch.float64)
        for images, classes in lanes:
            total += self._gradient(images, classes, size)
        if self._worker.size > 1:
            began = time.perf_counter()
            self._add_up(total)
            self.transport += time.perf_counter() - began
        for value, part in zip(self.model.parameters(), total[:-1].split(self._sizes)):
            value.grad = part.view_as(value).to(value)
        self._optimizer.param_groups[0]["lr"] = rate
        self._optimizer.step()
        return float(total[-1])

    def predict(self, images: np.ndarray) -> np.ndarray:
        """Give the place of the likeliest class of each image."""
        with torch.inference_mode():
            return self.model(self._pixels(images)).argmax(dim=1).cpu().numpy()

    def state(self, epoch: int) -> Any:
        """Give where training stands, of the first worker: the others have the same."""
        if self._worker.rank:
            return None
        buffers = (self._optimizer.state[value]["momentum_buffer"].cpu() for value in self.model.parameters())
        momentum = training.named((name for name, _ in self.model.named_parameters()), buffers)
        return State(epoch, network_torch.weights_of(self.model), momentum)

    def _pixels(self, images: np.ndarray) -> torch.Tensor:
        return network_torch.pixels(self._task.network, images).to(self._device)

    def _gradient(self, images: np.ndarray, classes: np.ndarray, size: int) -> torch.Tensor:
        """Give the gradient of one lane, and its loss, as one flat tensor."""
        self._optimizer.zero_grad()
        scores = self.model(self._pixels(images))
        loss = functional.cross_entropy(scores, torch.from_numpy(classes).to(self._device), reduction="sum") / size
        loss.backward()
        flat = [value.grad.reshape(-1) for value in self.model.parameters()]
        return torch.cat([*flat, loss.detach().reshape(1)]).cpu().double()
