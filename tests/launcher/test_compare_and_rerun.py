"""launcher compare and rerun, on the scripted service, between two clouds."""

import json
import os
import shutil
from pathlib import Path

import pytest

from tests.launcher.conftest import Launch


@pytest.fixture
def there(scripted: Path) -> Path:
    """Add a second cloud, `there`; gives its staging folder."""
    staging = scripted.with_name("staging of there")
    with Path(os.environ["FIRESTEEL_CONFIG"]).open("a", encoding="utf-8") as config:
        config.write(f'[clouds.there]\nkind = "scripted"\nstaging = "file://{staging}"\n')
    return staging


def test_rerun_repeats_package_input_and_arguments_on_another_cloud(
    there: Path, tmp_path: Path, launch: Launch
) -> None:
    (tmp_path / "points.csv").write_text("x,y\n1,2\n", encoding="utf-8")
    words = ("selftest", "--input", str(tmp_path / "points.csv"), "--env", "GREETING=hello")
    first = launch("submit", *words, "--detach", "--", "--seed", "7").out.strip()
    assert launch("wait", first).code == 0
    answer = launch("rerun", first, "--cloud", "there")
    assert answer.code == 0, answer.err
    assert f"beside {first}: the metrics are identical" in answer.err
    (submission,) = there.glob("runs/*/submission.json")
    spec = json.loads(submission.read_text(encoding="utf-8"))["spec"]
    assert spec["args"][2:] == ["--seed", "7"]
    assert spec["env"] == {"GREETING": "hello"}
    assert Path(spec["args"][1].removeprefix("file://")).read_text(encoding="utf-8") == "x,y\n1,2\n"
    assert Path(spec["args"][1].removeprefix("file://")).is_relative_to(there)


def test_rerun_uses_the_package_of_the_first_run_even_when_it_has_changed_since(
    scripted: Path, there: Path, launch: Launch
) -> None:
    first = launch("submit", "selftest", "--detach").out.strip()
    (stored,) = (scripted / "apps").iterdir()
    older = stored.rename(stored.with_name("0" * 32))
    record = scripted / "runs" / first.partition("/")[2] / "submission.json"
    record.write_text(record.read_text(encoding="utf-8").replace(stored.name, older.name), encoding="utf-8")
    assert launch("rerun", first, "--cloud", "there", "--detach").code == 0
    assert [path.name for path in (there / "apps").iterdir()] == [older.name]


def test_rerun_without_a_cloud_stays_where_the_run_was(there: Path, launch: Launch) -> None:
    first = launch("submit", "selftest", "--cloud", "there", "--detach").out.strip()
    assert launch("rerun", first, "--detach").out.startswith("there/selftest-")
    assert len(list((there / "runs").iterdir())) == 2


def test_rerun_of_a_run_whose_input_was_removed_says_so_and_submits_nothing(
    scripted: Path, there: Path, tmp_path: Path, launch: Launch
) -> None:
    (tmp_path / "points.csv").write_text("x,y\n1,2\n", encoding="utf-8")
    first = launch("submit", "selftest", "--input", str(tmp_path / "points.csv"), "--detach").out.strip()
    shutil.rmtree(scripted / "data")
    answer = launch("rerun", first, "--cloud", "there")
    assert answer.code == 6
    assert "was removed" in answer.err
    assert not there.exists()


def test_rerun_elsewhere_of_a_run_that_went_on_from_another_names_what_to_fetch(there: Path, launch: Launch) -> None:
    first = launch("submit", "selftest", "--detach").out.strip()
    assert launch("wait", first).code == 0
    second = launch("submit", "selftest", "--detach", "--", "--line", first).out.strip()
    answer = launch("rerun", second, "--cloud", "there")
    assert answer.code == 2
    assert f"launcher results {first} FOLDER" in answer.err
    assert not there.exists()
    assert launch("rerun", second, "--detach").code == 0


@pytest.mark.usefixtures("scripted")
def test_rerun_of_an_unknown_run_is_a_usage_error(launch: Launch) -> None:
    answer = launch("rerun", "it/selftest-20200101-000000-0000")
    assert answer.code == 2
    assert "no run selftest-20200101-000000-0000" in answer.err


@pytest.mark.usefixtures("scripted")
def test_compare_shows_runs_side_by_side_and_ends_with_0_when_they_are_equal(launch: Launch, tmp_path: Path) -> None:
    handles = [launch("submit", "selftest", "--detach").out.strip() for _ in range(2)]
    answer = launch("compare", *handles, "--html", str(tmp_path / "page.html"))
    assert answer.code == 0, answer.err
    assert all(handle in answer.out.splitlines()[0] for handle in handles)
    assert "the metrics are identical" in answer.err
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "The metrics are identical." in page
    assert all(handle.replace("/", " ") in page for handle in handles)


@pytest.mark.usefixtures("scripted")
def test_compare_ends_with_1_and_names_the_metrics_that_differ(launch: Launch) -> None:
    handles = [launch("submit", "selftest", "--detach", "--", "--lines", count).out.strip() for count in ("1", "2")]
    answer = launch("compare", *handles, "--json")
    assert answer.code == 1
    assert json.loads(answer.out)["sentence"] == "the metrics differ: lines"


@pytest.mark.usefixtures("scripted")
def test_one_run_cannot_be_compared(launch: Launch) -> None:
    handle = launch("submit", "selftest", "--detach").out.strip()
    assert launch("compare", handle).code == 2
