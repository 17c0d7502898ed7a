"""What a job's arguments become where a shell stands between."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from launcher.model import Application, JobSpec, Run
from launcher.spark import job_arguments, yarn_arguments, yarn_variable

RUN = Run(
    run_id="selftest-20261124-101530-4f2a",
    app=Application(main="s3://b/main.py", py_files=(), digest="d"),
    directory="s3://b/runs/r",
)
DECODE = "import json, sys; from urllib.parse import unquote; print(json.dumps([unquote(w) for w in sys.argv[1:]]))"


def test_ordinary_arguments_are_passed_as_they_are() -> None:
    spec = JobSpec(workload="selftest", args=("--line", "a b'c\"d $HOME\n; 100 %"))
    assert yarn_arguments(spec, RUN) == job_arguments(spec, RUN)


@pytest.mark.parametrize("text", ["`echo x`", "a\\\\b", "\\`x\\`", "100 % `x`", "é\\"])
def test_what_the_shell_would_act_on_comes_through_it(text: str) -> None:
    spec = JobSpec(workload="selftest", args=("--line", text))
    given = yarn_arguments(spec, RUN)
    assert given[given.index("--") - 1] == "--quoted"
    arguments = given[given.index("--") + 1 :]
    # As YARN does: Spark's own quotes, within the double quotes of the container's script.
    quoted = " ".join(f"'{word}'" for word in (sys.executable, "-c", "DECODE", *arguments))
    script = f'exec /bin/bash -c "{quoted}"'.replace("'DECODE'", "'$DECODE'")
    told = subprocess.run(
        ["bash", "-c", script], env={"DECODE": DECODE}, capture_output=True, text=True, check=True, cwd=Path("/")
    )
    assert json.loads(told.stdout) == ["--line", text]


@given(value=st.text(st.sampled_from("\"'$`\\{}<>%LOG_DIRCPS \né")) | st.just("{{{PWD}}} <LOG_DIR><CPS>"))
@settings(max_examples=200, deadline=None)
def test_any_variable_comes_through_yarn_as_it_is(value: str) -> None:
    told = yarn_variable(value).replace("<LOG_DIR>", "/logs").replace("<CPS>", ":").replace("{{", "$").replace("}}", "")
    script = f'export X="{told}"\nprintf %s "$X"'
    assert subprocess.run(["bash", "-c", script], capture_output=True, check=True).stdout.decode() == value
