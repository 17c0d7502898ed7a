"""The one entry point of every workload on every cloud: session, log, metrics, receipt, exit code.

main.py --run RUN_ID --directory URI --digest DIGEST --workload NAME -- WORKLOAD ARGUMENTS
main.py --list                 the workloads as JSON      (needs no Spark)
main.py --check NAME -- ...    its row, or exit code 2 if they are wrong (needs no Spark)
"""

import argparse
import json
import os
import sys
import threading
import time
import warnings
from typing import Any, Callable, Dict, List, Tuple
from urllib.parse import unquote

from jobs import receipt, workloads
from jobs.tee import Tee

# Seconds between two chunks of the log, between two looks at the run directory; elsewhere each is a request that costs.
SLOWEST_CHUNK = {"file": 0.5}
SLOWEST_LOOK = {"file": 1}
USUAL_LOOK = 10
LAST_WORDS = 0.2  # seconds for the log tee to pass on a line before this process ends
ORPHANED = 113


def main(argv: List[str]) -> int:
    """Run what ``argv`` says and give the exit code: the workload's own, 1 for an exception, 2 for a usage error."""
    own, arguments = _split(argv)
    known = _parser().parse_args(own)
    if known.list:
        print(json.dumps({name: row._asdict() for name, row in workloads.WORKLOADS.items()}))
        return 0
    if known.check:
        workloads.parse(known.check, arguments)
        print(json.dumps(workloads.WORKLOADS[known.check]._asdict()))
        return 0
    if known.quoted:
        arguments = [unquote(argument) for argument in arguments]
    return _run(known, workloads.parse(known.workload, arguments), arguments)


def _split(argv: List[str]) -> Tuple[List[str], List[str]]:
    if "--" not in argv:
        return argv, []
    at = argv.index("--")
    return argv[:at], argv[at + 1 :]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="main.py", allow_abbrev=False)
    mode = parser.add_mutually_exclusive_group(required=True)
    mode.add_argument("--list", action="store_true")
    mode.add_argument("--check", choices=sorted(workloads.WORKLOADS), metavar="NAME")
    mode.add_argument("--workload", choices=sorted(workloads.WORKLOADS), metavar="NAME")
    parser.add_argument("--run", default="")
    parser.add_argument("--directory", default="")
    parser.add_argument("--digest", default="")
    parser.add_argument("--quoted", action="store_true", help="the workload's arguments are percent-encoded")
    return parser


def _run(known: argparse.Namespace, args: argparse.Namespace, arguments: List[str]) -> int:
    _end_with_parent()
    tee = Tee()
    tee.start()
    try:
        return _execute(tee, known, args, receipt.begin(known, args, arguments))
    finally:
        tee.stop()


def _execute(tee: Tee, known: argparse.Namespace, args: argparse.Namespace, record: Dict[str, Any]) -> int:
    began = time.monotonic()
    directory, seconds = known.directory.rstrip("/"), record["seconds"]
    spark = _session(known, args)
    seconds["session"] = time.monotonic() - began
    receipt.claim(spark, directory, record)
    scheme = directory.split(":")[0]
    _end_when_given_up(spark, directory, SLOWEST_LOOK.get(scheme, USUAL_LOOK))
    tee.write_chunks(_chunk_writer(spark, directory), SLOWEST_CHUNK.get(scheme, 1.5))
    record.update(_outcome(spark, known, args, seconds))
    tee.stop()
    seconds["total"] = time.monotonic() - began
    try:
        receipt.write(spark, directory, record)
        spark.stop()
    except Exception as error:  # noqa: BLE001 -- full disk, dead JVM: the service's log is the last place to say so
        print("the receipt could not be written: {}".format(str(error)[:1000]), file=sys.stderr)
        return record["exit_code"] or 1
    return record["exit_code"]


def _session(known: argparse.Namespace, args: argparse.Namespace) -> Any:
    """Give the session, with the properties that the workload cannot do without."""
    from pyspark import SparkConf, SparkContext, __version__
    from pyspark.sql import SparkSession

    # On YARN the driver is told of jobs.zip by its URI too, which is no path; the zip is there by another way.
    warnings.filterwarnings("ignore", "Failed to add file", RuntimeWarning)
    # The default of this setting differs between Spark 3 and 4; said here, it cannot differ by platform too.
    ansi = "false" if __version__.startswith("3.") else "true"
    builder = SparkSession.builder.appName(known.run).config("spark.sql.ansi.enabled", ansi)
    workload = workloads.load(known.workload)
    if hasattr(workload, "properties"):
        SparkContext._ensure_initialized()  # noqa: SLF001 -- else SparkConf is empty: it reads what spark-submit was given
        for key, value in workload.properties(SparkConf(), args).items():
            builder = builder.config(key, value)
    return builder.getOrCreate()


def _chunk_writer(spark: Any, directory: str) -> Callable[[int, bytes], None]:
    from jobs import hadoop

    def write(number: int, data: bytes) -> None:
        if receipt.recorded(spark, directory):  # a directory that was removed is not to be made again
            hadoop.write_new(spark, "{}/log/driver-{:06d}.txt".format(directory, number), data)

    return write


def _outcome(
    spark: Any, known: argparse.Namespace, args: argparse.Namespace, seconds: Dict[str, float]
) -> Dict[str, Any]:
    """Run the workload and give what the receipt says of its end."""
    from jobs.output import Output

    args.output = Output(spark, known.directory.rstrip("/") + "/output", seconds)
    began = time.monotonic()
    try:
        metrics = workloads.load(known.workload).run(spark, args)
        args.output.metrics(metrics)
    except BaseException as error:  # noqa: BLE001 -- whatever ends the workload, the receipt has to say so
        return receipt.failure(error)
    finally:
        seconds["run"] = time.monotonic() - began
    return {"state": "SUCCEEDED", "exit_code": 0, "message": "", "hint": ""}


def _end_with_parent() -> None:
    """End this process when the JVM that started it is gone, also in the middle of a sleep.

    A driver left behind by a killed JVM could never say anything to anyone again, but would hold its memory.
    """
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(ORPHANED)

    threading.Thread(target=watch, daemon=True).start()


def _end_when_given_up(spark: Any, directory: str, pause: float) -> None:
    """End this process when its run is wanted no more: removed, settled, or to be cancelled.

    A service's own cancelling may end spark-submit and leave the application alone: Amazon EMR's does.
    """

    def watch() -> None:
        while True:
            time.sleep(pause)
            try:
                reason = receipt.given_up(spark, directory)
            except Exception:  # noqa: BLE001, S112 -- no answer means nothing; a JVM that is gone is noticed elsewhere
                continue
            if reason:
                print("{}: {}".format(reason, directory), file=sys.stderr)
                time.sleep(LAST_WORDS)
                os._exit(ORPHANED)

    threading.Thread(target=watch, daemon=True).start()
