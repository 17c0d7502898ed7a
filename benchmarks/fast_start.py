"""How much sooner the embedded Spark starts from its class-data archive.

    python benchmarks/fast_start.py [--rounds 3] [--quick]

Each round starts Spark plainly and from the archive, in turn, by spark-submit as a local run does. Timed from the start
of spark-submit: until the session is there, until a first aggregation over a CSV file is done, until a first pass
through Python workers is done. The archive is built first when it is absent.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from launcher import embedded, fast_start, fast_start_build, samples

MARKS = ("session", "first job", "through Python")
JOB = """\
import sys, time
from pyspark.sql import SparkSession, functions as F

def mark():
    print(time.time(), flush=True)

spark = SparkSession.builder.getOrCreate()
mark()
points = spark.read.option("header", True).csv(sys.argv[1])
points.groupBy("Base").agg(F.avg(F.col("Lat").cast("double"))).collect()
mark()
points.select("Lat").mapInArrow(lambda batches: batches, "Lat string").count()
mark()
spark.stop()
"""


def main() -> None:
    """Print one row a way of starting, and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--quick", action="store_const", const=1, dest="rounds", help="one round")
    rounds = parser.parse_args().rounds
    spark = embedded.spark()
    if not fast_start_build.build(spark.java, spark.home):
        sys.exit("no archive could be built, see above")
    ways: dict[str, list[list[float]]] = {"plain": [], "archive": []}
    for _ in range(rounds):
        ways["plain"].append(seconds(spark, ()))
        ways["archive"].append(seconds(spark, fast_start.options(spark.java, spark.home)))
    medians = {way: [statistics.median(column) for column in zip(*rows, strict=True)] for way, rows in ways.items()}
    print(f"Spark {spark.version} on Java {spark.java.full}, local[2]; seconds from spark-submit, medians of {rounds}")
    print(f"{'':10}" + "".join(f"{mark:>16}" for mark in MARKS))
    for way, row in medians.items():
        print(f"{way:10}" + "".join(f"{value:16.2f}" for value in row))
    ratios = [plain / quick for plain, quick in zip(medians["plain"], medians["archive"], strict=True)]
    print(f"{'ratio':10}" + "".join(f"{ratio:15.2f}x" for ratio in ratios))


def seconds(spark: embedded.Spark, flags: tuple[str, ...]) -> list[float]:
    """The seconds from the start of spark-submit to each mark."""
    environment = os.environ | {
        "JAVA_HOME": str(spark.java.home),
        "SPARK_HOME": str(spark.home),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_SUBMIT_OPTS": fast_start.quoted(flags),
        "PYSPARK_PYTHON": sys.executable,
        "PYSPARK_DRIVER_PYTHON": sys.executable,
    }
    submit = [str(spark.home / "bin" / "spark-submit"), "--master", "local[2]", "--conf", "spark.ui.enabled=false"]
    with tempfile.TemporaryDirectory() as folder:
        job = Path(folder) / "job.py"
        job.write_text(JOB, encoding="utf-8")
        command = [*submit, str(job), str(samples.path("uber"))]
        began = time.time()
        told = subprocess.run(
            command, env=environment, cwd=folder, check=True, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip
    return [float(line) - began for line in told.stdout.split()]


if __name__ == "__main__":
    main()
