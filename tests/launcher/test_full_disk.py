"""A staging folder on a disk that is full, or gets full under way: a small tmpfs in a mount namespace of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

LAUNCHER = [sys.executable, "-c", "from launcher.cli import main; main()"]
ROOT = Path(__file__).resolve().parents[2]
SCRIPT = 'mount -t tmpfs -o size="$1" none "$2" && shift 2 && exec "$@"'


def launch_on_a_disk_of(size: str, home: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    disk = home / "disk"
    disk.mkdir()
    config = home / "small.toml"
    config.write_text(f'[clouds.local]\nstaging = "file://{disk}"\ncores = "1"\n', encoding="utf-8")
    argv = ["unshare", "--mount", "--map-root-user", "sh", "-c", SCRIPT, "sh", size, str(disk), *LAUNCHER, *words]
    environment = os.environ | {"FIRESTEEL_CONFIG": str(config), "PYTHONPATH": str(ROOT)}
    return subprocess.run(argv, env=environment, capture_output=True, text=True, check=False, timeout=200)


def test_a_full_disk_refuses_the_submission_with_6(home: Path) -> None:
    answer = launch_on_a_disk_of("16k", home, "submit", "selftest")
    assert answer.returncode == 6, answer.stderr
    assert "the disk is full" in answer.stderr
    assert "hint:" in answer.stderr


def test_an_input_that_does_not_fit_is_refused_with_6_and_no_run_begins(home: Path, tmp_path: Path) -> None:
    (tmp_path / "large.csv").write_text("x,y\n" + "1,2\n" * 500_000, encoding="utf-8")
    answer = launch_on_a_disk_of("1m", home, "submit", "kmeans", "--input", str(tmp_path / "large.csv"))
    assert (answer.returncode, "the disk is full" in answer.stderr) == (6, True)
    assert "submitted" not in answer.stderr


@pytest.mark.timeout(240)
def test_a_disk_that_gets_full_under_way_fails_the_run_and_says_why(home: Path) -> None:
    words = ("submit", "selftest", "--", "--lines", "100000", "--line", "x" * 200)
    answer = launch_on_a_disk_of("12m", home, *words)
    assert (answer.returncode, "the disk is full" in answer.stderr) == (1, True), answer.stderr[-2000:]
