"""The log of a step, packed in a real bucket."""

import os
from dataclasses import replace
from pathlib import Path
from unittest import mock

import pytest

from launcher.model import Application, JobSpec, Run
from rehearsal import aws
from tests.rigs import emr as rig
from tests.rigs.emr import bucket

APP = Application(main="s3://b/main.py", py_files=(), digest="d")


@pytest.mark.parametrize(("late", "expected"), [(0.0, ["STEP: failed"]), (3600.0, [])])
def test_what_spark_submit_printed_is_read_from_the_bucket_once_it_is_there(
    late: float, expected: list[str], tmp_path: Path
) -> None:
    with (
        bucket(tmp_path / "s3") as variables,
        mock.patch.dict(os.environ, variables),
        mock.patch.object(rig, "AT_ONCE", replace(rig.AT_ONCE, log=late)),
        rig.scripted(tmp_path / "emr", logs=f"s3://{aws.BUCKET}/logs/", startup=0) as (backend, witness),
    ):
        run = Run(run_id="a", app=APP, directory=f"{backend.staging}/runs/a")
        step = backend.submit(backend.request(JobSpec(workload="selftest"), run))
        for _ in range(3):
            witness.service.tick()
        assert [line.replace(step, "STEP") for line in backend.logs(step)] == expected
