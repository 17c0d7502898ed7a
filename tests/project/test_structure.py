import ast
import hashlib
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = frozenset({"benchmarks", "bootstrap", "infra", "jobs", "launcher", "rehearsal", "tests"})
# What each room may import of ours, besides itself.
IMPORTS: dict[str, frozenset[str]] = {
    "infra": frozenset(),
    "jobs": frozenset(),
    "launcher": frozenset(),
    "rehearsal": frozenset({"infra", "launcher"}),
}
LONGEST = 300  # lines of a module; past it a module is two


def tracked() -> list[Path]:
    """Every file that is, or would be, in the repository."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode == 0:
        names = [name for name in listed.stdout.split("\0") if name]
        return [ROOT / name for name in names if (ROOT / name).is_file()]
    return [file for file in ROOT.rglob("*") if file.is_file() and ".venv" not in file.parts]  # an unpacked archive


FILES = tracked()
MODULES = [file for file in FILES if file.suffix == ".py"]
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))


def texts() -> Iterator[tuple[Path, str]]:
    for file in FILES:
        content = file.read_bytes()
        if b"\0" not in content:
            yield file.relative_to(ROOT), content.decode("utf-8")


def imported(module: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.split(".")[0])
    return names & ROOMS


@pytest.mark.parametrize("room", sorted(room for room in IMPORTS if (ROOT / room).is_dir()))
def test_a_room_imports_only_what_it_may(room: str) -> None:
    modules = [file for file in MODULES if file.is_relative_to(ROOT / room)]
    allowed = IMPORTS[room] | {room}
    assert modules
    assert {str(file.relative_to(ROOT)): extra for file in modules if (extra := imported(file) - allowed)} == {}


def test_no_module_is_too_long() -> None:
    lengths = {str(file.relative_to(ROOT)): file.read_text(encoding="utf-8").count("\n") for file in MODULES}
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST} == {}


def test_jobs_are_python_3_8() -> None:
    vermin = str(Path(sys.executable).with_name("vermin"))
    command = [vermin, "--no-tips", "--violations", "--eval-annotations", "--target=3.8-", str(ROOT / "jobs")]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout


def test_no_file_names_a_package_index_or_a_build_machine() -> None:
    hosts = "pypi|pythonhosted|npmjs|golang|crates|maven"
    folders = "work|root"
    forbidden = re.compile(rf"\b(?:{hosts})(?:\.apache)?\.(?:org|io|com)\b|(?<![\w.~-])/(?:{folders})/\w")
    # In Go the path of a module is its name.
    read = ((file, text) for file, text in texts() if Path(file).name not in {"go.mod", "go.sum"})
    found = [f"{file}: {match[0]}" for file, text in read for match in forbidden.finditer(text)]
    assert found == []


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)
def test_a_lock_pins_every_package_by_hash_and_names_no_place(lock: Path) -> None:
    text = lock.read_text(encoding="utf-8")
    entries = re.split(r"\n(?=[a-z0-9])", text.strip())
    assert [entry for entry in entries if not re.match(r"[\w.-]+==\S+", entry) or "--hash=sha256:" not in entry] == []
    assert not re.search(r"://|--index|--find-links|--extra-index", text)


def test_every_dependency_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = {
        "runtime": project["dependencies"],
        "test": [
            *project["dependencies"],
            *(name for extra in project["optional-dependencies"].values() for name in extra),
        ],
    }
    for name, requirements in wanted.items():
        lock = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
        names = {re.split(r"[\[<>=~!; ]", requirement)[0] for requirement in requirements} - {"firesteel"}
        assert {package for package in names if not re.search(rf"^{package}==", lock, re.MULTILINE)} == set()


def test_the_samples_are_the_files_that_are_described() -> None:
    samples = tomllib.loads((ROOT / "samples" / "samples.toml").read_text(encoding="utf-8"))
    for row in samples.values():
        assert hashlib.sha256((ROOT / "samples" / row["file"]).read_bytes()).hexdigest() == row["sha256"]


def test_every_verb_of_the_makefile_is_explained_and_is_one_line() -> None:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    verbs = re.findall(r"^([a-z-]+):(.*)\n((?:\t.*\n)+)", text, re.MULTILINE)
    assert {name for name, _, _ in verbs} >= {"help", "setup", "demo", "test", "test-long", "lint", "bench", "clean"}
    assert [name for name, head, recipe in verbs if " ## " not in head or recipe.count("\n") > 1] == []
