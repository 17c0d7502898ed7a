"""An object store's gateway behind a counter: how many bytes are uploaded under which key."""

import http.client
from collections import Counter
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit


class Counted:
    """A WSGI application that passes every request on as it is, signature and all."""

    def __init__(self, upstream: str) -> None:
        self._upstream = urlsplit(upstream).netloc
        self._sent: Counter[str] = Counter()

    @contextmanager
    def counting(self) -> Generator[Counter[str]]:
        """Give the bytes that are uploaded within a block, by path."""
        self._sent.clear()
        yield self._sent

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Pass on one request."""
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        if environ["REQUEST_METHOD"] == "PUT":
            self._sent[environ["PATH_INFO"]] += len(body)
        connection = http.client.HTTPConnection(self._upstream)
        connection.request(environ["REQUEST_METHOD"], environ["REQUEST_URI"], body, _headers(environ))
        answer = connection.getresponse()
        found = answer.read()
        connection.close()
        length = [] if answer.getheader("Content-Length") else [("Content-Length", str(len(found)))]
        passed = [
            (name, word)
            for name, word in answer.getheaders()
            if name.lower() not in {"connection", "transfer-encoding"}
        ]
        start_response(f"{answer.status} {answer.reason}", [*passed, *length])
        return [found]


def _headers(environ: dict[str, Any]) -> dict[str, str]:
    found = {name[5:].replace("_", "-"): word for name, word in environ.items() if name.startswith("HTTP_")}
    own = {name.replace("_", "-"): environ[name] for name in ("CONTENT_TYPE", "CONTENT_LENGTH") if environ.get(name)}
    return {**found, **own}
