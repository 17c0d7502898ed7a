"""Azure's resource manager for HDInsight clusters, and the token endpoint beside it.

Bodies are checked against the SDK's own models; an unknown property, path, method or api-version is refused. Not
imitated: other resource providers, resource groups of their own (each exists), roles, policies, quotas, locks,
resizing, autoscale and the time a creation takes (``seconds``). What it knows is in memory.
"""

import json
import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from rehearsal import serving
from rehearsal.arm_clusters import Cluster, refused
from rehearsal.arm_model import refusal
from rehearsal.entra import Entra

API_VERSION = "2021-06-01"
GROUP = "/subscriptions/<subscription>/resourceGroups/<group>/providers/Microsoft.HDInsight/clusters"
ONE = f"{GROUP}/<name>"
OPERATION = (
    "/subscriptions/<subscription>/providers/Microsoft.HDInsight/locations/<location>/azureasyncoperations/<number>"
)
ROUTES = Map(
    [
        Rule("/<tenant>/v2.0/.well-known/openid-configuration", methods=["GET"], endpoint="configuration"),
        Rule("/<tenant>/oauth2/v2.0/token", methods=["POST"], endpoint="token"),
        Rule(ONE, methods=["GET"], endpoint="get"),
        Rule(ONE, methods=["PUT"], endpoint="create"),
        Rule(ONE, methods=["PATCH"], endpoint="tag"),
        Rule(ONE, methods=["DELETE"], endpoint="delete"),
        Rule(GROUP, methods=["GET"], endpoint="list"),
        Rule("/subscriptions/<subscription>/providers/Microsoft.HDInsight/clusters", methods=["GET"], endpoint="list"),
        Rule(f"{ONE}/executeScriptActions", methods=["POST"], endpoint="script"),
        Rule(f"{ONE}/scriptActions", methods=["GET"], endpoint="scripts"),
        Rule(OPERATION, methods=["GET"], endpoint="operation"),
        Rule("/_rehearsal/say", methods=["POST"], endpoint="say"),
    ]
)
OPEN = {"configuration", "token", "say"}


class Refused(Exception):
    """An answer in Azure's form for errors."""

    def __init__(self, status: int, code: str, text: str) -> None:
        super().__init__(text)
        self.response = _json({"error": {"code": code, "message": text}}, status)


