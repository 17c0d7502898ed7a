import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def uv(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "uv", "--quiet", "--offline", "--no-cache", *arguments], check=True, cwd=ROOT)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built by the backend that is installed here."""
    folder = tmp_path_factory.mktemp("wheel")
    uv("build", "--wheel", "--no-build-isolation", "--python", sys.executable, "--out-dir", str(folder), str(ROOT))
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment with the wheel; what the wheel depends on is lent by this one."""
    folder = tmp_path_factory.mktemp("fresh environment") / "venv"
    uv("venv", "--python", sys.executable, str(folder))
    uv("pip", "install", "--no-deps", "--python", str(folder / "bin" / "python"), str(wheel))
    (packages,) = folder.glob("lib/python3.*/site-packages")
    (packages / "lent.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return folder


def launcher(environment: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    command = [str(environment / "bin" / "launcher"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=environment, env=clean)


def test_the_wheel_holds_what_a_run_needs(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {"launcher/cli.py", "launcher/warm_up.py", "jobs/main.py", "jobs/kmeans.py"} <= names
    assert {"launcher/samples/samples.toml", "launcher/samples/uber-apr14-25k.csv.gz"} <= names


def test_the_wheel_holds_every_file_of_its_packages(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    ours = {
        str(file.relative_to(ROOT))
        for package in ("launcher", "jobs", "rehearsal")
        for file in (ROOT / package).rglob("*")
        if file.is_file() and file.suffix not in {".pyc", ".draft"}
    }
    assert ours <= names


def test_the_wheel_holds_nothing_else(wheel: Path) -> None:
    rooms = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert {room for room in rooms if not room.endswith(".dist-info")} == {"launcher", "jobs", "rehearsal"}


def test_an_installed_launcher_is_not_the_checkout(environment: Path) -> None:
    code = "import launcher, jobs; print(launcher.__file__, jobs.__file__)"
    python = str(environment / "bin" / "python")
    told = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True, cwd=environment)
    assert str(ROOT) not in told.stdout


def test_an_installed_launcher_has_the_program_that_makes_clouds(environment: Path, tmp_path: Path) -> None:
    code = "from launcher.stacks import workspace; print(workspace.program())"
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    argv = [str(environment / "bin" / "python"), "-c", code]
    told = subprocess.run(
        argv, capture_output=True, text=True, check=True, cwd=tmp_path, env={**clean, "FIRESTEEL_HOME": str(tmp_path)}
    )
    program = Path(told.stdout.strip())
    assert program.is_relative_to(tmp_path)
    assert {"Pulumi.yaml", "infra", "bootstrap"} == {path.name for path in program.iterdir()}
    assert (program / "infra" / "__main__.py").read_bytes() == (ROOT / "infra" / "__main__.py").read_bytes()


def test_an_installed_launcher_says_its_version(environment: Path) -> None:
    told = launcher(environment, "--version")
    assert (told.returncode, told.stderr) == (0, "")
    assert "0.1.0" in told.stdout


def test_an_installed_launcher_knows_its_samples(environment: Path) -> None:
    told = launcher(environment, "workloads", "-v")
    assert told.returncode == 0, told.stderr
    assert "uber" in told.stdout
