"""What the features look like: counts on a grid, means by category and a few rows, all of bounded size."""

from typing import Any, Dict, List, NamedTuple, Tuple

from pyspark.ml.functions import vector_to_array
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.features_model import Table

EDGES = [0.005, 0.995]  # quantiles between which the figure shows the rows
MOST_WORDS = 20  # that a figure tells apart


class Grid(NamedTuple):
    """Rows on a grid over two components: (left, bottom, word, rows), and the sides of a cell."""

    cells: List[Tuple[float, float, str, int]]
    steps: Tuple[float, float]


def grid(data: Table, made: DataFrame, bins: int) -> Grid:
    """Give the rows by the first two components and the first category, without the outermost."""
    both = vector_to_array(F.col("components"))
    placed = made.select(both[0].alias("x"), both[1].alias("y"), _word(data).alias("word"))
    row: Any = placed.agg(F.percentile_approx("x", EDGES), F.percentile_approx("y", EDGES)).first()
    steps = tuple((high - low) / bins or 1.0 for low, high in row)
    at = [F.floor((F.col(name) - edges[0]) / step) for name, edges, step in zip("xy", row, steps)]
    inside = placed.select(at[0].alias("x"), at[1].alias("y"), "word").filter(
        F.col("x").between(0, bins - 1) & F.col("y").between(0, bins - 1)
    )
    counted = inside.groupBy("x", "y", "word").count().collect()
    cells = [(row[0][0] + c["x"] * steps[0], row[1][0] + c["y"] * steps[1], c["word"], c["count"]) for c in counted]
    return Grid(sorted(cells), (steps[0], steps[1]))


def vegetation(made: DataFrame) -> Dict[str, float]:
    """Give least, mean and greatest NDVI."""
    row: Any = made.agg(F.min("ndvi"), F.avg("ndvi"), F.max("ndvi")).first()
    return dict(zip(("min", "mean", "max"), row))


def by_word(data: Table, made: DataFrame) -> List[List[Any]]:
    """Give (word, place in the index, rows, mean NDVI if there is one) of the first category, most frequent first."""
    name = data.categories[0]
    means = [F.avg("ndvi").alias("ndvi")] if data.bands else []
    grouped = made.groupBy(F.col("`{}`".format(name)).alias("word"), F.col("`{} index`".format(name)).alias("place"))
    rows = grouped.agg(F.count(F.lit(1)).alias("rows"), *means).orderBy("place").limit(MOST_WORDS).collect()
    return [[row["word"], int(row["place"]), *row[2:]] for row in rows]


def examples(made: DataFrame, count: int) -> Tuple[List[str], List[List[Any]]]:
    """Give some rows as the stages left them, always the same ones."""
    shown = [name for name in made.columns if name != "key"]
    rows = made.orderBy("key").limit(count).select(*(_shown(made, name) for name in shown)).collect()
    return shown, [list(row) for row in rows]


def _word(data: Table) -> Column:
    return F.col("`{}`".format(data.categories[0])) if data.categories else F.lit("all")


def _shown(made: DataFrame, name: str) -> Column:
    column = F.col("`{}`".format(name))
    if made.schema[name].dataType.typeName() in {"double", "string"}:
        return column.alias(name)
    return F.concat_ws(" ", F.transform(vector_to_array(column), lambda number: F.format_number(number, 2))).alias(name)
