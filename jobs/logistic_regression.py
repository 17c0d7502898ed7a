"""Logistic regression of two or more classes, by MLlib, tested on held rows; regularised by cross-validation if asked.

https://spark.apache.org/docs/latest/ml-classification-regression.html#logistic-regression
"""

import argparse
from typing import Any, Dict, List

from jobs import options

PATH = (0.0, 0.0001, 0.001, 0.01, 0.1, 1.0)
SHOWN = 30  # coefficients in the figure


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the workload's arguments; a wrong value ends the parse with one line that says why."""
    options.add_input_arguments(parser)
    options.add_learning_arguments(parser)
    parser.add_argument(
        "--regularisation",
        type=options.tolerances,
        default=(),
        metavar="L,L",
        help="weight of the penalty on the coefficients of standardized features; with several, --cross-validate "
        "chooses (default: 0; with --cross-validate: {})".format(",".join(map("{:g}".format, PATH))),
    )
    parser.add_argument(
        "--elastic-net",
        type=options.share,
        default=0.0,
        metavar="A",
        help="share of the penalty on absolute values, the rest is on squares (default: 0)",
    )
    parser.add_argument(
        "--cross-validate", type=options.folds, default=0, metavar="FOLDS", help="choose --regularisation by so many"
    )
    parser.add_argument(
        "--max-iter", type=options.at_least_one, default=100, metavar="N", help="most iterations (default: 100)"
    )
    parser.add_argument(
        "--tolerance", type=options.tolerance, default=1e-6, metavar="T", help="when to stop (default: 1e-6)"
    )


def run(spark: Any, args: argparse.Namespace) -> Dict[str, Any]:
    """Learn from one part of the rows, test on the other, and give the metrics of the test and the model.

    Coefficients are in the features' own units. Raises InputError for what is wrong with the input.
    """
    from jobs import labelled, logistic_model, reading, reading_faults

    path = logistic_model.path(args, PATH)
    source = reading.find(spark, args)
    with reading_faults.explained(source):
        with args.output.phase("read"):
            data = labelled.prepare(source, args)
        try:
            with args.output.phase("compute"):
                return _learned(data, path, args)
        finally:
            data.release()


def _learned(data: Any, path: List[float], args: argparse.Namespace) -> Dict[str, Any]:
    from jobs import labelled, logistic_model, scores

    train, test = (sum(sizes) for sizes in zip(*data.sizes))
    print("{:,} rows to learn {} from {}, {:,} to test on".format(train, data.label, ", ".join(data.features), test))
    validated = logistic_model.validated(data.train, path, args)
    chosen = min(validated, key=lambda row: row.loss).regularisation if validated else path[0]
    model = logistic_model.fit(data.train, chosen, args)
    found = scores.tested(model.transform(data.test), data.classes)
    warnings = labelled.warnings(data) + logistic_model.warnings(model, data, args)
    for warning in warnings:
        print("warning: " + warning)
    _write(args.output, logistic_model.table(model, data), found)
    if validated:
        args.output.table("regularisation", list(validated[0]._fields), [list(row) for row in validated])
    return {
        **scores.summary(found),
        "features": list(data.features),
        **logistic_model.coefficients(model),
        "regularisation": chosen,
        "elastic_net": args.elastic_net,
        "iterations": model.summary.totalIterations,
        "rows": train + test,
        "train_rows": train,
        "test_rows": test,
        "dropped_rows": data.dropped,
        "warnings": warnings,
        "seed": args.seed,
    }


def _write(output: Any, coefficients: List[List[Any]], found: Any) -> None:
    from jobs import charts, logistic_model, scores

    output.figure("confusion", charts.matrix(found.confusion.counts.tolist(), found.classes))
    output.table("classes", ["class", "precision", "recall", "f1", "test rows"], scores.by_class(found))
    if found.roc:
        output.figure("roc", charts.curve(found.roc.points, "false positive rate", "true positive rate", diagonal=True))
    output.table("coefficients", ["feature", "class", "coefficient", "effect of one standard deviation"], coefficients)
    strongest = logistic_model.strongest(coefficients, SHOWN)
    output.figure("coefficients", charts.bars(strongest, "feature", "effect of one standard deviation", "class"))
