"""hadoop-vs-spark on a rehearsed cloud: its passes are real MapReduce jobs on the cloud's YARN."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from rehearsal.yarn import Yarn
from tests.homes import home_below

pytestmark = [pytest.mark.parts, pytest.mark.timeout(600)]

Environment = dict[str, str]
PASSES = 2


@pytest.fixture
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Environment]:
    """Give the environment that leads the launcher to a rehearsed aws."""
    env = {**os.environ, "FIRESTEEL_HOME": str(home_below(tmp_path_factory.mktemp("cloud")))}
    call(env, "rehearsal", "up", "aws")
    try:
        given = ["bash", "-c", f"{call(env, 'rehearsal', 'env', 'aws')}\nenv -0"]
        told = subprocess.run(given, env=env, capture_output=True, text=True, check=True).stdout
        yield dict(line.split("=", 1) for line in told.split("\0") if line)
    finally:
        call(env, "rehearsal", "down")


def call(env: Environment, command: str, *words: str) -> str:
    argv = [str(Path(sys.executable).with_name(command)), *words]
    ended = subprocess.run(argv, env=env, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, f"{' '.join(argv)}\n{ended.stderr[-3000:]}"
    return ended.stdout


def test_the_passes_are_jobs_of_the_clouds_yarn_and_find_the_same_weights(cloud: Environment) -> None:
    arguments = ("--framework", "yarn", "--passes", str(PASSES), "--copies", "1")
    handle = call(cloud, "launcher", "submit", "hadoop-vs-spark", "--cloud", "aws", "--detach", "--", *arguments)
    call(cloud, "launcher", "wait", handle.strip())
    metrics = json.loads(call(cloud, "launcher", "status", "--json", handle.strip()))["metrics"]
    assert metrics["framework"] == "yarn"
    assert metrics["equal_weights"], metrics["weights_difference"]
    assert metrics["warnings"] == []
    yarn = Yarn.of(Path(cloud["FIRESTEEL_HOME"]) / "rehearsal" / "aws")
    assert [job["finalStatus"] for job in yarn.applications(applicationTypes="MAPREDUCE")] == ["SUCCEEDED"] * PASSES
