"""What is sent to the emulated Dataproc and comes back: tokens, paths, bodies, refusals in Google's shape."""

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import httpx
import pytest
from google.api_core import exceptions
from google.cloud import dataproc_v1 as dp

from rehearsal import google_login
from rehearsal.dataproc_rest import ROUTES
from tests.rehearsal.dataproc_api import JOB, PATH, PYSPARK, Api, by, by_rest
from tests.rigs import dataproc as rig


@pytest.fixture
def rest(tmp_path: Path) -> Iterator[Api]:
    with by_rest(tmp_path) as served:
        yield served


@pytest.fixture(params=["rest", "grpc"])
def api(rest: Api, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Api]:
    with by(request.param, rest, tmp_path) as served:
        yield served


def test_the_paths_are_those_that_googles_client_asks_for() -> None:
    ours = {(name.rpartition("/")[2], method.lower(), path, body) for method, path, name, body in ROUTES}
    for controller in ("job_controller", "cluster_controller"):
        base = import_module(f"google.cloud.dataproc_v1.services.{controller}.transports.rest_base")
        transport = next(kind for name, kind in vars(base).items() if name.startswith("_Base"))
        for name, _, path, _ in sorted(ours):
            if options := getattr(transport, f"_Base{name}", None):
                options = options._get_http_options()  # noqa: SLF001 -- Google's own table of paths
                assert (options[0]["method"], options[0]["uri"]) in {row[1:3] for row in ours if row[0] == name}, path


@pytest.mark.parametrize("authorization", ["Basic eDp5", "Bearer", "Bearer x", "Bearer x.y.z"])
def test_a_call_without_a_good_token_is_not_authenticated(rest: Api, authorization: str) -> None:
    answer = rest.send("GET", f"{PATH}/jobs", authorization)
    assert (answer.status_code, answer.json()["error"]["status"]) == (401, "UNAUTHENTICATED")


@pytest.mark.parametrize(
    "change",
    [{"aud": "https://storage.googleapis.com/"}, {"iss": "somebody@else"}, {"iat": 1, "exp": 61}],
    ids=["audience", "account", "expired"],
)
def test_a_token_for_another_service_or_account_or_time_is_not_taken(rest: Api, change: dict[str, Any]) -> None:
    assert rest.send("GET", f"{PATH}/jobs", f"Bearer {rest.token(**change)}").status_code == 401


def test_a_signed_claim_buys_a_token_that_is_taken_for_an_hour(rest: Api) -> None:
    claim = {"grant_type": google_login.GRANT, "assertion": rest.token(aud=rig.NOWHERE)}
    answer = httpx.post(f"{rest.url}/token", data=claim, trust_env=False)
    bought = f"Bearer {answer.json()['access_token']}"
    assert rest.send("GET", f"{PATH}/jobs", bought).status_code == 200
    assert answer.json()["expires_in"] == 3600
    forged = {**claim, "assertion": rest.token(aud="https://elsewhere")}
    assert httpx.post(f"{rest.url}/token", data=forged, trust_env=False).json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", f"{PATH}/jobs:submit", {"job": JOB, "colour": "red"}, 400),
        ("POST", f"{PATH}/jobs:submit", {"job": {**JOB, "colour": "red"}}, 400),
        ("POST", f"{PATH}/jobs:submit", {"job": {**JOB, "pyspark_job": {**PYSPARK, "args": "x"}}}, 400),
        ("GET", f"{PATH}/jobs?colour=red", None, 400),
        ("GET", f"{PATH}/jobs?pageSize=many", None, 400),
        ("POST", f"{PATH}/jobs:submitAsOperation", {"job": JOB}, 404),
        ("GET", f"{PATH}/workflowTemplates", None, 404),
        ("PUT", f"{PATH}/jobs/j-1", {}, 404),
        ("GET", f"{PATH}/operations/none", None, 404),
    ],
)
def test_what_is_not_known_is_refused_in_googles_shape(
    rest: Api, method: str, path: str, body: Any, status: int
) -> None:
    answer = rest.send(method, path, json=body) if body is not None else rest.send(method, path)
    assert answer.status_code == status
    assert set(answer.json()["error"]) >= {"code", "message", "status"}


def test_a_method_that_is_not_imitated_is_unimplemented_by_grpc(rest: Api, tmp_path: Path) -> None:
    with by("grpc", rest, tmp_path) as api, pytest.raises(exceptions.MethodNotImplemented):
        api.call("submit_job_as_operation", job=JOB)


def test_a_state_can_be_shown_that_no_client_knows(api: Api) -> None:
    api.submit_sleeping()
    rig.say(api.url, "j-1", "99")
    shown = dp.Job.pb(api.call("get_job", job_id="j-1")).status.state
    assert shown == 99
