"""The process that looks after one job, with a shell in Spark's place."""

import json
import os
import subprocess
import sys
from pathlib import Path
from time import monotonic, sleep

import psutil
import pytest

from launcher.local_service.spool import Job, Spool

LONG = 600  # seconds, more than any test takes
PATIENCE = 60.0  # seconds


def served(folder: Path, script: str) -> Job:
    """Give the folder of a job that runs a shell script, at its end."""
    environment = dict(os.environ, HERE=str(folder))
    order = {
        "spool": str(folder / "spool"),
        "run_id": "one",
        "parallel": 1,
        "request": {},
        "python": "none",
        "argv": ["/bin/sh", "-c", script],
        "env": environment,
    }
    argv = [sys.executable, "-m", "launcher.local_service"]
    answer = subprocess.run(argv, input=json.dumps(order) + "\n", capture_output=True, text=True, check=True)
    assert answer.stdout == "accepted\n", answer.stderr
    job = Spool(root=folder / "spool").job("one")
    end = monotonic() + PATIENCE
    while job.ended() is None and monotonic() < end:
        sleep(0.05)
    return job


@pytest.mark.parametrize(("script", "word"), [("exit 0", "done"), ("exit 7", "failed"), ("kill -9 $$", "killed")])
def test_the_end_of_a_job_is_told_by_how_its_process_ended(tmp_path: Path, script: str, word: str) -> None:
    job = served(tmp_path, script)
    assert (job.ended() or {})["word"] == word
    assert {path.name for path in job.folder.iterdir()} >= {"ended.json", "request.json", "service.log"}
    assert [path.name for path in job.folder.parent.iterdir()] == ["one"]
    assert not (job.folder / "scratch").exists()


@pytest.mark.parametrize(
    "start",
    [
        f"sleep {LONG} & echo $! > $HERE/left",
        f"setsid sh -c 'sleep {LONG} & echo $! > $HERE/left'",
        f"(setsid sh -c 'echo $$ > $HERE/left; exec sleep {LONG}' &)",
    ],
    ids=["child", "orphan in a session of its own", "session of its own"],
)
def test_what_a_job_leaves_behind_has_ended_when_its_end_is_told(tmp_path: Path, start: str) -> None:
    job = served(tmp_path, f"{start}; while [ ! -s $HERE/left ]; do sleep 0.01; done")
    assert (job.ended() or {})["word"] == "done"
    assert not psutil.pid_exists(int((tmp_path / "left").read_text(encoding="utf-8")))
