import json
import os
import signal
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from launcher import package
from launcher.storage import Storage
from rehearsal import processes, yarn
from rehearsal.errors import RehearsalError
from rehearsal.runners import YarnRunner
from rehearsal.yarn import Yarn

pytestmark = [pytest.mark.timeout(600), pytest.mark.parts]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A cloud of nothing but YARN and the jobs package."""
    where = tmp_path_factory.mktemp("cloud")
    package.upload(Storage(f"file://{where}"), package.build()[2])
    yarn.start(where, {})
    yield where
    processes.stop(where)


@pytest.fixture(scope="module")
def runner(folder: Path) -> YarnRunner:
    return YarnRunner(Yarn.of(folder), folder)


def run_directory(folder: Path, name: str) -> Path:
    where = folder / "runs" / name
    where.mkdir(parents=True)
    (where / "intent.json").write_text("{}", encoding="utf-8")
    return where


def start(runner: YarnRunner, name: str, *arguments: str, conf: tuple[str, ...] = ()) -> Path:
    digest = package.build()[2]
    apps = f"file://{runner.folder}/apps/{digest}"
    where = run_directory(runner.folder, name)
    own = ["--run", name, "--directory", f"file://{where}", "--digest", digest, "--workload", "selftest"]
    properties = [word for pair in ("spark.yarn.maxAppAttempts=1", *conf) for word in ("--conf", pair)]
    submit = ["--deploy-mode", "cluster", *properties, "--py-files", f"{apps}/jobs.zip", f"{apps}/main.py"]
    runner.start(name, [*submit, *own, "--", *arguments])
    return where


def wait(runner: YarnRunner, name: str, *words: str, seconds: float = 240) -> str:
    deadline = time.monotonic() + seconds
    while (word := runner.word(name)) not in {*words, "succeeded", "failed", "killed"}:
        assert time.monotonic() < deadline, runner.output(name).decode()
        time.sleep(0.1)
    return word


def ask(found: Yarn, path: str) -> Any:
    request = urllib.request.Request(f"{found.web}{path}", headers={"Accept": "application/json"})  # noqa: S310 -- loopback
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 -- the same
        return json.load(answer)


def configured(folder: Path, name: str) -> dict[str, str]:
    rows = ET.parse(folder / "hadoop-conf" / f"{name}.xml").getroot()  # noqa: S314 -- we wrote it
    return {str(row.findtext("name")): str(row.findtext("value")) for row in rows}


def test_a_job_runs_in_cluster_mode_and_its_driver_is_heard(folder: Path, runner: YarnRunner) -> None:
    where = start(runner, "good", "--lines", "1", "--line", "heard {n}", "--stages", "1")
    assert wait(runner, "good") == "succeeded", runner.driver_log("good").decode()
    assert runner.exit_code("good") == 0
    assert b"heard 1" in runner.driver_log("good")
    assert b"Submitted application" in runner.output("good")
    assert json.loads((where / "receipt.json").read_text(encoding="utf-8"))["state"] == "SUCCEEDED"
    assert sorted(entry.name for entry in (folder / "staging").glob("*/.sparkStaging/*")) == []


def test_a_job_that_fails_runs_once_and_keeps_its_own_tags(runner: YarnRunner) -> None:
    where = start(runner, "bad", "--exit", "3", conf=("spark.yarn.tags=mine",))
    assert wait(runner, "bad") == "failed"
    assert runner.exit_code("bad") == 1
    assert json.loads((where / "receipt.json").read_text(encoding="utf-8"))["exit_code"] == 3
    (found,) = runner.yarn.applications(applicationTags="mine")
    assert found["finalStatus"] == "FAILED"
    assert len(ask(runner.yarn, f"/ws/v1/cluster/apps/{found['id']}/appattempts")["appAttempts"]["appAttempt"]) == 1


def test_a_killed_job_ends_in_yarn_too(runner: YarnRunner) -> None:
    start(runner, "long", "--sleep", "600")
    assert wait(runner, "long", "running") == "running"
    runner.kill("long")
    runner.kill("long")
    assert wait(runner, "long", seconds=20) == "killed"
    assert (runner.application("long") or {})["state"] == "KILLED"
    assert runner.exit_code("long") is None


def test_a_job_that_is_killed_before_it_is_submitted_never_runs(runner: YarnRunner) -> None:
    where = start(runner, "early", "--lines", "1")
    runner.kill("early")
    assert wait(runner, "early", seconds=20) == "killed"
    assert runner.application("early") is None
    assert not (where / "started.json").exists()


def test_a_failing_application_is_tried_twice_unless_the_job_says_otherwise(runner: YarnRunner) -> None:
    found = ask(runner.yarn, "/conf?name=yarn.resourcemanager.am.max-attempts")
    assert found["property"]["value"] == "2"


def test_everything_but_the_shuffle_listens_on_loopback_only(folder: Path, runner: YarnRunner) -> None:
    assert runner.yarn.nodes() == 1
    shuffle = int(configured(folder, "mapred-site")["mapreduce.shuffle.port"])
    listening = {
        connection.laddr.ip
        for process in processes.living(folder)
        for connection in process.net_connections()
        if connection.status == "LISTEN" and connection.laddr.port != shuffle
    }
    assert {address.removeprefix("::ffff:") for address in listening} == {"127.0.0.1"}


def test_a_folder_without_yarn_is_told_apart(tmp_path: Path) -> None:
    with pytest.raises(RehearsalError, match="no YARN was started"):
        Yarn.of(tmp_path)


def test_containers_end_with_the_cloud_also_when_the_daemons_were_killed(folder: Path, runner: YarnRunner) -> None:
    start(runner, "orphan", "--sleep", "600")
    assert wait(runner, "orphan", "running") == "running"
    for pid in processes.named(folder).values():
        os.kill(pid, signal.SIGKILL)
    assert [process for process in processes.living(folder) if "ApplicationMaster" in str(process.cmdline())] != []
    processes.stop(folder)
    assert processes.living(folder) == []
