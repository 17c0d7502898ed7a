"""launcher runs, resume, clouds, workloads, doctor, completion, and the small print of the command line."""

import json
import subprocess
from pathlib import Path

import pytest

from launcher import __version__
from launcher.cli import COMMANDS
from tests.launcher.conftest import Launch


def test_runs_are_listed_newest_first_and_cut(scripted: Path, launch: Launch) -> None:
    handles = [launch("submit", "selftest", "--detach").out.strip() for _ in range(3)]
    newest = launch("runs", "--limit", "2")
    assert newest.out.count("it/selftest-") == 2
    assert "1 more" in newest.err
    assert {line.split()[0] for line in launch("runs", "--all").out.splitlines()[1:]} == set(handles)
    assert scripted.exists()


@pytest.mark.usefixtures("scripted")
def test_resume_of_nothing_says_so(launch: Launch) -> None:
    assert "nothing was left open" in launch("resume").err


@pytest.mark.usefixtures("scripted")
def test_clouds_marks_the_default(launch: Launch) -> None:
    answer = launch("clouds")
    assert "it *" in answer.out
    assert set(json.loads(launch("clouds", "--json").out)) == {"local", "it"}


def test_workloads_names_workloads_and_samples(launch: Launch) -> None:
    assert "kmeans" in launch("workloads").out
    assert "uber" in launch("workloads", "-v").out.split("SAMPLE")[-1]
    assert {"kmeans", "selftest"} <= {row["name"] for row in json.loads(launch("workloads", "--json").out)["workloads"]}


def test_doctor_is_content_with_this_machine(launch: Launch) -> None:
    answer = launch("doctor")
    assert answer.code == 0, answer.out
    assert {line.split()[0] for line in answer.out.splitlines()} == {"ok"}


def test_doctor_names_what_is_wrong_and_the_remedy(
    launch: Launch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "launcher.toml").write_text("[clouds.local]\npython = '/nowhere/python'\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    answer = launch("doctor")
    assert answer.code == 1
    assert "BAD  spark" in answer.out
    assert "/nowhere/python" in answer.out
    assert "hint:" in answer.out


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_a_script(launch: Launch, shell: str) -> None:
    assert "_LAUNCHER_COMPLETE" in launch("completion", shell).out


def test_bash_takes_the_completion_script(launch: Launch) -> None:
    subprocess.run(["bash", "-n"], input=launch("completion", "bash").out, text=True, check=True)


@pytest.mark.parametrize("command", [[], *([name] for name in COMMANDS)])
def test_every_help_shows_an_example(launch: Launch, command: list[str]) -> None:
    answer = launch(*command, "--help")
    assert answer.code == 0
    assert "Example" in answer.out


def test_version_is_printed(launch: Launch) -> None:
    assert __version__ in launch("--version").out


def test_a_mistyped_command_names_the_nearest(launch: Launch) -> None:
    answer = launch("submti")
    assert (answer.code, "Did you mean submit?" in answer.err) == (2, True)
