"""The ways to predict from Spark, each as a function from rows of images to one row with ``predicted`` for each."""

import inspect
from typing import Any, Callable, Dict, Iterable, Iterator, List, Tuple

import numpy as np
import pandas as pd
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs import image_rows, predicting
from jobs.image_rows import Images
from jobs.network import Network
from jobs.predicting import Model

Way = Callable[[Images, Model], DataFrame]
KEPT = ["number", "file", "part", "row", "held", "label"]
GIVEN = "predicted string, probability double"
SCHEMA = "number bigint, file string, part string, row bigint, held boolean, label string, " + GIVEN
PANDAS_UDF: Any = F.pandas_udf  # whose overloads do not know the type hints that it goes by


def in_a_row(by: str, network: Network) -> int:
    """Give how many images a row must hold: one where a UDF takes it, for mapInArrow what the network takes at once."""
    return network.at_once if by == "arrow" else 1


def by_arrow(images: Images, model: Model) -> DataFrame:
    """Predict by mapInArrow: blocks of images in, where Arrow has them, and a row for each image out."""

    def predict(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            places, likely = _gathered(
                found
                for block in image_rows.blocks(model.network, batch)
                for found in predicting.predicted(model, block)
            )
            names = pa.array(model.network.classes, pa.string()).take(pa.array(places))
            columns = [*image_rows.spread(batch), names, pa.array(likely)]
            yield pa.RecordBatch.from_arrays(columns, [*KEPT, "predicted", "probability"])

    return images.mapped(predict, SCHEMA, in_a_row("arrow", model.network))


def by_pandas(images: Images, model: Model) -> DataFrame:
    """Predict by an iterator pandas UDF: the model is there before the first batch, and for all of them."""

    def predict(batches: Iterator[pd.Series]) -> Iterator[pd.DataFrame]:
        for some in batches:
            names, likely = _predicted(model, some.tolist())
            yield pd.DataFrame({"predicted": names, "probability": likely})

    return _kept(images.frame(), PANDAS_UDF(predict, GIVEN)("images"))


def by_row(images: Images, model: Model) -> DataFrame:
    """Predict by a UDF that takes one image at a time: what the others are compared with."""

    def predict(image: bytes) -> Tuple[str, float]:
        names, likely = _predicted(model, [image])
        return str(names[0]), float(likely[0])

    pickled: Dict[str, Any] = {"useArrow": False} if "useArrow" in inspect.signature(F.udf).parameters else {}
    return _kept(images.frame(), F.udf(predict, GIVEN, **pickled)("images"))


WAYS: Dict[str, Way] = {"arrow": by_arrow, "pandas": by_pandas, "row": by_row}


def _kept(rows: DataFrame, prediction: Any) -> DataFrame:
    one = rows.withColumn("label", F.col("labels")[0])
    return one.select(*KEPT, prediction.alias("found")).select(*KEPT, "found.predicted", "found.probability")


def _predicted(model: Model, images: List[bytes]) -> Tuple[np.ndarray, np.ndarray]:
    """Give names of the likeliest classes and their probabilities."""
    places, likely = _gathered(predicting.predicted(model, image_rows.pixels(model.network, images)))
    return np.array(model.network.classes, dtype=object)[places], likely


def _gathered(found: Iterable[Tuple[np.ndarray, np.ndarray]]) -> Tuple[np.ndarray, np.ndarray]:
    parts = list(found)
    places = [np.zeros(0, dtype=int), *(places for places, _ in parts)]
    return np.concatenate(places), np.concatenate([np.zeros(0), *(likely for _, likely in parts)])
