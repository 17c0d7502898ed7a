"""What EMR, AWS or the network refuse: each in our words, with the command that mends it."""

import json
import os
import socket
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from launcher.apis import aws
from launcher.backends.emr import Emr
from launcher.checks import findings
from launcher.checks.emr import checks
from launcher.errors import BackendUnavailable, ConfigError, JobNotFound, JobRejected, LauncherError
from launcher.model import Application, JobSpec, Run
from rehearsal import processes
from rehearsal.aws_wire import Key
from rehearsal.serving import served
from tests.rigs.emr import KEY_ID, SECRET, Witness, administer, scripted

APP = Application(main="s3://b/main.py", py_files=("s3://b/jobs.zip",), digest="d")
Scripted = tuple[Emr, Witness]


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Scripted]:
    with scripted(tmp_path / "s", startup=0) as found:
        yield found


@contextmanager
def environment(**words: str) -> Generator[None]:
    with mock.patch.dict(os.environ, words):
        yield


def submit(backend: Emr, name: str = "a", *args: str) -> str:
    run = Run(run_id=name, app=APP, directory=f"s3://b/runs/{name}")
    return backend.submit(backend.request(JobSpec(workload="selftest", args=args), run))


def refused(backend: Emr, kind: type[LauncherError], *args: str) -> LauncherError:
    """Submit, and give the error, which has a hint and leaves nothing behind."""
    with pytest.raises(kind) as error:
        submit(backend, "refused", *args)
    assert error.value.hint
    return error.value


def test_a_cluster_that_terminates_takes_no_job(service: Scripted) -> None:
    backend, witness = service
    witness.service.clusters[backend.cluster_id].terminate(time.time() + 600, "Terminated by user request")
    error = refused(backend, JobRejected)
    assert "is TERMINATING (Terminated by user request)" in error.message
    assert error.hint == "launcher up"
    assert not witness.service.steps()


def test_a_cluster_that_is_terminated_takes_no_job(service: Scripted) -> None:
    backend, witness = service
    witness.service.clusters[backend.cluster_id].terminate(1.0, "")
    witness.service.tick()
    assert "is TERMINATED" in refused(backend, JobRejected).message


def test_a_cluster_in_error_takes_no_job(service: Scripted) -> None:
    backend, witness = service
    witness.service.clusters[backend.cluster_id].terminate(1.0, "Shut down as step failed", code="STEP_FAILURE")
    witness.service.tick()
    assert "is TERMINATED_WITH_ERRORS (Shut down as step failed)" in refused(backend, JobRejected).message


def test_a_cluster_that_does_not_exist_is_named_with_the_command_that_lists_them(service: Scripted) -> None:
    error = refused(replace(service[0], cluster_id="j-NONE"), ConfigError)
    assert "j-NONE in eu-central-1: there is no such cluster" in error.message
    assert error.hint == "aws emr list-clusters --region eu-central-1"


def test_a_cluster_is_not_found_in_another_region(service: Scripted) -> None:
    assert "in eu-west-1" in refused(replace(service[0], region="eu-west-1"), ConfigError).message


def test_a_region_that_cannot_be_one_is_a_mistake_in_the_configuration(service: Scripted) -> None:
    assert "region" in refused(replace(service[0], region="eu central 1"), ConfigError).message


def test_the_limit_of_active_steps_is_told(service: Scripted) -> None:
    backend, witness = service
    cluster = witness.service.clusters[backend.cluster_id]
    config = {"Name": "x", "ActionOnFailure": "CONTINUE"}
    jar = {"Jar": "command-runner.jar", "Args": ["spark-submit"]}
    cluster.concurrency = 0
    cluster.add([{**config, "HadoopJarStep": jar}] * 256, 1.0)
    error = refused(backend, JobRejected)
    assert "256 steps that have not ended" in error.message
    assert "launcher cancel" in error.hint


def test_characters_that_no_step_may_have_are_told(service: Scripted) -> None:
    assert "pattern" in refused(service[0], JobRejected, "bell \x07").message


def test_a_request_that_is_too_large_is_told(service: Scripted) -> None:
    backend, _ = service
    jar = {"Jar": "command-runner.jar", "Args": ["x" * 2_000_000]}
    with pytest.raises(JobRejected, match="too large"):
        ask(backend, "add_job_flow_steps", JobFlowId=backend.cluster_id, Steps=[{"Name": "a", "HadoopJarStep": jar}])


def test_a_call_that_does_not_fit_the_model_is_told(service: Scripted) -> None:
    with pytest.raises(JobRejected, match="model"):
        ask(service[0], "list_steps", ClusterId=7)


def test_without_credentials_it_says_how_to_get_some(service: Scripted) -> None:
    with environment(AWS_ACCESS_KEY_ID="", AWS_SECRET_ACCESS_KEY=""):
        error = refused(service[0], BackendUnavailable)
    assert "there are no AWS credentials" in error.message
    assert "aws configure" in error.hint


def test_half_of_the_credentials_are_not_enough(service: Scripted) -> None:
    with environment(AWS_SECRET_ACCESS_KEY=""):
        assert "incomplete" in refused(service[0], BackendUnavailable).message


def test_an_unknown_key_is_told(service: Scripted) -> None:
    with environment(AWS_ACCESS_KEY_ID="AKIANOBODY"):
        assert "does not know these credentials" in refused(service[0], BackendUnavailable).message


def test_a_wrong_secret_is_told(service: Scripted) -> None:
    with environment(AWS_SECRET_ACCESS_KEY="wrong"):  # noqa: S106 -- no secret
        assert "the secret key is wrong" in refused(service[0], BackendUnavailable).message


