"""k-means over the rows of a table: the best of several restarts, with sizes, centres, silhouette and a map."""

import argparse
import importlib
from typing import Any, Dict, List

from jobs import options

ENGINES = {"blocks": "jobs.kmeans_blocks", "mllib": "jobs.kmeans_mllib"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the workload's arguments; a wrong value ends the parse with one line that says why."""
    options.add_input_arguments(parser)
    parser.add_argument("--k", type=options.at_least_one, default=8, help="number of clusters (default: 8)")
    parser.add_argument(
        "--features",
        type=options.names,
        default=(),
        metavar="NAME,NAME",
        help="columns to cluster by (default: all that hold numbers, which costs one more pass over a CSV)",
    )
    parser.add_argument("--seed", type=options.seed, default=1, help="the same seed gives the same result (default: 1)")
    parser.add_argument("--restarts", type=options.at_least_one, default=10, help="best of how many (default: 10)")
    parser.add_argument(
        "--max-iter",
        type=options.at_least_one,
        default=100,
        metavar="N",
        help="most passes over the data (default: 100)",
    )
    parser.add_argument(
        "--tolerance",
        type=options.tolerance,
        default=1e-4,
        metavar="T",
        help="stop when the squares of the centres' moves are below T times the features' mean variance, as "
        "scikit-learn does; with mllib, when each centre moves less than T (default: 1e-4)",
    )
    parser.add_argument("--standardize", action="store_true", help="divide each feature by its standard deviation")
    parser.add_argument("--engine", choices=sorted(ENGINES), default="blocks", help="default: blocks; mllib to compare")


def run(spark: Any, args: argparse.Namespace) -> Dict[str, Any]:
    """Cluster the rows and give the metrics; cost and silhouette are in standardized units with ``--standardize``.

    With the engine ``blocks`` the result does not depend on how the data is cut into files and partitions.
    Raises InputError for what is wrong with the input.
    """
    from jobs import reading, reading_faults

    engine = importlib.import_module(ENGINES[args.engine])
    source = reading.find(spark, args)
    with reading_faults.explained(source):
        with args.output.phase("read"):
            table, data = _prepare(engine, source, args)
        try:
            reading_faults.check_usable(table, data.rows, data.dropped, args.ragged)
            print("{:,} rows of {}".format(data.rows, ", ".join(table.features)))
            with args.output.phase("compute"):
                found = engine.fit(data, table.features, args)
        finally:
            data.release()
    _write(args.output, found, table.features)
    return _metrics(found, table.features, data, args)


def _prepare(engine: Any, source: Any, args: argparse.Namespace) -> Any:
    """Give the table and the engine's data, read again with line breaks in quotes when a broken row holds a quote."""
    from jobs import reading

    table = reading.table(source, args.features)
    data = engine.prepare(table.frame, args)
    if not data.broken_quotes:
        return table, data
    data.release()
    table = reading.table(source, args.features, multiline=True)
    return table, engine.prepare(table.frame, args)


def _write(output: Any, found: Any, features: List[str]) -> None:
    from jobs import figures

    output.figure("clusters", figures.clusters(found, features))
    output.figure("sizes", figures.sizes(found))
    rows = [[at, size, *centre] for at, (size, centre) in enumerate(zip(found.sizes, found.centres))]
    output.table("clusters", ["cluster", "size", *features], rows)


def _metrics(found: Any, features: List[str], data: Any, args: argparse.Namespace) -> Dict[str, Any]:
    return {
        "k": len(found.sizes),
        "engine": args.engine,
        "cost": found.cost,
        "silhouette": found.silhouette,
        "features": list(features),
        "sizes": found.sizes,
        "centres": found.centres,
        "rows": data.rows,
        "dropped_rows": data.dropped,
        "iterations": found.iterations,
        "restarts": args.restarts,
        "seed": args.seed,
    }
