"""Livy and YARN's list of applications behind one gateway, over any Runner: for tests and for faults.

Not imitated: interactive sessions, the user interface, impersonation, recovery after a restart (what it knows is in
memory), queues, the limit of sessions that are being created, and an application's attempts.
https://livy.incubator.apache.org/docs/latest/rest-api.html
"""

import hmac
import json
import threading
import time
from collections.abc import Iterable, Sequence
from typing import Any, cast

from werkzeug.exceptions import BadRequest, HTTPException, NotFound, Unauthorized
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from rehearsal import livy_request
from rehearsal.livy_answers import Batch, application, batch_view, log_lines
from rehearsal.runners import Runner

FORGETS = 600.0  # seconds after its end that a batch is forgotten: livy.server.session.state-retain.sec
ENDED = {"succeeded", "failed", "killed"}
UNKNOWN_TO_0_5 = {"name", "owner", "proxyUser"}
ROUTES = Map(
    [
        Rule("/livy/version", methods=["GET"], endpoint="version"),
        Rule("/livy/batches", methods=["GET"], endpoint="batches"),
        Rule("/livy/batches", methods=["POST"], endpoint="create"),
        Rule("/livy/batches/<number>", methods=["GET"], endpoint="batch"),
        Rule("/livy/batches/<number>", methods=["DELETE"], endpoint="delete"),
        Rule("/livy/batches/<number>/state", methods=["GET"], endpoint="state"),
        Rule("/livy/batches/<number>/log", methods=["GET"], endpoint="log"),
        Rule("/yarnui/ws/v1/cluster/apps", methods=["GET"], endpoint="applications"),
        Rule("/yarnui/ws/v1/cluster/apps/<application_id>/state", methods=["PUT"], endpoint="kill"),
    ]
)


