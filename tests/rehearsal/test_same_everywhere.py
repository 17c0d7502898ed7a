"""The same workload on every cloud finds the same: on this machine, and on three rehearsed clouds' real parts."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from launcher import workloads
from tests.homes import home_below

pytestmark = pytest.mark.parts

ROOT = Path(__file__).parents[2]
DEEP = ROOT / ".venv" / "deep" / "bin" / "python"  # made by tools/setup.sh: Spark, PyTorch, TensorFlow
CLOUDS = ("local", "aws", "gcp", "azure")
TRAINED = ("--workers", "2", "--epochs", "2")
USUAL: dict[str, tuple[str, ...]] = {"kmeans": (), "logistic-regression": (), "train-torch": TRAINED, "infer": ()}
ARGUMENTS: dict[str, tuple[str, ...]] = {
    "train-tensorflow": TRAINED,
    "train-horovod": TRAINED,
    # Where MapReduce runs is a metric, and not the same on this machine; test_mapreduce.py has it run on YARN.
    "hadoop-vs-spark": ("--framework", "local", "--passes", "3", "--copies", "2"),
}
OTHERS = sorted(set(workloads.table()) - set(USUAL) - {"selftest"})

Environment = dict[str, str]


@pytest.fixture(scope="module")
def clouds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Environment]:
    """Give the environment that leads the launcher to all three; `local` computes with the same Python."""
    home = home_below(tmp_path_factory.mktemp("everywhere"))
    env = {**os.environ, "FIRESTEEL_HOME": str(home)}
    _call(env, "rehearsal", "up", "--python", str(DEEP))
    try:
        given = ["bash", "-c", f"{_call(env, 'rehearsal', 'env', 'aws', 'gcp', 'azure')}\nenv -0"]
        told = subprocess.run(given, env=env, capture_output=True, text=True, check=True).stdout
        found = dict(line.split("=", 1) for line in told.split("\0") if line)
        with Path(found["FIRESTEEL_CONFIG"]).open("a", encoding="utf-8") as config:
            config.write(f"\n[clouds.local]\npython = {json.dumps(str(DEEP))}\n")
        yield found
    finally:
        _call(env, "rehearsal", "down")


def _call(env: Environment, command: str, *words: str) -> str:
    argv = [str(Path(sys.executable).with_name(command)), *words]
    ended = subprocess.run(argv, env=env, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, f"{' '.join(argv)}\n{ended.stderr[-3000:]}"
    return ended.stdout


def _compared(env: Environment, workload: str, arguments: tuple[str, ...]) -> dict[str, Any]:
    submit = [(workload, "--detach", "--cloud", cloud, "--", *arguments) for cloud in CLOUDS]
    handles = [_call(env, "launcher", "submit", *words).strip() for words in submit]
    for handle in handles:
        _call(env, "launcher", "wait", handle)
    return json.loads(_call(env, "launcher", "compare", "--json", *handles))


@pytest.mark.timeout(900)
@pytest.mark.parametrize("workload", USUAL)
def test_a_workload_finds_the_same_on_every_cloud(clouds: Environment, workload: str) -> None:
    found = _compared(clouds, workload, USUAL[workload])
    assert found["equal"], found["sentence"]


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("workload", OTHERS)
def test_every_other_workload_does_so_too(clouds: Environment, workload: str) -> None:
    found = _compared(clouds, workload, ARGUMENTS.get(workload, ()))
    assert found["equal"], found["sentence"]
