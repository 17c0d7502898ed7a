"""Faults between a client and an emulated service: refused, carried out without an answer, cut off, slow."""

import contextlib
import io
import os
import socket
import struct
import threading
import time
import urllib.request
from collections.abc import Callable, Iterable
from typing import Any, NoReturn

from werkzeug.test import run_wsgi_app

from rehearsal.chaos import Chaos

Answer = tuple[str, list[tuple[str, str]], bytes]  # status line, headers, body
ADMIN = "/_rehearsal/"
BEGIN = "/_rehearsal/chaos"
SLOW = (0.5, 3.0)  # seconds until an answer comes
HANG = (1.0, 5.0)  # seconds until a connection without an answer ends
LATE = (2.0, 20.0)  # seconds until a request is carried out whose connection was cut
EXPIRED = (2.0, 20.0)  # seconds until new credentials are there


class WireChaos:
    """A WSGI application with its faults.

    ``answers`` gives the vendor's own answer for "throttled", "error" and "expired". A connection is really cut: the
    server must be ``rehearsal.serving.server``, which lends the socket. A request whose connection was cut before it
    is carried out ("late") is carried out when its time has come and the next request arrives. With ``begun`` False
    no fault comes before a request to BEGIN: whoever furnishes the service is left in peace.
    """

    def __init__(self, app: Any, chaos: Chaos, answers: Callable[[str], Answer], *, begun: bool = True) -> None:
        self._app = app
        self._chaos = chaos
        self._answers = answers
        self._begun = begun
        self._lock = threading.Lock()
        self._expired_until = 0.0
        self._late: list[tuple[float, dict[str, Any]]] = []

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Serve one request, or do to it what the chaos says."""
        environ["wsgi.input"] = io.BytesIO(_body(environ))
        self._carry_out_late()
        if environ["PATH_INFO"] == BEGIN:
            self._begun = True
            start_response("204 No Content", [])
            return []
        if environ["PATH_INFO"].startswith(ADMIN) or not self._begun:
            return self._app(environ, start_response)
        status, headers, body = self._served(environ, operation(environ))
        start_response(status, headers)
        return [body]

    def _served(self, environ: dict[str, Any], subject: str) -> Answer:
        if self._chaos.strikes("slow", subject):
            time.sleep(self._chaos.amount("slow", *SLOW, subject))
        return self._refusal(environ, subject) or self._answered(environ, subject)

    def _refusal(self, environ: dict[str, Any], subject: str) -> Answer | None:
        """Give the answer to a request that is not carried out now; None when it is to be."""
        if self._expired():
            return self._answers("expired")
        if self._chaos.strikes("throttle", subject):
            return self._answers("throttled")
        if self._chaos.strikes("error_before", subject):
            return self._answers("error")
        if self._chaos.strikes("late", subject):
            self._postpone(environ, self._chaos.amount("late", *LATE, subject))
            _cut(environ, reset=True)
        if self._chaos.strikes("reset_before", subject):
            _cut(environ, reset=True)
        return None

    def _answered(self, environ: dict[str, Any], subject: str) -> Answer:
        answer = self._carried_out(environ)
        if self._chaos.strikes("error_after", subject):
            return self._answers("error")
        if self._chaos.strikes("reset_after", subject):
            _cut(environ, reset=True)
        if self._chaos.strikes("timeout_after", subject):
            time.sleep(self._chaos.amount("timeout_after", *HANG, subject))
            _cut(environ, reset=False)
        return answer

    def _carried_out(self, environ: dict[str, Any]) -> Answer:
        body, status, headers = run_wsgi_app(self._app, environ, buffered=True)
        return status, list(headers), b"".join(body)

    def _expired(self) -> bool:
        with self._lock:
            now = time.monotonic()
            if now >= self._expired_until and self._chaos.strikes("expire"):
                self._expired_until = now + self._chaos.amount("expire", *EXPIRED)
            return now < self._expired_until and not self._chaos.is_calm

    def _postpone(self, environ: dict[str, Any], seconds: float) -> None:
        with self._lock:
            self._late.append((time.monotonic() + seconds, dict(environ)))

    def _carry_out_late(self) -> None:
        with self._lock:
            now = time.monotonic()
            due = [environ for moment, environ in self._late if moment <= now]
            self._late = [(moment, environ) for moment, environ in self._late if moment > now]
        for environ in due:
            self._carried_out(environ)


def begin(url: str) -> None:
    """Let the faults of the service at this URL begin."""
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(f"{url}{BEGIN}", data=b"", timeout=10):
        return


def operation(environ: dict[str, Any]) -> str:
    """Give what a request asks for, as a fault's subject: the API's name for it, or method and path."""
    return environ.get("HTTP_X_AMZ_TARGET") or f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}"


def _body(environ: dict[str, Any]) -> bytes:
    if environ.get("wsgi.input_terminated"):
        return environ["wsgi.input"].read()
    return environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))


def _cut(environ: dict[str, Any], *, reset: bool) -> NoReturn:
    """End the connection without an answer, by a TCP reset or as an ordinary end."""
    connection: socket.socket = environ["werkzeug.socket"]
    if reset:
        # Without lingering, closing sends RST; detached, because the server's files keep the socket itself open.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    with contextlib.suppress(OSError):  # the client was faster
        os.close(connection.detach())
    raise ConnectionAbortedError("cut, as the chaos says")
