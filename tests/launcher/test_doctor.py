"""launcher doctor beyond this machine: a job that looks at the nodes, what imports cost."""

import json

import numpy as np
import pytest

from tests.launcher.conftest import Launch


def test_nodes_are_told_by_a_job_that_runs_there(launch: Launch) -> None:
    rows = {row["name"]: row for row in json.loads(launch("doctor", "--nodes", "--json").out)}
    assert rows["nodes"]["ok"], rows["nodes"]
    assert f"numpy {np.__version__}" in rows["nodes"]["found"]


@pytest.mark.usefixtures("scripted")
def test_a_job_that_tells_nothing_about_the_nodes_is_not_well(launch: Launch) -> None:
    (row,) = [row for row in json.loads(launch("doctor", "--nodes", "--json").out) if row["name"] == "nodes"]
    assert not row["ok"]
    assert row["hint"].startswith("launcher logs it/selftest-")


def test_imports_are_measured(launch: Launch) -> None:
    (row,) = [row for row in json.loads(launch("doctor", "--json").out) if row["name"] == "imports"]
    assert row["found"].startswith("launcher.backends.local in 0.")
