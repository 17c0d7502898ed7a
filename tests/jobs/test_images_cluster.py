"""Images that are more than the driver's memory reach the workers all the same."""

import shutil
from typing import Any

import numpy as np
import pytest

from tests.jobs import local_cluster
from tests.jobs.idx import write

HEAP = 192  # MiB of the driver
FILES, ROWS, SIDE = 6, 1600, 160  # 234 MiB in all
PROGRAM = """
import json, sys
from pathlib import Path
from pyspark.sql import SparkSession
from jobs import barrier, image_shares, image_sources

builder = SparkSession.builder.master("local-cluster[2,1,1024]")
for name, value in {**barrier.PROPERTIES, "spark.ui.enabled": "false", "spark.driver.memory": sys.argv[2],
                    "spark.testing.reservedMemory": "0", "spark.executorEnv.PYTHONPATH": sys.argv[3]}.items():
    builder = builder.config(name, value)
spark = builder.getOrCreate()
spark.sparkContext.setLogLevel("OFF")


def counts(_worker, pieces):
    found = [(part, len(images), int(images.nbytes)) for part, _, images, _ in pieces]
    return [sum(rows for part, rows, _ in found if not part), sum(size for _, _, size in found)]


images = image_shares.counted(spark.sparkContext, image_sources.find(spark, sys.argv[1]), 0.2, 1)
told = barrier.run(spark.sparkContext, 2, counts, image_shares.shares(spark.sparkContext, images, 2))
heap = spark.sparkContext._jvm.java.lang.Runtime.getRuntime().maxMemory()
most = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
python = int(most.split()[1]) << 10
print(json.dumps({"app": spark.sparkContext.applicationId, "told": told, "heap": heap, "python": python}))
spark.stop()
"""


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("many")
    labels = np.arange(ROWS) % 10
    images = np.repeat(labels.astype(np.uint8), SIDE * SIDE).reshape(ROWS, SIDE, SIDE)
    for number in range(FILES):
        write(folder, f"{'test' if number == 0 else 'train'}-{number}", images, labels)
    answer = local_cluster.answer_of(PROGRAM, str(folder), f"{HEAP}m")
    shutil.rmtree(folder)
    return answer


def test_every_image_reaches_a_worker_though_the_driver_has_less_memory_than_all_take(found: dict[str, Any]) -> None:
    assert found["heap"] <= HEAP << 20 < FILES * ROWS * SIDE * SIDE
    assert sum(size for _, size in found["told"]) == FILES * ROWS * SIDE * SIDE
    assert sum(rows for rows, _ in found["told"]) == (FILES - 1) * ROWS


def test_workers_share_the_images_evenly(found: dict[str, Any]) -> None:
    first, second = (size for _, size in found["told"])
    assert abs(first - second) < 0.02 * (first + second)


def test_the_drivers_python_sees_none_of_them(found: dict[str, Any]) -> None:
    assert found["python"] < HEAP << 20
