"""Horovod's calls for PyTorch, over gloo: ``from jobs import ring as hvd`` in a function that HorovodRunner runs.

Horovod itself is deprecated where HorovodRunner came from, and its last release does not build with today's PyTorch;
programs written for it are still around. What is here adds up the same numbers; it does not overlap sums with the
backward pass, compress, survive the loss of a worker (elastic), or know tensors of other frameworks.
https://horovod.readthedocs.io/en/stable/pytorch.html
"""

# The nodes have the framework; where types are checked it need not be installed.
# pyright: reportMissingImports=false, reportMissingModuleSource=false
import datetime as dt
import os
from typing import Any, Iterable, List, Tuple

import torch
import torch.distributed as dist

Average, Sum = "average", "sum"
PATIENCE = dt.timedelta(minutes=10)  # for a peer that computes; one that died is noticed by jobs.barrier_watch


def init() -> None:
    """Meet the other workers; a worker that is alone needs nobody."""
    if size() > 1:
        dist.init_process_group("gloo", timeout=PATIENCE)


def shutdown() -> None:
    """Leave the other workers."""
    if dist.is_initialized():
        dist.destroy_process_group()


def rank() -> int:
    """Give this worker's number, from 0."""
    return int(os.environ.get("RANK", "0"))


def size() -> int:
    """Give how many workers there are."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def local_rank() -> int:
    """Give the place of this worker's GPU among those that it sees: its own only, so the first."""
    return int(os.environ.get("LOCAL_RANK", "0"))


def allreduce(tensor: torch.Tensor, op: str = Average) -> torch.Tensor:
    """Give the mean, or the sum, of the tensor over all workers."""
    return allreduce_(tensor.clone(), op)


def allreduce_(tensor: torch.Tensor, op: str = Average) -> torch.Tensor:
    """Put the mean, or the sum, over all workers into the tensor itself, and give it."""
    if size() > 1:
        dist.all_reduce(tensor)
    return tensor.div_(size()) if op == Average else tensor


def broadcast_(tensor: torch.Tensor, root_rank: int) -> torch.Tensor:
    """Put the tensor of one worker into those of the others, and give it."""
    if size() > 1:
        dist.broadcast(tensor, root_rank)
    return tensor


def broadcast_parameters(params: Any, root_rank: int) -> None:
    """Give all workers one worker's parameters: a state dict, or pairs of name and tensor."""
    pairs: Iterable[Tuple[str, torch.Tensor]] = params.items() if hasattr(params, "items") else params
    with torch.no_grad():
        for _, tensor in pairs:
            broadcast_(tensor.detach(), root_rank)


def broadcast_object(value: Any, root_rank: int = 0) -> Any:
    """Give one worker's value, whatever it is."""
    values = [value]
    if size() > 1:
        dist.broadcast_object_list(values, root_rank)
    return values[0]


def broadcast_optimizer_state(optimizer: torch.optim.Optimizer, root_rank: int) -> None:
    """Give all workers what one worker's optimizer remembers."""
    optimizer.load_state_dict(broadcast_object(optimizer.state_dict(), root_rank))


def DistributedOptimizer(  # noqa: N802 -- Horovod's name: a function there too
    optimizer: torch.optim.Optimizer, named_parameters: Any = None, op: str = Average
) -> torch.optim.Optimizer:
    """Give the optimizer, which from now on learns from the gradients of all workers.

    They are added in double precision, as one tensor. ``named_parameters`` is taken for the sake of programs that give
    it: the optimizer knows its own.
    """
    del named_parameters

    def before(*_: Any) -> None:
        gradients: List[torch.Tensor] = [
            value.grad for group in optimizer.param_groups for value in group["params"] if value.grad is not None
        ]
        flat = torch.cat([each.reshape(-1).double() for each in gradients])
        parts = allreduce_(flat, op).split([each.numel() for each in gradients])
        for gradient, part in zip(gradients, parts):
            gradient.copy_(part.view_as(gradient))

    optimizer.register_step_pre_hook(before)
    return optimizer
