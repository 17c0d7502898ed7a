"""The workloads: a row here is all it takes to register one."""

import argparse
import importlib
from typing import Any, Dict, List, NamedTuple


class Workload(NamedTuple):
    """Where a workload's two functions live, what it does in a line, the samples for `--input` and `--model`.

    A workload whose ``model`` is empty takes none.
    """

    module: str
    summary: str
    sample: str
    model: str = ""


WORKLOADS: Dict[str, Workload] = {
    "kmeans": Workload("jobs.kmeans", "cluster the rows of a table by k-means, best of several restarts", "uber"),
    "logistic-regression": Workload(
        "jobs.logistic_regression", "learn two or more classes from numbers, tested on held rows", "statlog"
    ),
    "one-vs-rest": Workload(
        "jobs.one_vs_rest", "tell several classes apart by classifiers that know two, side by side", "statlog"
    ),
    "pipeline": Workload(
        "jobs.pipeline", "predict a number from numbers and categories by a pipeline that is saved and loaded", "wine"
    ),
    "features": Workload(
        "jobs.features", "words to indices, bands to NDVI, numbers scaled and turned to components", "sentinel2-pixels"
    ),
    "dataframe": Workload(
        "jobs.dataframe", "select, join, group, window and SQL over taxi pickups, each step with its plan", "uber"
    ),
    "udf": Workload("jobs.udf", "one function in Python, called in every way that Spark knows, with rates", "uber"),
    "train-torch": Workload(
        "jobs.train_torch", "a convolutional network for images, by workers that train together: PyTorch", "fashion"
    ),
    "image-analytics": Workload(
        "jobs.image_analytics",
        "a scene from bands to a class map: indices, areas in hectares, change between dates",
        "sentinel2-dates",
    ),
    "train-tensorflow": Workload(
        "jobs.train_tensorflow", "the same network by workers that train together: TensorFlow", "fashion"
    ),
    "train-horovod": Workload(
        "jobs.train_horovod", "the same network by workers that train together: Horovod's calls", "fashion"
    ),
    "infer": Workload(
        "jobs.infer",
        "classes of images by a model that a training run left, predicted on all nodes",
        "fashion",
        "fashion-model",
    ),
    "pagerank": Workload(
        "jobs.pagerank", "rank the vertices of a graph by PageRank, in GraphX and in DataFrames", "python-imports"
    ),
    "streaming": Workload(
        "jobs.streaming", "count a stream of files by windows of time, each record once, also after a crash", "uber"
    ),
    "hadoop-vs-spark": Workload(
        "jobs.hadoop_vs_spark", "one logistic regression by Hadoop MapReduce and by Spark, pass by pass", "statlog"
    ),
    "selftest": Workload("jobs.selftest", "succeed, fail, print, sleep or use memory on request", ""),
}


def load(name: str) -> Any:
    """Import the workload's module: ``add_arguments(parser)`` and ``run(spark, args) -> dict``."""
    return importlib.import_module(WORKLOADS[name].module)


def parser(name: str) -> argparse.ArgumentParser:
    """Give the parser of the workload's own arguments; imports neither Spark nor NumPy."""
    built = argparse.ArgumentParser(
        prog="launcher submit {} --".format(name), description=WORKLOADS[name].summary, allow_abbrev=False
    )
    load(name).add_arguments(built)
    return built


def parse(name: str, arguments: List[str]) -> argparse.Namespace:
    """Give the checked arguments; a mistake ends the process with exit code 2 and a line on stderr."""
    return parser(name).parse_args(arguments)
