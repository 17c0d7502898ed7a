"""Many runs at a glance: one question to the service, whatever their number."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

from launcher import overview, runs
from launcher.errors import BackendUnavailable
from launcher.model import JobSpec, JobState
from launcher.records import Records
from launcher.runs import Cloud
from launcher.storage import Storage
from tests.rigs.scripted import Scripted


def test_the_service_is_asked_once_about_all_open_runs(tmp_path: Path) -> None:
    calls: Counter[str] = Counter()
    cloud = _cloud(tmp_path, before=lambda call: calls.update([call]))
    _submitted(cloud, *[("--sleep", "600")] * 30)
    calls.clear()
    found = overview.standings(cloud, cloud.records.run_ids())
    assert [standing.status.state for standing in found] == [JobState.RUNNING] * 30
    assert calls["statuses"] == 1


def test_settled_runs_are_told_without_the_service(tmp_path: Path) -> None:
    _submitted(_cloud(tmp_path), ("--exit", "3"), ())
    expected = _states(_cloud(tmp_path))
    assert _states(_cloud(tmp_path, before=_refuse)) == expected == {JobState.SUCCEEDED, JobState.FAILED}


def test_open_runs_of_a_service_that_cannot_be_asked_are_unknown(tmp_path: Path) -> None:
    _submitted(_cloud(tmp_path), ("--sleep", "600"))
    assert _states(_cloud(tmp_path, before=_refuse)) == {JobState.UNKNOWN}


def test_a_run_without_a_record_is_left_out(tmp_path: Path) -> None:
    cloud = _cloud(tmp_path)
    (run_id,) = _submitted(cloud, ())
    found = overview.standings(cloud, ["selftest-20200101-000000-0000", run_id])
    assert [standing.submission.run.run_id for standing in found] == [run_id]


def _cloud(folder: Path, before: Callable[[str], None] = lambda _call: None) -> Cloud:
    backend = Scripted(staging=f"file://{folder}", before=before)
    storage = Storage(backend.staging)
    return Cloud(name="it", kind="scripted", backend=backend, storage=storage, records=Records(storage))


def _submitted(cloud: Cloud, *arguments: tuple[str, ...]) -> list[str]:
    plans = [runs.planned(cloud, JobSpec(workload="selftest", args=args)) for args in arguments]
    return [runs.submit(cloud, plan).run.run_id for plan in plans]


def _states(cloud: Cloud) -> set[JobState]:
    return {standing.status.state for standing in overview.standings(cloud, cloud.records.run_ids())}


def _refuse(call: str) -> None:
    raise BackendUnavailable(f"{call}: no answer")