class Arm:
    """A WSGI application for one subscription; ``seconds`` is what a creation or a script takes."""

    def __init__(self, entra: Entra, *, subscription: str, seconds: float = 0.0) -> None:
        self._entra = entra
        self._subscription = subscription
        self._seconds = seconds
        self._clusters: dict[str, Cluster] = {}
        self._operations: list[float] = []  # when each is done

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer one request."""
        request = Request(environ)
        try:
            response = self._answer(request, environ)
        except Refused as error:
            response = error.response
        except HTTPException as error:
            response = Refused(error.code or 500, "InvalidResourceType", f"{request.method} {request.path}").response
        return response(environ, start_response)

    def _answer(self, request: Request, environ: dict[str, Any]) -> Response:
        endpoint, values = ROUTES.bind_to_environ(environ).match()
        if endpoint not in OPEN:
            self._admit(request, values)
        return getattr(self, f"_{endpoint}")(request, **values)

    def _admit(self, request: Request, values: Mapping[str, str]) -> None:
        if code := self._entra.refusal(request.headers.get("Authorization", "")):
            raise Refused(401, code, "Authentication failed. The 'Authorization' header is missing or not valid.")
        if values["subscription"] != self._subscription:
            raise Refused(
                404, "SubscriptionNotFound", f"The subscription '{values['subscription']}' could not be found."
            )
        version = request.args.get("api-version", "")
        if version != API_VERSION:
            raise Refused(400, "InvalidApiVersionParameter", f"The api-version '{version}' is invalid: {API_VERSION}.")

    def _configuration(self, _request: Request, tenant: str) -> Response:
        self._known_tenant(tenant)
        return _json(self._entra.configuration())

    def _token(self, request: Request, tenant: str) -> Response:
        self._known_tenant(tenant)
        status, body = self._entra.token(request.form)
        return _json(body, status)

    def _known_tenant(self, tenant: str) -> None:
        if tenant != self._entra.tenant:
            raise Refused(400, "invalid_tenant", f"AADSTS90002: Tenant '{tenant}' not found.")

    def _get(self, request: Request, **_values: str) -> Response:
        return _json(self._cluster(request).view())

    def _list(self, request: Request, **_values: str) -> Response:
        prefix = request.path.lower() + "/"
        every = "resourcegroups" not in prefix
        found = [cluster.view() for path, cluster in self._clusters.items() if every or path.startswith(prefix)]
        return _json({"value": found})

    def _create(self, request: Request, **_values: str) -> Response:
        body = request.get_json(force=True, silent=True)
        if said := refused(body):
            raise Refused(400, "InvalidRequestContent", said)
        if request.path.lower() in self._clusters:
            raise Refused(409, "Conflict", "A cluster of that name exists.")
        now = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime())
        ready = time.monotonic() + self._seconds
        cluster = Cluster(path=request.path, body=body or {}, ready_at=ready, created=now)
        self._clusters[request.path.lower()] = cluster
        return _json(cluster.view(), 200, self._begun(request, "Azure-AsyncOperation"))

    def _tag(self, request: Request, **_values: str) -> Response:
        body = request.get_json(force=True, silent=True)
        if said := refusal(body, "ClusterPatchParameters"):
            raise Refused(400, "InvalidRequestContent", said)
        cluster = self._cluster(request)
        cluster.body["tags"] = (body or {}).get("tags") or {}
        return _json(cluster.view())

    def _delete(self, request: Request, **_values: str) -> Response:
        if self._clusters.pop(request.path.lower(), None) is None:
            return Response(status=204)
        return Response(status=202, headers=self._begun(request, "Location"))

    def _script(self, request: Request, **_values: str) -> Response:
        body = request.get_json(force=True, silent=True)
        if said := refusal(body, "ExecuteScriptActionParameters") or ("" if body else "a body is required"):
            raise Refused(400, "InvalidRequestContent", said)
        cluster = self._cluster(request, "/executescriptactions")
        if not cluster.ready or cluster.said:
            raise Refused(409, "PreconditionFailed", "The cluster is not in state Running.")
        cluster.scripts += [dict(action) for action in (body or {}).get("scriptActions") or []]
        return Response(status=202, headers=self._begun(request, "Location"))

    def _scripts(self, request: Request, **_values: str) -> Response:
        return _json({"value": self._cluster(request, "/scriptactions").scripts})

    def _operation(self, _request: Request, number: str, **_values: str) -> Response:
        if not number.isdecimal() or int(number) >= len(self._operations):
            raise Refused(404, "OperationNotFound", f"no operation {number}")
        done = time.monotonic() >= self._operations[int(number)]
        return _json({"status": "Succeeded" if done else "InProgress"}, 200 if done else 202)

    def _say(self, request: Request) -> Response:
        words = request.get_json(force=True)
        for cluster in self._clusters.values():
            if cluster.path.rpartition("/")[2] == words["cluster"]:
                cluster.said = words["word"]
        return _json({})

    def _cluster(self, request: Request, below: str = "") -> Cluster:
        path = request.path.lower().removesuffix(below)
        if path not in self._clusters:
            name = path.rpartition("/")[2]
            raise Refused(404, "ResourceNotFound", f"The Resource 'Microsoft.HDInsight/clusters/{name}' was not found.")
        return self._clusters[path]

    def _begun(self, request: Request, header: str) -> dict[str, str]:
        self._operations.append(time.monotonic() + self._seconds)
        place = f"/subscriptions/{self._subscription}/providers/Microsoft.HDInsight/locations/rehearsal"
        url = f"{request.host_url.rstrip('/')}{place}/azureasyncoperations/{len(self._operations) - 1}"
        return {header: f"{url}?api-version={API_VERSION}", "Retry-After": "0"}


def _json(value: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(json.dumps(value), status, headers, content_type="application/json; charset=utf-8")


def main(folder: Path) -> None:
    """Serve what ``arm.json`` in a folder says: port, subscription, and the tenant with its application."""
    words = json.loads((folder / "arm.json").read_text(encoding="utf-8"))
    app = Arm(Entra(**words["entra"]), subscription=words["subscription"])
    serving.server(app, port=words["port"]).serve_forever()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
