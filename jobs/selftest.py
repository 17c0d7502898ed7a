"""The workload that tests a cloud: it ends, fails, prints, sleeps or uses memory exactly as told."""

import argparse
import os
import sys
import time
from typing import Any, Dict

from jobs.nodes import survey


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what can be asked for; the actions happen in the order of this list."""
    parser.add_argument("--input", help="ignored: accepted so that every workload takes an input")
    parser.add_argument("--seed", type=int, default=1, help="written into the receipt (default: 1)")
    parser.add_argument("--lines", type=int, default=0, metavar="N", help="print N numbered lines")
    parser.add_argument("--line", default="line {n}", metavar="TEXT", help="text of a line; {n} is its number")
    parser.add_argument("--time", action="store_true", help="put the seconds since 1970 in front of each line")
    parser.add_argument("--rate", type=float, default=0, metavar="R", help="lines per second (default: at once)")
    parser.add_argument("--raw", default="", metavar="HEX", help="write these bytes, given in hexadecimal")
    parser.add_argument("--memory", type=int, default=0, metavar="MIB", help="hold MIB mebibytes of Java heap")
    parser.add_argument("--stages", type=int, default=0, metavar="N", help="run N small Spark stages")
    parser.add_argument("--nodes", action="store_true", help="tell each node's interpreter and packages")
    parser.add_argument("--variable", default="", metavar="NAME", help="tell it as the driver and an executor have it")
    parser.add_argument("--sleep", type=float, default=0, metavar="S", help="sleep S seconds")
    parser.add_argument("--append", default="", metavar="FILE", help="append a line to FILE: counts executions")
    parser.add_argument("--raise", dest="error", default="", metavar="TEXT", help="raise an exception")
    parser.add_argument("--kill-jvm", action="store_true", help="end the Java process at once")
    parser.add_argument("--exit", type=int, default=0, metavar="CODE", help="end with this exit code")


def run(spark: Any, args: argparse.Namespace) -> Dict[str, Any]:
    """Do what the arguments say; the metrics are the lines printed and the sum over the Spark stages."""
    if args.append:
        _append(args.append)
    _print_lines(args)
    sys.stdout.buffer.write(bytes.fromhex(args.raw))
    sys.stdout.flush()
    held = _fill_heap(spark, args.memory)
    total = sum(spark.range(1000).repartition(2).count() for _ in range(args.stages))
    nodes = survey(spark) if args.nodes else []
    time.sleep(args.sleep)
    if args.error:
        raise RuntimeError(args.error)
    if args.kill_jvm:
        spark.sparkContext._jvm.java.lang.Runtime.getRuntime().halt(1)  # noqa: SLF001 -- the fault that is asked for
    if args.exit:
        sys.exit(args.exit)
    metrics: Dict[str, Any] = {"lines": args.lines, "counted": total, "held_mib": len(held)}
    if args.variable:
        metrics["variable"] = [os.environ.get(args.variable), _on_an_executor(spark, args.variable)]
    return dict(metrics, nodes=nodes) if args.nodes else metrics


def _on_an_executor(spark: Any, name: str) -> Any:
    return spark.sparkContext.parallelize([name], 1).map(os.environ.get).first()


def _append(path: str) -> None:
    # One write of a short line with O_APPEND is atomic, so executions at the same time are counted too.
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.write(descriptor, "{}\n".format(os.getpid()).encode())
    os.close(descriptor)


def _print_lines(args: argparse.Namespace) -> None:
    for number in range(1, args.lines + 1):
        text = args.line.replace("{n}", str(number))
        print("{:.3f} {}".format(time.time(), text) if args.time else text)
        if args.rate:
            sys.stdout.flush()
            time.sleep(1 / args.rate)


def _fill_heap(spark: Any, mebibytes: int) -> Any:
    gateway = spark.sparkContext._gateway  # noqa: SLF001 -- only the JVM's heap has a limit that Spark sets
    held = spark.sparkContext._jvm.java.util.ArrayList()  # noqa: SLF001 -- the same
    for _ in range(mebibytes):
        held.add(gateway.new_array(gateway.jvm.byte, 1024 * 1024))
    return held
