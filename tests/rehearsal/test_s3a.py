"""A job's claims through S3A on a real S3 gateway: of many at once, one succeeds."""

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

pytestmark = pytest.mark.parts

ROOT = Path(__file__).resolve().parents[2]
# Eight writers that have all looked, and found nothing, before the first of them writes.
RACE = """
import json, sys
from concurrent.futures import ThreadPoolExecutor
from pyspark.sql import SparkSession
from jobs import hadoop

builder = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false")
for name, value in json.loads(sys.stdin.read()).items():
    builder = builder.config("spark.hadoop." + name, value)
spark = builder.getOrCreate()
root = sys.argv[1]

def claim(number):
    path, system = hadoop._open(spark, root + "/claim.json")
    try:
        hadoop._write(system, path, b"%d" % number)
    except Exception as error:
        return next((word for word in hadoop.TAKEN if word in str(error)), str(error)[:500])
    return "written"

def refused():
    try:
        hadoop.write_new(spark, root + "/claim.json", b"late")
    except FileExistsError:
        return True

with ThreadPoolExecutor(8) as pool:
    answers = list(pool.map(claim, range(8)))
print(json.dumps({"answers": answers, "later": refused(), "text": hadoop.read(spark, root + "/claim.json").decode()}))
spark.stop()
"""


def test_of_eight_claims_at_once_one_succeeds_and_the_others_know_it(tmp_path: Path) -> None:
    found = raced(tmp_path)
    assert sorted(set(found["answers"]) - {"written"}) == ["RemoteFileChangedException"]
    [written] = [number for number, answer in enumerate(found["answers"]) if answer == "written"]
    assert found["later"]
    assert found["text"] == str(written)


def raced(folder: Path) -> dict[str, Any]:
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
            [sys.executable, "-c", RACE, f"s3://{aws.BUCKET}/runs/a"],
            input=json.dumps(aws.core_site(variables["AWS_ENDPOINT_URL_S3"], variables)),
            capture_output=True, text=True, check=False, env=environment, cwd=folder,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])
