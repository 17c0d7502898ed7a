"""By the real clock, which the stories leave out: a service that took a job and never says so."""

import time
from pathlib import Path

import pytest

from launcher import runs
from launcher.apis import aws, gateway
from launcher.apis import dataproc as dataproc_api
from launcher.model import JobSpec
from launcher.records import Records
from launcher.runs import Cloud
from launcher.storage import Storage
from rehearsal import wire
from rehearsal.chaos import Chaos
from tests.chaos.judging import Scripted
from tests.rigs import dataproc, emr, hdinsight

READ = 0.5  # seconds until a client gives up reading
HANG = 3.0  # seconds until the connection ends
LONGEST = 60.0  # seconds


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aws, "READ_SECONDS", READ)
    monkeypatch.setattr(gateway, "ANSWER", READ)
    monkeypatch.setattr(dataproc_api, "ANSWER_SECONDS", READ)
    monkeypatch.setattr(wire, "HANG", (HANG, HANG))


@pytest.mark.parametrize(
    ("kind", "scripted"),
    [("emr", emr.scripted), ("dataproc", dataproc.scripted), ("hdinsight", hdinsight.scripted)],
    ids=["emr", "dataproc", "hdinsight"],
)
def test_a_job_whose_acceptance_was_never_told_is_found_and_started_once(
    kind: str, scripted: Scripted, tmp_path: Path
) -> None:
    chaos = Chaos(1, {"timeout_after": 1.0}, budget=1)
    with scripted(tmp_path, chaos) as (backend, service):
        storage = Storage(backend.staging)
        cloud = Cloud(name="chaos", kind=kind, backend=backend, storage=storage, records=Records(storage))
        began = time.monotonic()
        accepted = runs.submit(cloud, runs.planned(cloud, JobSpec(workload="selftest")))
        assert time.monotonic() - began < LONGEST
        assert accepted.job_id == backend.find(accepted.run.run_id)
        assert chaos.struck
        assert len((service.runner.folder / "submitted").read_text().splitlines()) == 1
