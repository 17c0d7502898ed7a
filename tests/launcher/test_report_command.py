"""The command in a report: typed into a shell, it submits the same run again."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from launcher import report


@pytest.fixture
def record() -> dict[str, Any]:
    return json.loads((Path(__file__).parent / "report_data" / "record.json").read_text())


AWKWARD = ["it's", "a b", "$HOME", "`id`", 'say "hi"', "two\nlines", "*", "", "--k"]


def test_the_command_to_run_again_gives_a_shell_the_same_words(record: dict[str, Any]) -> None:
    record |= {"args": ["--input", "s3://b/a b.csv", *AWKWARD], "conf": {"spark.x": "a b"}, "env": {"K": "$v"}}
    script = f"launcher() {{ printf '%s\\0' \"$@\"; }}\n{report.command(record)}"
    heard = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True).stdout
    options = ["--input", "s3://b/a b.csv", "--conf", "spark.x=a b", "--env", "K=$v"]
    assert heard.split("\0")[:-1] == ["submit", "kmeans", "--cloud", "local", *options, "--", *AWKWARD]


def test_an_input_given_with_an_equals_sign_is_the_launchers_too(record: dict[str, Any]) -> None:
    record |= {"args": ["--k", "3", "--input=uber"], "conf": {}, "env": {}}
    assert report.command(record).split() == (
        ["launcher", "submit", "kmeans", "--cloud", "local", "\\", "--input", "uber", "\\", "--", "--k", "3"]
    )
