import contextlib
import os
import signal
import socket
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from jobs import barrier, barrier_supervision, barrier_watch, barrier_worker, workloads
from jobs.errors import InputError, WorkerError

NAMES = ("MASTER_ADDR", "MASTER_PORT", "RANK", "WORLD_SIZE", "TF_CONFIG", "CUDA_VISIBLE_DEVICES")


def told(_worker: barrier_worker.Worker, share: Any) -> dict[str, Any]:
    return {name: os.environ.get(name) for name in NAMES} | {"pid": os.getpid(), "share": sorted(share)}


def left(_worker: barrier_worker.Worker, _share: Any) -> dict[str, Any]:
    return {"pid": os.getpid(), "threads": threading.active_count()}


def waits_for_ever(folder: Path) -> Any:
    """Give a function that says who it is and then waits for a peer that never comes."""

    def function(worker: barrier_worker.Worker, _share: Any) -> None:
        (folder / str(worker.rank)).write_text(str(os.getpid()), encoding="ascii")
        threading.Event().wait()

    return function


def process(folder: Path, rank: int) -> int:
    deadline = time.monotonic() + 100
    while not (folder / str(rank)).exists() or not (folder / str(rank)).read_text(encoding="ascii"):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return int((folder / str(rank)).read_text(encoding="ascii"))


def failure(context: Any, function: Any) -> tuple[threading.Thread, list[Exception]]:
    """Begin a run that is to fail; the list gets why."""
    caught: list[Exception] = []

    def run() -> None:
        try:
            barrier.run(context, 2, function)
        except Exception as error:  # noqa: BLE001 -- looked at by the test
            caught.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    return thread, caught


def test_each_worker_knows_its_place_and_the_first_ones_address(spark: Any) -> None:
    first, second = barrier.run(spark.sparkContext, 2, told)
    assert (first["RANK"], second["RANK"], first["WORLD_SIZE"]) == ("0", "1", "2")
    assert (first["MASTER_ADDR"], first["MASTER_PORT"]) == (second["MASTER_ADDR"], second["MASTER_PORT"])
    assert int(first["MASTER_PORT"]) > 0


def test_each_worker_has_an_end_of_its_own_in_the_tensorflow_cluster(spark: Any) -> None:
    import json

    places = [json.loads(found["TF_CONFIG"]) for found in barrier.run(spark.sparkContext, 2, told)]
    assert places[0]["cluster"] == places[1]["cluster"]
    assert [place["task"]["index"] for place in places] == [0, 1]
    assert len(set(places[0]["cluster"]["worker"])) == 2


def test_each_worker_gets_its_share(spark: Any) -> None:
    shares = spark.sparkContext.parallelize([(0, "a"), (1, "b"), (0, "c")]).partitionBy(2, lambda rank: rank)
    found = barrier.run(spark.sparkContext, 2, told, shares.values())
    assert [each["share"] for each in found] == [["a", "c"], ["b"]]


def test_the_processes_are_used_again_and_hold_nothing_of_the_last_run(spark: Any) -> None:
    first = barrier.run(spark.sparkContext, 2, told)
    later = [each for _ in range(3) for each in barrier.run(spark.sparkContext, 2, left)]
    # Spark takes any of its idle processes; without reuse there would be one for each of the eight tasks.
    assert len({each["pid"] for each in [*first, *later]}) < 8
    left_there = spark.sparkContext.parallelize(range(2), 2).map(lambda _: [n for n in NAMES if n in os.environ])
    assert left_there.collect() == [[], []]


def test_more_workers_than_slots_are_refused_with_the_numbers_before_anything_starts(spark: Any) -> None:
    began = time.monotonic()
    with pytest.raises(InputError, match=r"3 workers need 3 slots at once, this cluster has 2 \(local\[2\]") as caught:
        barrier.run(spark.sparkContext, 3, told)
    assert caught.value.hint == "--workers 2"
    assert time.monotonic() - began < 5


def test_an_exception_of_a_worker_is_told_with_its_rank(spark: Any) -> None:
    def fails(worker: barrier_worker.Worker, _share: Any) -> None:
        if worker.rank == 1:
            raise LookupError("no such thing")
        threading.Event().wait()

    with pytest.raises(WorkerError, match=r"^worker 1 of 2: LookupError: no such thing$"):
        barrier.run(spark.sparkContext, 2, fails)


def test_a_worker_that_is_killed_fails_the_run_soon_and_is_named(spark: Any, tmp_path: Path) -> None:
    thread, caught = failure(spark.sparkContext, waits_for_ever(tmp_path))
    process(tmp_path, 0)
    os.kill(process(tmp_path, 1), signal.SIGKILL)
    thread.join(30)
    assert not thread.is_alive()
    assert str(caught[0]).startswith("worker 1 of 2")


def test_the_first_worker_killed_is_named_too(spark: Any, tmp_path: Path) -> None:
    thread, caught = failure(spark.sparkContext, waits_for_ever(tmp_path))
    process(tmp_path, 1)
    os.kill(process(tmp_path, 0), signal.SIGKILL)
    thread.join(30)
    assert not thread.is_alive()
    assert str(caught[0]).startswith("worker 0 of 2")


