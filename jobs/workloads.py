"""The workloads: a row here is all it takes to register one."""

import argparse
import importlib
from typing import Any, Dict, List, NamedTuple


class Workload(NamedTuple):
    """Where a workload's two functions live, what it does in a line, and the sample it uses by default."""

    module: str
    summary: str
    sample: str


WORKLOADS: Dict[str, Workload] = {
    "kmeans": Workload("jobs.kmeans", "cluster the rows of a table by k-means, best of several restarts", "uber"),
    "selftest": Workload("jobs.selftest", "succeed, fail, print, sleep or use memory on request", ""),
}


def load(name: str) -> Any:
    """Import the workload's module: ``add_arguments(parser)`` and ``run(spark, args) -> dict``."""
    return importlib.import_module(WORKLOADS[name].module)


def parser(name: str) -> argparse.ArgumentParser:
    """Give the parser of the workload's own arguments; imports neither Spark nor NumPy."""
    built = argparse.ArgumentParser(
        prog="launcher submit {} --".format(name), description=WORKLOADS[name].summary, allow_abbrev=False
    )
    load(name).add_arguments(built)
    return built


def parse(name: str, arguments: List[str]) -> argparse.Namespace:
    """Give the checked arguments; a mistake ends the process with exit code 2 and a line on stderr."""
    return parser(name).parse_args(arguments)
