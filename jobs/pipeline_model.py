"""The stages of the pipeline by MLlib, what they found, and whether the saved model predicts the same."""

import argparse
import math
from typing import Any, List, NamedTuple, Tuple

from pyspark.ml import Pipeline, PipelineModel
from pyspark.ml.feature import OneHotEncoder, StringIndexer, VectorAssembler
from pyspark.ml.regression import LinearRegression
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs import stages
from jobs.errors import InputError
from jobs.parts import Parts

OURS = ("features", "prediction", "held", "once")  # columns that the pipeline and its test add


class Table(NamedTuple):
    """Usable rows with a column for each name (``label``, ``features``, ``categories``) and ``held``."""

    frame: DataFrame
    label: str
    features: Tuple[str, ...]
    categories: Tuple[str, ...]


class Fit(NamedTuple):
    """How far predictions of held rows are from the truth; ``different`` after the model was loaded; their range."""

    rows: int
    r2: float
    rmse: float
    mae: float
    different: int
    low: float
    high: float


def table(found: Parts) -> Table:
    """Give the rows with the columns by their own names, as far as MLlib takes them."""
    columns = found.columns
    numbers = (*columns.required, *columns.features)
    safe = stages.safe([found.cells.names[at] for at in (*numbers, *columns.categories)], OURS)
    names, words = safe[: len(numbers)], safe[len(numbers) :]
    frame = found.usable.select(
        *(F.col("numbers")[at].alias(name) for at, name in enumerate(names)),
        *(F.col("w{}".format(at)).alias(name) for at, name in zip(columns.categories, words)),
        "held",
    )
    return Table(frame, names[0], tuple(names[1:]), tuple(words))


def fit(data: Table, args: argparse.Namespace) -> PipelineModel:
    """Give the fitted pipeline: index, one-hot, assemble, regress. A row with a word that is new to it is left out."""
    steps: List[Any] = []
    if data.categories:
        indexed = [name + " index" for name in data.categories]
        steps.append(
            StringIndexer(
                inputCols=list(data.categories),
                outputCols=indexed,
                stringOrderType="alphabetAsc",
                handleInvalid="skip",
            )
        )
        steps.append(OneHotEncoder(inputCols=indexed, outputCols=[name + " one-hot" for name in data.categories]))
    inputs = [*data.features, *(name + " one-hot" for name in data.categories)]
    steps.append(VectorAssembler(inputCols=inputs, outputCol="features"))
    steps.append(LinearRegression(labelCol=data.label, regParam=args.regularisation, elasticNetParam=args.elastic_net))
    return Pipeline(stages=steps).fit(data.frame.filter("not held"))


def saved_and_loaded(model: PipelineModel, uri: str) -> PipelineModel:
    """Give the model as it comes back from where it was saved, through Spark's own file system."""
    model.write().save(uri)
    return PipelineModel.load(uri)


def tested(data: Table, model: PipelineModel, loaded: PipelineModel) -> Fit:
    """Score the held rows with both models in one pass; raises InputError when the held labels are all the same."""
    once = model.transform(data.frame.filter("held")).withColumnRenamed("prediction", "once")
    scored = loaded.transform(once.select(data.label, *data.features, *data.categories, "once"))
    truth, guess = F.col("`{}`".format(data.label)), F.col("prediction")
    row: Any = scored.agg(
        F.count(F.lit(1)).alias("rows"),
        F.avg((truth - guess) * (truth - guess)).alias("squares"),
        F.avg(F.abs(truth - guess)).alias("distance"),
        F.var_pop(truth).alias("spread"),
        F.count(F.when(~F.col("once").eqNullSafe(guess), 1)).alias("different"),
        F.least(F.min(truth), F.min(guess)).alias("low"),
        F.greatest(F.max(truth), F.max(guess)).alias("high"),
    ).first()
    if not row["spread"]:
        raise InputError("the held rows all have the same {!r}".format(data.label), "--label names another column")
    r2, rmse = 1 - row["squares"] / row["spread"], math.sqrt(row["squares"])
    return Fit(row["rows"], r2, rmse, row["distance"], row["different"], row["low"], row["high"])


def coefficients(data: Table, model: Any) -> List[List[Any]]:
    """Give (feature, coefficient); a category has one for each of its words but the last, which is the zero."""
    names = list(data.features)
    if data.categories:
        for name, words in zip(data.categories, model.stages[0].labelsArray):
            names += ["{} = {}".format(name, word) for word in words[:-1]]
    weights = model.stages[-1].coefficients.toArray().tolist()
    return [["(intercept)", float(model.stages[-1].intercept)], *([*row] for row in zip(names, weights))]


def cells(data: Table, model: PipelineModel, fit: Fit, bins: int) -> Tuple[List[Tuple[float, float, int]], float]:
    """Give (true, predicted, rows) of the squares of a grid over the held rows, by lower corner, and their side."""
    step = (fit.high - fit.low) / bins
    scored = model.transform(data.frame.filter("held"))
    places = [F.col("`{}`".format(data.label)), F.col("prediction")]
    at = [F.least(F.floor((place - fit.low) / step), F.lit(bins - 1)) for place in places]
    counted = scored.groupBy(at[0].alias("x"), at[1].alias("y")).count().collect()
    corners = [(fit.low + row["x"] * step, fit.low + row["y"] * step, row["count"]) for row in counted]
    return sorted(corners), step
