"""What CONTRIBUTING says about adding a workload, done in a copy of the project."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.pages import ROOT, blocks, read

TABLE = "WORKLOADS: Dict[str, Workload] = {\n"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project after the walk-through."""
    folder = tmp_path_factory.mktemp("a contributor's project")
    module, row, test = blocks("CONTRIBUTING.md", "python")
    for room in ("jobs", "tests/jobs", "samples"):
        shutil.copytree(ROOT / room, folder / room, ignore=shutil.ignore_patterns("__pycache__", "test_*.py"))
    (folder / "jobs" / "count.py").write_text(module, encoding="utf-8")
    (folder / "tests" / "jobs" / "test_count.py").write_text(test, encoding="utf-8")
    table = folder / "jobs" / "workloads.py"
    table.write_text(table.read_text(encoding="utf-8").replace(TABLE, TABLE + row), encoding="utf-8")
    return folder


def python(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(project)}
    command = [sys.executable, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=project, env=environment)


def launch(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return python(project, "-c", "from launcher.cli import main; main()", *arguments)


def test_the_workload_is_listed(project: Path) -> None:
    assert "count the rows of a CSV file" in launch(project, "workloads").stdout


def test_its_help_is_printed(project: Path) -> None:
    assert "count rows for which this holds" in launch(project, "submit", "count", "--", "--help").stdout


def test_its_arguments_are_checked_before_anything_runs(project: Path) -> None:
    answer = launch(project, "submit", "count", "--", "--wear", "x")
    assert (answer.returncode, "unrecognized arguments: --wear" in answer.stderr) == (2, True)


def test_its_test_passes_on_a_real_spark(project: Path) -> None:
    answer = python(project, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/jobs/test_count.py")
    assert "1 passed" in answer.stdout, answer.stdout + answer.stderr


def test_contributing_fits_on_a_hundred_lines() -> None:
    assert read("CONTRIBUTING.md").count("\n") <= 100
