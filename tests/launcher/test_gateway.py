"""What goes wrong on the way to a cluster of HDInsight, and what the launcher says of it."""

import json
import ssl
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import keyring
import keyring.backend
import pytest
from keyring.errors import NoKeyringError

from launcher.apis import gateway
from launcher.apis.gateway import PASSWORD, Gateway
from launcher.backends.hdinsight import HDInsight
from launcher.errors import BackendUnavailable, ConfigError, JobRejected
from rehearsal import certificates, processes
from rehearsal.serving import served
from tests.rigs.hdinsight import SECRET, hdinsight

RUN = "selftest-20261124-101530-4f2a"
REQUEST = {"file": "abfs://c@a.dfs.core.windows.net/main.py", "name": RUN}
Answered = tuple[str, str]  # status line, JSON text


class Answering:
    """A gateway that answers each method with the next of its answers, the last of them for ever."""

    def __init__(self, **answers: list[Answered]) -> None:
        self._answers = answers
        self.asked: list[str] = []

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        method = environ["REQUEST_METHOD"]
        environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        self.asked.append(method)
        answers = self._answers[method]
        status, text = answers.pop(0) if len(answers) > 1 else answers[0]
        start_response(status, [("Content-Type", "application/json")])
        return [text.encode()]


NONE: Answered = ("200 OK", '{"from": 0, "total": 0, "sessions": [], "apps": null}')
TAKEN: Answered = ("201 Created", '{"id": 7}')


@pytest.fixture(autouse=True)
def _login(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PASSWORD, SECRET)


@contextmanager
def answering(**answers: list[Answered]) -> Generator[tuple[HDInsight, Answering]]:
    app = Answering(**{"GET": [NONE], **answers})
    with served(app) as url:
        yield hdinsight("file:///tmp", url), app


def posts(app: Answering) -> int:
    return app.asked.count("POST")


def test_a_post_that_was_throttled_is_sent_again() -> None:
    with answering(POST=[("429 Too Many Requests", "{}"), TAKEN]) as (backend, app):
        assert backend.submit(REQUEST) == f"7:{RUN}"
    assert posts(app) == 2


def test_a_post_while_livy_starts_too_many_is_sent_again() -> None:
    busy = ("400 Bad Request", '{"msg": "Rejected, too many sessions are being created!"}')
    with answering(POST=[busy, TAKEN]) as (backend, app):
        assert backend.submit(REQUEST) == f"7:{RUN}"
    assert posts(app) == 2


@pytest.mark.parametrize("status", ["500 Internal Server Error", "502 Bad Gateway", "503 Service Unavailable"])
def test_a_post_whose_outcome_is_not_known_is_not_sent_again(status: str) -> None:
    with answering(POST=[(status, "{}")]) as (backend, app), pytest.raises(BackendUnavailable, match=status[:3]):
        backend.submit(REQUEST)
    assert posts(app) == 1


def test_a_question_is_asked_again_after_a_passing_fault() -> None:
    with answering(GET=[("503 Service Unavailable", "{}"), NONE], POST=[TAKEN]) as (backend, _):
        assert backend.submit(REQUEST) == f"7:{RUN}"


def page(total: int, *names: str) -> Answered:
    rows = [{"id": number, "name": name, "state": "running", "appId": None} for number, name in enumerate(names)]
    return "200 OK", json.dumps({"total": total, "sessions": rows})


def test_a_list_that_shrinks_while_it_is_read_is_read_anew() -> None:
    pages = [page(3, "first", "second"), page(2), page(2, "second", RUN)]  # RUN has moved up behind our back
    with answering(GET=[*pages, NONE]) as (backend, _):
        assert backend.find(RUN) == f"1:{RUN}"


def test_a_throttling_that_does_not_end_is_told() -> None:
    with (
        answering(GET=[("429 Too Many Requests", '{"msg": "slow down"}')]) as (backend, _),
        pytest.raises(BackendUnavailable, match="HTTP 429, also when tried again: slow down"),
    ):
        backend.submit(REQUEST)


def test_a_request_that_is_too_large_is_refused_for_good() -> None:
    with answering(POST=[("413 Request Entity Too Large", "")]) as (backend, app), pytest.raises(JobRejected) as error:
        backend.submit(REQUEST)
    assert "bytes is too large" in error.value.message
    assert "--input" in error.value.hint
    assert posts(app) == 1


def test_a_forbidden_property_is_named() -> None:
    said = '{"msg": "Blacklisted configuration values in session config: spark.master"}'
    with answering(POST=[("400 Bad Request", said)]) as (backend, _), pytest.raises(JobRejected) as error:
        backend.submit(REQUEST)
    assert "spark.master" in error.value.message
    assert "--conf" in error.value.hint


