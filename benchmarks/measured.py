"""What the comparisons share: contenders take turns, so that a change of load meets all; shown are medians."""

import argparse
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

LAUNCHER = Path(sys.executable).with_name("launcher")
Environment = Mapping[str, str]


def rounds(description: str | None, usual: int, quick: int) -> int:
    """Give the number of rounds that the command line asks for."""
    return options(description, usual, quick).rounds


def options(description: str | None, usual: int, quick: int, **more: Any) -> argparse.Namespace:
    """Give what the command line asks for: ``rounds``, and ``more`` options by name, as argparse describes them."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=usual, help=f"how often each takes its turn (default: {usual})")
    parser.add_argument("--quick", action="store_true", help=f"{quick} rounds")
    for name, settings in more.items():
        parser.add_argument(f"--{name}", **settings)
    found = parser.parse_args()
    found.rounds = quick if found.quick else found.rounds
    return found


def in_turn(contenders: Mapping[str, Callable[[], float]], rounds: int) -> dict[str, float]:
    """Give each contender's median of so many rounds; one more, before the first, is not counted."""
    taken: dict[str, list[float]] = {name: [] for name in contenders}
    for number in range(rounds + 1):
        for name, run in contenders.items():
            seconds = run()
            if number:
                taken[name].append(seconds)
    return {name: statistics.median(values) for name, values in taken.items()}


def seconds(argv: Sequence[str | Path], environment: Environment | None = None) -> float:
    """Give how long a command takes; ends the comparison, with what it printed, when it fails."""
    began = time.perf_counter()
    done = subprocess.run([*map(str, argv)], capture_output=True, text=True, check=False, env=environment)
    taken = time.perf_counter() - began
    if done.returncode:
        sys.exit(f"{argv}: exit code {done.returncode}\n{done.stdout}\n{done.stderr}")
    return taken


@contextmanager
def new_home() -> Iterator[Environment]:
    """Give an environment in which the launcher has a home of its own, with the cache of the usual one."""
    from launcher.home import cache

    shared = cache()
    # The local service may still write its last words when the folder is removed.
    with TemporaryDirectory(prefix="firesteel-", ignore_cleanup_errors=True) as folder:
        if shared.is_dir():
            (Path(folder) / "cache").symlink_to(shared, target_is_directory=True)
        os.environ["FIRESTEEL_HOME"] = folder
        os.environ.pop("FIRESTEEL_CLOUD", None)
        os.environ["FIRESTEEL_CONFIG"] = os.devnull
        yield dict(os.environ)


@contextmanager
def spark_session(master: str, **conf: str) -> Iterator[Any]:
    """Give a session whose workers find jobs/ as from jobs.zip on a cluster; ``_`` in names of ``conf`` is a dot."""
    from pyspark.sql import SparkSession

    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    os.environ |= {"PYSPARK_PYTHON": sys.executable, "PYTHONPATH": str(Path(__file__).resolve().parents[1])}
    builder = SparkSession.builder.master(master).appName("benchmark").config("spark.log.level", "ERROR")
    quiet = {"spark_ui_enabled": "false", "spark_ui_showConsoleProgress": "false"}
    for name, value in (quiet | conf).items():
        builder = builder.config(name.replace("_", "."), value)
    spark = builder.getOrCreate()
    try:
        yield spark
    finally:
        spark.stop()
