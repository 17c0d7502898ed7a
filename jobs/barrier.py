"""One function on several workers at once, in a barrier stage of Spark: all of them run, or none.

Needs ``BarrierTaskContext.allGather`` only, so Spark 3.0 and newer. Workers find each other by the hosts that Spark
knows them by and by ports of their own.
https://spark.apache.org/docs/latest/api/python/reference/api/pyspark.BarrierTaskContext.html
"""

import json
import math
import re
import sys
import time
from typing import Any, Callable, Dict, Iterator, List, Optional, Tuple

from jobs import barrier_supervision, barrier_watch, barrier_worker
from jobs.barrier_worker import Worker
from jobs.errors import InputError, WorkerError

# What a job with a barrier stage asks of its session. Dynamic allocation cannot be: Spark refuses the stage with it.
# A stage that failed is not silently begun anew: the workload knows its checkpoint, Spark does not. And too few slots
# are an answer after seconds; Spark's own settings ask for ten minutes.
# https://spark.apache.org/docs/latest/configuration.html#barrier-execution-mode
PROPERTIES = {
    "spark.dynamicAllocation.enabled": "false",
    "spark.scheduler.barrier.maxConcurrentTasksCheck.interval": "1s",
    "spark.scheduler.barrier.maxConcurrentTasksCheck.maxFailures": "3",
    "spark.stage.maxConsecutiveAttempts": "1",
}
USUAL = 2  # workers, where nobody says how many
NONE_YET = 60.0  # seconds to wait for the first executor, and
GROWING = 20.0  # for one more
TASK = re.compile(r"(?:ResultTask|ShuffleMapTask)\((\d+), (\d+)\)")
ENDED = "its process ended in the middle of the work: killed, or out of memory"
SIGNS = ("Python worker exited", "ExecutorLost", "Connection reset")
FAILED = re.compile(r"WorkFailed: (worker \d+ of \d+: [^\n]*)")
RESUMED = "the same with --checkpoint-every 1 goes on after a worker was lost"

Function = Callable[[Worker, Iterator[Any]], Any]


def run(context: Any, workers: int, function: Function, shares: Optional[Any] = None, *, use_gpu: bool = True) -> List:
    """Give what ``function(worker, share)`` returns on each of ``workers`` workers, by rank.

    ``shares`` is an RDD of as many partitions, of which each worker gets one; without it a share is empty. A worker
    sees the GPUs that Spark assigned to it (``spark.task.resource.gpu.amount``), and no others.

    Raises InputError, before anything starts, when the cluster has too few slots or allocates dynamically, and
    WorkerError when a worker fails or is lost: it says which, where and why. A worker's death is noticed at once, its
    silence after 30 s, also where the function itself waits for it for ever.
    """
    require_static(context)
    require_slots(context, workers)
    source = context.parallelize(range(workers), workers).mapPartitions(_nothing) if shares is None else shares
    if source.getNumPartitions() != workers:
        raise ValueError("{} shares for {} workers".format(source.getNumPartitions(), workers))
    try:
        found = source.barrier().mapPartitions(_task(function, use_gpu=use_gpu)).collect()
    except Exception as error:
        raise _explained(error, workers) from error
    return [value for _, value in sorted(found, key=lambda pair: pair[0])]


def properties(conf: Any, workers: Optional[int]) -> Dict[str, str]:
    """Give what a session needs for so many workers; on YARN also the executors, which it starts by number.

    https://spark.apache.org/docs/latest/running-on-yarn.html#spark-properties
    """
    if not conf.get("spark.master", "").startswith("yarn"):
        return PROPERTIES
    each = int(conf.get("spark.executor.cores", "1")) // int(conf.get("spark.task.cpus", "1"))
    least = math.ceil((workers or USUAL) / max(each, 1))
    asked = int(conf.get("spark.executor.instances", "2"))
    return {**PROPERTIES, "spark.executor.instances": str(max(least, asked))}


def require_static(context: Any) -> None:
    """Raise InputError when executors come and go by themselves: a barrier stage cannot run then."""
    conf = context.getConf()
    if not embedded(context) and conf.get("spark.dynamicAllocation.enabled", "false").lower() == "true":
        raise InputError(
            "dynamic allocation is on: workers that need each other cannot run with it",
            "--conf spark.dynamicAllocation.enabled=false",
        )


