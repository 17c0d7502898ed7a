"""An emulated Amazon EMR whose steps really run: ``python -m rehearsal.emr FOLDER``, or ``Service`` in process.

Real: what a step does (a Runner runs its spark-submit), signatures, the vendor's model of requests, queue and
concurrency, states and their times, paging, cancelling, auto-termination, instance hours, logs in the bucket.

Not imitated: bootstrap actions and configurations are kept and not applied; scaling, sessions, runtime roles are
refused; minutes are seconds (Pace); everything is forgotten when the process ends. IAM's policies are asked for what a
service role and a schedule's role may do, and for nothing that holders of a key do.
"""

import json
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any, Self

from rehearsal import emr_cluster_operations, emr_logs, emr_model, emr_step_operations
from rehearsal.aws_wire import Answer, Key, Refusal, Scope, json_answer, protocol, signed
from rehearsal.chaos import Chaos
from rehearsal.emr_call import Call
from rehearsal.emr_cluster import ENDS, Cluster, Pace
from rehearsal.emr_moto import HOSTS, Moto
from rehearsal.emr_neighbours import Neighbours
from rehearsal.emr_steps import Step
from rehearsal.errors import RehearsalError
from rehearsal.runners import Runner
from rehearsal.wire import ADMIN

OPERATIONS = emr_cluster_operations.OPERATIONS | emr_step_operations.OPERATIONS
TARGET = "ElasticMapReduce."
LARGEST = 1 << 20  # bytes of a request
SKEW = (-300.0, 300.0)  # seconds that the service's clock may be off


