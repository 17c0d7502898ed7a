"""One worker's training as programs for Horovod are written, with the same network and steps as in training_torch."""

# The nodes have the framework; where types are checked it need not be installed.
# pyright: reportMissingImports=false, reportMissingModuleSource=false
from functools import partial
from typing import Any, Iterator

import torch

from jobs import ring as hvd
from jobs import training
from jobs.barrier_worker import Worker
from jobs.training import Task, Told
from jobs.training_torch import Learner


def work(task: Task, worker: Worker, pieces: Iterator[Any]) -> Told:
    """Do a worker's part of the task with its share of the images."""
    torch.set_num_threads(task.threads)
    share = training.Share(pieces, task, worker)
    hvd.init()
    try:
        learner = Learner(task, worker, partial(hvd.allreduce_, op=hvd.Sum))
        hvd.broadcast_parameters(learner.model.state_dict(), root_rank=0)
        return training.run(task, share, learner)
    finally:
        hvd.shutdown()
