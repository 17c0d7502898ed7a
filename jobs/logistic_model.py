"""MLlib's logistic regression: one fit, several compared by cross-validation, and what a fit found."""

import argparse
from multiprocessing.pool import ThreadPool
from typing import Any, Dict, List, NamedTuple, Sequence, Tuple

import numpy as np
from pyspark import StorageLevel
from pyspark.ml.classification import LogisticRegression, LogisticRegressionModel
from pyspark.ml.functions import vector_to_array
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs import splitting
from jobs.errors import InputError
from jobs.labelled import Labelled

AT_ONCE = 4  # fits: each is a row of small Spark jobs that seldom keep all cores busy
LEAST = 1e-15  # probability that a logarithm is taken of, as in scikit-learn's log_loss


class Validated(NamedTuple):
    """How one weight of the penalty did: mean over the folds of the log loss, and its standard deviation."""

    regularisation: float
    loss: float
    deviation: float


def path(args: argparse.Namespace, usual: Sequence[float]) -> List[float]:
    """Give the weights to try, one without cross-validation; raises InputError when there are several without."""
    if args.cross_validate:
        return list(args.regularisation or usual)
    if len(args.regularisation) > 1:
        raise InputError("--regularisation has several values, and nothing to choose by", "--cross-validate 5")
    return list(args.regularisation or (0.0,))


def fit(train: DataFrame, regularisation: float, args: argparse.Namespace) -> LogisticRegressionModel:
    """Give the model of the rows' ``label`` by their ``features``."""
    return LogisticRegression(
        regParam=regularisation, elasticNetParam=args.elastic_net, maxIter=args.max_iter, tol=args.tolerance
    ).fit(train.select("features", "label"))


def validated(train: DataFrame, path: Sequence[float], args: argparse.Namespace) -> List[Validated]:
    """Give the mean log loss for each weight over the folds; nothing without ``--cross-validate``.

    The fold of a row is told by its hash, so it does not depend on partitions.
    """
    if not args.cross_validate:
        return []
    folded = train.withColumn("fold", splitting.folds(args.cross_validate))
    rows = folded.select("features", "label", "fold").persist(StorageLevel.MEMORY_AND_DISK)
    try:
        losses = np.array([_fold(rows, number, path, args) for number in range(args.cross_validate)])
    finally:
        rows.unpersist()
    deviations = losses.std(axis=0, ddof=1)
    return [Validated(*row) for row in zip(path, losses.mean(axis=0).tolist(), deviations.tolist())]


def coefficients(model: LogisticRegressionModel) -> Dict[str, Any]:
    """Give ``coefficients`` (a list; of more than two classes, a list for each) and ``intercept`` (likewise)."""
    if model.numClasses == 2:  # noqa: PLR2004 -- binary
        return {"coefficients": model.coefficients.toArray().tolist(), "intercept": float(model.intercept)}
    return {
        "coefficients": model.coefficientMatrix.toArray().tolist(),
        "intercept": model.interceptVector.toArray().tolist(),
    }


def table(model: LogisticRegressionModel, data: Labelled) -> List[List[Any]]:
    """Give a row for each coefficient: feature, class, coefficient, and what a standard deviation more changes."""
    weights = np.atleast_2d(model.coefficientMatrix.toArray())
    spread = [moments.deviation for moments in data.parts.moments()]
    classes = data.classes[-len(weights) :]
    return [
        [feature, name, float(weight), float(weight * deviation)]
        for feature, deviation, column in zip(data.features, spread, weights.T)
        for name, weight in zip(classes, column)
    ]


def strongest(rows: Sequence[Sequence[Any]], most: int) -> List[Tuple[str, float, str]]:
    """Give (feature, effect, class) of about ``most`` rows of ``table``: all of the features that change the most."""
    effects: Dict[str, float] = {}
    for feature, _, _, effect in rows:
        effects[feature] = max(effects.get(feature, 0.0), abs(effect))
    kept = sorted(effects, key=lambda feature: -effects[feature])[: max(most * len(effects) // len(rows), 5)]
    return [(row[0], row[3], row[1]) for feature in kept for row in rows if row[0] == feature]


def warnings(model: LogisticRegressionModel, data: Labelled, args: argparse.Namespace) -> List[str]:
    """Give what a reader of the coefficients must know, in sentences."""
    found = []
    if model.summary.totalIterations >= args.max_iter:
        found.append("not converged after {} iterations: --max-iter allows more".format(args.max_iter))
    constant = [name for name, moments in zip(data.features, data.parts.moments()) if moments.constant]
    if constant:
        found.append("always the same, so without a coefficient: {}".format(", ".join(constant)))
    return found


def _fold(rows: DataFrame, number: int, path: Sequence[float], args: argparse.Namespace) -> List[float]:
    """Give the log loss on one fold of the models that the other folds give, one for each weight."""
    train = rows.filter(F.col("fold") != number)
    with ThreadPool(min(AT_ONCE, len(path))) as pool:
        models = pool.map(lambda weight: fit(train, weight, args), path)
    tested = rows.filter(F.col("fold") == number)
    for at, model in enumerate(models):
        model.setProbabilityCol("p{}".format(at)).setRawPredictionCol("r{}".format(at))
        tested = model.setPredictionCol("").transform(tested)
    return list(tested.agg(*(F.avg(_loss(at)) for at in range(len(models)))).first() or ())


def _loss(at: int) -> Column:
    probabilities = vector_to_array(F.col("p{}".format(at)))
    own = F.element_at(probabilities, F.col("label").cast("int") + 1)
    return -F.log(F.greatest(own, F.lit(LEAST)))
