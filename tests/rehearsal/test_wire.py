import http.client
import time
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest

from rehearsal import wire
from rehearsal.chaos import Chaos
from rehearsal.serving import served
from rehearsal.wire import Answer, WireChaos

Ask = Callable[..., tuple[int, bytes]]


class Counting:
    """A service whose answer is the number of requests that it has carried out."""

    def __init__(self) -> None:
        self.done: list[bytes] = []

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        self.done.append(environ["wsgi.input"].read())
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [str(len(self.done)).encode()]


def vendor(kind: str) -> Answer:
    status = {"throttled": "429 Too Many Requests", "error": "500 Internal Server Error", "expired": "403 Forbidden"}
    return status[kind], [("Content-Type", "text/plain")], kind.encode()


@contextmanager
def asked(service: Counting, chaos: Chaos) -> Generator[Ask]:
    with served(WireChaos(service, chaos, vendor)) as url:
        yield lambda path="/jobs", timeout=20.0: post(url, path, timeout)


def post(url: str, path: str, timeout: float) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=timeout)
    try:
        connection.request("POST", path, body=b"a job")
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def once(switch: str) -> Chaos:
    return Chaos(1, {switch: 1.0}, budget=1)


@pytest.mark.parametrize(
    ("switch", "answer", "done"),
    [
        ("throttle", (429, b"throttled"), 0),
        ("error_before", (500, b"error"), 0),
        ("error_after", (500, b"error"), 1),
        ("expire", (403, b"expired"), 0),
    ],
)
def test_a_refusal_is_the_vendors_own(switch: str, answer: tuple[int, bytes], done: int) -> None:
    service = Counting()
    with asked(service, once(switch)) as ask:
        assert ask() == answer
    assert len(service.done) == done


@pytest.mark.parametrize(("switch", "done"), [("reset_before", 0), ("reset_after", 1)])
def test_a_reset_is_a_reset(switch: str, done: int) -> None:
    service = Counting()
    with asked(service, once(switch)) as ask:
        with pytest.raises(ConnectionResetError) as error:
            ask()
        assert error.value.errno
        assert len(service.done) == done
        assert ask() == (200, str(done + 1).encode())


def test_a_request_without_an_answer_was_carried_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "HANG", (0.5, 0.5))
    service = Counting()
    with asked(service, once("timeout_after")) as ask, pytest.raises(TimeoutError):
        ask(timeout=0.1)
    assert service.done == [b"a job"]


def test_a_connection_without_an_answer_ends_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "HANG", (0.1, 0.1))
    with asked(Counting(), once("timeout_after")) as ask, pytest.raises(http.client.RemoteDisconnected):
        ask()


def test_a_late_request_is_carried_out_after_its_connection_was_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "LATE", (0.2, 0.2))
    service = Counting()
    with asked(service, once("late")) as ask:
        with pytest.raises(ConnectionResetError):
            ask()
        assert ask() == (200, b"1")
        time.sleep(0.2)
        assert ask() == (200, b"3")


def test_a_slow_answer_takes_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "SLOW", (0.2, 0.2))
    began = time.monotonic()
    with asked(Counting(), once("slow")) as ask:
        assert ask() == (200, b"1")
    assert time.monotonic() - began >= 0.2


def test_expired_credentials_are_refused_until_new_ones_are_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "EXPIRED", (0.3, 0.3))
    with asked(Counting(), once("expire")) as ask:
        assert [ask()[0], ask()[0]] == [403, 403]
        time.sleep(0.3)
        assert ask()[0] == 200


def test_the_rehearsals_own_calls_are_left_alone() -> None:
    with asked(Counting(), Chaos(1, dict.fromkeys(("throttle", "reset_before", "expire"), 1.0))) as ask:
        assert ask("/_rehearsal/say") == (200, b"1")


def test_faults_that_have_not_begun_wait_for_the_word() -> None:
    service = Counting()
    with served(WireChaos(service, Chaos(1, {"throttle": 1.0}), vendor, begun=False)) as url:
        assert post(url, "/jobs", 20)[0] == 200
        assert post(url, wire.BEGIN, 20)[0] == 204
        assert post(url, "/jobs", 20)[0] == 429
    assert len(service.done) == 1
