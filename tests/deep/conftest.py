"""Tests that need PyTorch or TensorFlow; they run in .venv/deep, on a real Spark, with what the jobs' tests share."""

import importlib.util
from pathlib import Path

import pytest

from tests.jobs.conftest import spark, workload

__all__ = ["spark", "workload"]

# The main environment has no framework; tools/test.sh runs this folder with the one that has both.
collect_ignore_glob = [] if importlib.util.find_spec("torch") else ["test_*.py"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let PySpark leave its sockets, one for each result, to the garbage collector."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"))
