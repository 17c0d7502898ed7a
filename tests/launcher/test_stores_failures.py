"""What each vendor may answer, and what the user then reads: a cause, the next command, after the right patience."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from launcher import stores
from launcher.errors import ConfigError, ObjectExists, StorageError
from launcher.storage import Storage
from rehearsal.serving import served
from tests.launcher.answering import CREATED, VENDORS, Answer, Service, breaking_off, found
from tests.launcher.servers import ACCOUNT_KEY, KEYS, Server, storage_on

Pointed = Callable[[Server], Storage]

ABSENT = {"s3": (404, "NoSuchKey"), "gs": (404, "notFound"), "azure": (404, "BlobNotFound")}
BUSY = {"s3": (503, "SlowDown"), "gs": (429, "rateLimitExceeded"), "azure": (503, "ServerBusy")}
EXISTS = {"s3": (412, "PreconditionFailed"), "gs": (412, "conditionNotMet"), "azure": (409, "BlobAlreadyExists")}
OTHERS = f"AccountName=other;AccountKey={ACCOUNT_KEY};EndpointSuffix=core.windows.net"
REFUSALS = [
    ("s3", 404, "NoSuchBucket", "the bucket bucket does not exist"),
    ("s3", 403, "AccessDenied", "access denied"),
    ("s3", 400, "ExpiredToken", "credentials have expired"),
    ("s3", 403, "InvalidAccessKeyId", "does not know these credentials"),
    ("s3", 403, "SignatureDoesNotMatch", "the secret key is wrong"),
    ("s3", 403, "RequestTimeTooSkewed", "clock is wrong"),
    ("s3", 301, "PermanentRedirect", "in another region"),
    ("s3", 400, "AuthorizationHeaderMalformed", "in another region"),
    ("s3", 400, "EntityTooLarge", "larger than the store takes"),
    ("s3", 413, "", "larger than the store takes"),
    ("s3", 403, "QuotaExceeded", "quota is used up"),
    ("s3", 501, "NotImplemented", "create-only writes are needed"),
    ("s3", 503, "SlowDown", "throttles requests"),
    ("s3", 500, "InternalError", "failed inside"),
    ("s3", 418, "Teapot", "Teapot"),
    ("gs", 404, "noSuchBucket", "the bucket bucket does not exist"),
    ("gs", 404, "notFound", "gs://bucket/x does not exist"),
    ("gs", 403, "forbidden", "access denied"),
    ("gs", 401, "authError", "there are no Google credentials"),
    ("gs", 403, "accountDisabled", "billing or account is disabled"),
    ("gs", 403, "quotaExceeded", "quota is used up"),
    ("gs", 413, "uploadTooLarge", "larger than the store takes"),
    ("gs", 429, "rateLimitExceeded", "throttles requests"),
    ("gs", 503, "backendError", "throttles requests"),
    ("gs", 418, "teapot", "told to"),
    ("azure", 404, "ContainerNotFound", "does not exist"),
    ("azure", 403, "AuthorizationPermissionMismatch", "access denied"),
    ("azure", 403, "AuthorizationFailure", "firewall"),
    ("azure", 403, "AuthenticationFailed", "has expired, or this machine's clock is wrong"),
    ("azure", 401, "InvalidAuthenticationInfo", "login has expired"),
    ("azure", 403, "AccountIsDisabled", "account is disabled"),
    ("azure", 413, "RequestBodyTooLarge", "larger than the store takes"),
    ("azure", 503, "ServerBusy", "throttles requests"),
    ("azure", 500, "InternalError", "failed inside"),
    ("azure", 418, "Teapot", "told to"),
]


@pytest.fixture
def without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _seconds: None)


@pytest.fixture
def pointed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Pointed:
    """Give a storage as its SDK finds it in a server's environment."""
    return lambda server: storage_on(server, monkeypatch, tmp_path)


@contextmanager
def answering(vendor: str, *answers: Answer) -> Generator[tuple[Server, Service]]:
    """Serve these answers, the last one for ever; gives what points a vendor's SDK there."""
    service = Service(answers)
    with served(service) as url:
        yield VENDORS[vendor].server(url), service


