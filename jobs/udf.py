"""How fast Python is inside Spark: one function, the normal distribution's, called in every way that Spark knows.

https://spark.apache.org/docs/latest/api/python/tutorial/sql/arrow_pandas.html
"""

import argparse
from typing import Any, Dict

from jobs import options


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the workload's arguments; a wrong value ends the parse with one line that says why."""
    options.add_input_arguments(parser)
    options.add_seed_argument(parser)
    parser.add_argument("--column", default="", metavar="NAME", help="column of numbers (default: the first)")
    parser.add_argument(
        "--rows",
        type=options.at_least_one,
        default=1_000_000,
        metavar="N",
        help="rows for what takes whole columns, made by repeating the input's (default: 1000000)",
    )
    parser.add_argument(
        "--slow-rows",
        type=options.at_least_one,
        default=50_000,
        metavar="N",
        help="rows for what is called row by row (default: 50000)",
    )
    parser.add_argument(
        "--rounds", type=options.at_least_one, default=3, metavar="N", help="turns, of which the median (default: 3)"
    )


def run(spark: Any, args: argparse.Namespace) -> Dict[str, Any]:
    """Measure the rates, and give them with their ratios to the pickled row UDF and whether all results are equal.

    Raises InputError for what is wrong with the input.
    """
    from jobs import reading, reading_faults, udf_rows

    source = reading.find(spark, args)
    with reading_faults.explained(source):
        with args.output.phase("read"):
            values = udf_rows.read(source, args)
        try:
            with args.output.phase("compute"):
                return _measured(values, args)
        finally:
            values.frame.unpersist()


def _measured(values: Any, args: argparse.Namespace) -> Dict[str, Any]:
    from jobs import charts, udf_kinds, udf_rates

    function = udf_kinds.function(values.frame)
    print("{} of {}, {:,} rows".format(function.name, values.column, values.rows))
    found = udf_rates.measured(values, function, args)
    base = found[0].rate
    for kind in found:
        print("{:22} {:12,.0f} rows/s {:8.1f}".format(kind.name, kind.rate, kind.rate / base))
    args.output.figure("rates", charts.bars([(kind.name, kind.rate) for kind in found], "kind of UDF", "rows a second"))
    rows = [[kind.name, kind.rows, kind.seconds, kind.rate, kind.rate / base, kind.difference] for kind in found]
    titles = ["kind", "rows", "seconds", "rows a second", "times the pickled row UDF", "difference"]
    args.output.table("rates", titles, rows)
    rates = {kind.name: kind.rate for kind in found}
    return {
        "rows_per_second": rates,
        "ratios": {kind.name: kind.rate / base for kind in found},
        "ratio": rates["pandas UDF"] / base,
        "results_equal": all(kind.difference <= udf_rates.EQUAL for kind in found),
        "function": function.name,
        "column": values.column,
        "rows": values.rows,
        "dropped_rows": values.dropped,
        "rounds": args.rounds,
        "seed": args.seed,
    }
