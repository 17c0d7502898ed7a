"""A workload's arguments on their way to the job: models and runs by name become URIs, and are copied where need be."""

import json
import re
from pathlib import Path

import pytest

from tests.launcher.conftest import Launch


def arguments(launch: Launch, *words: str) -> list[str]:
    """The job's arguments, by a dry run."""
    answer = launch("submit", *words)
    assert answer.code == 0, answer.err
    return json.loads(answer.out)["args"]


def test_a_workload_that_takes_a_model_gets_a_sample_where_none_is_named(scripted: Path, launch: Launch) -> None:
    found = arguments(launch, "infer", "--dry-run")
    assert found[::2] == ["--input", "--model"]
    assert found[3].startswith(f"file://{scripted}/data/")
    assert found[3].endswith("/fashion-model.npz")


@pytest.mark.parametrize("words", [("--model", "mine"), ("--model=mine",)])
def test_a_model_in_a_local_folder_is_meant_by_its_copy(
    scripted: Path, launch: Launch, tmp_path: Path, words: tuple[str, ...]
) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "model.json").write_text("{}", encoding="utf-8")
    found = arguments(launch, "infer", "--dry-run", "--", *words)
    assert found[2] == "--model"
    assert re.fullmatch(f"file://{scripted}/data/[0-9a-f]+/mine", found[3])


@pytest.mark.usefixtures("scripted")
def test_a_uri_of_a_model_is_passed_on_as_it_is(launch: Launch) -> None:
    assert arguments(launch, "infer", "--dry-run", "--", "--model", "s3://bucket/model")[3] == "s3://bucket/model"


@pytest.mark.usefixtures("scripted")
def test_a_model_that_is_not_there_is_a_usage_error(launch: Launch) -> None:
    answer = launch("submit", "infer", "--", "--model", "nothere")
    assert answer.code == 2
    assert "model 'nothere': no such file, folder or sample" in answer.err


def test_a_run_that_succeeded_is_named_by_its_handle_and_meant_by_its_directory(scripted: Path, launch: Launch) -> None:
    first = json.loads(launch("submit", "selftest", "--json").out)
    directory = f"file://{scripted}/runs/{first['handle'].removeprefix('it/')}"
    assert arguments(launch, "selftest", "--dry-run", "--", "--line", first["handle"]) == ["--line", directory]
    assert arguments(launch, "infer", "--dry-run", "--", "--model", first["handle"])[3] == directory
    bare = first["handle"].removeprefix("it/")
    assert arguments(launch, "infer", "--dry-run", "--", f"--model={bare}")[3] == directory


def test_a_run_that_goes_on_from_another_can_be_repeated(scripted: Path, launch: Launch) -> None:
    first = json.loads(launch("submit", "selftest", "--json").out)["handle"]
    second = json.loads(launch("submit", "selftest", "--json", "--", "--line", first).out)["handle"]
    again = json.loads(launch("rerun", second, "--json").out)["directory"].removeprefix("file://")
    record = json.loads((Path(again) / "submission.json").read_text(encoding="utf-8"))
    assert record["spec"]["args"] == ["--line", f"file://{scripted}/runs/{first.removeprefix('it/')}"]


@pytest.mark.usefixtures("scripted")
def test_a_run_that_failed_or_is_not_over_is_refused_with_what_to_type(launch: Launch) -> None:
    launch("submit", "selftest", "--", "--exit", "3")
    failed = json.loads(launch("runs", "--json").out)[0]["handle"]
    answer = launch("submit", "infer", "--", "--model", failed)
    assert (answer.code, f"launcher logs {failed}" in answer.err) == (2, True)
    open_one = launch("submit", "selftest", "--detach", "--", "--sleep", "600").out.strip()
    answer = launch("submit", "infer", "--", "--model", open_one)
    assert (answer.code, f"launcher wait {open_one}" in answer.err) == (2, True)


@pytest.mark.usefixtures("scripted")
def test_an_unknown_run_and_another_clouds_are_refused_before_anything_is_sent(launch: Launch) -> None:
    run_id = "train-torch-20261122-101530-4f2a"
    assert f"no run {run_id} is recorded" in launch("submit", "infer", "--", "--model", f"it/{run_id}").err
    answer = launch("submit", "infer", "--", "--model", f"gcp/{run_id}")
    assert answer.code == 2
    assert f"launcher results gcp/{run_id} FOLDER" in answer.err
