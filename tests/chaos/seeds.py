"""Which seeds are told, and what a failure says: the command that tells its story again."""

import os
from pathlib import Path

import pytest

from tests.chaos.judging import Scripted, Told, told

FEW, MANY = 50, 1000
VARIABLE = "FIRESTEEL_TEST_SEED"
CHOSEN = os.environ.get(VARIABLE)
TWICE = (3, 17)  # seeds that are told twice

each_seed = pytest.mark.parametrize(
    "seed",
    [int(CHOSEN)]
    if CHOSEN
    else [pytest.param(seed, marks=[pytest.mark.long] if seed >= FEW else []) for seed in range(MANY)],
)


def assert_told_right(kind: str, scripted: Scripted, seed: int, folder: Path) -> None:
    """Tell a seed's story, and fail with what is wrong, what happened, and by which faults."""
    story = told(kind, scripted, seed, folder)
    assert not story.wrong, _report(kind, seed, story)


def assert_told_alike(kind: str, scripted: Scripted, folder: Path) -> None:
    """Tell some stories twice, and fail when anything differs: a moment, a fault, an end."""
    for seed in TWICE:
        first, again = (told(kind, scripted, seed, folder / f"{seed}{telling}") for telling in "ab")
        assert first == again, f"{kind}, seed {seed}"


def _report(kind: str, seed: int, story: Told) -> str:
    replay = f"{VARIABLE}={seed} .venv/bin/python -m pytest tests/chaos/test_{kind}.py"
    return "\n".join([f"{kind}, seed {seed}; to replay: {replay}", *story.wrong, *story.trace, *story.struck])
