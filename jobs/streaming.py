"""Structured Streaming over files: records counted by windows of their own time, each once, also after a crash.

https://spark.apache.org/docs/latest/streaming/index.html
"""

import argparse
from typing import Any, Dict

from jobs import options

SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400, "week": 604800}


def span(text: str) -> int:
    """Give the seconds of ``1 hour``, ``30 minutes``; raises ArgumentTypeError."""
    number, _, unit = text.strip().partition(" ")
    seconds = SECONDS.get(unit.strip().lower().rstrip("s"))
    if not number.isdigit() or seconds is None:
        raise argparse.ArgumentTypeError(
            "{!r} is no span of time: give a whole number and {}s".format(text, "s, ".join(SECONDS))
        )
    return int(number) * seconds


def window(text: str) -> int:
    """Give the seconds of a span that is not 0; raises ArgumentTypeError."""
    seconds = span(text)
    if not seconds:
        raise argparse.ArgumentTypeError("a window of {!r} holds nothing".format(text))
    return seconds


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the workload's arguments; a wrong value ends the parse with one line that says why."""
    options.add_input_arguments(parser)
    parser.add_argument("--time", default="", metavar="NAME", help="column of times (default: one whose name says so)")
    parser.add_argument(
        "--window", type=window, default="1 day", metavar="SPAN", help="of time that is counted (default: 1 day)"
    )
    parser.add_argument(
        "--watermark",
        type=span,
        default="3 days",
        metavar="SPAN",
        help="how late a record may come, after the newest one (default: 3 days)",
    )
    parser.add_argument(
        "--checkpoint",
        default="",
        metavar="URI",
        help="where the stream keeps how far it is; a second run with the same goes on there (default: in the run)",
    )
    parser.add_argument(
        "--files",
        type=options.at_least_one,
        default=0,
        metavar="N",
        help="cut the input by its times into so many files that come one after the other (default: 12 of one file; "
        "the files of a folder come as they are)",
    )
    parser.add_argument(
        "--delayed",
        type=options.share,
        default=0.05,
        metavar="SHARE",
        help="of the records, when the input is cut: come one to three files later, by a hash (default: 0.05)",
    )
    parser.add_argument(
        "--files-per-batch", type=options.at_least_one, default=1, metavar="N", help="most files at once (default: 1)"
    )
    options.add_seed_argument(parser)


def run(spark: Any, args: argparse.Namespace) -> Dict[str, Any]:
    """Count all records that are there by windows, and give how many came, how many of them too late.

    Everything of the stream lies below ``--checkpoint``: its files, if the input was cut, its state, and the counts as
    Parquet. Raises InputError for what is wrong with the input, or when the checkpoint is another stream's.
    """
    from jobs import reading, reading_faults, settings, streaming_files, streaming_query

    place = (args.checkpoint or args.output.uri("stream")).rstrip("/")
    source = reading.find(spark, args)
    with reading_faults.explained(source), settings.changed(spark, streaming_query.settings(spark)):
        with args.output.phase("read"):
            arriving = streaming_files.arrive(source, args, place)
        with args.output.phase("compute"):
            return _counted(spark, arriving, args, place)


def _counted(spark: Any, arriving: Any, args: argparse.Namespace, place: str) -> Dict[str, Any]:
    from jobs import streaming_query, streaming_result

    done = streaming_query.run(arriving, args, place)
    found = streaming_result.totals(spark, place, args.window)
    late = arriving.records - found.counted
    print(
        "{:,} records, {:,} of them too late for their window; to go on: --checkpoint {}".format(
            arriving.records, late, place
        )
    )
    streaming_result.write(args.output, found, done, args.window)
    return {
        "records": arriving.records,
        "counted": found.counted,
        "late": late,
        "dropped_rows": arriving.dropped,
        "windows": found.windows,
        "batches": done.batches,
        "batches_before": done.before,
        "files": len(arriving.source.files),
        "records_per_second": done.rate,
        "time": arriving.time,
        "window_seconds": args.window,
        "watermark_seconds": args.watermark,
        "seed": args.seed,
    }
