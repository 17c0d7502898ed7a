"""The network in NumPy, for nodes that have no framework: it predicts, it does not learn."""

from typing import Any

import numpy as np

from jobs.network import Network, Weights

AT_ONCE = 64  # images, so that the windows of a layer stay within a processor's cache or near it


def predictor(network: Network, weights: Weights) -> Any:
    """Give a function from images to (rows, classes) scores."""

    def scores(images: np.ndarray) -> np.ndarray:
        parts = (images[first : first + AT_ONCE] for first in range(0, len(images), AT_ONCE))
        return np.concatenate([_scores(network, weights, part) for part in parts])

    return scores


def _scores(network: Network, weights: Weights, images: np.ndarray) -> np.ndarray:
    values = network.scaled(images)
    for at in range(len(network.channels)):
        name = "convolution{}".format(at)
        values = np.maximum(_convolved(values, weights[name + ".weight"]) + weights[name + ".bias"], 0)
        if min(network.shape[:2]) > 1:
            values = _halved(values)
    flat = np.moveaxis(values, -1, 1).reshape(len(values), -1)  # the weights are for channels first
    hidden = np.maximum(flat @ weights["hidden.weight"].T + weights["hidden.bias"], 0)
    return hidden @ weights["classes.weight"].T + weights["classes.bias"]


def _convolved(values: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Give 3 x 3 convolutions of (rows, height, width, channels), with zeros around the image."""
    rows, height, width, _ = values.shape
    padded = np.pad(values, ((0, 0), (1, 1), (1, 1), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(1, 2))
    flat = windows.reshape(rows * height * width, -1)
    return (flat @ weight.reshape(len(weight), -1).T).reshape(rows, height, width, -1)


def _halved(values: np.ndarray) -> np.ndarray:
    """Give the largest of each 2 x 2 pixels; an odd last row or column is left out."""
    rows, height, width, channels = values.shape
    even = values[:, : height // 2 * 2, : width // 2 * 2]
    return even.reshape(rows, height // 2, 2, width // 2, 2, channels).max(axis=(2, 4))