@pytest.mark.parametrize("rank", [0, 1])
def test_a_worker_that_falls_silent_counts_as_lost(rank: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other's end notices it without Spark: the two ends of a watch in this process."""
    monkeypatch.setattr(barrier_watch, "SILENCE", 1.0)
    ends = watches()
    said: list[str] = []
    heard = threading.Event()
    ends[rank]._beat = lambda: None  # noqa: SLF001 -- it lives and says nothing
    ends[rank].start(lambda _: None)
    ends[1 - rank].start(lambda who: (said.append(who.said), heard.set()))
    assert heard.wait(30)
    assert said[0] == f"worker {rank} of 2 (127.0.0.1) was lost: no sign of life for 1 s"
    for end in ends:
        end.close()


def test_nobody_is_missed_when_all_have_come(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(barrier_watch, "JOINING", 0.3)
    first, second = watches()
    greet, said = first._greet, []  # noqa: SLF001 -- the race is between this and the next accept

    def slowly(peer: socket.socket) -> None:
        time.sleep(0.1)
        greet(peer)

    first._greet = slowly  # noqa: SLF001 -- the same
    for end in (first, second):
        end.start(lambda who: said.append(who.said))
    time.sleep(0.6)
    assert (said, list(first._peers)) == ([], [1])  # noqa: SLF001 -- it has come
    for end in (first, second):
        end.close()


def test_a_peer_lost_is_the_cause_of_the_error_that_came_of_it() -> None:
    first, second = watches()

    def work() -> None:
        while not first._peers:  # noqa: SLF001 -- it has come
            time.sleep(0.01)
        second.close()
        raise RuntimeError("connection closed by peer")

    second.start(lambda _: None)
    with pytest.raises(barrier_supervision.PeerLost, match=r"^worker 1 of 2 \(127.0.0.1\) was lost: its conn"):
        barrier_supervision.supervised(first, work)


@pytest.mark.parametrize("rank", [0, 1])
def test_both_workers_tell_the_own_error_of_one_and_not_the_broken_connection_that_came_of_it(rank: int) -> None:
    ends, broken, raised = watches(), threading.Event(), []

    def fails() -> None:
        broken.set()
        time.sleep(0.3)  # the other one's error is the first to be known
        raise LookupError("no such thing")

    def waits() -> None:
        broken.wait()
        raise RuntimeError("Connection closed by peer [127.0.0.1]")

    def run(end: barrier_watch.Watch, work: Any) -> None:
        with pytest.raises(barrier_supervision.WorkFailed) as caught:
            barrier_supervision.supervised(end, work)
        raised.append(str(caught.value))

    threads = [threading.Thread(target=run, args=(ends[at], fails if at == rank else waits)) for at in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert raised == [f"worker {rank} of 2: LookupError: no such thing"] * 2


def test_a_worker_says_who_it_is_before_anything_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(barrier_watch, "BEAT", 0.001)  # signs of life at every moment
    monkeypatch.setattr(barrier_watch.Watch, "_send", staticmethod(slow_to_greet))
    with barrier_worker.bound("127.0.0.1") as listener:
        listener.listen()
        here = ("127.0.0.1", "127.0.0.1")
        worker = barrier_worker.Worker(rank=1, hosts=here, ports=(1, 2))
        end = barrier_watch.Watch(worker, barrier_worker.bound("127.0.0.1"), listener.getsockname(), "word")
        end.start(lambda _: None)
        peer, _ = listener.accept()
        with peer, peer.makefile("r", encoding="ascii") as lines:
            assert lines.readline() == "word 1\n"
        end.close()


def slow_to_greet(peers: list[socket.socket], line: str) -> None:
    if line.startswith("word"):
        time.sleep(0.1)
    for peer in peers:
        with contextlib.suppress(OSError):
            peer.sendall(f"{line}\n".encode())


def watches() -> list[barrier_watch.Watch]:
    listeners = [barrier_worker.bound("127.0.0.1") for _ in range(2)]
    listeners[0].listen()
    word, first = barrier_watch.token(), listeners[0].getsockname()
    workers = [barrier_worker.Worker(rank, ("127.0.0.1",) * 2, (0, 0)) for rank in range(2)]
    return [barrier_watch.Watch(worker, at, first, word) for worker, at in zip(workers, listeners, strict=True)]


def test_dynamic_allocation_is_switched_off_for_workloads_with_barriers_and_for_no_other() -> None:
    asked = {
        name: workloads.load(name).properties({}, workloads.parse(name, ["--input", "x"]))[
            "spark.dynamicAllocation.enabled"
        ]
        for name in workloads.WORKLOADS
        if hasattr(workloads.load(name), "properties")
    }
    assert asked == dict.fromkeys((name for name in workloads.WORKLOADS if name.startswith("train-")), "false")


@pytest.mark.parametrize(
    ("conf", "workers", "executors"),
    [
        ({}, None, "2"),
        ({}, 3, "3"),
        ({"spark.executor.cores": "4"}, 9, "3"),
        ({"spark.executor.cores": "4", "spark.task.cpus": "2"}, 9, "5"),
        ({"spark.executor.instances": "6"}, 3, "6"),
    ],
)
def test_yarn_is_asked_for_executors_enough(conf: dict[str, str], workers: Any, executors: str) -> None:
    found = barrier.properties({"spark.master": "yarn", **conf}, workers)
    assert found["spark.executor.instances"] == executors
    assert "spark.executor.instances" not in barrier.properties({"spark.master": "spark://host:7077"}, workers)
