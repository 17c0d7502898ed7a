"""Workers on real executors, each a process of its own, which pretend that they have GPUs."""

from typing import Any

import pytest

from tests.jobs import local_cluster

PROGRAM = """
import json, os, signal, sys, time
from pyspark.sql import SparkSession
from jobs import barrier

builder = (
    SparkSession.builder.master("local-cluster[2,1,1024]")
    .config("spark.ui.enabled", "false")
    .config("spark.executorEnv.PYTHONPATH", sys.argv[2])
    .config("spark.worker.resource.gpu.amount", "1")
    .config("spark.worker.resource.gpu.discoveryScript", sys.argv[1])
    .config("spark.executor.resource.gpu.amount", "1")
    .config("spark.task.resource.gpu.amount", "1")
)
for name, value in barrier.PROPERTIES.items():
    builder = builder.config(name, value)
context = builder.getOrCreate().sparkContext
context.setLogLevel("OFF")


def told(worker, _share):
    return [os.environ["CUDA_VISIBLE_DEVICES"], worker.gpus, worker.hosts, os.getppid()]


def dies(worker, _share):
    if worker.rank == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(600)


def attempt(*arguments, **keywords):
    began = time.monotonic()
    try:
        barrier.run(*arguments, **keywords)
    except Exception as error:
        return [type(error).__name__, str(error), time.monotonic() - began]


found = {"app": context.applicationId, "told": barrier.run(context, 2, told)}
found["without"] = barrier.run(context, 2, told, use_gpu=False)
barrier.GROWING = 1.0
found["slots"] = attempt(context, 3, told)
found["killed"] = attempt(context, 2, dies)
context._jsc.sc().conf().set("spark.dynamicAllocation.enabled", "true")
found["dynamic"] = attempt(context, 2, told)
print(json.dumps(found))
context.stop()
"""
# Each worker of the cluster asks the script for its GPUs: the second one gets another answer.
SCRIPT = """#!/bin/sh
if mkdir "$0.asked" 2>/dev/null; then echo '{"name": "gpu", "addresses": ["3"]}'
else echo '{"name": "gpu", "addresses": ["5"]}'; fi
"""


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    script = tmp_path_factory.mktemp("gpus") / "discover.sh"
    script.write_text(SCRIPT, encoding="ascii")
    script.chmod(0o755)
    return local_cluster.answer_of(PROGRAM, str(script))


def test_each_worker_sees_the_gpu_that_spark_assigned_to_it(found: dict[str, Any]) -> None:
    assert sorted(visible for visible, _, _, _ in found["told"]) == ["3", "5"]
    assert all(gpus == [visible] for visible, gpus, _, _ in found["told"])


def test_a_run_without_gpus_hides_them(found: dict[str, Any]) -> None:
    assert [visible for visible, _, _, _ in found["without"]] == ["", ""]


def test_workers_are_processes_of_different_executors(found: dict[str, Any]) -> None:
    assert len({daemon for _, _, _, daemon in found["told"]}) == 2


def test_slots_of_a_cluster_are_counted_by_its_executors(found: dict[str, Any]) -> None:
    kind, message, _ = found["slots"]
    assert kind == "InputError"
    assert message.startswith("3 workers need 3 slots at once, this cluster has 2 (local-cluster[2,1,1024]")


def test_a_worker_killed_on_an_executor_fails_the_run_once_and_soon(found: dict[str, Any]) -> None:
    kind, message, seconds = found["killed"]
    assert kind == "WorkerError"
    assert message.startswith("worker 1 of 2")
    assert seconds < 60


def test_dynamic_allocation_is_refused(found: dict[str, Any]) -> None:
    kind, message, seconds = found["dynamic"]
    assert kind == "InputError"
    assert "dynamic allocation is on" in message
    assert seconds < 5
