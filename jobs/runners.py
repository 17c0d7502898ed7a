"""Distributed training in the call shapes that people know, each on ``jobs.barrier``; none needs the original package.

https://spark.apache.org/docs/latest/api/python/reference/api/pyspark.ml.torch.distributor.TorchDistributor.html
https://github.com/tensorflow/ecosystem/tree/master/spark/spark-tensorflow-distributor
https://docs.databricks.com/aws/en/archive/machine-learning/train-model/horovod-runner
"""

# The nodes have TensorFlow; where types are checked it need not be installed.
# pyright: reportMissingImports=false, reportMissingModuleSource=false

import contextlib
from typing import Any, Callable, List

from jobs import barrier, local_workers
from jobs.barrier_worker import Worker


class TorchDistributor:
    """Run a PyTorch function on several workers; ``torch.distributed.init_process_group("gloo")`` finds the others.

    ``local_mode`` takes processes on the driver's machine, else workers are tasks of a barrier stage.
    """

    def __init__(self, num_processes: int = 1, local_mode: bool = True, use_gpu: bool = True) -> None:  # noqa: FBT001, FBT002 -- Spark's signature
        self.num_processes, self.local_mode, self.use_gpu = num_processes, local_mode, use_gpu

    def run(self, train_object: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Give what ``train_object(*args, **kwargs)`` returns on the first worker."""

        def work(_worker: Worker) -> Any:
            return train_object(*args, **kwargs)

        return _run(work, self.num_processes, local=self.local_mode, use_gpu=self.use_gpu)[0]


class MirroredStrategyRunner:
    """Run a TensorFlow function on several workers, in the scope of a MultiWorkerMirroredStrategy.

    ``local_mode`` runs it in this process under MirroredStrategy. With ``use_custom_strategy`` the function makes its
    own strategy.
    """

    def __init__(
        self, *, num_slots: int, local_mode: bool = False, use_gpu: bool = True, use_custom_strategy: bool = False
    ) -> None:
        self.num_slots, self.local_mode, self.use_gpu = num_slots, local_mode, use_gpu
        self.use_custom_strategy = use_custom_strategy

    def run(self, train_fn: Callable[..., Any], **kwargs: Any) -> Any:
        """Give what ``train_fn(**kwargs)`` returns on the first worker."""
        custom = self.use_custom_strategy

        def work(worker: Worker) -> Any:
            with contextlib.nullcontext() if custom else mirrored(worker).scope():
                return train_fn(**kwargs)

        if self.local_mode:
            return _in_this_process(train_fn, kwargs, custom=custom)
        return _run(work, self.num_slots, local=False, use_gpu=self.use_gpu)[0]


class HorovodRunner:
    """Run a function on ``np`` workers, or with a negative number in so many processes on the driver's machine.

    The function finds the others by ``jobs.ring`` (Horovod's calls over gloo). Horovod itself is not needed.
    """

    def __init__(self, *, np: int) -> None:
        if np == 0:
            raise ValueError("np is 0: give a number of workers, or a negative one for processes on this machine")
        self.num_processor = np

    def run(self, main: Callable[..., Any], **kwargs: Any) -> Any:
        """Give what ``main(**kwargs)`` returns on the first worker."""

        def work(_worker: Worker) -> Any:
            return main(**kwargs)

        return _run(work, abs(self.num_processor), local=self.num_processor < 0, use_gpu=True)[0]


def mirrored(worker: Worker, threads: int = 0) -> Any:
    """Give the strategy over all workers; TensorFlow forgets the cluster of an earlier run in this process first.

    ``threads`` is how many it may use, 0 leaves that to TensorFlow.
    """
    import tensorflow as tf
    from tensorflow.python.eager import context

    context._reset_context()  # noqa: SLF001 -- a server, once begun, cannot be told another cluster in any other way
    if threads:
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(threads)
    return tf.distribute.get_strategy() if worker.size == 1 else tf.distribute.MultiWorkerMirroredStrategy()


def _run(work: Callable[[Worker], Any], workers: int, *, local: bool, use_gpu: bool) -> List[Any]:
    if local:
        return local_workers.run(workers, work, use_gpu=use_gpu)
    from pyspark.sql import SparkSession

    context = SparkSession.builder.getOrCreate().sparkContext
    return barrier.run(context, workers, lambda worker, _share: work(worker), use_gpu=use_gpu)


def _in_this_process(train_fn: Callable[..., Any], kwargs: Any, *, custom: bool) -> Any:
    if custom:
        return train_fn(**kwargs)
    import tensorflow as tf

    with tf.distribute.MirroredStrategy().scope():
        return train_fn(**kwargs)