class ScriptedLivy:
    """A WSGI application; ``version`` 0.7 shows and guards the names of batches, 0.5 does neither.

    ``local_folders`` are those on Livy's whitelist, from which it takes files. ``user`` and ``password`` are asked for
    by the gateway.
    """

    def __init__(  # noqa: PLR0913 -- each by name
        self,
        runner: Runner,
        *,
        user: str,
        password: str,
        version: str = "0.7",
        local_folders: Sequence[str] = (),
        forgets: float = FORGETS,
    ) -> None:
        self._runner = runner
        self._login = f"{user}:{password}"
        self._named = version != "0.5"
        self._local_folders = tuple(local_folders)
        self._forgets = forgets
        self._lock = threading.RLock()
        self._started: list[Batch] = []  # every batch that ever was, as YARN remembers its application
        self._known: dict[int, Batch] = {}  # those that Livy has not forgotten
        self._next = 0

    def executions(self) -> list[str]:
        """Give the names of the batches in the order of their start."""
        return [str(batch.name) for batch in self._started]

    def jobs(self, name: str) -> list[str]:
        """Give the Runner's names for the executions under one batch name."""
        return [batch.job for batch in self._started if batch.name == name]

    def forget_all(self) -> None:
        """Forget every batch, as a Livy that is started anew without recovery: numbers begin with nought again."""
        with self._lock:
            self._known.clear()
            self._next = 0

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer one request."""
        request = Request(environ)
        try:
            endpoint, values = ROUTES.bind_to_environ(environ).match()
            self._admit(request)
            with self._lock:
                self._forget()
                response = getattr(self, f"_{endpoint}")(request, **values)
        except HTTPException as error:
            response = cast("Response | None", error.response) or _json({"msg": error.description}, error.code or 500)
        return response(environ, start_response)

    def _admit(self, request: Request) -> None:
        given = request.authorization
        login = f"{given.username}:{given.password}" if given and given.type == "basic" else ""
        if not hmac.compare_digest(login.encode(), self._login.encode()):
            headers = {"WWW-Authenticate": 'Basic realm="HDInsight"'}
            raise Unauthorized(response=Response("Unauthorized", 401, headers))
        if request.method in {"POST", "DELETE"} and "X-Requested-By" not in request.headers:
            text = "<html><h2>HTTP ERROR 400</h2>Reason: Missing Required Header for CSRF protection.</html>"
            raise BadRequest(response=Response(text, 400, content_type="text/html"))

    def _version(self, _request: Request) -> Response:
        return _json({"version": f"{'0.7.1' if self._named else '0.5.0'}-scripted"})

    def _batches(self, request: Request) -> Response:
        start, size = request.args.get("from", 0, int), request.args.get("size", 100, int)
        views = [self._view(batch) for batch in list(self._known.values())[start : start + size]]
        return _json({"from": start, "total": len(self._known), "sessions": views})

    def _create(self, request: Request) -> Response:
        body = request.get_json(force=True, silent=True)
        if said := livy_request.misfit(body):
            raise BadRequest(response=_json(said, 400))  # a text, not an object: the answer of Livy's JSON library
        number, self._next = self._next, self._next + 1
        batch = self._new(number, dict(body or {}))
        if self._named and batch.name and any(known.name == batch.name for known in self._known.values()):
            raise BadRequest(f"Duplicate session name: Some({batch.name}) for session {number}")
        self._known[number] = batch  # also when it is refused: Livy 0.7 keeps it, as one that is starting for ever
        if said := livy_request.refusal(dict(body or {}), self._local_folders):
            batch.stillborn = True
            raise BadRequest(said)
        self._runner.start(batch.job, livy_request.arguments(dict(body or {})))
        self._started.append(batch)
        return _json(self._view(batch), 201, {"Location": f"/batches/{number}"})

    def _new(self, number: int, body: dict[str, Any]) -> Batch:
        name = body.get("name")
        again = sum(batch.name == name for batch in self._started)
        tags = [
            f"livy-batch-{number}-{len(self._started)}",
            *(body.get("conf") or {}).get("spark.yarn.tags", "").split(","),
        ]
        return Batch(
            number=number,
            index=len(self._started),
            name=name,
            job=f"{name or number}{f'-again-{again}' if again else ''}",
            tags=tuple(tag.lower() for tag in tags if tag),  # YARN keeps tags in lower case
            created=time.time(),
        )

    def _batch(self, _request: Request, number: str) -> Response:
        return _json(self._view(self._session(number)))

    def _state(self, _request: Request, number: str) -> Response:
        view = self._view(self._session(number))
        return _json({"id": view["id"], "state": view["state"]})

    def _log(self, request: Request, number: str) -> Response:
        lines = log_lines(self._runner, self._session(number))
        size = request.args.get("size", 100, int)
        start = request.args.get("from", max(0, len(lines) - size), int)
        page = lines[start : start + size]
        return _json({"id": int(number), "from": start, "total": len(lines), "log": page})

    def _delete(self, _request: Request, number: str) -> Response:
        batch = self._session(number)
        if not batch.stillborn:
            self._runner.kill(batch.job)
        del self._known[batch.number]
        return _json({"msg": "deleted"})

    def _applications(self, request: Request) -> Response:
        if unknown := set(request.args) - {"applicationTags"}:
            raise BadRequest(f"not imitated: {', '.join(sorted(unknown))}")
        tags = set(request.args.get("applicationTags", "").lower().split(",")) - {""}
        found = [
            application(self._runner, batch)
            for batch in self._started
            if self._runner.word(batch.job) != "starting" and (not tags or tags & set(batch.tags))
        ]
        return _json({"apps": {"app": found} if found else None})

    def _kill(self, request: Request, application_id: str) -> Response:
        if request.get_json(force=True, silent=True) != {"state": "KILLED"}:
            raise BadRequest('only {"state": "KILLED"} can be asked for')
        index = int(application_id.rpartition("_")[2]) - 1
        if not 0 <= index < len(self._started):
            raise NotFound(f"app with id: {application_id} not found")
        self._runner.kill(self._started[index].job)
        return _json({"state": "KILLED"}, 202)

    def _session(self, number: str) -> Batch:
        batch = self._known.get(int(number)) if number.isdecimal() else None
        if batch is None:
            raise NotFound(f"Session '{number}' not found.")
        return batch

    def _view(self, batch: Batch) -> dict[str, Any]:
        view = batch_view(self._runner, batch)
        return view if self._named else {key: value for key, value in view.items() if key not in UNKNOWN_TO_0_5}

    def _forget(self) -> None:
        now = time.monotonic()
        for batch in list(self._known.values()):
            if batch.ended is None and not batch.stillborn and self._runner.word(batch.job) in ENDED:
                batch.ended = now
            if batch.ended is not None and now - batch.ended > self._forgets:
                del self._known[batch.number]


def _json(value: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(json.dumps(value), status, headers, content_type="application/json;charset=utf-8")
