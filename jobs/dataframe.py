"""A tour of DataFrames: select, filter, join, group, window and SQL over taxi pickups, each with its plan.

https://spark.apache.org/docs/latest/sql-programming-guide.html
"""

import argparse
from typing import Any, Dict

from jobs import options


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the workload's arguments; a wrong value ends the parse with one line that says why."""
    options.add_input_arguments(parser)
    options.add_seed_argument(parser)
    parser.add_argument(
        "--within",
        type=options.at_least_one,
        default=1000,
        metavar="M",
        help="metres up to which a pickup belongs to the zone of the nearest well-known place (default: 1000)",
    )
    parser.add_argument(
        "--top", type=options.at_least_one, default=10, metavar="N", help="zones in the metrics (default: 10)"
    )


def run(spark: Any, args: argparse.Namespace) -> Dict[str, Any]:
    """Count pickups by base, hour and zone, and show for each step whether Spark has to move rows for it.

    The input has the columns Date/Time, Lat, Lon and Base, as Uber's pickups of 2014. Raises InputError otherwise.
    """
    from jobs import dataframe_steps, reading, reading_faults

    source = reading.find(spark, args)
    with reading_faults.explained(source):
        with args.output.phase("read"):
            tour = dataframe_steps.begin(source, args)
        try:
            with args.output.phase("compute"):
                return _toured(tour, args)
        finally:
            tour.pickups.unpersist()


def _toured(tour: Any, args: argparse.Namespace) -> Dict[str, Any]:
    from jobs import dataframe_steps

    bases = dataframe_steps.by_base(tour)
    zones = dataframe_steps.by_zone(tour, args.top)
    hours = dataframe_steps.by_hour(tour)
    _write(args.output, tour, zones, hours)
    busiest = max(hours, key=lambda row: (row[1], -row[0]))
    return {
        "rows": tour.rows,
        "dropped_rows": tour.dropped,
        "near_rows": sum(row["rows"] for row in zones.all),
        "top_zones": {row["Zone"]: row["rows"] for row in zones.top},
        "bases": {row["base"]: row["rows"] for row in bases},
        "busiest_hour": busiest[0],
        "shuffles": sum(step.shuffles for step in tour.steps),
        "seed": args.seed,
    }


def _write(output: Any, tour: Any, zones: Any, hours: Any) -> None:
    from jobs import charts

    titles = ["step", "kind", "narrow or wide", "shuffles", "broadcasts", "plan, from the result to the file"]
    output.table("steps", titles, [list(step) for step in tour.steps])
    ranked = [[row["Borough"], row["rank"], row["Zone"], row["rows"]] for row in zones.ranked]
    output.table("zones", ["borough", "rank in borough", "zone", "pickups"], ranked)
    output.figure("zones", charts.bars([(row["Zone"], row["rows"]) for row in zones.top], "zone", "pickups"))
    output.figure("hours", charts.columns(hours, "hour of the day", "pickups"))
