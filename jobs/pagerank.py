"""PageRank of a list of edges, by GraphX and by DataFrames, and how far the two are apart.

https://spark.apache.org/docs/latest/graphx-programming-guide.html#pagerank
"""

import argparse
import math
import time
from typing import Any, Callable, Dict, List, Tuple

from jobs import options
from jobs.errors import InputError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the workload's arguments; a wrong value ends the parse with one line that says why."""
    options.add_input_arguments(parser)
    options.add_seed_argument(parser)
    parser.add_argument("--from", dest="start", default="", metavar="NAME", help="column that an edge leaves (first)")
    parser.add_argument("--to", dest="end", default="", metavar="NAME", help="column that an edge leads to (second)")
    parser.add_argument(
        "--damping",
        type=options.fraction,
        default=0.85,
        metavar="D",
        help="share of the time that an edge is followed, instead of a jump anywhere (default: 0.85)",
    )
    parser.add_argument(
        "--tolerance",
        type=options.positive,
        default=1e-8,
        metavar="T",
        help="stop when all ranks together, whose sum is 1, change by less (default: 1e-8)",
    )
    parser.add_argument(
        "--max-iter", type=options.at_least_one, default=100, metavar="N", help="most iterations (default: 100)"
    )
    parser.add_argument(
        "--top", type=options.at_least_one, default=20, metavar="N", help="vertices shown (default: 20)"
    )


def run(spark: Any, args: argparse.Namespace) -> Dict[str, Any]:
    """Rank the vertices in both ways, and give the first ones, the difference and the seconds of each way.

    All ranks are left as Parquet in ``output/ranks``. Raises InputError for what is wrong with the input, and where
    Spark is reached by Connect, which has no GraphX.
    """
    _require_classic(spark)
    from jobs import pagerank_edges, reading, reading_faults

    source = reading.find(spark, args)
    with reading_faults.explained(source):
        with args.output.phase("read"):
            graph = pagerank_edges.read(source, args)
        try:
            with args.output.phase("compute"):
                return _ranked(spark, graph, args)
        finally:
            graph.release()


def _require_classic(spark: Any) -> None:
    if not hasattr(spark, "_jsparkSession"):
        raise InputError(
            "GraphX needs a classic session of Spark; this one is reached by Spark Connect, which has no GraphX",
            "launcher submit pagerank, or SparkSession.builder.master(...) instead of .remote(...)",
        )


def _ranked(spark: Any, graph: Any, args: argparse.Namespace) -> Dict[str, Any]:
    from jobs import hadoop, pagerank_frames, pagerank_graphx, pagerank_result

    sizes, scratch = graph.sizes, args.output.uri("pagerank-steps")
    print("{:,} vertices, {:,} edges, {:,} vertices without a way out".format(*sizes[:3]))
    try:
        ranks, by_frames = _timed(lambda: pagerank_frames.ranks(graph, args, scratch))
        rounds = len(ranks.changes)
        other, by_graphx = _timed(lambda: pagerank_graphx.ranks(spark, graph, rounds, args.damping, scratch))
        found = pagerank_result.compared(graph, ranks.frame, other, args.output.uri("ranks"), args.top)
    finally:
        hadoop.remove(spark, scratch)
    _write(args.output, found.top, ranks.changes)
    warnings = _warnings(ranks.changes, args)
    return {
        "vertices": sizes.vertices,
        "edges": sizes.edges,
        "dangling": sizes.dangling,
        "repeated_edges": sizes.repeated,
        "iterations": rounds,
        "top_vertices": {row["name"]: row["rank"] for row in found.top},
        "difference": found.difference,
        "seconds": {"dataframes": by_frames, "graphx": by_graphx},
        "damping": args.damping,
        "dropped_rows": graph.dropped,
        "warnings": warnings,
        "seed": args.seed,
    }


def _timed(action: Callable[[], Any]) -> Tuple[Any, float]:
    began = time.monotonic()
    found = action()
    return found, time.monotonic() - began


def _warnings(changes: List[float], args: argparse.Namespace) -> List[str]:
    if changes[-1] < args.tolerance:
        return []
    warning = "not settled after {} iterations: the last changed the ranks by {:.1e}".format(len(changes), changes[-1])
    print("warning: {}; --max-iter allows more".format(warning))
    return [warning]


def _write(output: Any, top: List[Any], changes: List[float]) -> None:
    from jobs import charts

    output.figure("top", charts.bars([(row["name"], row["rank"]) for row in top], "vertex", "rank"))
    rows = [[at, row["name"], row["rank"], row["ins"], row["outs"]] for at, row in enumerate(top, 1)]
    output.table("top", ["", "vertex", "rank", "edges in", "edges out"], rows)
    settling = [(at, math.log10(change)) for at, change in enumerate(changes, 1) if change]
    output.figure("settling", charts.curve(settling, "iteration", "change of all ranks, power of ten"))
