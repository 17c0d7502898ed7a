"""Several classes told apart by classifiers that know two: one for each class against the rest, by MLlib's OneVsRest.

https://spark.apache.org/docs/latest/ml-classification-regression.html#one-vs-rest-classifier-aka-one-vs-all
"""

import argparse
from typing import Any, Dict, List, Tuple

from jobs import options

# The classifiers of pyspark.ml.classification that give each row a score for its class, as OneVsRest needs.
CLASSIFIERS: Dict[str, str] = {
    "logistic-regression": "LogisticRegression",
    "linear-svc": "LinearSVC",
    "random-forest": "RandomForestClassifier",
    "gradient-boosting": "GBTClassifier",
    "decision-tree": "DecisionTreeClassifier",
}
USUAL = ("logistic-regression", "linear-svc", "random-forest")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the workload's arguments; a wrong value ends the parse with one line that says why."""
    options.add_input_arguments(parser)
    options.add_learning_arguments(parser)
    parser.add_argument(
        "--classifiers",
        type=_classifiers,
        default=USUAL,
        metavar="NAME,NAME",
        help="which to try: {} (default: {})".format(", ".join(CLASSIFIERS), ",".join(USUAL)),
    )
    parser.add_argument(
        "--max-iter", type=options.at_least_one, default=100, metavar="N", help="most iterations (default: 100)"
    )
    parser.add_argument(
        "--parallelism", type=options.at_least_one, default=2, metavar="N", help="fits at a time (default: 2)"
    )


def run(spark: Any, args: argparse.Namespace) -> Dict[str, Any]:
    """Learn with each classifier from one part of the rows, test on the other; the best one's metrics come first.

    Raises InputError for what is wrong with the input.
    """
    from jobs import labelled, reading, reading_faults

    source = reading.find(spark, args)
    with reading_faults.explained(source):
        with args.output.phase("read"):
            data = labelled.prepare(source, args)
        try:
            with args.output.phase("compute"):
                return _learned(data, args)
        finally:
            data.release()


def _learned(data: Any, args: argparse.Namespace) -> Dict[str, Any]:
    from jobs import labelled, one_vs_rest_models, scores

    train, test = (sum(sizes) for sizes in zip(*data.sizes))
    print("{:,} rows to learn {} from, {:,} to test on".format(train, data.label, test))
    tried = {name: one_vs_rest_models.tried(CLASSIFIERS[name], data, args) for name in args.classifiers}
    for name, found in tried.items():
        print("{}: accuracy {:.4f}, {:.1f} s".format(name, found.tested.confusion.accuracy, found.seconds))
    best = max(tried, key=lambda name: tried[name].tested.confusion.accuracy)
    warnings = labelled.warnings(data)
    for warning in warnings:
        print("warning: " + warning)
    _write(args.output, tried, best)
    return {
        **scores.summary(tried[best].tested),
        "classifier": best,
        "accuracies": {name: found.tested.confusion.accuracy for name, found in tried.items()},
        "seconds": {name: found.seconds for name, found in tried.items()},
        "features": list(data.features),
        "rows": train + test,
        "train_rows": train,
        "test_rows": test,
        "dropped_rows": data.dropped,
        "warnings": warnings,
        "seed": args.seed,
    }


def _write(output: Any, tried: Dict[str, Any], best: str) -> None:
    from jobs import charts

    classes = tried[best].tested.classes
    f1 = {name: found.tested.confusion.f1 for name, found in tried.items()}
    output.figure("confusion", charts.matrix(tried[best].tested.confusion.counts.tolist(), classes))
    bars = [(label, f1[name][at], name) for at, label in enumerate(classes) for name in tried]
    output.figure("f1", charts.bars(bars, "class", "f1", "classifier"))
    rows: List[List[Any]] = [[label, *(f1[name][at] for name in tried)] for at, label in enumerate(classes)]
    output.table("f1", ["class", *tried], rows)


def _classifiers(text: str) -> Tuple[str, ...]:
    found = options.names(text)
    for name in found:
        if name not in CLASSIFIERS:
            raise argparse.ArgumentTypeError("{!r} is none of {}".format(name, ", ".join(CLASSIFIERS)))
    return found
