"""The notebooks as a reader meets them: short, without output, and running from top to bottom, solutions and all."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.docs.test_examples import accept

ROOT = Path(__file__).parents[2]
ORDER = (
    "BasicDataFrame",
    "SparkUDF",
    "VectorAssembler",
    "KMeans",
    "LogisticRegression",
    "OneVsRest",
    "Pipeline",
    "DistributedTraining",
    "ImageAnalytics",
)
SOLUTION = re.compile(r"<summary>Solution</summary>\n\n```python\n(.*?)\n```\n\n</details>", re.DOTALL)
SECONDS = 900  # that a notebook may take where much else runs

every_notebook = pytest.mark.parametrize("name", ORDER)


def read(name: str) -> dict[str, Any]:
    return json.loads((ROOT / "notebooks" / f"{name}.ipynb").read_text(encoding="utf-8"))


def source(cell: dict[str, Any]) -> str:
    return "".join(cell["source"])


def test_the_notebooks_are_those_of_the_tutorial() -> None:
    assert {path.stem for path in (ROOT / "notebooks").glob("*.ipynb")} == set(ORDER)
    page = (ROOT / "docs" / "notebooks.md").read_text(encoding="utf-8")
    assert re.findall(r"\]\(\.\./notebooks/(\w+)\.ipynb\)", page) == list(ORDER)


@every_notebook
def test_a_notebook_is_short_and_is_committed_without_output(name: str) -> None:
    cells = read(name)["cells"]
    assert 10 <= len(cells) <= 25
    assert source(cells[0]).startswith("# ")
    assert [cell["id"] for cell in cells if cell.get("outputs") or cell.get("execution_count")] == []


@every_notebook
def test_a_notebook_has_exercises_with_folded_solutions(name: str) -> None:
    exercises = [source(cell) for cell in read(name)["cells"] if source(cell).startswith("## Exercise")]
    assert len(exercises) >= 2
    assert all(SOLUTION.search(exercise) for exercise in exercises)


@every_notebook
def test_a_notebook_ends_on_a_cluster_with_lines_that_the_launcher_takes(name: str) -> None:
    last = source(read(name)["cells"][-1])
    lines = [line for line in last.splitlines() if line.startswith("launcher ")]
    assert last.startswith("## Now on a cluster\n")
    assert any("--cloud gcp" in line for line in lines)
    for line in lines:
        accept(line)


@every_notebook
def test_a_notebook_calls_the_workloads_functions(name: str) -> None:
    code = "\n".join(source(cell) for cell in read(name)["cells"] if cell["cell_type"] == "code")
    assert re.search(r"^from jobs import ", code, re.MULTILINE)


@pytest.mark.timeout(SECONDS + 60)
@every_notebook
def test_a_notebook_runs_from_top_to_bottom_with_its_solutions(name: str, tmp_path: Path) -> None:
    path = tmp_path / f"{name}.ipynb"
    path.write_text(json.dumps(solved(read(name))), encoding="utf-8")
    done = executed(path)
    assert done.returncode == 0, done.stderr[-4000:]
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    shown = {kind for cell in cells for output in cell.get("outputs", ()) for kind in output.get("data", ())}
    assert "application/vnd.vegalite.v5+json" in shown


def solved(notebook: dict[str, Any]) -> dict[str, Any]:
    """Give the notebook with each solution as a cell after its exercise."""
    cells = []
    for cell in notebook["cells"]:
        cells.append(cell)
        for number, code in enumerate(SOLUTION.findall(source(cell))):
            extra = {"cell_type": "code", "id": f"{cell['id']}-{number}", "metadata": {}}
            cells.append(extra | {"source": code, "outputs": [], "execution_count": None})
    return notebook | {"cells": cells}


def executed(path: Path) -> subprocess.CompletedProcess[str]:
    """Execute in a process of its own, as `make notebook` would, and leave the outputs in the file."""
    program = Path(sys.executable).with_name("jupyter-execute")
    folders = {name: str(path.parent / name) for name in ("IPYTHONDIR", "JUPYTER_RUNTIME_DIR", "TMPDIR")}
    for folder in folders.values():
        Path(folder).mkdir()
    command = [str(program), "--inplace", f"--timeout={SECONDS}", str(path)]
    environment = os.environ | folders | {"PYTHONPATH": str(ROOT / "notebooks"), "JUPYTER_PLATFORM_DIRS": "1"}
    return subprocess.run(
        command, cwd=path.parent, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False
    )
