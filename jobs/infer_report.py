"""What predictions show: how many of each class, which are least sure and, with labels, how many are right."""

import argparse
from typing import Any, Dict, NamedTuple, Tuple

import numpy as np
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs import charts, image_rows, pictures, predicting_ways, scores
from jobs.pictures import Picture
from jobs.predicting import Model

LISTED, DRAWN = 12, 6  # images that the model is least sure of


class Predicted(NamedTuple):
    """What was predicted: by which model, of which images, by which framework, in how many seconds."""

    model: Model
    images: image_rows.Images
    framework: str
    seconds: float


def write(spark: Any, args: argparse.Namespace, predicted: Predicted) -> Dict[str, Any]:
    """Write figures and tables from the predictions that lie in the output; gives the metrics."""
    saved = spark.read.schema(predicting_ways.SCHEMA).parquet(args.output.uri("predictions"))
    by_class = dict.fromkeys(predicted.model.network.classes, 0)
    by_class.update({row["predicted"]: row["count"] for row in saved.groupBy("predicted").count().collect()})
    args.output.figure("predictions", charts.bars(list(by_class.items()), "predicted class", "images"))
    labelled = not args.ignore_labels and any(count.labelled for count in predicted.images.counts)
    compared = _compared(args.output, saved, predicted.model.network.classes) if labelled else {}
    _least_sure(args.output, saved, predicted, labelled=labelled)
    loads, seconds = predicted.model.loads.value, predicted.model.seconds.value
    columns = ["framework", "processes that built it", "seconds in it"]
    args.output.table("model", columns, [[predicted.framework, loads, seconds]])
    rows = sum(by_class.values())
    return {
        **compared,
        "predictions": rows,
        "predictions_by_class": by_class,
        "images_per_second": rows / predicted.seconds,
        "seconds": predicted.seconds,
        "seconds_in_model": predicted.model.seconds.value,
        "by": args.by,
        "framework": predicted.framework,
        "shape": " x ".join(map(str, predicted.model.network.shape)),
        "model": args.model,
        "output": args.output.uri("predictions"),
        "seed": args.seed,
    }


def _compared(output: Any, saved: DataFrame, classes: Tuple[str, ...]) -> Dict[str, Any]:
    """Give how right the predictions are: of the images for a test, where files or arrays are called so."""
    place = {name: at for at, name in enumerate(classes)}
    counts = np.zeros((2, len(classes), len(classes)), dtype=np.int64)
    groups = saved.where("label is not null").groupBy("held", "label", "predicted").count()
    for row in groups.collect():
        counts[int(row["held"]), place[row["label"]], place[row["predicted"]]] = row["count"]
    every = scores.Confusion(counts.sum(axis=0))
    tested = scores.Tested(classes, scores.Confusion(counts[1]) if counts[1].any() else every, None)
    output.figure("confusion", charts.matrix(tested.confusion.counts.tolist(), classes))
    output.table("classes", ["class", "precision", "recall", "f1", "images"], scores.by_class(tested))
    return {
        **scores.summary(tested),
        "accuracy_of_all": every.accuracy,
        "test_rows": int(tested.confusion.counts.sum()),
        "labelled_rows": int(every.counts.sum()),
    }


def _least_sure(output: Any, saved: DataFrame, predicted: Predicted, *, labelled: bool) -> None:
    """Show the images whose prediction has the lowest probability."""
    unsure = saved.orderBy("probability", "number").limit(LISTED).collect()
    columns = ["file", "part", "row", "label", "predicted", "probability"]
    rows = [[row[name] for name in columns] for row in unsure]
    output.table("least-sure", columns, [[name.rsplit("/", 1)[-1], *rest] for name, *rest in rows])
    wanted = [row["number"] for row in unsure[:DRAWN]]
    found = predicted.images.frame().where(F.col("number").isin(wanted)).select("number", "images").collect()
    images = {row["number"]: bytes(row["images"]) for row in found}
    network = predicted.model.network
    shown = [
        Picture(
            image_rows.pixels(network, [images[row["number"]]])[0],
            "{}? {:.0%}".format(row["predicted"], row["probability"]),
            "is: {}".format(row["label"]) if labelled and row["label"] is not None else "",
        )
        for row in unsure[:DRAWN]
    ]
    output.figure("least-sure", pictures.figure(shown))
