"""launcher submit and wait, on the scripted service: what is printed where, and every exit code."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.launcher.conftest import Launch
from tests.rigs.scripted import Scripted

pytestmark = pytest.mark.usefixtures("scripted")


def test_success_prints_metrics_on_stdout_and_ends_with_0(launch: Launch) -> None:
    answer = launch("submit", "selftest")
    assert answer.code == 0
    assert "SUCCEEDED  it/selftest-" in answer.err
    assert "SUCCEEDED" not in answer.out


def test_failure_ends_with_1_and_says_why_and_what_to_type(launch: Launch) -> None:
    answer = launch("submit", "selftest", "--", "--raise", "as asked")
    assert answer.code == 1
    assert "as asked" in answer.err
    assert "hint:  launcher logs it/selftest-" in answer.err


def test_detach_prints_the_handle_alone_on_stdout(launch: Launch) -> None:
    answer = launch("submit", "selftest", "--detach", "--", "--sleep", "600")
    assert answer.code == 0
    assert answer.out.startswith("it/selftest-")
    assert launch("status", answer.out.strip()).out.startswith("RUNNING")


def test_a_cancelled_run_ends_with_3(launch: Launch) -> None:
    handle = launch("submit", "selftest", "--detach", "--", "--sleep", "600").out.strip()
    assert launch("cancel", handle).code == 0
    assert launch("wait", handle).code == 3


def test_a_wait_that_is_over_too_early_ends_with_4_and_says_how_to_go_on(launch: Launch) -> None:
    answer = launch("submit", "selftest", "--timeout", "0.3", "--", "--sleep", "600")
    assert answer.code == 4
    assert "launcher wait it/selftest-" in answer.err
    assert "launcher cancel it/selftest-" in answer.err


def test_lost_contact_ends_with_5(scripted: Path, launch: Launch) -> None:
    handle = launch("submit", "selftest", "--detach", "--", "--sleep", "600").out.strip()
    for path in (scripted / "service").glob("*.job"):
        path.unlink()
    assert launch("wait", handle, "--patience", "0.3").code == 5


def test_json_is_one_object_with_handle_state_metrics_directory_and_seconds(launch: Launch) -> None:
    answer = launch("submit", "selftest", "--json")
    found = json.loads(answer.out)
    assert {"handle", "state", "metrics", "directory", "seconds"} <= set(found)
    assert found["state"] == "SUCCEEDED"


def test_runs_as_json_is_a_list_of_the_same_objects(launch: Launch) -> None:
    one = json.loads(launch("submit", "selftest", "--json").out)
    assert json.loads(launch("runs", "--json").out) == [one]


def test_a_dry_run_prints_the_request_and_leaves_nothing(scripted: Path, launch: Launch) -> None:
    answer = launch("submit", "kmeans", "--input", "uber", "--dry-run", "--", "--k", "3")
    assert answer.code == 0
    assert json.loads(answer.out)["args"][2:] == ["--k", "3"]
    assert not scripted.exists()


def test_an_input_is_uploaded_once(scripted: Path, launch: Launch, tmp_path: Path) -> None:
    (tmp_path / "rides.csv").write_text("x,y\n1,2\n", encoding="utf-8")
    for _ in range(2):
        assert launch("submit", "selftest", "--input", "rides.csv").code == 0
    assert len([path for path in (scripted / "data").rglob("*") if path.is_file()]) == 1
    assert len(list((scripted / "apps").rglob("main.py"))) == 1


def test_workload_arguments_may_stand_without_the_dashes_before_them(launch: Launch) -> None:
    answer = launch("submit", "kmeans", "--features", "Lat,Lon", "--k", "8", "--seed", "1", "--dry-run")
    assert json.loads(answer.out)["args"][2:] == ["--features", "Lat,Lon", "--k", "8", "--seed", "1"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["kmean"], "did you mean kmeans?"),
        (["kmeans", "--cloud", "itt"], "did you mean --cloud it?"),
        (["kmeans", "--input", "ubr"], "did you mean the sample uber?"),
        (["kmeans", "--input", "nowhere.csv"], "launcher workloads -v"),
        (["kmeans", "--input", ""], "--input is empty"),
        (["kmeans", "--", "--k", "0"], "--k"),
        (["kmeans", "--", "--k", "many"], "--k"),
        (["kmeans", "--", "--seed", "-1"], "--seed"),
        (["kmeans", "--clod", "it"], "--clod"),
        (["kmeans", "--conf", "spark.x"], "--conf NAME=VALUE"),
        (["kmeans", "--env", "1X=2"], "--env NAME=VALUE"),
        (["kmeans", "--env", "AWS_SECRET_ACCESS_KEY=x"], "secret"),
        (["kmeans", "--conf", "spark.hadoop.fs.s3a.access.key=x"], "secret"),
        (["kmeans", "--", "--input", "x"], "--input PATH"),
    ],
)
def test_a_mistake_ends_with_2_names_the_remedy_and_leaves_nothing(
    scripted: Path, launch: Launch, words: list[str], said: str
) -> None:
    answer = launch("submit", *words)
    assert answer.code == 2
    assert said in answer.err
    assert "Traceback" not in answer.err
    assert not scripted.exists()


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda path: path.write_bytes(b""), "empty"),
        (lambda path: path.mkdir(), "no data files"),
        (lambda path: (path.mkdir(), (path / "_hidden.csv").write_text("x", encoding="utf-8")), "no data files"),
    ],
)
def test_an_unusable_input_ends_with_2_before_anything_is_uploaded(
    scripted: Path, launch: Launch, tmp_path: Path, make: Callable[[Path], object], said: str
) -> None:
    make(tmp_path / "rides.csv")
    answer = launch("submit", "kmeans", "--input", "rides.csv")
    assert (answer.code, said in answer.err) == (2, True)
    assert not scripted.exists()


def test_a_service_that_refuses_ends_with_6_and_the_run_is_settled(
    launch: Launch, monkeypatch: pytest.MonkeyPatch
) -> None:
    from launcher.errors import JobRejected

    def refuse(_self: Scripted, _request: object) -> str:
        raise JobRejected("the cluster is terminating", "launcher clouds")

    monkeypatch.setattr(Scripted, "submit", refuse)
    answer = launch("submit", "selftest")
    assert (answer.code, "the cluster is terminating" in answer.err) == (6, True)
    assert json.loads(launch("runs", "--json").out)[0]["state"] == "FAILED"


def test_a_bug_of_ours_prints_one_line_and_where_the_trace_is(launch: Launch, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(_self: Scripted, _spec: object, _run: object) -> object:
        raise ZeroDivisionError("planted")

    monkeypatch.setattr(Scripted, "request", crash)
    answer = launch("submit", "selftest")
    assert answer.code == 70
    assert answer.err.count("\n") == 2
    trace = Path(answer.err.strip().rpartition(" ")[2])
    assert "planted" in trace.read_text(encoding="utf-8")
    trace.unlink()


def test_workload_help_is_printed_without_spark(launch: Launch) -> None:
    answer = launch("submit", "kmeans", "--", "--help")
    assert (answer.code, "--restarts" in answer.out) == (0, True)


@pytest.mark.parametrize("handle", ["nonsense", "it/", "it/kmeans", "it/kmeans-20260101-000000-zzzz", "../x"])
def test_something_that_is_no_handle_ends_with_2(launch: Launch, handle: str) -> None:
    for command in ("status", "wait", "logs", "cancel", "results", "resume"):
        assert launch(command, handle).code == 2


def test_a_run_that_nobody_recorded_ends_with_2_and_names_the_list(launch: Launch) -> None:
    answer = launch("status", "it/kmeans-20260101-000000-abcd")
    assert (answer.code, "launcher runs" in answer.err) == (2, True)
