"""Dataproc's REST transport as a WSGI application: paths and bodies to Google's own messages, and back.

Bodies and parameters are parsed by Google's protobuf classes, so an unknown field is an error, as it is there.
https://cloud.google.com/dataproc/docs/reference/rest
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from google.protobuf import json_format
from werkzeug.wrappers import Request, Response

from rehearsal.dataproc_errors import FAULTS, Refused, invalid
from rehearsal.dataproc_service import LONGRUNNING, V1, Service
from rehearsal.wire import Answer

PLACE = "/v1/projects/{project_id}/regions/{region}"
JOBS = f"{PLACE}/jobs"
JOB = f"{JOBS}/{{job_id}}"
CLUSTERS = f"{PLACE}/clusters"
CLUSTER = f"{CLUSTERS}/{{cluster_name}}"
# method, path, the API's name of it, the field that the body is ("*": the whole request, "": there is no body)
ROUTES: tuple[tuple[str, str, str, str], ...] = (
    ("POST", f"{JOBS}:submit", f"{V1}JobController/SubmitJob", "*"),
    ("GET", JOBS, f"{V1}JobController/ListJobs", ""),
    ("GET", JOB, f"{V1}JobController/GetJob", ""),
    ("POST", f"{JOB}:cancel", f"{V1}JobController/CancelJob", "*"),
    ("DELETE", JOB, f"{V1}JobController/DeleteJob", ""),
    ("POST", CLUSTERS, f"{V1}ClusterController/CreateCluster", "cluster"),
    ("GET", CLUSTERS, f"{V1}ClusterController/ListClusters", ""),
    ("GET", CLUSTER, f"{V1}ClusterController/GetCluster", ""),
    ("PATCH", CLUSTER, f"{V1}ClusterController/UpdateCluster", "cluster"),
    ("DELETE", CLUSTER, f"{V1}ClusterController/DeleteCluster", ""),
    ("GET", "/v1/{name=projects/*/regions/*/operations}", f"{LONGRUNNING}Operations/ListOperations", ""),
    ("GET", "/v1/{name=projects/*/regions/*/operations/*}", f"{LONGRUNNING}Operations/GetOperation", ""),
)
# Parameters of every Google API: https://cloud.google.com/apis/docs/system-parameters
SYSTEM = {"$alt", "alt", "$prettyPrint", "prettyPrint", "$fields", "fields", "key", "quotaUser", "$userProject"}


@dataclass(frozen=True, slots=True)
class Called:
    """What a request's method and path ask for."""

    name: str
    fields: Mapping[str, str]
    body: str


class Rest:
    """A WSGI application in front of a Service, with the token endpoint and the rehearsal's own `say`."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Serve one request."""
        request = Request(environ)
        try:
            response = self._response(request)
        except Refused as refused:
            response = _json(refused.status, refused.to_json())
        return response(environ, start_response)

    def _response(self, request: Request) -> Response:
        if request.path == "/token":
            status, body = self._service.login.token(request.form)
            return _json(status, body)
        if request.path == "/_rehearsal/say":
            return self._say(request)
        called = _called(request)
        method = self._service.methods[called.name]
        message = method.request()
        _fill(message, request, called)
        answer = self._service.call(called.name, message, request.headers.get("Authorization", ""))
        numbers = "enum-encoding=int" in request.args.get("$alt", "")
        return _json(200, json_format.MessageToDict(raw(answer), use_integers_for_enums=numbers))

    def _say(self, request: Request) -> Response:
        from google.cloud.dataproc_v1 import JobStatus

        asked = request.get_json()
        word = str(asked["word"])
        states = JobStatus.State.__members__
        if word not in states and not word.isdigit():
            raise invalid(f"Google's API can carry a state or a number, not {word!r}.")
        self._service.say(asked["job"], states[word] if word in states else int(word))
        return _json(200, {})


def raw(message: Any) -> Any:
    """Give the protobuf message below Google's wrapper, where there is one."""
    kind = type(message)
    return kind.pb(message) if hasattr(kind, "pb") else message


def answers(kind: str) -> Answer:
    """Give Google's own answer for a fault of the wire."""
    refused = FAULTS[kind]
    body = json.dumps(refused.to_json()).encode()
    return refused.status, [("Content-Type", "application/json"), ("Content-Length", str(len(body)))], body


def _called(request: Request) -> Called:
    for method, path, name, body in ROUTES:
        match = _pattern(path).fullmatch(request.path)
        if match and method == request.method:
            return Called(name, match.groupdict(), body)
    raise Refused("NOT_FOUND", f"The rehearsal does not imitate {request.method} {request.path}.")


def _pattern(path: str) -> re.Pattern[str]:
    """Give a path template as a pattern: a field takes one segment, or what stands behind its `=`."""
    return re.compile(
        re.sub(r"\{(\w+)(?:=([^}]+))?\}", lambda m: f"(?P<{m[1]}>{(m[2] or '*').replace('*', '[^/:]+')})", path)
    )


def _fill(message: Any, request: Request, called: Called) -> None:
    """Put path, parameters and body into a request's message; raises Refused for what does not fit."""
    target = raw(message)
    parameters = {name: value for name, value in request.args.items() if name not in SYSTEM}
    try:
        json_format.ParseDict({**parameters, **called.fields}, target)
        if called.body:
            sent = json.loads(request.get_data() or b"{}")
            json_format.ParseDict(sent if called.body == "*" else {called.body: sent}, target)
        elif request.get_data():
            raise invalid("Invalid JSON payload received. There is no body to this method.")
    except (json_format.ParseError, ValueError) as error:
        raise invalid(f"Invalid JSON payload received. {error}") from error


def _json(status: int | str, body: Any) -> Response:
    return Response(json.dumps(body), status=status, content_type="application/json; charset=UTF-8")
