"""The stages that make features, by MLlib: index, one-hot, NDVI, assemble, scale, principal components."""

import argparse
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

from pyspark.ml import Pipeline, PipelineModel
from pyspark.ml.feature import PCA, OneHotEncoder, SQLTransformer, StandardScaler, StringIndexer, VectorAssembler
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs import stages
from jobs.errors import InputError
from jobs.parts import Parts

BANDS = ("B04", "B08")  # red and near infrared of Sentinel-2
OURS = ("ndvi", "numbers", "scaled", "components", "features", "key")  # columns that the stages add


class Table(NamedTuple):
    """Usable rows with a column for each name; ``bands`` are red and near infrared, if there are such."""

    frame: DataFrame
    numbers: Tuple[str, ...]
    categories: Tuple[str, ...]
    bands: Optional[Tuple[str, ...]]

    @property
    def assembled(self) -> Tuple[str, ...]:
        """The names of what the vector holds."""
        return (*self.numbers, *(["ndvi"] if self.bands else []))


def check_bands(args: argparse.Namespace) -> None:
    """Raise InputError unless two bands, or none, are named."""
    if len(args.ndvi) not in {0, 2}:
        raise InputError("--ndvi names {} columns".format(len(args.ndvi)), "--ndvi RED,NIR names two")


def table(found: Parts, args: argparse.Namespace) -> Table:
    """Give the rows with the columns by their own names, as far as MLlib takes them; raises InputError for bands."""
    known = [found.cells.names[at] for at in (*found.columns.features, *found.columns.categories)]
    names = stages.safe(known, OURS)
    numbers, words = names[: len(found.features)], names[len(found.features) :]
    frame = found.usable.select(
        *(F.col("numbers")[at].alias(name) for at, name in enumerate(numbers)),
        *(F.col("w{}".format(at)).alias(name) for at, name in zip(found.columns.categories, words)),
        "key",
    )
    return Table(frame, tuple(numbers), tuple(words), _bands(dict(zip(found.features, numbers)), args))


def fit(data: Table, components: int) -> PipelineModel:
    """Give the fitted pipeline; raises InputError when more components are wanted than there are numbers."""
    if components > len(data.assembled):
        raise InputError(
            "{} components of {} numbers".format(components, len(data.assembled)),
            "--components {}".format(len(data.assembled)),
        )
    return Pipeline(stages=[*_words(data), *_vegetation(data), *_vectors(data, components)]).fit(data.frame)


def explained(model: Any) -> List[float]:
    """Give the share of the variance that each component explains."""
    return _component_stage(model).explainedVariance.toArray().tolist()


def columns(data: Table, model: Any) -> Dict[str, int]:
    """Give how wide each column is that the stages made."""
    words = [len(labels) for labels in model.stages[0].labelsArray] if data.categories else []
    width = len(data.assembled)
    return {
        **{name + " index": 1 for name in data.categories},
        **{name + " one-hot": count - 1 for name, count in zip(data.categories, words)},
        **({"ndvi": 1} if data.bands else {}),
        "numbers": width,
        "scaled": width,
        "components": len(explained(model)),
        "features": width + sum(words) - len(words),
    }


def loadings(data: Table, model: Any) -> Tuple[List[str], List[List[Any]]]:
    """Give a table of what each number adds to each component."""
    matrix = _component_stage(model).pc.toArray().tolist()
    titles = ["number", *("component {}".format(at + 1) for at in range(len(matrix[0])))]
    return titles, [[name, *row] for name, row in zip(data.assembled, matrix)]


def _words(data: Table) -> List[Any]:
    if not data.categories:
        return []
    indexed = [name + " index" for name in data.categories]
    return [
        StringIndexer(inputCols=list(data.categories), outputCols=indexed),  # the most frequent word becomes 0
        OneHotEncoder(inputCols=indexed, outputCols=[name + " one-hot" for name in data.categories]),
    ]


def _vegetation(data: Table) -> List[Any]:
    """Give the stage of (nir - red) / (nir + red), 0 where both are 0."""
    if not data.bands:
        return []
    red, nir = ("`{}`".format(name) for name in data.bands)
    ratio = "CASE WHEN {nir} + {red} = 0 THEN 0D ELSE ({nir} - {red}) / ({nir} + {red}) END".format(red=red, nir=nir)
    statement = "SELECT *, {} AS ndvi FROM __THIS__".format(ratio)  # noqa: S608 -- names without backticks, in backticks
    return [SQLTransformer(statement=statement)]


def _vectors(data: Table, components: int) -> List[Any]:
    one_hot = [name + " one-hot" for name in data.categories]
    return [
        VectorAssembler(inputCols=list(data.assembled), outputCol="numbers"),
        StandardScaler(inputCol="numbers", outputCol="scaled", withMean=True, withStd=True),
        PCA(inputCol="scaled", outputCol="components", k=components),
        VectorAssembler(inputCols=["scaled", *one_hot], outputCol="features"),
    ]


def _component_stage(model: Any) -> Any:
    return model.stages[-2]


def _bands(names: Dict[str, str], args: argparse.Namespace) -> Optional[Tuple[str, ...]]:
    wanted = args.ndvi or (BANDS if all(band in names for band in BANDS) else ())
    missing = [band for band in wanted if band not in names]
    if missing:
        raise InputError(
            "the band {!r} is none of the numbers: {}".format(missing[0], ", ".join(names)),
            "--ndvi RED,NIR, both of them among --features",
        )
    return tuple(names[band] for band in wanted) or None
