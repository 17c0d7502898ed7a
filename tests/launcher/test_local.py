"""The command line on the real local service: Spark, processes, logs, Ctrl-C."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.homes import home_below

LAUNCHER = [sys.executable, "-c", "from launcher.cli import main; main()"]
ROOT = Path(__file__).resolve().parents[2]
RAW = b"\xff\xfe bell \x07 red \x1b[31m title \x1b]0;owned\x07 end\n"
MIB = 1 << 20

JOBS = {
    "kmeans": ("kmeans", "--input", "uber", "--", "--k", "5", "--restarts", "2"),
    "raw": ("selftest", "--", "--raw", RAW.hex()),
    "large": ("selftest", "--", "--lines", "100000", "--line", "x" * 1000),
    "memory": ("selftest", "--conf", "spark.driver.memory=512m", "--", "--memory", "2000"),
    "jvm": ("selftest", "--", "--kill-jvm"),
    "missing": ("kmeans", "--input", "uber", "--", "--features", "Lat,Long"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """A home of the launcher's with a queue that runs two jobs at a time."""

    home: Path
    handles: dict[str, str]

    def start(self, *words: str) -> "subprocess.Popen[str]":
        environment = os.environ | {
            "FIRESTEEL_HOME": str(self.home),
            "FIRESTEEL_CONFIG": str(self.home / "launcher.toml"),
            "PYTHONPATH": str(ROOT),
        }
        pipe = subprocess.PIPE
        return subprocess.Popen(
            [*LAUNCHER, *words], env=environment, cwd=self.home, stdout=pipe, stderr=pipe, text=True
        )

    def run(self, *words: str) -> tuple[int, str, str]:
        with self.start(*words) as process:
            out, err = process.communicate(timeout=280)
        return process.returncode, out, err

    def waited(self, job: str) -> tuple[int, str, str]:
        return self.run("wait", self.handles[job])


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    home = home_below(tmp_path_factory.mktemp("a machine"))
    (home / "launcher.toml").write_text('[clouds.local]\nparallel = 2\ncores = "1"\nmemory = "1g"\n', encoding="utf-8")
    made = Machine(home=home, handles={})
    for job, words in JOBS.items():
        code, out, err = made.run("submit", words[0], "--detach", *words[1:])
        assert code == 0, err
        made.handles[job] = out.strip()
    yield made
    for handle in made.handles.values():
        made.run("cancel", handle)
        made.run("status", "--wait", handle)


def test_kmeans_on_the_sample_ends_well_and_leaves_a_report(machine: Machine) -> None:
    code, out, err = machine.run("wait", machine.handles["kmeans"], "--json", "--report", "report.html")
    assert code == 0, err
    metrics = json.loads(out)["metrics"]
    assert (metrics["k"], sum(metrics["sizes"]), metrics["rows"]) == (5, 25000, 25000)
    assert "<svg" in (machine.home / "report.html").read_text(encoding="utf-8")


def test_results_copies_the_output_and_prints_the_metrics(machine: Machine) -> None:
    machine.waited("kmeans")
    code, out, _ = machine.run("results", machine.handles["kmeans"], "here")
    assert (code, "silhouette" in out) == (0, True)
    assert json.loads((machine.home / "here" / "metrics.json").read_text(encoding="utf-8"))["k"] == 5
    assert {path.name for path in (machine.home / "here").iterdir()} == {
        "figures",
        "tables",
        "metrics.json",
        "report.html",
    }


def test_the_log_arrives_within_a_moment_of_being_printed(machine: Machine) -> None:
    words = ("submit", "selftest", "--", "--lines", "20", "--rate", "5", "--time", "--line", "tick")
    with machine.start(*words) as process:
        assert process.stderr is not None
        ages = [time.time() - float(line.split()[0]) for line in process.stderr if line.endswith(" tick\n")]
    assert len(ages) == 20
    # A bound for a busy machine; `make bench` prints the figures.
    assert sorted(ages)[10] < 3


def test_bytes_that_a_terminal_would_obey_are_shown(machine: Machine) -> None:
    machine.waited("raw")
    code, out, _ = machine.run("logs", machine.handles["raw"])
    assert (code, out) == (0, r"\xff\xfe bell \x07 red \x1b[31m title \x1b]0;owned\x07 end" + "\n")


def test_a_hundred_megabytes_of_log_arrive_whole(machine: Machine) -> None:
    assert machine.waited("large")[0] == 0
    with machine.start("logs", machine.handles["large"]) as process:
        assert process.stdout is not None
        assert sum(len(line) for line in process.stdout) == 100000 * 1001


def test_a_driver_without_memory_says_so_and_how_to_give_it_more(machine: Machine) -> None:
    code, _, err = machine.waited("memory")
    assert code == 1
    assert "ran out of memory" in err
    assert "--conf spark.driver.memory=" in err


def test_a_java_that_dies_is_a_failure_with_the_services_log(machine: Machine) -> None:
    code, _, err = machine.waited("jvm")
    assert code == 1
    assert "the job left no receipt" in err


def test_an_input_error_of_the_job_is_told_with_its_remedy_and_without_a_trace(machine: Machine) -> None:
    code, _, err = machine.waited("missing")
    assert code == 1
    assert "Long" in err
    assert "hint:" in err
    assert "Traceback" not in err


def test_ctrl_c_leaves_the_job_running_and_says_how_to_go_on(machine: Machine) -> None:
    with machine.start("submit", "selftest", "--", "--lines", "1", "--sleep", "600") as process:
        assert process.stderr is not None
        handle = next(line.split()[0] for line in process.stderr if "submitted" in line)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
    machine.handles["interrupted"] = handle
    assert process.returncode == 130
    assert f"launcher wait {handle}" in err
    assert f"launcher cancel {handle}" in err
    assert machine.run("status", handle)[1].split()[0] in {"PENDING", "RUNNING"}
    machine.run("cancel", handle)
    assert machine.waited("interrupted")[0] == 3


def test_nothing_of_an_ended_job_stays_on_the_machine(machine: Machine) -> None:
    machine.waited("kmeans")
    job = machine.home / "local" / "jobs" / machine.handles["kmeans"].partition("/")[2]
    assert {path.name for path in job.iterdir()} == {"ended.json", "lock", "request.json", "service.log", "started"}
