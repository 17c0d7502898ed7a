"""Folders of rehearsal clouds whose processes end with the test, and the command `rehearsal` with a tiny cloud."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rehearsal import processes

ROOT = Path(__file__).parents[2]
# The command as it is, with one more row in the table of clouds.
COMMAND = (
    "from rehearsal.clouds import CLOUDS; from rehearsal.cli import main;"
    "CLOUDS.update(tiny='tests.rehearsal.tiny', other='tests.rehearsal.tiny', absent='tests.rehearsal.absent'); main()"
)

Rehearse = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def cloud_folder(tmp_path: Path) -> Iterator[Path]:
    """A cloud's folder; whatever was started in it is ended after the test."""
    folder = tmp_path / "cloud"
    folder.mkdir()
    yield folder
    processes.stop(folder)


@pytest.fixture
def begin(home: Path) -> Iterator[Callable[..., "subprocess.Popen[str]"]]:
    """Start the command `rehearsal` and leave it running; every cloud is ended after the test."""
    started: list[subprocess.Popen[str]] = []

    def call(*words: str, home: Path = home) -> "subprocess.Popen[str]":
        environment = {**os.environ, "FIRESTEEL_HOME": str(home), "PYTHONPATH": str(ROOT)}
        process = subprocess.Popen(
            [sys.executable, "-c", COMMAND, *words],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield call
    for process in started:
        process.kill()
        process.communicate()
    for name in ("tiny", "other"):
        processes.stop(home / "rehearsal" / name)


@pytest.fixture
def rehearse(begin: Callable[..., "subprocess.Popen[str]"]) -> Rehearse:
    """Run the command `rehearsal` to its end."""

    def call(*words: str, **more: Path) -> "subprocess.CompletedProcess[str]":
        process = begin(*words, **more)
        out, err = process.communicate(timeout=60)
        return subprocess.CompletedProcess(words, process.returncode, out, err)

    return call
