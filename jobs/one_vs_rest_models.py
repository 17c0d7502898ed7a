"""MLlib's OneVsRest with one base classifier, fitted and tested; scored without a step in Python."""

import argparse
import time
from typing import Any, NamedTuple

from pyspark.ml import classification
from pyspark.ml.classification import OneVsRest, OneVsRestModel
from pyspark.ml.functions import vector_to_array
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs import scores
from jobs.labelled import Labelled


class Tried(NamedTuple):
    """How a classifier did on the held rows, and what its fit took."""

    tested: scores.Tested
    seconds: float


def tried(classifier: str, data: Labelled, args: argparse.Namespace) -> Tried:
    """Fit one model for each class with this class of pyspark.ml.classification, and test them."""
    began = time.monotonic()
    model = OneVsRest(classifier=_base(classifier, args), parallelism=args.parallelism).fit(
        data.train.select("features", "label")
    )
    seconds = time.monotonic() - began
    found = scores.confusion(predicted(model, data.test), len(data.classes))
    return Tried(scores.Tested(data.classes, found, None), seconds)


def predicted(model: OneVsRestModel, rows: DataFrame) -> DataFrame:
    """Give the rows with ``prediction``: the class whose model gives the highest score, of equal ones the first.

    OneVsRestModel.transform gives the same, but on Spark 3 takes each score through a Python worker.
    """
    names = []
    one: Any
    for at, one in enumerate(model.models):
        names.append("score{}".format(at))
        one.setRawPredictionCol(names[-1]).setPredictionCol("")
        if one.hasParam("probabilityCol"):
            one.setProbabilityCol("")
        rows = one.transform(rows)
    scored = rows.withColumn("scores", F.array(*(vector_to_array(F.col(name))[1] for name in names))).drop(*names)
    place = F.expr("array_position(scores, array_max(scores)) - 1")
    return scored.withColumn("prediction", place.cast("double"))


def _base(classifier: str, args: argparse.Namespace) -> Any:
    """Give the classifier with the arguments that it knows."""
    base: Any = getattr(classification, classifier)()
    if classifier in {"LogisticRegression", "LinearSVC"}:
        base.setMaxIter(args.max_iter)
    return base.setSeed(args.seed) if base.hasParam("seed") else base
