"""The network in TensorFlow, of Keras' layers, which are the same in Keras 2 and 3.

TensorFlow has channels last, in images and in weights; the arrays outside of it are PyTorch's.
"""

# The nodes have the framework; where types are checked it need not be installed.
# pyright: reportMissingImports=false, reportMissingModuleSource=false
from typing import Any, List

import numpy as np
import tensorflow as tf

from jobs.network import HIDDEN, Network, Weights


def build(network: Network, weights: Weights) -> tf.keras.Model:
    """Give the network with these weights; it takes scaled images, channels last."""
    layers: List[Any] = [tf.keras.layers.InputLayer(network.shape)]
    for at, channels in enumerate(network.channels):
        layers.append(
            tf.keras.layers.Conv2D(channels, 3, padding="same", activation="relu", name="convolution{}".format(at))
        )
        if min(network.shape[:2]) > 1:
            layers.append(tf.keras.layers.MaxPooling2D(2))
    layers.append(tf.keras.layers.Flatten())
    layers.append(tf.keras.layers.Dense(HIDDEN, activation="relu", name="hidden"))
    layers.append(tf.keras.layers.Dense(len(network.classes), name="classes"))
    model = tf.keras.Sequential(layers)
    model.set_weights(inward(network, weights))
    return model


def inward(network: Network, weights: Weights) -> List[np.ndarray]:
    """Give arrays as TensorFlow has them, in the order of its variables."""
    found = []
    for name in network.shapes():
        array = weights[name]
        if name == "hidden.weight":
            array = np.moveaxis(array.reshape(len(array), *network.features), 1, -1).reshape(len(array), -1)
        if name.startswith("convolution") and array.ndim > 1:
            array = np.transpose(array, (2, 3, 1, 0))
        found.append(np.ascontiguousarray(array.T if name in ("hidden.weight", "classes.weight") else array))
    return found


def outward(network: Network, variables: List[Any]) -> Weights:
    """Give TensorFlow's variables, or what has their shapes, by name and as PyTorch has them."""
    channels, height, width = network.features
    found = {}
    for name, variable in zip(network.shapes(), variables):
        array = np.array(variable)
        if name.startswith("convolution") and array.ndim > 1:
            array = np.transpose(array, (3, 2, 0, 1))
        if name in ("hidden.weight", "classes.weight"):
            array = array.T
        if name == "hidden.weight":
            array = np.moveaxis(array.reshape(len(array), height, width, channels), -1, 1).reshape(len(array), -1)
        found[name] = np.ascontiguousarray(array)
    return found


def limit_threads(threads: int) -> None:
    """Keep TensorFlow to so many threads, where it has not begun yet in this process."""
    try:
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(threads)
    except RuntimeError:
        return


def predictor(network: Network, weights: Weights, threads: int) -> Any:
    """Give a function from images to (rows, classes) scores."""
    limit_threads(threads)
    model = build(network, weights)
    compiled = tf.function(model, input_signature=[tf.TensorSpec([None, *network.shape], tf.float32)])

    def scores(images: np.ndarray) -> np.ndarray:
        return compiled(tf.constant(network.scaled(images))).numpy()

    return scores
