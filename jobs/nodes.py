"""What the nodes of a cluster have: host, interpreter, packages, told by tasks that run there."""

import platform
import socket
import sys
import time
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List

from jobs.errors import InputError

PACKAGES = ("numpy", "pandas", "pyarrow", "tensorflow", "torch")
TASKS = 4  # for each core that Spark has
PAUSE = 0.2  # seconds that a task stays, so that one quick executor does not take them all


def survey(spark: Any) -> List[Dict[str, Any]]:
    """Give a row for each interpreter that tasks met, by host; a node that got no task is not in it."""
    context = spark.sparkContext
    tasks = context.parallelize(range(TASKS * context.defaultParallelism), TASKS * context.defaultParallelism)
    found = {(row["host"], row["executable"]): row for row in tasks.mapPartitions(_seen).collect()}
    return [found[key] for key in sorted(found)]


def require(spark: Any, package: str) -> None:
    """Raise InputError when the Python of the nodes cannot import a package that bootstrap brings on request."""
    context = spark.sparkContext
    tasks = context.parallelize(range(context.defaultParallelism), context.defaultParallelism)
    without = sorted(set(tasks.mapPartitions(_lacking(package)).collect()))
    if without:
        raise InputError(
            "{} is not installed for {}".format(package, ", ".join(without[:3])),
            _here(package) if context.master.startswith("local[") else _bootstrap(package),
        )


def _bootstrap(package: str) -> str:
    return "bootstrap the nodes with --packages {}".format(package)


def _here(package: str) -> str:
    """Give what to type on this machine, whose Python is the driver's own; a checkout makes an environment for it."""
    inside = Path(sys.prefix)
    python = inside / "deep" / "bin" / "python"
    if not python.exists() and not (inside / "setup").is_dir():
        return "{} -m pip install {} (on a cluster: {})".format(sys.executable, package, _bootstrap(package))
    return '{}write python = "{}" under [clouds.local] in launcher.toml (on a cluster: {})'.format(
        "" if python.exists() else "make deep, then ", python, _bootstrap(package)
    )


def _lacking(package: str) -> Callable[[Iterator[int]], Iterator[str]]:
    def look(numbers: Iterator[int]) -> Iterator[str]:
        from importlib.util import find_spec

        for _ in numbers:
            if find_spec(package) is None:
                yield "{} on {}".format(sys.executable, socket.gethostname())

    return look


def _seen(_numbers: Iterator[int]) -> Iterator[Dict[str, Any]]:
    time.sleep(PAUSE)
    yield {
        "host": socket.gethostname(),
        "python": platform.python_version(),
        "executable": sys.executable,
        "packages": _packages(),
    }


def _packages() -> Dict[str, str]:
    from importlib import metadata

    found = {}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found
