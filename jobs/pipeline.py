"""A pipeline from table to prediction: categories to numbers, one vector, linear regression; saved and loaded again.

https://spark.apache.org/docs/latest/ml-pipeline.html
"""

import argparse
from typing import Any, Dict, List

from jobs import options

BINS = 40  # along each side of the figure


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the workload's arguments; a wrong value ends the parse with one line that says why."""
    options.add_input_arguments(parser)
    options.add_learning_arguments(parser)
    options.add_categories_argument(parser)
    parser.add_argument(
        "--regularisation",
        type=options.tolerance,
        default=0.0,
        metavar="L",
        help="weight of the penalty on the coefficients of standardized features (default: 0)",
    )
    parser.add_argument(
        "--elastic-net",
        type=options.share,
        default=0.0,
        metavar="A",
        help="share of the penalty on absolute values, the rest is on squares (default: 0)",
    )


def run(spark: Any, args: argparse.Namespace) -> Dict[str, Any]:
    """Learn to predict a number from one part of the rows, test on the other, and test the model that was saved.

    Raises InputError for what is wrong with the input.
    """
    from jobs import parts, reading, reading_faults

    source = reading.find(spark, args)
    with reading_faults.explained(source):
        with args.output.phase("read"):
            found = parts.read(source, args, number=True)
        try:
            with args.output.phase("compute"):
                return _learned(found, args)
        finally:
            found.cells.release()


def _learned(found: Any, args: argparse.Namespace) -> Dict[str, Any]:
    from jobs import pipeline_model

    data = pipeline_model.table(found)
    train, test = found.rows
    print("{:,} rows to learn {} from, {:,} to test on".format(train, data.label, test))
    model: Any = pipeline_model.fit(data, args)
    with args.output.phase("save and load"):
        loaded = pipeline_model.saved_and_loaded(model, args.output.uri("model"))
    fit = pipeline_model.tested(data, model, loaded)
    _write(args.output, data, model, loaded, fit)
    return {
        "r2": fit.r2,
        "rmse": fit.rmse,
        "mae": fit.mae,
        "identical_after_loading": fit.different == 0,
        "rows_that_differ": fit.different,
        "label": data.label,
        "features": list(data.features),
        "categories": list(data.categories),
        "intercept": float(model.stages[-1].intercept),
        "rows": train + test,
        "train_rows": train,
        "test_rows": test,
        "unseen_rows": test - fit.rows,
        "dropped_rows": found.dropped,
        "regularisation": args.regularisation,
        "seed": args.seed,
    }


def _write(output: Any, data: Any, model: Any, loaded: Any, fit: Any) -> None:
    from jobs import charts, pipeline_model, stages

    rows: List[List[Any]] = pipeline_model.coefficients(data, model)
    output.table("coefficients", ["feature", "coefficient"], rows)
    output.table("stages", stages.TITLES, stages.described(model))
    cells, step = pipeline_model.cells(data, loaded, fit, BINS)
    output.figure("predictions", charts.density(cells, step, "true " + data.label, "predicted " + data.label))
