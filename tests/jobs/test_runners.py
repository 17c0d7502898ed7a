import os
from typing import Any

import pytest

from jobs.errors import WorkerError
from jobs.runners import HorovodRunner, MirroredStrategyRunner, TorchDistributor


def place(greeting: str, *, name: str = "") -> list[Any]:
    return [greeting, name, os.environ["RANK"], os.environ["WORLD_SIZE"], os.getpid()]


def fails_on_the_second() -> None:
    if os.environ["RANK"] == "1":
        raise LookupError("no such thing")


@pytest.mark.usefixtures("spark")
@pytest.mark.parametrize("mode", ["local", "cluster"])
def test_torch_distributor_gives_what_the_first_worker_returns(mode: str) -> None:
    found = TorchDistributor(num_processes=2, local_mode=mode == "local", use_gpu=False).run(place, "hello", name="you")
    assert found[:4] == ["hello", "you", "0", "2"]
    assert found[4] != os.getpid()


@pytest.mark.usefixtures("spark")
@pytest.mark.parametrize("np", [2, -2])
def test_horovod_runner_takes_workers_or_with_a_negative_number_local_processes(np: int) -> None:
    assert HorovodRunner(np=np).run(place, greeting="hello")[:4] == ["hello", "", "0", "2"]


def test_horovod_runner_refuses_none() -> None:
    with pytest.raises(ValueError, match="np is 0"):
        HorovodRunner(np=0)


@pytest.mark.usefixtures("spark")
def test_a_function_with_a_strategy_of_its_own_needs_no_tensorflow_of_ours() -> None:
    runner = MirroredStrategyRunner(num_slots=2, use_gpu=False, use_custom_strategy=True)
    assert runner.run(place, greeting="hello")[2] == "0"


def test_a_local_worker_that_fails_is_named(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(WorkerError, match=r"^worker 1 of 2: LookupError: no such thing$"):
        TorchDistributor(num_processes=2, local_mode=True).run(fails_on_the_second)
    assert "Traceback" in capfd.readouterr().err
