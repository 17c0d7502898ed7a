"""What counts as equal between runs, and what is shown of them."""

from dataclasses import replace
from typing import Any

import pytest

from launcher import comparing
from launcher.model import Application, JobSpec, JobState, JobStatus, Run, Submission
from launcher.runs import Standing


def test_identical_metrics_are_said_to_be_identical() -> None:
    found = comparing.compared([_run({"cost": 15.5, "k": 8}), _run({"cost": 15.5, "k": 8})])
    assert (found.equal, found.sentence) == (True, "the metrics are identical")


def test_sums_that_were_added_in_another_order_are_equal() -> None:
    found = comparing.compared([_run({"cost": 15.5}), _run({"cost": 15.5 * (1 + 4e-9)})])
    assert found.equal
    assert found.sentence == "the metrics are equal (largest relative difference 4e-09)"


def test_what_is_left_of_rounding_is_equal() -> None:
    assert comparing.compared([_run({"difference": 3.8e-15}), _run({"difference": 4.1e-15})]).equal


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (15.5, 15.6),
        (1, 2),
        ([1.0, 2.0], [1.0, 2.1]),
        ([1.0], [1.0, 1.0]),
        ({"a": 1}, {"b": 1}),
        ("blocks", "mllib"),
        (True, 2),
        (None, 1.0),
        (1e-5, 1.1e-5),
    ],
)
def test_other_values_differ_and_are_named(one: Any, other: Any) -> None:
    found = comparing.compared([_run({"rows": 1, "it": one}), _run({"rows": 1, "it": other})])
    assert (found.equal, found.sentence) == (False, "the metrics differ: it")


def test_lists_of_lists_are_compared_number_by_number() -> None:
    found = comparing.compared(
        [_run({"centres": [[1.0, 2.0], [3.0, 4.0]]}), _run({"centres": [[1.0, 2.0], [3.0, 4.0 + 1e-9]]})]
    )
    assert [row.verdict for row in found.rows if row.name == "centres"] == ["equal"]


def test_a_metric_that_one_run_lacks_differs() -> None:
    assert not comparing.compared([_run({"cost": 1.0}), _run({})]).equal


def test_runs_that_did_not_all_succeed_are_never_equal() -> None:
    found = comparing.compared([_run({"cost": 1.0}), _run({"cost": 1.0}, JobState.FAILED)])
    assert (found.equal, found.sentence) == (False, "not every run has succeeded: there is nothing to compare yet")


def test_an_input_that_was_uploaded_is_named_by_its_digest_on_every_cloud() -> None:
    found = comparing.compared([_run({}, staging=staging) for staging in ("s3://bucket/here", "gs://other")])
    rows = [row for row in found.rows if row.name == "arguments"]
    assert [(row.values[0], row.verdict) for row in rows] == [(["--input", "data/0af1/rides.csv", "--k", "8"], "same")]


def test_seconds_get_no_verdict() -> None:
    found = comparing.compared([_run({}, seconds=1.5), _run({}, seconds=9.0)])
    assert [(row.values, row.verdict) for row in found.rows if row.section == "seconds"] == [((1.5, 9.0), "")]


def test_metrics_that_tell_of_time_are_shown_and_not_judged() -> None:
    timed = ("seconds", "seconds_in_model", "images_per_second", "ratio", "ratios", "transport_share")
    found = comparing.compared([_run({"rows": 1} | dict.fromkeys(timed, value)) for value in (1.0, 2.0)])
    assert found.sentence == "the metrics are identical"
    assert {row.name: row.verdict for row in found.rows if row.section == "metrics"} == {
        "rows": "same",
        **dict.fromkeys(timed, ""),
    }
    assert not comparing.compared([_run({"ration": 1.0}), _run({"ration": 2.0})]).equal


def test_the_place_of_a_file_that_a_run_left_is_one_within_its_directory() -> None:
    runs = [_run({}, staging=staging) for staging in ("s3://bucket/here", "gs://other")]
    left = [replace(one, metrics={"model": f"{one.submission.run.directory}/output/model"}) for one in runs]
    found = comparing.compared(left)
    assert found.equal
    assert [row.values for row in found.rows if row.name == "model"] == [("output/model", "output/model")]


def _run(
    metrics: dict[str, Any],
    state: JobState = JobState.SUCCEEDED,
    *,
    staging: str = "file:///staging",
    seconds: float = 1.0,
) -> Standing:
    app = Application(main=f"{staging}/apps/d/main.py", py_files=(), digest="d")
    run = Run(run_id="kmeans-20261122-101530-4f2a", app=app, directory=f"{staging}/runs/kmeans-20261122-101530-4f2a")
    spec = JobSpec(workload="kmeans", args=("--input", f"{staging}/data/0af1/rides.csv", "--k", "8"))
    return Standing(
        submission=Submission(run=run, spec=spec, cloud="it", kind="local"),
        status=JobStatus(state=state, native="it"),
        receipt={"seconds": {"total": seconds}, "versions": {"spark": "4.1.2"}},
        metrics=metrics,
    )
