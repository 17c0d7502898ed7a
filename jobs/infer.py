"""Classes of images by a model that a training run left, predicted on all nodes at once.

https://spark.apache.org/docs/latest/api/python/reference/pyspark.sql/api/pyspark.sql.functions.pandas_udf.html
"""

import argparse
import time
from typing import Any, Dict

from jobs import options

ROWS = 256  # images for which another partition is worth it
TURNS = 3  # partitions for each core: the last ones even out


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the workload's arguments; a wrong value ends the parse with one line that says why."""
    parser.add_argument(
        "--input",
        required=True,
        metavar="URI",
        help="a folder of idx files (gz or not) with images, or a folder or file of npz; with labels or without",
    )
    parser.add_argument(
        "--model",
        default="",
        metavar="HANDLE",
        help="a training run, or the folder of a model (default: one that ships, for the sample fashion)",
    )
    parser.add_argument(
        "--by",
        choices=("arrow", "pandas", "row"),
        default="arrow",
        help="mapInArrow, iterator pandas UDF, or a UDF that takes one image at a time (default: arrow, the quickest)",
    )
    parser.add_argument(
        "--framework",
        choices=("auto", "torch", "tensorflow", "numpy"),
        default="auto",
        help="by what the nodes predict (default: the first of these that all have)",
    )
    parser.add_argument("--ignore-labels", action="store_true", help="do not compare with labels that are there")
    options.add_seed_argument(parser)


def run(spark: Any, args: argparse.Namespace) -> Dict[str, Any]:
    """Predict, leave the predictions as Parquet, and give how many there are of each class and how fast they came.

    Raises InputError for what is wrong with the model or the input, or missing on the nodes.
    """
    from jobs import image_fit, image_rows, image_sources, infer_report, network, predicting
    from jobs.errors import InputError

    if not args.model:
        raise InputError("no model is named", "launcher submit train-torch, then --model HANDLE")
    known, weights = network.load(spark, args.model)
    framework = predicting.framework(spark, args.framework)
    with args.output.phase("read"):
        sources = image_sources.find(spark, args.input, labelled=False)
        counts = image_fit.counted(spark.sparkContext, sources, known, labels=not args.ignore_labels)
    model = predicting.share(spark, known, weights, framework)
    images = image_rows.Images(spark, sources, counts, _partitions(spark, counts))
    with args.output.phase("compute"):
        seconds = _predict(args, images, model)
    rows = sum(count.rows for count in counts)
    print("{:,} images in {:.1f} s by {}, {}".format(rows, seconds, framework, args.by))
    return infer_report.write(spark, args, infer_report.Predicted(model, images, framework, seconds))


def _partitions(spark: Any, counts: Any) -> int:
    images = sum(count.rows for count in counts)
    return max(1, min(TURNS * spark.sparkContext.defaultParallelism, -(-images // ROWS)))


def _predict(args: argparse.Namespace, images: Any, model: Any) -> float:
    """Write the predictions; gives the seconds from the files to them."""
    from jobs import image_rows, predicting_ways

    conf = images.spark.conf
    before = conf.get(image_rows.BATCH)
    conf.set(image_rows.BATCH, str(image_rows.batch(model.network, predicting_ways.in_a_row(args.by, model.network))))
    began = time.perf_counter()
    try:
        predicting_ways.WAYS[args.by](images, model).write.parquet(args.output.uri("predictions"))
    finally:
        conf.set(image_rows.BATCH, before)
    return time.perf_counter() - began