@pytest.mark.usefixtures("without_pauses")
@pytest.mark.parametrize(
    ("vendor", "status", "code", "cause"), REFUSALS, ids=lambda value: str(value).replace(" ", "_")
)
def test_each_refusal_is_told_in_our_words_with_what_to_do(
    vendor: str, status: int, code: str, cause: str, pointed: Pointed
) -> None:
    with answering(vendor, VENDORS[vendor].refusal(status, code)) as (server, _), pytest.raises(StorageError) as caught:
        pointed(server).put("a", b"1")
    assert caught.value.message.startswith(f"storage {server.root}: cannot write a: ")
    assert cause in caught.value.message
    assert caught.value.hint
    assert "{" not in caught.value.message + caught.value.hint or "told to" in cause


@pytest.mark.parametrize("vendor", VENDORS)
def test_an_absent_object_costs_one_request(vendor: str, pointed: Pointed) -> None:
    with answering(vendor, VENDORS[vendor].refusal(*ABSENT[vendor])) as (server, service):
        assert pointed(server).get_or_none("log/driver-000001.txt") is None
    assert service.methods == ["GET"]


@pytest.mark.usefixtures("without_pauses")
@pytest.mark.parametrize("vendor", VENDORS)
def test_a_store_that_is_busy_for_a_moment_is_not_noticed(vendor: str, pointed: Pointed) -> None:
    refusal = VENDORS[vendor].refusal
    with answering(vendor, *[refusal(*BUSY[vendor])] * 3, refusal(*ABSENT[vendor])) as (server, service):
        assert pointed(server).get_or_none("a") is None
    assert len(service.methods) == 4


@pytest.mark.usefixtures("without_pauses")
@pytest.mark.parametrize("vendor", VENDORS)
def test_a_store_that_stays_busy_is_given_up(vendor: str, pointed: Pointed) -> None:
    busy = VENDORS[vendor].refusal(*BUSY[vendor])
    with answering(vendor, busy) as (server, service), pytest.raises(StorageError, match="throttles"):
        pointed(server).get("a")
    assert len(service.methods) == stores.LONG


@pytest.mark.usefixtures("without_pauses")
@pytest.mark.parametrize("vendor", VENDORS)
def test_a_creation_whose_answer_was_lost_is_known_by_its_content(vendor: str, pointed: Pointed) -> None:
    with answering(vendor, *lost_then_found(vendor, b"mine")) as (server, service):
        pointed(server).create("a", b"mine")
    assert service.methods[-1] == "GET"


@pytest.mark.usefixtures("without_pauses")
@pytest.mark.parametrize("vendor", VENDORS)
def test_another_ones_object_is_not_taken_for_a_creation_whose_answer_was_lost(vendor: str, pointed: Pointed) -> None:
    with answering(vendor, *lost_then_found(vendor, b"another's")) as (server, _), pytest.raises(ObjectExists):
        pointed(server).create("a", b"mine")


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_creation_of_what_another_created_is_refused_also_with_the_same_content(
    vendor: str, pointed: Pointed
) -> None:
    exists = VENDORS[vendor].refusal(*EXISTS[vendor])
    with answering(vendor, exists) as (server, service), pytest.raises(ObjectExists):
        pointed(server).create("a", b"same")
    assert len(service.methods) == 1


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_store_that_overwrites_what_it_should_not_is_found_out(vendor: str, pointed: Pointed) -> None:
    expected = pytest.raises(StorageError, match="overwrites what exists")
    with answering(vendor, CREATED[vendor]) as (server, service), expected as caught:
        pointed(server).require_create_only()
    assert service.methods[-1] == "DELETE"
    assert "choose another staging" in caught.value.hint


@pytest.mark.parametrize("vendor", VENDORS)
def test_no_endpoint_is_told_in_five_seconds(vendor: str, pointed: Pointed) -> None:
    began = time.monotonic()
    with pytest.raises(StorageError, match="the endpoint cannot be reached"):
        pointed(VENDORS[vendor].server("http://127.0.0.1:9")).get("a")
    assert time.monotonic() - began < 5


