"""A small convolutional network for images as a description and arrays: every framework builds the same one of them.

The arrays have the names and the layouts of PyTorch's state dict, so ``load_state_dict`` takes them as they are.
"""

import io
import json
from typing import Any, Dict, List, NamedTuple, Tuple

import numpy as np

from jobs import hadoop
from jobs.errors import InputError

CHANNELS = (16, 32, 64, 64, 64)
HIDDEN = 64
CACHED = 4 << 20  # bytes that a core's cache can be expected to hold
MOST = 256
SMALL = 8  # a side up to which no further layer halves it
FORM = "firesteel-cnn-1"
DESCRIPTION, WEIGHTS = "model.json", "weights.npz"

Weights = Dict[str, np.ndarray]


class Network(NamedTuple):
    """What images it takes, what it tells apart, and by what each pixel is scaled before the first layer."""

    shape: Tuple[int, int, int]
    classes: Tuple[str, ...]
    mean: Tuple[float, ...]
    deviation: Tuple[float, ...]

    @property
    def channels(self) -> Tuple[int, ...]:
        """Channels after each convolution; each one halves the image, until a side is small."""
        halvings = 1
        while max(self.shape[:2]) >> halvings > SMALL and min(self.shape[:2]) >> (halvings + 1):
            halvings += 1
        return CHANNELS[: min(halvings, len(CHANNELS))]

    @property
    def features(self) -> Tuple[int, int, int]:
        """Channels, height and width of what the convolutions give."""
        height, width, _ = self.shape
        halvings = len(self.channels) if min(height, width) > 1 else 0
        return self.channels[-1], height >> halvings, width >> halvings

    @property
    def at_once(self) -> int:
        """Images to predict in one call, a power of two: so many that what the first layer gives is yet cached.

        With more of them the memory is what is waited for: 512 at once take twice as long for each.
        """
        largest = 4 * self.channels[0] * self.shape[0] * self.shape[1]
        return 1 << (max(1, min(MOST, CACHED // largest)).bit_length() - 1)

    def shapes(self) -> Dict[str, Tuple[int, ...]]:
        """Give the shape of each array by its name, in the order of the layers."""
        found: Dict[str, Tuple[int, ...]] = {}
        before = self.shape[2]
        for at, after in enumerate(self.channels):
            found["convolution{}.weight".format(at)] = (after, before, 3, 3)
            found["convolution{}.bias".format(at)] = (after,)
            before = after
        width = int(np.prod(self.features))
        for name, inner, outer in (("hidden", width, HIDDEN), ("classes", HIDDEN, len(self.classes))):
            found[name + ".weight"], found[name + ".bias"] = (outer, inner), (outer,)
        return found

    def initial(self, seed: int) -> Weights:
        """Give the weights to begin with, as He and others propose: https://arxiv.org/abs/1502.01852.

        Those of the last layer are a tenth of it: no class is preferred before anything is learned.
        """
        random = np.random.RandomState([seed % 2**32, seed >> 32])
        found = {}
        for name, shape in self.shapes().items():
            scale = np.sqrt(2 / np.prod(shape[1:])) if name.endswith("weight") else 0
            scale = scale / 10 if name == "classes.weight" else scale
            found[name] = (random.standard_normal(shape) * scale).astype(np.float32)
        return found

    def scaled(self, images: np.ndarray) -> np.ndarray:
        """Give images as the first layer takes them: float32, each channel around 0."""
        mean, deviation = np.array([self.mean, self.deviation], dtype=np.float32)
        return (images.astype(np.float32) - mean) / deviation


def save(spark: Any, folder: str, network: Network, weights: Weights, about: Dict[str, Any]) -> None:
    """Write a model below ``folder``: model.json, with what ``about`` says of it, and weights.npz."""
    arrays = io.BytesIO()
    np.savez(arrays, **weights)  # type: ignore[arg-type] -- names of arrays, not of arguments
    hadoop.write_new(spark, "{}/{}".format(folder, WEIGHTS), arrays.getvalue())
    text = json.dumps({"form": FORM, **network._asdict(), **about}, ensure_ascii=False, indent=1)
    hadoop.write_new(spark, "{}/{}".format(folder, DESCRIPTION), text.encode("utf-8"))


def load(spark: Any, uri: str) -> Tuple[Network, Weights]:
    """Give the model in a folder, in one npz, or in the output of the run with that directory.

    Raises InputError when there is none, or a broken one.
    """
    for folder in _places(uri):
        text = hadoop.read(spark, "{}/{}".format(folder, DESCRIPTION))
        if text:
            return _model(folder, text, _arrays(folder, hadoop.read(spark, "{}/{}".format(folder, WEIGHTS))))
    data = hadoop.read(spark, uri) if uri.endswith(".npz") else b""
    if data:  # the description is one of the arrays, of one text
        arrays = _arrays(uri, data)
        return _model(uri, str(arrays.pop(DESCRIPTION, "")).encode("utf-8"), arrays)
    raise InputError(
        "there is no model in {}".format(uri), "--model HANDLE of a train-torch run that succeeded: launcher runs"
    )


def _places(uri: str) -> List[str]:
    root = uri.rstrip("/")
    return [root, root + "/output/model", root + "/model"]


def _model(where: str, text: bytes, arrays: Weights) -> Tuple[Network, Weights]:
    network = _described(where, text)
    if {name: array.shape for name, array in arrays.items()} != network.shapes():
        raise InputError("{}: the weights are of another network than {} says".format(where, DESCRIPTION), "")
    return network, {name: array.astype(np.float32) for name, array in arrays.items()}


def _described(where: str, text: bytes) -> Network:
    try:
        found = {FORM: json.loads(text)}[json.loads(text)["form"]]
        height, width, channels = found["shape"]
        classes, mean, deviation = found["classes"], found["mean"], found["deviation"]
        return Network((height, width, channels), tuple(classes), tuple(mean), tuple(deviation))
    except (ValueError, KeyError, TypeError) as error:
        raise InputError("{}: {} describes no model of ours: {}".format(where, DESCRIPTION, error), "") from error


def _arrays(where: str, data: bytes) -> Weights:
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except Exception as error:
        raise InputError("{}: the weights are broken: {}".format(where, error), "train again") from error
