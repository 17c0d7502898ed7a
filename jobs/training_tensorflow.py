"""One worker's training in TensorFlow: a loop with GradientTape, gradients summed over all workers by its collectives.

As in ``jobs.training_torch`` the sum is taken once a step, over one flat tensor in double precision, and each lane's
loss is divided by the size of the whole batch. Momentum is PyTorch's, so that both learn the same.
"""

# The nodes have the framework; where types are checked it need not be installed.
# pyright: reportMissingImports=false, reportMissingModuleSource=false
import time
from typing import Any, Iterator, List, Tuple

import numpy as np
import tensorflow as tf

from jobs import network_tensorflow, runners, training
from jobs.barrier_worker import Worker
from jobs.training import State, Task, Told


def work(task: Task, worker: Worker, pieces: Iterator[Any]) -> Told:
    """Do a worker's part of the task with its share of the images."""
    strategy = runners.mirrored(worker, task.threads)
    return training.run(task, training.Share(pieces, task, worker), Learner(task, worker, strategy))


class Learner:
    """The network, its velocity, and the sum over workers; ``transport`` counts the seconds that sums take."""

    def __init__(self, task: Task, worker: Worker, strategy: Any) -> None:
        self._network, self._worker, self.transport = task.network, worker, 0.0
        self._model = network_tensorflow.build(task.network, task.state.weights)
        begun = task.state.momentum or {name: np.zeros_like(array) for name, array in task.state.weights.items()}
        arrays: List[Any] = network_tensorflow.inward(task.network, begun)
        self._velocity = [tf.Variable(array) for array in arrays]
        self._sizes = [array.size for array in self._model.get_weights()]
        images, classes = tf.TensorSpec([None, *task.network.shape], tf.float32), tf.TensorSpec([None], tf.int64)
        total, number = tf.TensorSpec([sum(self._sizes) + 1], tf.float64), tf.TensorSpec([], tf.float32)
        # Without a signature each size of a lane would be compiled by itself.
        self._gradient = tf.function(self._gradient_of, input_signature=[images, classes, number])
        self._scores = tf.function(self._model, input_signature=[images])
        self._move = tf.function(self._moved, input_signature=[total, number])
        self._sum = tf.function(lambda part: strategy.run(_over_all, (part,)), input_signature=[total])

    def step(self, lanes: List[Tuple[np.ndarray, np.ndarray]], size: int, rate: float) -> float:
        """Learn from this worker's lanes of a batch of ``size`` rows; gives the loss over the whole batch."""
        total = tf.zeros([sum(self._sizes) + 1], tf.float64)
        for images, classes in lanes:
            total += self._gradient(self._network.scaled(images), classes, np.float32(size))
        if self._worker.size > 1:
            began = time.perf_counter()
            total = self._sum(total)
            loss = float(total[-1])  # waits for the sum
            self.transport += time.perf_counter() - began
        else:
            loss = float(total[-1])
        self._move(total, np.float32(rate))
        return loss

    def predict(self, images: np.ndarray) -> np.ndarray:
        """Give the place of the likeliest class of each image."""
        return self._scores(self._network.scaled(images)).numpy().argmax(axis=1)

    def state(self, epoch: int) -> Any:
        """Give where training stands, of the first worker: the others have the same."""
        if self._worker.rank:
            return None
        weights, momentum = (
            network_tensorflow.outward(self._network, [value.numpy() for value in values])
            for values in (self._model.trainable_variables, self._velocity)
        )
        return State(epoch, weights, momentum)

    def _gradient_of(self, images: Any, classes: Any, size: Any) -> Any:
        """Give the gradient of one lane, and its loss, as one flat tensor."""
        with tf.GradientTape() as tape:
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(classes, self._model(images, training=True))
            loss = tf.reduce_sum(losses) / size
        gradients: Any = tape.gradient(loss, self._model.trainable_variables)
        flat = [tf.reshape(value, [-1]) for value in (*gradients, loss)]
        return tf.cast(tf.concat(flat, axis=0), tf.float64)

    def _moved(self, total: Any, rate: Any) -> None:
        """Move the weights by the batch's gradient."""
        parts = tf.split(tf.cast(total[:-1], tf.float32), self._sizes)
        for value, velocity, part in zip(self._model.trainable_variables, self._velocity, parts):
            gradient = tf.reshape(part, value.shape) + training.DECAY * value
            velocity.assign(training.MOMENTUM * velocity + gradient)
            value.assign_sub(rate * velocity)


def _over_all(part: Any) -> Any:
    # The sum goes to where its part is: a tensor that comes from outside of the strategy is nowhere yet.
    return tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, tf.identity(part))
