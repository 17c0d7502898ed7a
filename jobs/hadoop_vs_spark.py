"""One logistic regression, pass by pass: by Hadoop MapReduce, by Spark reading each time, by Spark from memory.

Spark's first front page showed this comparison. Here all three read the same text and have to find the same weights.
"""

import argparse
from typing import Any, Dict, List

from jobs import options

EQUAL = 1e-9  # the order in which numbers are added up makes the last digits


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the workload's arguments; a wrong value ends the parse with one line that says why."""
    options.add_input_arguments(parser)
    parser.add_argument("--label", default="", metavar="NAME", help="the column of classes (default: the last)")
    options.add_features_argument(parser)
    options.add_missing_argument(parser)
    parser.add_argument(
        "--positive", default="", metavar="WORD", help="class to tell from all others (default: the most frequent)"
    )
    parser.add_argument(
        "--copies", type=options.at_least_one, default=20, metavar="N", help="how often each row is there (default: 20)"
    )
    parser.add_argument(
        "--passes", type=options.folds, default=8, metavar="N", help="over the data, at least 2 (default: 8)"
    )
    parser.add_argument(
        "--learning-rate", type=options.positive, default=0.1, metavar="R", help="length of a step (default: 0.1)"
    )
    parser.add_argument(
        "--framework",
        choices=("auto", "local", "yarn"),
        default="auto",
        help="where MapReduce runs: in the driver, on the cluster, or as its Hadoop is configured, and in the "
        "driver where it cannot run the job (default: auto)",
    )
    options.add_seed_argument(parser)


def run(spark: Any, args: argparse.Namespace) -> Dict[str, Any]:
    """Take turns, and give the seconds of a pass of each way, their ratio, and whether all weights are equal.

    Raises InputError for what is wrong with the input, WorkerError when MapReduce fails.
    """
    from jobs import gradient_rows, hadoop, reading, reading_faults

    source, scratch = reading.find(spark, args), args.output.uri("passes")
    try:
        with reading_faults.explained(source), args.output.phase("read"):
            rows = gradient_rows.prepare(source, args, scratch + "/rows")
        with args.output.phase("compute"):
            return _compared(spark, rows, args, scratch)
    finally:
        hadoop.remove(spark, scratch)


def _compared(spark: Any, rows: Any, args: argparse.Namespace, scratch: str) -> Dict[str, Any]:
    from jobs import gradient_passes, gradient_spark, mapreduce

    print("{:,} rows of {} numbers, {:.1f} MB of text".format(rows.rows, len(rows.features), rows.megabytes))
    by_spark = gradient_spark.ways(spark, rows)
    with mapreduce.started(spark, rows, args.framework, scratch) as hadoop, by_spark as (again, cached):
        names = ("Hadoop MapReduce", "Spark, read each time", "Spark, cached")
        found = gradient_passes.in_turn(dict(zip(names, (hadoop.gradient, again, cached))), rows, args)
    base = found[-1]
    for way in found:
        print("{:22} first {:6.2f} s, then {:6.2f} s a pass".format(way.name, way.seconds[0], way.usual))
    apart = max(abs(one - other) for way in found for one, other in zip(way.weights, base.weights))
    _write(args.output, rows, found)
    return {
        "seconds_per_pass": {way.name: way.usual for way in found},
        "first_pass_seconds": {way.name: way.seconds[0] for way in found},
        "ratio": found[0].usual / base.usual,
        "ratios": {way.name: way.usual / base.usual for way in found},
        "equal_weights": apart <= EQUAL,
        "weights_difference": apart,
        "passes": args.passes,
        "loss": base.losses[-1],
        "rows": rows.rows,
        "megabytes": rows.megabytes,
        "positive": rows.positive,
        "framework": hadoop.framework,
        "hadoop": hadoop.version,
        "dropped_rows": rows.dropped,
        "warnings": hadoop.warnings,
        "seed": args.seed,
    }


def _write(output: Any, rows: Any, found: List[Any]) -> None:
    from jobs import charts

    output.figure("passes", charts.bars([(way.name, way.usual) for way in found], "way", "seconds a pass, median"))
    losses = [(at, loss) for at, loss in enumerate(found[-1].losses)]
    output.figure("loss", charts.curve(losses, "passes before", "loss", whole=True))
    base = found[-1].usual
    taken = [[way.name, way.seconds[0], way.usual, way.usual / base] for way in found]
    output.table("passes", ["way", "first pass, s", "later passes, median s", "times Spark, cached"], taken)
    weights = [list(pair) for pair in zip((*rows.features, "intercept"), found[-1].weights)]
    output.table("weights", ["feature, standardized", "weight"], weights)
