"""A trained model on the workers: broadcast to each node, built once in each Python process that predicts."""

# The nodes have the framework; where types are checked it need not be installed.
# pyright: reportMissingImports=false, reportMissingModuleSource=false
import time
import uuid
from typing import Any, Dict, Iterator, NamedTuple, Tuple

import numpy as np

from jobs import nodes, workers
from jobs.errors import InputError
from jobs.network import Network, Weights

FRAMEWORKS = ("torch", "tensorflow", "numpy")  # the first one that the nodes have; all have the last


class Model(NamedTuple):
    """What every process needs to predict; ``loads`` counts those that built it, ``seconds`` what predicting took."""

    sent: Any
    loads: Any
    seconds: Any
    network: Network


# What this process has built: Spark uses it again for the next task.
_built: Dict[str, Any] = {}


def share(spark: Any, network: Network, weights: Weights, framework: str) -> Model:
    """Send a model to the nodes; predictions there use as many threads as a task has cores."""
    context = spark.sparkContext
    threads = int(context.getConf().get("spark.task.cpus", "1"))
    sent = context.broadcast((uuid.uuid4().hex, network, weights, framework, threads))
    return Model(sent, context.accumulator(0), context.accumulator(0.0), network)


def framework(spark: Any, asked: str) -> str:
    """Give by what the nodes predict: as asked, or what all of them have; raises InputError when it is missing."""
    for name in FRAMEWORKS[:-1] if asked == "auto" else (asked,):
        if name == "numpy":
            break
        try:
            nodes.require(spark, name)
        except InputError:
            if asked != "auto":
                raise
        else:
            return name
    return "numpy"


def predicted(model: Model, images: np.ndarray) -> Iterator[Tuple[np.ndarray, np.ndarray]]:
    """Give the places of the likeliest classes and their probabilities, as many images at a time as are quickest."""
    scores, at_once = _scores(model), model.network.at_once
    for first in range(0, len(images), at_once):
        began = time.perf_counter()
        found = scores(images[first : first + at_once]).astype(np.float64)
        places = found.argmax(axis=1)
        likely = np.exp(found - found.max(axis=1, keepdims=True))
        model.seconds.add(time.perf_counter() - began)
        yield places, likely[np.arange(len(found)), places] / likely.sum(axis=1)


def _scores(model: Model) -> Any:
    workers.forget_archives()
    token = model.sent.value[0]
    if token not in _built:
        _built.clear()
        _built[token] = _build(*model.sent.value[1:])
        model.loads.add(1)
    return _built[token]


def _build(network: Network, weights: Weights, framework: str, threads: int) -> Any:
    whole = {name: array.astype(np.float32) for name, array in weights.items()}
    if framework == "torch":
        import torch

        from jobs import network_torch

        torch.set_num_threads(threads)
        return network_torch.predictor(network, whole)
    if framework == "tensorflow":
        from jobs import network_tensorflow

        return network_tensorflow.predictor(network, whole, threads)
    from jobs import network_numpy

    return network_numpy.predictor(network, whole)
