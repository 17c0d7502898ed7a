"""A stream whose files, state and counts are objects: through S3A on a real S3 gateway, in two runs."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from launcher import embedded
from rehearsal import aws, parts, processes
from tests.rigs.emr import bucket

pytestmark = [pytest.mark.timeout(600), pytest.mark.parts]

ROOT = Path(__file__).resolve().parents[2]
# Two files, a run, a third file, a run with the same checkpoint.
RUNS = """
import json, sys
from pyspark.sql import SparkSession
from jobs import workloads
from jobs.output import Output

builder = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
for name, value in json.loads(sys.stdin.read()).items():
    builder = builder.config("spark.hadoop." + name, value)
spark = builder.getOrCreate()
root, sample = sys.argv[1:]
frame = spark.read.csv(sample, header=True)
for number, base in enumerate(sorted(row[0] for row in frame.select("Base").distinct().collect())):
    piece = frame.filter(frame.Base == base).coalesce(1)
    piece.write.csv("{}/in/{}".format(root, number), header=True)
    if number == 1:
        break
arguments = ["--input", root + "/in", "--watermark", "40 days", "--checkpoint", root + "/stream"]

def run(number):
    args = workloads.parse("streaming", arguments)
    args.output = Output(spark, "{}/output-{}".format(root, number))
    return workloads.load("streaming").run(spark, args)

first = run(1)
piece = frame.filter(frame.Base == "B02764").coalesce(1)
piece.write.csv(root + "/in/later", header=True)
print(json.dumps({"first": first, "second": run(2)}))
spark.stop()
"""


def test_a_stream_on_an_object_store_goes_on_from_its_checkpoint(tmp_path: Path) -> None:
    found = streamed(tmp_path)
    first, second = found["first"], found["second"]
    assert first["records"] == first["counted"] > 0
    assert second["records"] == second["counted"] > first["counted"]
    assert (first["batches"], first["batches_before"]) == (2, 0)
    assert (second["batches"], second["batches_before"]) == (1, 2)


def streamed(folder: Path) -> dict[str, Any]:
    spark = embedded.spark()
    with bucket(folder / "s3") as variables:
        environment = {
            **os.environ,
            "JAVA_HOME": str(spark.java.home),
            "SPARK_HOME": str(spark.home),
            "SPARK_LOCAL_IP": processes.LOOPBACK,
            "SPARK_DIST_CLASSPATH": f"{parts.ensure('s3a')}/*",
            "PYTHONPATH": str(ROOT),
        }
        done = subprocess.run(
            [sys.executable, "-c", RUNS, f"s3://{aws.BUCKET}/a", str(ROOT / "samples" / "uber-apr14-25k.csv.gz")],
            input=json.dumps(aws.core_site(variables["AWS_ENDPOINT_URL_S3"], variables)),
            capture_output=True, text=True, check=False, env=environment, cwd=folder,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])