def test_expired_credentials_name_the_login(service: Scripted) -> None:
    backend, witness = service
    administer(witness.url, "expire", key=KEY_ID)
    error = refused(backend, BackendUnavailable)
    assert "have expired" in error.message
    assert "aws sso login" in error.hint


def test_credentials_that_are_renewed_in_their_file_are_used_at_once(service: Scripted, tmp_path: Path) -> None:
    backend, witness = service
    file = tmp_path / "credentials"
    here = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_SHARED_CREDENTIALS_FILE": str(file)}
    with environment(**here):
        write_credentials(file, KEY_ID, SECRET)
        step = submit(backend)
        administer(witness.url, "expire", key=KEY_ID)
        with pytest.raises(BackendUnavailable, match="expired"):
            backend.status(step)
        witness.service.keys["AKIANEW"] = Key(secret=SECRET)
        write_credentials(file, "AKIANEW", SECRET)
        os.utime(file, (1, 1))  # another time than before, however coarse the file system's clock is
        assert backend.status(step).native


def test_a_profile_that_does_not_exist_is_a_mistake_in_the_configuration(service: Scripted) -> None:
    with environment(AWS_PROFILE="nobody"):
        error = refused(service[0], ConfigError)
    assert error.hint == "aws configure list-profiles"


def test_an_endpoint_where_nobody_listens_is_named(service: Scripted) -> None:
    url = f"http://127.0.0.1:{processes.free_port()}"
    with environment(AWS_ENDPOINT_URL=url), mock.patch.object(aws, "LONGEST_PAUSE", 0.01):
        error = refused(service[0], BackendUnavailable)
    assert url in error.message
    assert "AWS_ENDPOINT_URL" in error.hint


def test_a_proxy_that_does_not_answer_is_told(service: Scripted) -> None:
    nowhere = f"http://127.0.0.1:{processes.free_port()}"
    with environment(HTTP_PROXY=nowhere, http_proxy=nowhere, NO_PROXY="", no_proxy=""):
        assert "HTTPS_PROXY" in refused(service[0], BackendUnavailable).hint


def test_what_is_no_answer_of_aws_is_told(service: Scripted) -> None:
    def page(_environ: Any, start_response: Any) -> list[bytes]:
        start_response("200 OK", [("Content-Length", "9")])
        return [b"<welcome>"]

    with served(page) as url, environment(AWS_ENDPOINT_URL=url), mock.patch.object(aws, "LONGEST_PAUSE", 0.01):
        assert "not one of AWS" in refused(service[0], BackendUnavailable).message


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        ("AccessDeniedException", 400, JobRejected),
        ("OptInRequired", 403, JobRejected),
        ("RequestEntityTooLarge", 413, JobRejected),
        ("ValidationException", 400, JobRejected),
        ("InternalServerError", 400, BackendUnavailable),
        ("ServiceUnavailable", 503, BackendUnavailable),
        ("ThrottlingException", 400, BackendUnavailable),
        ("ExpiredTokenException", 403, BackendUnavailable),
    ],
)
def test_each_code_of_the_service_has_its_meaning(
    service: Scripted, code: str, status: int, kind: type[LauncherError]
) -> None:
    def answer(_environ: Any, start_response: Any) -> list[bytes]:
        body = json.dumps({"__type": code, "message": "as the service says it"}).encode()
        start_response(f"{status} REFUSED", [("Content-Length", str(len(body)))])
        return [body]

    with served(answer) as url, environment(AWS_ENDPOINT_URL=url), mock.patch.object(aws, "LONGEST_PAUSE", 0.01):
        assert "as the service says it" in refused(service[0], kind).message


def test_an_unknown_step_is_not_found(service: Scripted) -> None:
    with pytest.raises(JobNotFound):
        service[0].status("s-UNKNOWN")


def test_doctor_finds_a_cluster_that_is_well(service: Scripted) -> None:
    backend, witness = service
    witness.service.clusters[backend.cluster_id].idle_timeout = 3600
    found = {finding.name: finding for finding in findings(checks(backend))}
    assert all(finding.ok for finding in found.values()), found
    assert witness.url in found["endpoint"].found
    assert "arn:aws:" in found["credentials"].found
    assert "emr-spark-8.1.0" in found["cluster"].found
    assert "after 60 minutes without a step" in found["deadline"].found


def test_doctor_warns_of_a_cluster_that_nothing_ends(service: Scripted) -> None:
    found = {finding.name: finding for finding in findings(checks(service[0]))}
    assert not found["deadline"].ok
    assert "aws emr put-auto-termination-policy --cluster-id j-" in found["deadline"].hint


def test_doctor_does_not_wait_longer_than_five_seconds_for_an_endpoint_that_is_silent(service: Scripted) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with environment(AWS_ENDPOINT_URL=url), mock.patch("launcher.checks.emr.SECONDS", 0.5):
            found = next(iter(findings(checks(service[0]))))
    assert "no answer from AWS within 0.5 s" in found.found
    assert found.hint


def ask(backend: Emr, operation: str, **parameters: Any) -> Any:
    service = aws.Service(name="emr", region=backend.region, where="EMR", explain=lambda _: None)
    return service.ask(operation, **parameters)


def write_credentials(file: Path, key_id: str, secret: str) -> None:
    text = f"[default]\naws_access_key_id = {key_id}\naws_secret_access_key = {secret}\n"
    file.write_text(text, encoding="utf-8")