def test_a_wrong_password_is_told_with_the_command_that_stores_another() -> None:
    with answering(GET=[("401 Unauthorized", "")]) as (backend, app), pytest.raises(BackendUnavailable) as error:
        backend.status(f"7:{RUN}")
    assert "refuses the password of 'admin'" in error.value.message
    assert error.value.hint == f"keyring set 127.0.0.1 admin, or export {PASSWORD}"
    assert SECRET not in error.value.message + error.value.hint
    assert app.asked == ["GET"]


def test_a_login_without_the_right_is_told() -> None:
    with answering(GET=[("403 Forbidden", '"no"')]) as (backend, _), pytest.raises(BackendUnavailable, match="may not"):
        backend.status(f"7:{RUN}")


@pytest.mark.parametrize("answer", [("302 Found", ""), ("200 OK", "<html>"), ("200 OK", "[]"), ("418 Teapot", "{}")])
def test_something_else_at_the_address_is_told(answer: Answered) -> None:
    with answering(GET=[answer]) as (backend, _), pytest.raises(BackendUnavailable, match="no answer of Livy or YARN"):
        backend.submit(REQUEST)


def test_an_address_without_livy_is_no_cluster() -> None:
    with (
        answering(GET=[("404 Not Found", "")]) as (backend, _),
        pytest.raises(ConfigError, match="no HDInsight cluster"),
    ):
        backend.submit(REQUEST)


def test_an_address_where_nobody_listens_is_told() -> None:
    backend = hdinsight("file:///tmp", f"https://127.0.0.1:{processes.free_port()}")
    with pytest.raises(BackendUnavailable, match="cannot be reached"):
        backend.submit(REQUEST)


def test_a_host_without_an_address_may_be_a_deleted_cluster() -> None:
    backend = hdinsight("file:///tmp", "https://firesteel.invalid")
    with pytest.raises(BackendUnavailable, match="has no address") as error:
        backend.submit(REQUEST)
    assert "deleted" in error.value.hint


@pytest.mark.parametrize(
    "endpoint", ["http://firesteel.azurehdinsight.net", "firesteel.azurehdinsight.net", "", "https://"]
)
def test_the_password_goes_over_https_only(endpoint: str) -> None:
    with pytest.raises(ConfigError, match="no https URL"):
        hdinsight("file:///tmp", endpoint)


def test_a_certificate_of_an_unknown_authority_is_refused(secured: str) -> None:
    with pytest.raises(BackendUnavailable, match="is not trusted") as error:
        hdinsight("file:///tmp", secured).submit(REQUEST)
    assert "SSL_CERT_FILE" in error.value.hint


def test_an_authority_in_ssl_cert_file_is_trusted(
    secured: str, certificate: tuple[bytes, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "authority.pem").write_bytes(certificate[0])
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    assert hdinsight("file:///tmp", secured).submit(REQUEST) == f"7:{RUN}"


def test_no_password_is_told_before_anything_is_sent(keys: Callable[..., None]) -> None:
    keys()
    with answering(POST=[TAKEN]) as (backend, app), pytest.raises(ConfigError, match="no password of 'admin'") as error:
        backend.submit(REQUEST)
    assert error.value.hint.startswith("keyring set 127.0.0.1 admin")
    assert app.asked == []


def test_the_password_may_be_in_the_keyring(keys: Callable[..., None]) -> None:
    keys(SECRET)
    assert gateway.password("127.0.0.1", "admin") == SECRET


def test_a_keyring_that_does_not_work_is_no_password(keys: Callable[..., None]) -> None:
    keys(NoKeyringError("none"))
    with pytest.raises(ConfigError, match="no password"):
        Gateway("https://127.0.0.1", "admin")


@pytest.fixture
def certificate() -> tuple[bytes, bytes]:
    return certificates.loopback()


@pytest.fixture
def secured(certificate: tuple[bytes, bytes], tmp_path: Path) -> Generator[str]:
    """An address with TLS, by a certificate of its own."""
    files = [tmp_path / name for name in ("server.pem", "key.pem")]
    for file, content in zip(files, certificate, strict=True):
        file.write_bytes(content)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files[0], files[1])
    with served(Answering(GET=[NONE], POST=[TAKEN]), tls=context) as url:
        yield url


class Keys(keyring.backend.KeyringBackend):
    """A keyring with one answer."""

    priority = 1  # pyright: ignore[reportAssignmentType] -- as every keyring states it

    def __init__(self, answer: str | Exception | None = None) -> None:
        self.answer = answer

    def get_password(self, service: str, username: str) -> str | None:
        assert (service, username) == ("127.0.0.1", "admin")
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def set_password(self, service: str, username: str, password: str) -> None:
        raise NotImplementedError


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> Generator[Callable[..., None]]:
    """Put a keyring in the place of the system's, and no password in the environment."""
    monkeypatch.delenv(PASSWORD)
    before = keyring.get_keyring()
    yield lambda answer=None: keyring.set_keyring(Keys(answer))
    keyring.set_keyring(before)