def test_an_endpoint_that_does_not_take_connections_is_told_in_ten_seconds(pointed: Pointed) -> None:
    began = time.monotonic()
    with full() as url, pytest.raises(StorageError, match="the endpoint cannot be reached"):
        pointed(VENDORS["s3"].server(url)).get("a")
    assert stores.CONNECT_SECONDS <= time.monotonic() - began < 10


@pytest.mark.parametrize(
    ("root", "cause", "hint"),
    [
        ("s3://bucket/x", "there are no AWS credentials", "aws configure"),
        ("gs://bucket/x", "there are no Google credentials", "gcloud auth application-default login"),
        ("abfss://c@account.dfs.core.windows.net/x", "credentials are missing or have expired", "az login"),
    ],
)
def test_no_credentials_are_told_with_how_to_get_some(
    root: str, cause: str, hint: str, pointed: Pointed, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(StorageError, match=cause) as caught:
        pointed(Server(root=root)).get("a")
    assert hint in caught.value.hint
    assert capfd.readouterr() == ("", "")


def test_a_metadata_server_that_is_silent_is_asked_once_for_google_credentials(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
        env["GCE_METADATA_IP"] = f"127.0.0.1:{silent.getsockname()[1]}"
        code = "from launcher.storage import Storage; Storage('gs://bucket/x').get('a')"
        ended = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=False)
        assert "there are no Google credentials" in ended.stderr
        silent.settimeout(0)
        silent.accept()[0].close()
        with pytest.raises(BlockingIOError):
            silent.accept()


@pytest.mark.usefixtures("without_pauses")
@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize("ask", [Storage.get, Storage.objects])
def test_an_answer_that_breaks_off_is_told(
    ask: Callable[[Storage, str], object], vendor: str, pointed: Pointed
) -> None:
    with breaking_off() as url, pytest.raises(StorageError, match=r"the (connection|answer) was cut"):
        ask(pointed(VENDORS[vendor].server(url)), "a")


def test_an_endpoint_that_redirects_everything_is_told(pointed: Pointed) -> None:
    elsewhere = (301, {"Location": "https://example.org/"}, b"")
    with answering("s3", elsewhere) as (server, _), pytest.raises(StorageError, match="redirects every request"):
        pointed(server).get("a")


def test_a_profile_that_does_not_exist_is_told(pointed: Pointed) -> None:
    with pytest.raises(StorageError, match="AWS_PROFILE names a profile that does not exist"):
        pointed(Server(root="s3://bucket/x", environment={"AWS_PROFILE": "nope"})).get("a")


@pytest.mark.parametrize(
    ("root", "name", "value", "cause"),
    [
        ("s3://bucket/x", "AWS_ENDPOINT_URL", "nonsense", "Invalid endpoint"),
        ("abfss://c@a.dfs.core.windows.net/x", "AZURE_STORAGE_CONNECTION_STRING", "nonsense", "malformed"),
        ("abfss://c@a.dfs.core.windows.net/x", "AZURE_STORAGE_CONNECTION_STRING", OTHERS, "of another account, other"),
    ],
)
def test_an_environment_that_makes_no_sense_is_told(
    root: str, name: str, value: str, cause: str, pointed: Pointed
) -> None:
    with pytest.raises(ConfigError, match=cause):
        pointed(Server(root=root, environment={**KEYS, name: value})).get("a")


def lost_then_found(vendor: str, content: bytes) -> tuple[Answer, ...]:
    """Give what is answered when a creation fails after it was done: an error, that it exists, and what is there."""
    refusal = VENDORS[vendor].refusal
    return refusal(500, ""), refusal(*EXISTS[vendor]), found(vendor, content)


@contextmanager
def full() -> Generator[str]:
    """Listen without taking connections, the queue full: further ones are dropped, as by a firewall."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as server, ExitStack() as stack:
        for _ in range(3):
            waiting = stack.enter_context(socket.socket())
            waiting.settimeout(0)
            waiting.connect_ex(server.getsockname())
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
