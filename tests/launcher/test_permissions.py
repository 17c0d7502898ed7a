"""The permissions in the clouds' guides are those that the launcher's calls need, and no others."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
import yaml

from launcher.backends.dataproc import Dataproc
from launcher.checks import dataproc as dataproc_checks
from launcher.errors import JobNotFound, LauncherError
from tests.launcher.dataproc_cloud import Cloud, hurry, opened

GUIDES = Path(__file__).resolve().parents[2] / "docs" / "clouds"
# https://cloud.google.com/dataproc/docs/concepts/iam/iam#permissions
NEEDED = {
    "JobController/SubmitJob": {"dataproc.jobs.create", "dataproc.clusters.use"},
    "JobController/GetJob": {"dataproc.jobs.get"},
    "JobController/ListJobs": {"dataproc.jobs.list"},
    "JobController/CancelJob": {"dataproc.jobs.cancel"},
    "ClusterController/GetCluster": {"dataproc.clusters.get"},
}


@pytest.fixture
def cloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    hurry(monkeypatch)
    with opened(tmp_path) as found:
        yield found


def test_the_role_in_the_guide_to_dataproc_is_what_the_launcher_calls(cloud: Cloud) -> None:
    service = cloud.witness.service
    with mock.patch.object(service, "call", wraps=service.call) as called:
        _a_life(cloud)
    methods = {call.args[0].rpartition(".")[2] for call in called.call_args_list}
    assert set().union(*(NEEDED[method] for method in methods)) == set(_role("dataproc.md"))


def _a_life(cloud: Cloud) -> None:
    """Do all that a launcher does with a cluster."""
    backend: Dataproc = cloud.backend
    first = cloud.submit(0, "--sleep", "600")
    job_ids = [first, *(cloud.submit(number) for number in range(1, 6))]
    backend.find(first)
    backend.statuses(job_ids)
    with suppress(JobNotFound):
        list(backend.logs(first))
    backend.cancel(first)
    for check in dataproc_checks.checks(backend).values():
        with suppress(LauncherError):
            check()


def _role(guide: str) -> list[str]:
    """Give the permissions of the first role in a guide."""
    page = (GUIDES / guide).read_text(encoding="utf-8")
    role: dict[str, Any] = yaml.safe_load(page.split("```yaml\n")[1].partition("```")[0])
    return role["includedPermissions"]
