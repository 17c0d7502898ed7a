"""Workers as processes on the driver's own machine, for who tries out what will run on a cluster."""

import contextlib
import os
import pickle
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Callable, Iterator, List

from jobs import barrier_worker
from jobs.barrier_worker import Worker
from jobs.errors import WorkerError

HERE = "127.0.0.1"
PATIENCE = 0.05
ENDING = 5.0


def run(workers: int, function: Callable[[Worker], Any], *, use_gpu: bool = True) -> List[Any]:
    """Give what ``function(worker)`` returns in each of so many new processes, by rank.

    They see all GPUs of this machine, or none. Raises WorkerError when one fails, and ends the others.
    """
    from pyspark import cloudpickle

    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as processes:
        folder = Path(name)
        gpus = tuple(filter(None, os.environ.get("CUDA_VISIBLE_DEVICES", "").split(","))) if use_gpu else ()
        ports = _ports(workers)
        for rank in range(workers):
            worker = Worker(rank, (HERE,) * workers, ports, gpus)
            (folder / "work-{}".format(rank)).write_bytes(cloudpickle.dumps((worker, function)))
        started = [processes.enter_context(_started(folder, rank)) for rank in range(workers)]
        _wait(folder, started)
        return [pickle.loads((folder / "value-{}".format(rank)).read_bytes()) for rank in range(workers)]  # noqa: S301 -- our own


def main(folder: Path, rank: str) -> None:
    """Do a worker's part, in its own process."""
    from pyspark import cloudpickle

    worker, function = pickle.loads((folder / ("work-" + rank)).read_bytes())  # noqa: S301 -- written by run
    with barrier_worker.environment(worker):
        (folder / ("value-" + rank)).write_bytes(cloudpickle.dumps(function(worker)))


def _ports(workers: int) -> Any:
    sockets = [barrier_worker.bound(HERE) for _ in range(workers)]
    found = tuple(each.getsockname()[1] for each in sockets)
    for each in sockets:
        each.close()
    return found


@contextlib.contextmanager
def _started(folder: Path, rank: int) -> "Iterator[subprocess.Popen[bytes]]":
    argv = [sys.executable, "-m", "jobs.local_workers", str(folder), str(rank)]
    environment = dict(os.environ, PYTHONPATH=os.pathsep.join(filter(None, sys.path)))
    with (folder / "log-{}".format(rank)).open("wb") as log:
        process = subprocess.Popen(argv, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(ENDING)
            process.kill()
        process.wait()


def _wait(folder: Path, processes: "List[subprocess.Popen[bytes]]") -> None:
    while True:
        codes = [process.poll() for process in processes]
        for rank, code in enumerate(codes):
            if code:
                said = (folder / "log-{}".format(rank)).read_text(encoding="utf-8", errors="replace")
                print(said, file=sys.stderr)
                last = said.strip().splitlines()[-1] if said.strip() else "exit code {}".format(code)
                raise WorkerError("worker {} of {}: {}".format(rank, len(processes), last))
        if all(code == 0 for code in codes):
            return
        time.sleep(PATIENCE)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
