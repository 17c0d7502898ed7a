"""The seed of the random moments: printed by every assertion, set by FIRESTEEL_TEST_SEED to repeat a failure."""

import os
import random
import secrets

import pytest


@pytest.fixture(scope="session")
def seed() -> int:
    return int(os.environ.get("FIRESTEEL_TEST_SEED") or secrets.randbelow(1_000_000))


@pytest.fixture(scope="module")
def rng(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 -- moments, not secrets
