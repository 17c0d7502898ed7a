"""Azure's resource manager for what an HDInsight stack is made of, and the token endpoint beside it.

Bodies are checked against the SDKs' own models; an unknown property, path, method or api-version is refused. Whoever
asks needs a role; the application that the rehearsal's users log in as owns the subscription. Not imitated: other
resource types, policies, locks, and the time that things take (``seconds``). What it knows is in memory.
"""

import json
import sys
import threading
import time
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Request, Response

from rehearsal import arm_roles, arm_types, arm_workflows, serving
from rehearsal.arm_answers import Answers, kind_of
from rehearsal.arm_errors import Refused, answer, not_imitated
from rehearsal.arm_roles import OWNER
from rehearsal.arm_routes import API_VERSION, GROUP, GROUPWISE, OF_CLUSTERS, OF_GROUPS, OPEN, ROUTES
from rehearsal.arm_workflows import Workflows
from rehearsal.entra import Entra

__all__ = ["API_VERSION", "GROUP", "Arm", "main"]

LOOK = 0.2  # seconds between two looks at what is due


class Arm(Answers):
    """A WSGI application for one subscription."""

    def __init__(
        self, entra: Entra, *, subscription: str, seconds: float = 0.0, clock: Callable[[], float] = time.time
    ) -> None:
        super().__init__(subscription, entra.tenant, seconds)
        self._entra, self._subscription, self._clock = entra, subscription, clock
        self._lock = threading.RLock()
        self.workflows = Workflows(self._ask)
        name = f"{self.place}/providers/Microsoft.Authorization/roleAssignments/{entra.principal}"
        owner = {"principalId": entra.principal, "roleDefinitionId": OWNER}
        self.roles.put(name, self.place, {"properties": owner})

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer one request."""
        request = Request(environ)
        try:
            with self._lock:
                self.resources.settle()
                response = self._answer(request, environ)
        except Refused as error:
            response = error.response
        except HTTPException as error:
            response = Refused(error.code or 500, "InvalidResourceType", f"{request.method} {request.path}").response
        return response(environ, start_response)

    @contextmanager
    def ticking(self) -> Generator[None]:
        """Carry out what is due, for the length of a block, whether somebody asks or not."""
        over = threading.Event()

        def tick() -> None:
            while not over.wait(LOOK):
                self.tick()

        thread = threading.Thread(target=tick, daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def tick(self) -> None:
        """Carry out what is due now."""
        with self._lock:
            self.resources.settle()
            self.workflows.run(self.resources.of_kind(arm_workflows.KIND), self._clock())

    def _ask(self, principal: str, method: str, path: str) -> None:
        """Do what a workflow asks for, if its identity may."""
        self.roles.require(principal, method, path)
        if path.count("/") != 4:  # noqa: PLR2004 -- /subscriptions/ID/resourceGroups/NAME
            raise not_imitated(f"{method} {path} by a workflow")
        self.resources.delete_group(path)

    def _answer(self, request: Request, environ: dict[str, Any]) -> Response:
        if found := arm_roles.PATH.fullmatch(request.path):
            self._admit(request, {arm_roles.VERSION})
            return self._assignment(request, found["scope"], found["name"] or "")
        endpoint, values = ROUTES.bind_to_environ(environ).match()
        if endpoint not in OPEN:
            versions = OF_GROUPS if endpoint in GROUPWISE else OF_CLUSTERS
            self._admit(request, self._versions(values["rest"]) if endpoint == "resource" else versions)
        return getattr(self, f"_{endpoint}")(request, **values)

    def _admit(self, request: Request, versions: set[str]) -> None:
        header = request.headers.get("Authorization", "")
        if code := self._entra.refusal(header):
            raise Refused(401, code, "Authentication failed. The 'Authorization' header is missing or not valid.")
        subscription = request.path.split("/")[2]
        if subscription != self._subscription:
            raise Refused(404, "SubscriptionNotFound", f"The subscription '{subscription}' could not be found.")
        version = request.args.get("api-version", "")
        if version not in versions:
            said = f"The api-version '{version}' is invalid: {', '.join(sorted(versions))}."
            raise Refused(400, "InvalidApiVersionParameter", said)
        self.roles.require(self._entra.holder(header), request.method, request.path)

    def _versions(self, rest: str) -> set[str]:
        kind = kind_of(rest)
        if kind in arm_types.MADE_BY_SERVICES:
            return {"2024-05-01"}
        if kind not in arm_types.TYPES:
            raise Refused(404, "InvalidResourceType", f"The resource type of {rest} could not be found.")
        return {arm_types.TYPES[kind].version}

    def _configuration(self, _request: Request, tenant: str) -> Response:
        self._known_tenant(tenant)
        return answer(self._entra.configuration())

    def _token(self, request: Request, tenant: str) -> Response:
        self._known_tenant(tenant)
        status, body = self._entra.token(request.form)
        return answer(body, status)

    def _endpoints(self, _request: Request) -> Response:
        """Tell the addresses of this cloud, as https://management.azure.com/metadata/endpoints does."""
        here = self._entra.authority
        login = {"loginEndpoint": f"{here}/", "audiences": [here], "tenant": "common"}
        return answer({"name": "FiresteelRehearsal", "resourceManager": here, "authentication": login})

    def _known_tenant(self, tenant: str) -> None:
        if tenant != self._entra.tenant:
            raise Refused(400, "invalid_tenant", f"AADSTS90002: Tenant '{tenant}' not found.")


def main(folder: Path) -> None:
    """Serve what ``arm.json`` in a folder says: port, subscription, and the tenant with its application."""
    words: Mapping[str, Any] = json.loads((folder / "arm.json").read_text(encoding="utf-8"))
    app = Arm(Entra(**words["entra"]), subscription=words["subscription"])
    with app.ticking():
        serving.server(app, port=words["port"]).serve_forever()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
