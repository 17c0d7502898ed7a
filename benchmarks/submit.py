"""What `launcher submit` costs over a bare spark-submit of the same program with the same settings.

    python benchmarks/submit.py [--rounds 5] [--quick]

The aim is at most 1.0 s and at most 10 % more.
"""

import os
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from measured import LAUNCHER, Environment, in_turn, new_home, rounds, seconds

from launcher import embedded, fast_start, package, runs, samples
from launcher.model import JobSpec

SAMPLE = "uber"
WORK = {"selftest": (), "kmeans": ("--features", "Lat,Lon")}


def main() -> None:
    """Print a row for each workload."""
    times = rounds(__doc__, 5, 2)
    with new_home() as home:
        package.upload(runs.open_cloud("local").storage, package.build()[2])
        medians = in_turn(_contenders(home), times)
    print(f"\nsubmit: seconds, medians of {times}; aim: at most 1.0 s and 10 % more\n")
    print(f"{'':12}{'spark-submit':>14}{'launcher submit':>17}{'more s':>9}{'more %':>9}")
    for workload in WORK:
        bare, ours = medians[f"bare {workload}"], medians[f"ours {workload}"]
        print(f"{workload:12}{bare:14.2f}{ours:17.2f}{ours - bare:9.2f}{(ours / bare - 1) * 100:9.1f}")


def _contenders(home: Environment) -> dict[str, Callable[[], float]]:
    found: dict[str, Callable[[], float]] = {}
    for workload in WORK:
        found[f"bare {workload}"] = partial(_bare, workload)
        found[f"ours {workload}"] = partial(_ours, workload, home)
    return found


def _ours(workload: str, home: Environment) -> float:
    return seconds([LAUNCHER, "submit", workload, "--input", SAMPLE, "--", *WORK[workload]], home)


def _bare(workload: str) -> float:
    """Run the command that the local service would, with the variables that it sets."""
    cloud, spark = runs.open_cloud("local"), embedded.spark()
    args = ("--input", str(samples.path(SAMPLE)), *WORK[workload])
    plan = runs.planned(cloud, JobSpec(workload=workload, args=args))
    argv = cloud.backend.request(plan.spec, plan.run)["argv"]
    cloud.records.intend(plan)  # a job runs only where its intent is
    with TemporaryDirectory() as scratch:
        flags = (f"-Djava.io.tmpdir={scratch}", *fast_start.options(spark.java, spark.home))
        variables = {
            "JAVA_HOME": str(spark.java.home),
            "PYSPARK_DRIVER_PYTHON": sys.executable,
            "PYSPARK_PYTHON": sys.executable,
            "SPARK_HOME": str(spark.home),
            "SPARK_LOCAL_DIRS": scratch,
            "SPARK_LOCAL_IP": "127.0.0.1",
            "SPARK_SUBMIT_OPTS": fast_start.quoted(flags),
            "TMPDIR": scratch,
        }
        return seconds([Path(spark.home) / "bin" / "spark-submit", *argv[1:]], {**os.environ, **variables})


if __name__ == "__main__":
    main()
