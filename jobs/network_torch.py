"""The network in PyTorch."""

# The nodes have the framework; where types are checked it need not be installed.
# pyright: reportMissingImports=false, reportMissingModuleSource=false
from collections import OrderedDict
from typing import Any

import numpy as np
import torch
from torch import nn

from jobs.network import HIDDEN, Network, Weights


def build(network: Network, weights: Weights) -> nn.Module:
    """Give the network with these weights; it takes what ``pixels`` gives."""
    layers: "OrderedDict[str, nn.Module]" = OrderedDict()
    before = network.shape[2]
    for at, after in enumerate(network.channels):
        layers["convolution{}".format(at)] = nn.Conv2d(before, after, 3, padding=1)
        layers["rectifier{}".format(at)] = nn.ReLU()
        if min(network.shape[:2]) > 1:
            layers["pool{}".format(at)] = nn.MaxPool2d(2)
        before = after
    layers["flat"] = nn.Flatten()
    layers["hidden"] = nn.Linear(int(np.prod(network.features)), HIDDEN)
    layers["rectifier"] = nn.ReLU()
    layers["classes"] = nn.Linear(HIDDEN, len(network.classes))
    model = nn.Sequential(layers)
    model.load_state_dict({name: torch.from_numpy(array.copy()) for name, array in weights.items()})
    return model


def pixels(network: Network, images: np.ndarray) -> torch.Tensor:
    """Give images as the network takes them: scaled, channels first."""
    return torch.from_numpy(np.ascontiguousarray(np.moveaxis(network.scaled(images), -1, 1)))


def weights_of(model: nn.Module) -> Weights:
    """Give the weights as arrays, on this machine's memory, which training goes on without."""
    return {name: value.detach().cpu().numpy().copy() for name, value in model.state_dict().items()}


def predictor(network: Network, weights: Weights) -> Any:
    """Give a function from images to (rows, classes) scores."""
    model = build(network, weights).eval()

    def scores(images: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            return model(pixels(network, images)).numpy()

    return scores