class Service:
    """A WSGI application whose clusters' time passes in ``with service:``; outside of it, whenever it is asked.

    ``keys`` are the access keys that it knows. ``runner`` executes steps under their ids, and ``cancel`` ends one that
    is to be cancelled, by default as ``runner.kill`` does. ``clock`` gives seconds since 1970.
    """

    def __init__(  # noqa: PLR0913 -- each by name
        self,
        runner: Runner,
        keys: Mapping[str, Key],
        *,
        pace: Pace | None = None,
        chaos: Chaos | None = None,
        cancel: Callable[[str], None] | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.keys = dict(keys)
        self.clusters: dict[str, Cluster] = {}
        self.calls: list[str] = []
        self._runner, self._pace, self._chaos, self._clock = runner, pace or Pace(), chaos, clock
        self._cancel = cancel or runner.kill
        self._skew = chaos.amount("skew", *SKEW) if chaos and chaos.strikes("skew") else 0.0
        self._moto = Moto()
        self._neighbours = Neighbours(self._moto, self._terminate)
        self._cancelled: set[str] = set()
        self._lock, self._ticking = threading.RLock(), threading.Lock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._stop.set()
        if self._thread:
            self._thread.join()

    def steps(self) -> list[Step]:
        """Give all steps of all clusters, in the order of their coming."""
        with self._lock:
            return [step for cluster in self.clusters.values() for step in cluster.steps]

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer one request."""
        try:
            status, headers, body = self._answer(environ, _body(environ))
        except Refusal as refusal:
            status, headers, body = refusal.answer(protocol(environ))
        start_response(status, [*headers, ("Content-Length", str(len(body)))])
        return [body]

    def tick(self) -> None:
        """Let everything happen that is due: steps begin and end, clusters become ready and end, logs are stored."""
        with self._ticking:
            with self._lock:
                self._neighbours.tick(self._clock())
            self._end_cancelled()
            self._settle()
            self._begin()
            self._store_logs()

    def _run(self) -> None:
        while not self._stop.wait(self._pace.look):
            self.tick()

    def _answer(self, environ: dict[str, Any], body: bytes) -> Answer:
        if environ["PATH_INFO"].startswith(ADMIN):
            return json_answer(self._administer(environ["PATH_INFO"].removeprefix(ADMIN), json.loads(body or b"{}")))
        scope = signed(environ, body, self.keys, self._clock())
        if scope.service not in HOSTS:
            raise Refusal("UnknownOperationException", f"the rehearsal has no service {scope.service!r}", 404)
        if scope.service != "elasticmapreduce":
            return self._neighbours.answer(scope, environ, body, self._in_use(scope.region))
        return json_answer(self._operate(scope, environ, body))

    def _operate(self, scope: Scope, environ: Mapping[str, Any], body: bytes) -> dict[str, Any]:
        name = environ.get("HTTP_X_AMZ_TARGET", "").removeprefix(TARGET)
        asked = emr_model.checked(name, body)
        if self._thread is None:
            self.tick()
        if name not in OPERATIONS:
            raise Refusal("NotImitatedByTheRehearsal", f"the rehearsal's EMR does not imitate {name}", 501)
        with self._lock:
            self.calls.append(name)
            call = Call(
                asked=asked, region=scope.region, environ=environ, body=body, now=self._clock(), skew=self._skew,
                clusters=self.clusters, moto=self._moto, pace=self._pace, chaos=self._chaos,
            )  # fmt: skip
            return OPERATIONS[name](call)

    def _administer(self, verb: str, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Do what only a rehearsal can: say a word for a step, expire a key, tell the bill and the calls."""
        with self._lock:
            if verb == "say":
                self._step(asked["job"]).said = asked["word"]
            elif verb == "expire":
                self.keys[asked["key"]].expires_at = self._clock()
            elif verb == "usage":
                return {"usage": [cluster.usage(self._clock()) for cluster in self.clusters.values()]}
            elif verb == "calls":
                return {"calls": list(self.calls)}
            elif verb == "schedules":
                return {"schedules": self._neighbours.history()}
            else:
                raise Refusal("UnknownOperationException", f"nothing is called {ADMIN}{verb}", 404)
        return {}

    def _in_use(self, region: str) -> frozenset[str]:
        with self._lock:
            living = [one for one in self.clusters.values() if one.region == region and not one.ended]
            return frozenset().union(*(one.network for one in living))

    def _terminate(self, region: str, clusters: list[str]) -> None:
        """End clusters as a schedule asks."""
        emr_cluster_operations.end(
            self.clusters, region, clusters, lambda: self._moto.end(region, clusters), self._clock()
        )

    def _step(self, step_id: str) -> Step:
        for cluster in self.clusters.values():
            with suppress(Refusal):
                return cluster.step(step_id)
        raise Refusal("InvalidRequestException", f"Step id '{step_id}' is not valid.", 404)

    def _end_cancelled(self) -> None:
        # The runner is never called under the lock: it may take as long as YARN does.
        for _, step in self._running():
            if step.state == "CANCEL_PENDING" and step.id not in self._cancelled:
                self._cancelled.add(step.id)
                self._cancel(step.id)

    def _settle(self) -> None:
        for cluster, step in self._running():
            word = self._runner.word(step.id)
            if word in ENDS:
                failure = emr_logs.failure(cluster, step, self._runner.output(step.id)) if word != "succeeded" else {}
                with self._lock:
                    cluster.settle(step, word, failure, self._clock())

    def _begin(self) -> None:
        new: list[tuple[Cluster, Step]] = []
        lost: list[Step] = []
        with self._lock:
            for cluster in self.clusters.values():
                cluster.advance(self._clock())
                lost += cluster.interrupt(self._clock())
                new += [(cluster, step) for step in cluster.begun(self._clock())]
        for step in lost:
            self._runner.kill(step.id)
        for cluster, step in new:
            self._start(cluster, step)

    def _start(self, cluster: Cluster, step: Step) -> None:
        try:
            self._runner.start(step.id, list(step.args))
        except RehearsalError as error:
            with self._lock:
                cluster.settle(step, "failed", {"Reason": "Unknown Error.", "Message": error.message}, self._clock())

    def _running(self) -> list[tuple[Cluster, Step]]:
        with self._lock:
            return [(cluster, step) for cluster in self.clusters.values() for step in cluster.running()]

    def _store_logs(self) -> None:
        due = self._clock() - self._pace.log
        with self._lock:
            ended = [
                (cluster, step)
                for cluster in self.clusters.values()
                for step in cluster.steps
                if cluster.log_uri and step.started and 0 < step.ended <= due and not step.logged
            ]
        for cluster, step in ended:
            step.logged = True
            emr_logs.put(cluster, step, self._runner.output(step.id))


def _body(environ: Mapping[str, Any]) -> bytes:
    length = int(environ.get("CONTENT_LENGTH") or 0)
    if length > LARGEST:
        raise Refusal("RequestEntityTooLarge", f"a request may have {LARGEST} bytes", 413)
    return environ["wsgi.input"].read(length)
