"""A gateway that forgets, lies and lags by seed, over any Livy: the scripted one, or the real one of a rehearsal.

It knows what of a service's answers may be wrong: lists lack what is new or come in short pages, ended batches are
forgotten (and sometimes YARN's application too), a failed batch is called a success, clocks are off. Without a fault,
it passes everything on, and reports what it is told to: POST /_rehearsal/say {"job": "7:RUN_ID", "word": "levitating"}.
"""

import json
import threading
import time
from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qs, urlencode

from werkzeug.test import run_wsgi_app

from rehearsal.chaos import Chaos
from rehearsal.livy_answers import json_answer
from rehearsal.wire import ADMIN, Answer

ENDED = {"success", "error", "dead", "killed"}
LIES = {"dead": "success", "error": "success"}
STALE = (0.5, 8.0)  # seconds that a list lacks what is new
SKEW = (-3600.0, 3600.0)  # seconds
EVERY = 1_000_000  # more batches than there are

BATCHES = "/livy/batches"
APPLICATIONS = "/yarnui/ws/v1/cluster/apps"


class LivyFaults:
    """A WSGI application around another one that serves Livy under /livy and YARN's web under /yarnui."""

    def __init__(self, app: Any, chaos: Chaos) -> None:
        self._app = app
        self._chaos = chaos
        self._lock = threading.Lock()
        self._hidden_until: dict[int, float] = {}
        self._forgotten: dict[str, bool] = {}
        self._ordered: dict[int, str] = {}

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer one request."""
        status, headers, body = self._answer(environ)
        start_response(status, headers)
        return [body]

    def _answer(self, environ: dict[str, Any]) -> Answer:
        path, method = environ["PATH_INFO"], environ["REQUEST_METHOD"]
        if (method, path) == ("POST", f"{ADMIN}say"):
            return self._order(json.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))))
        if (method, path) == ("GET", BATCHES):
            return self._listed(environ)
        if path.startswith(f"{BATCHES}/"):
            return self._single(environ, path.removeprefix(f"{BATCHES}/").partition("/")[0])
        answer = self._asked(environ)
        if (method, path) == ("POST", BATCHES) and answer[0].startswith("201"):
            self._created(json.loads(answer[2]))
        return self._known_to_yarn(answer) if (method, path) == ("GET", APPLICATIONS) else answer

    def _listed(self, environ: dict[str, Any]) -> Answer:
        """Give a page of those batches that are shown; the pages are cut here, so that they stay consistent."""
        query = {name: values[0] for name, values in parse_qs(environ["QUERY_STRING"]).items()}
        start, size = int(query.get("from", 0)), int(query.get("size", 100))
        whole = self._asked({**environ, "QUERY_STRING": urlencode({"from": 0, "size": EVERY})})
        if not whole[0].startswith("200"):
            return whole
        shown = [self._told(batch) for batch in json.loads(whole[2])["sessions"] if self._shown(batch)]
        if self._chaos.strikes("truncate", "GET batches"):
            size = min(size, int(self._chaos.amount("truncate", 1, 4, "GET batches")))
        return json_answer("200 OK", {"from": start, "total": len(shown), "sessions": shown[start : start + size]})

    def _single(self, environ: dict[str, Any], number: str) -> Answer:
        look = {**environ, "REQUEST_METHOD": "GET", "PATH_INFO": f"{BATCHES}/{number}", "CONTENT_LENGTH": "0"}
        seen = self._asked(look)
        if seen[0].startswith("200") and self._is_forgotten(json.loads(seen[2])):
            return json_answer("404 Not Found", {"msg": f"Session '{number}' not found."})
        if environ["REQUEST_METHOD"] != "GET" or environ["PATH_INFO"] != look["PATH_INFO"]:
            return self._asked(environ)
        return json_answer(seen[0], self._told(json.loads(seen[2]))) if seen[0].startswith("200") else seen

    def _created(self, batch: dict[str, Any]) -> None:
        if self._chaos.strikes("stale", _name(batch)):
            with self._lock:
                self._hidden_until[batch["id"]] = time.monotonic() + self._chaos.amount("stale", *STALE, _name(batch))

    def _shown(self, batch: dict[str, Any]) -> bool:
        hidden = time.monotonic() < self._hidden_until.get(batch["id"], 0.0) and not self._chaos.is_calm
        return not hidden and not self._is_forgotten(batch)

    def _is_forgotten(self, batch: dict[str, Any]) -> bool:
        """Tell whether Livy forgets this batch; decided once, when it is first seen to have ended."""
        if batch["state"] not in ENDED:
            return False
        return self._decided("Livy", _name(batch))

    def _decided(self, who: str, name: str) -> bool:
        with self._lock:
            key = f"{name} in {who}"
            if key not in self._forgotten:
                self._forgotten[key] = self._chaos.strikes("forget", key)
            return self._forgotten[key]

    def _order(self, words: dict[str, str]) -> Answer:
        """Report a state from now on, until the batch ends."""
        self._ordered[int(words["job"].partition(":")[0])] = words["word"]
        return json_answer("200 OK", {})

    def _told(self, batch: dict[str, Any]) -> dict[str, Any]:
        if batch["id"] in self._ordered and batch["state"] not in ENDED:
            return {**batch, "state": self._ordered[batch["id"]]}
        lies = batch["state"] in LIES and self._chaos.strikes("lie", _name(batch))
        return {**batch, "state": LIES[batch["state"]]} if lies else batch

    def _known_to_yarn(self, answer: Answer) -> Answer:
        if not answer[0].startswith("200"):
            return answer
        found = (json.loads(answer[2])["apps"] or {}).get("app", [])
        shown = [self._skewed(row) for row in found if not self._yarn_forgets(row)]
        return json_answer(answer[0], {"apps": {"app": shown} if shown else None})

    def _yarn_forgets(self, application: dict[str, Any]) -> bool:
        return application["finalStatus"] != "UNDEFINED" and self._decided("YARN", application["name"])

    def _skewed(self, application: dict[str, Any]) -> dict[str, Any]:
        if not self._chaos.strikes("skew", application["name"]):
            return application
        off = int(1000 * self._chaos.amount("skew", *SKEW, application["name"]))
        return {**application, "startedTime": application["startedTime"] + off}

    def _asked(self, environ: dict[str, Any]) -> Answer:
        body, status, headers = run_wsgi_app(self._app, environ, buffered=True)
        return status, list(headers), b"".join(body)


def _name(batch: dict[str, Any]) -> str:
    return str(batch.get("name") or batch["id"])
