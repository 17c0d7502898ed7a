import json
import time
from pathlib import Path
from typing import Any

import pytest

from rehearsal.runners import Fate, ScriptedRunner


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def runner(tmp_path: Path, clock: Clock) -> ScriptedRunner:
    return ScriptedRunner(tmp_path, now=clock)


def directory(tmp_path: Path, name: str = "run") -> Path:
    where = tmp_path / "runs" / name
    where.mkdir(parents=True, exist_ok=True)
    (where / "intent.json").write_text("{}", encoding="utf-8")
    return where


def argv(where: Path, *arguments: str, workload: str = "selftest") -> list[str]:
    own = ["--run", where.name, "--directory", f"file://{where}", "--digest", "d", "--workload", workload]
    return ["--deploy-mode", "cluster", "--conf", "a=b", "main.py", *own, "--", *arguments]


def receipt(where: Path) -> dict[str, Any]:
    return json.loads((where / "receipt.json").read_text(encoding="utf-8"))


def test_a_job_sleeps_by_the_clock_and_writes_its_receipt_at_its_end(
    tmp_path: Path, runner: ScriptedRunner, clock: Clock
) -> None:
    where = directory(tmp_path)
    runner.start("a", argv(where, "--sleep", "5", "--lines", "2"))
    assert (runner.word("a"), runner.exit_code("a")) == ("running", None)
    assert (where / "log" / "driver-000001.txt").read_text(encoding="utf-8") == "line 1\nline 2\n"
    assert not (where / "receipt.json").exists()
    clock.at = 5.0
    assert (runner.word("a"), runner.exit_code("a")) == ("succeeded", 0)
    assert receipt(where)["state"] == "SUCCEEDED"
    assert json.loads((where / "output" / "metrics.json").read_text(encoding="utf-8"))["lines"] == 2


def test_a_job_comes_to_its_end_when_another_is_asked_about(
    tmp_path: Path, runner: ScriptedRunner, clock: Clock
) -> None:
    where = directory(tmp_path)
    runner.start("a", argv(where, "--sleep", "5"))
    clock.at = 6.0
    runner.start("b", argv(directory(tmp_path, "other")))
    assert receipt(where)["state"] == "SUCCEEDED"


def test_a_job_is_starting_for_as_long_as_the_service_takes(tmp_path: Path, clock: Clock) -> None:
    runner = ScriptedRunner(tmp_path, startup=3.0, now=clock)
    runner.start("a", argv(directory(tmp_path)))
    assert runner.word("a") == "starting"
    clock.at = 3.0
    assert runner.word("a") == "succeeded"


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("--exit", "3"), 3, "exit code 3"),
        (("--raise", "no"), 1, "no"),
        (("--memory", "10"), 2, "the scripted job cannot do that: unrecognized arguments: --memory 10"),
    ],
)
def test_a_job_that_fails_says_so_in_its_receipt(
    tmp_path: Path, runner: ScriptedRunner, arguments: tuple[str, ...], code: int, message: str
) -> None:
    where = directory(tmp_path)
    runner.start("a", argv(where, *arguments))
    assert (runner.word("a"), runner.exit_code("a")) == ("failed", code)
    assert (receipt(where)["exit_code"], receipt(where)["message"]) == (code, message)
    assert not (where / "output").exists()


def test_a_run_is_executed_once_whatever_is_submitted(tmp_path: Path, runner: ScriptedRunner) -> None:
    where = directory(tmp_path)
    for name in ("a", "b"):
        runner.start(name, argv(where))
    assert [runner.word(name) for name in ("a", "b")] == ["succeeded", "failed"]
    assert b"was started before" in runner.driver_log("b")
    assert (tmp_path / "executions").read_text(encoding="utf-8") == "a run\n"
    assert (tmp_path / "submitted").read_text(encoding="utf-8") == "a run\nb run\n"


@pytest.mark.parametrize(
    ("present", "absent", "words"), [("outcome.json", "", b"has ended already"), ("", "intent.json", b"was removed")]
)
def test_a_run_that_is_settled_or_removed_is_not_executed(
    tmp_path: Path, runner: ScriptedRunner, present: str, absent: str, words: bytes
) -> None:
    where = directory(tmp_path)
    if present:
        (where / present).write_text("{}", encoding="utf-8")
    if absent:
        (where / absent).unlink()
    runner.start("a", argv(where))
    assert (runner.word("a"), runner.exit_code("a")) == ("failed", 1)
    assert words in runner.driver_log("a")
    assert not (where / "started.json").exists()


def test_a_run_directory_that_is_removed_meanwhile_is_not_made_anew(
    tmp_path: Path, runner: ScriptedRunner, clock: Clock
) -> None:
    where = directory(tmp_path)
    runner.start("a", argv(where, "--sleep", "5"))
    for file in ("intent.json", "started.json"):
        (where / file).unlink()
    where.rmdir()
    clock.at = 5.0
    assert runner.word("a") == "failed"
    assert not where.exists()


def test_a_killed_job_leaves_no_receipt(tmp_path: Path, runner: ScriptedRunner, clock: Clock) -> None:
    where = directory(tmp_path)
    runner.start("a", argv(where, "--sleep", "5"))
    runner.kill("a")
    runner.kill("a")
    clock.at = 10.0
    assert (runner.word("a"), runner.exit_code("a")) == ("killed", None)
    assert not (where / "receipt.json").exists()


def test_a_job_that_has_ended_is_not_killed(tmp_path: Path, runner: ScriptedRunner) -> None:
    runner.start("a", argv(directory(tmp_path)))
    runner.kill("a")
    assert runner.word("a") == "succeeded"


def test_a_receipt_can_come_late_or_never(tmp_path: Path, clock: Clock) -> None:
    fates = {"late": Fate(receipt_delay=2.0), "never": Fate(no_receipt=True)}
    runner = ScriptedRunner(tmp_path, fate=fates.__getitem__, now=clock)
    for name in fates:
        runner.start(name, argv(directory(tmp_path, name)))
    assert [runner.word(name) for name in fates] == ["succeeded", "succeeded"]
    assert (runner.settle(), list(tmp_path.glob("runs/*/receipt.json"))) == (1, [])
    clock.at = 2.0
    assert runner.settle() == 0
    assert list(tmp_path.glob("runs/*/receipt.json")) == [tmp_path / "runs" / "late" / "receipt.json"]


def test_another_workload_succeeds(tmp_path: Path, runner: ScriptedRunner) -> None:
    runner.start("a", argv(directory(tmp_path), "--k", "8", workload="kmeans"))
    assert runner.word("a") == "succeeded"


def test_two_hundred_jobs_take_less_than_a_second(tmp_path: Path, runner: ScriptedRunner) -> None:
    jobs = [directory(tmp_path, f"run-{number}") for number in range(200)]
    began = time.process_time()
    for where in jobs:
        runner.start(where.name, argv(where))
    assert {runner.word(where.name) for where in jobs} == {"succeeded"}
    assert time.process_time() - began < 1.0


def test_a_name_that_was_never_started_is_not_known(runner: ScriptedRunner) -> None:
    with pytest.raises(KeyError):
        runner.word("nobody")