def require_slots(context: Any, workers: int) -> None:
    """Wait until so many tasks can run at once; raises InputError, with the numbers, when that does not come."""
    fixed = embedded(context)
    found, changed = slots(context), time.monotonic()
    while found < workers and not fixed and time.monotonic() - changed < (GROWING if found else NONE_YET):
        time.sleep(0.5)
        now = slots(context)
        changed = time.monotonic() if now != found else changed
        found = now
    if found < workers:
        raise InputError(
            "{} workers need {} slots at once, this cluster has {} ({})".format(
                workers, workers, found, _told(context)
            ),
            "--workers {}{}".format(max(found, 1), "" if fixed else ", or --conf spark.executor.instances=..."),
        )


def embedded(context: Any) -> bool:
    """Tell whether driver and tasks are one process, whose slots do not change."""
    return context.master.split("[")[0] == "local"


def slots(context: Any) -> int:
    """Give how many tasks can run at once on the executors that are there, by cores and by GPUs."""
    inner = context._jsc.sc()  # noqa: SLF001 -- Spark tells it to its own scheduler only
    return int(inner.maxNumConcurrentTasks(inner.resourceProfileManager().defaultResourceProfile()))


def _told(context: Any) -> str:
    conf = context.getConf()
    each = ["{} for each task".format(conf.get("spark.task.cpus", "1"))]
    if conf.contains("spark.task.resource.gpu.amount"):
        each.append("{} GPUs for each task".format(conf.get("spark.task.resource.gpu.amount")))
    return "{}, cores: {}".format(context.master, ", ".join(each))


def _nothing(numbers: Iterator[int]) -> Iterator[Any]:
    """Give an empty share; a task that does not read its input to the end costs its process, and a new one."""
    return (number for number in numbers if number < 0)


def _task(function: Function, *, use_gpu: bool) -> Callable[[Iterator[Any]], Iterator[Tuple[int, Any]]]:
    def task(share: Iterator[Any]) -> Iterator[Tuple[int, Any]]:
        from pyspark import BarrierTaskContext

        context = BarrierTaskContext.get()
        worker, watch = _met(context, use_gpu=use_gpu)
        with barrier_worker.environment(worker):
            value = barrier_supervision.supervised(watch, lambda: function(worker, share))
        for _ in share:  # see _nothing
            pass
        yield worker.rank, value

    return task


def _met(context: Any, *, use_gpu: bool) -> Tuple[Worker, barrier_watch.Watch]:
    """Exchange addresses with the other workers."""
    rank = context.partitionId()
    hosts = tuple(info.address.rsplit(":", 1)[0] for info in context.getTaskInfos())
    listener, reserved = barrier_worker.bound(hosts[rank]), barrier_worker.bound(hosts[rank])
    listener.listen(len(hosts))
    ports = [each.getsockname()[1] for each in (reserved, listener)]
    told = [json.loads(text) for text in context.allGather(json.dumps([*ports, barrier_watch.token()]))]
    reserved.close()  # now the framework may bind it
    gpus = tuple(context.resources()["gpu"].addresses) if use_gpu and "gpu" in context.resources() else ()
    worker = Worker(rank, hosts, tuple(port for port, _, _ in told), gpus)
    _, first_port, word = told[0]
    return worker, barrier_watch.Watch(worker, listener, (hosts[0], first_port), word)


def _explained(error: Exception, workers: int) -> Exception:
    """Give what Spark says of a failed stage as an error that names the worker; what is something else as it is."""
    text = str(getattr(error, "java_exception", error))
    lost, failed, task = barrier_watch.LOST_SAID.search(text), FAILED.search(text), TASK.search(text)
    if lost:
        return WorkerError(lost[0], RESUMED)
    if failed:
        print(text, file=sys.stderr)
        return WorkerError(failed[1])
    if not task:
        return error
    print(text, file=sys.stderr)
    ended = any(sign in text for sign in SIGNS)
    said = ENDED if ended else text.splitlines()[0]
    return WorkerError("worker {} of {}: {}".format(task[2], workers, said), RESUMED if ended else "")
