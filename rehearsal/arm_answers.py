"""What the emulated resource manager answers, operation by operation, to those whom `Arm` lets in."""

import re
import time
from typing import Any

from werkzeug.wrappers import Request, Response

from rehearsal import arm_types
from rehearsal.arm_clusters_api import CAPABILITIES, Clusters
from rehearsal.arm_errors import Refused, answer, not_imitated
from rehearsal.arm_resources import Resources
from rehearsal.arm_roles import Roles
from rehearsal.arm_routes import API_VERSION, GROUP, OF_CLUSTERS

BY_TAG = re.compile(r"tagName eq '(?P<tag>[^']+)' and tagValue eq '(?P<value>[^']*)'")
OF_PRINCIPAL = re.compile(r"(?:principalId eq|assignedTo\() ?'(?P<principal>[^']+)'\)?")


class Answers:
    """The operations on one subscription; ``seconds`` is what a creation, a script or a group's end takes."""

    def __init__(self, subscription: str, tenant: str, seconds: float) -> None:
        self.place = f"/subscriptions/{subscription}"
        self._seconds = seconds
        self._operations: list[float] = []  # when each is done
        self.roles = Roles()
        self.resources = Resources(self.roles, tenant=tenant, seconds=seconds, ended=self._forget)
        self.clusters = Clusters(self.resources, self.roles, seconds)
        self.resources.put_group(f"{self.place}/resourceGroups/{GROUP}", {"location": GROUP})

    def _forget(self, group: str) -> None:
        self.clusters.forget(group)

    def _assignment(self, request: Request, scope: str, name: str) -> Response:
        if not name:
            who = OF_PRINCIPAL.search(request.args.get("$filter", ""))
            return answer({"value": self.roles.listed(scope, who["principal"] if who else "")})
        if request.method == "PUT":
            self._require_place(scope)
            return answer(self.roles.put(request.path, scope, _body(request)), 201)
        if request.method == "DELETE":
            removed = self.roles.delete(request.path)
            return answer(removed) if removed else Response(status=204)
        return answer(self.roles.get(request.path))

    def _require_place(self, scope: str) -> None:
        """Raise Refused when what a role is to be given for is not there."""
        if scope.count("/") == 4:  # noqa: PLR2004 -- /subscriptions/ID/resourceGroups/NAME
            self.resources.require_group(scope)
        elif scope.count("/") > 4:  # noqa: PLR2004 -- the same
            self.resources.get(scope)

    def _groups(self, request: Request, **_values: str) -> Response:
        return answer({"value": _filtered(request, self.resources.groups())})

    def _group(self, request: Request, **_values: str) -> Response:
        return answer(self.resources.group(request.path))

    def _put_group(self, request: Request, **_values: str) -> Response:
        return answer(self.resources.put_group(request.path, _body(request)))

    def _delete_group(self, request: Request, **_values: str) -> Response:
        self.resources.delete_group(request.path)
        return Response(status=202, headers=self._begun(request, "Location"))

    def _resources(self, request: Request, group: str = "", **_values: str) -> Response:
        everything = [*self.resources.tracked(), *self.clusters.listed()]
        prefix = f"{request.path.lower().removesuffix('/resources')}/"
        found = [each for each in everything if not group or each["id"].lower().startswith(prefix)]
        return answer({"value": _filtered(request, found)})

    def _namespace(self, _request: Request, namespace: str, **_values: str) -> Response:
        versions: dict[str, list[str]] = {}
        for name, each in arm_types.TYPES.items():
            versions.setdefault(name, []).append(each.version)
        versions |= {name: ["2024-05-01"] for name in arm_types.MADE_BY_SERVICES}
        versions["Microsoft.HDInsight/clusters"] = sorted(OF_CLUSTERS)
        kinds = [{"resourceType": name.partition("/")[2], "apiVersions": found} for name, found in versions.items()
                 if name.lower().startswith(f"{namespace.lower()}/")]  # fmt: skip
        return answer({"namespace": namespace, "registrationState": "Registered" if kinds else "NotRegistered",
                       "resourceTypes": kinds})  # fmt: skip

    def _resource(self, request: Request, rest: str, **_values: str) -> Response:
        kind, path = kind_of(rest), request.path
        if len(rest.split("/")) % 2 == 0:  # a type without a name: all of it
            return answer({"value": list(self.resources.below(path))})
        if request.method == "PUT":
            if kind in arm_types.MADE_BY_SERVICES:
                raise not_imitated(f"{kind}, but for those that a service makes")
            return answer(self.resources.put(path, kind, _body(request)))
        if request.method == "DELETE":
            return Response(status=200 if self.resources.delete(path) else 204)
        return answer(self.resources.get(path))

    def _get(self, request: Request, **_values: str) -> Response:
        return answer(self.clusters.get(request.path).view())

    def _list(self, request: Request, **_values: str) -> Response:
        every = "resourcegroups" not in request.path.lower()
        return answer({"value": self.clusters.listed("" if every else f"{request.path}/")})

    def _create(self, request: Request, **_values: str) -> Response:
        made = self.clusters.create(request.path, _body(request))
        return answer(made.view(), 200, self._begun(request, "Azure-AsyncOperation"))

    def _tag(self, request: Request, **_values: str) -> Response:
        return answer(self.clusters.tag(request.path, _body(request)).view())

    def _delete(self, request: Request, **_values: str) -> Response:
        if not self.clusters.delete(request.path):
            return Response(status=204)
        return Response(status=202, headers=self._begun(request, "Location"))

    def _script(self, request: Request, **_values: str) -> Response:
        self.clusters.run_script(request.path.removesuffix("/executeScriptActions"), _body(request))
        return Response(status=202, headers=self._begun(request, "Location"))

    def _scripts(self, request: Request, **_values: str) -> Response:
        return answer({"value": self.clusters.get(request.path.removesuffix("/scriptActions")).scripts})

    def _capabilities(self, _request: Request, **_values: str) -> Response:
        return answer(CAPABILITIES)

    def _usages(self, _request: Request, **_values: str) -> Response:
        return answer({"value": self.clusters.usages()})

    def _operation(self, _request: Request, number: str, **_values: str) -> Response:
        if not number.isdecimal() or int(number) >= len(self._operations):
            raise Refused(404, "OperationNotFound", f"no operation {number}")
        done = time.monotonic() >= self._operations[int(number)]
        return answer({"status": "Succeeded" if done else "InProgress"}, 200 if done else 202)

    def _say(self, request: Request) -> Response:
        words = request.get_json(force=True)
        self.clusters.say(words["cluster"], words["word"])
        return answer({})

    def _begun(self, request: Request, header: str) -> dict[str, str]:
        self._operations.append(time.monotonic() + self._seconds)
        place = f"{self.place}/providers/Microsoft.HDInsight/locations/{GROUP}"
        url = f"{request.host_url.rstrip('/')}{place}/azureasyncoperations/{len(self._operations) - 1}"
        return {header: f"{url}?api-version={API_VERSION}", "Retry-After": "0"}


def _body(request: Request) -> Any:
    return request.get_json(force=True, silent=True)


def kind_of(rest: str) -> str:
    """Give the type of Microsoft.Network/virtualNetworks/a/subnets/b, as Azure spells it."""
    words = rest.split("/")
    name = "/".join([words[0], *words[1::2]])
    known = {**arm_types.BY_NAME, **{kind.lower(): kind for kind in arm_types.MADE_BY_SERVICES}}
    return known.get(name.lower(), name)


def _filtered(request: Request, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    wish = request.args.get("$filter", "")
    found = BY_TAG.fullmatch(wish)
    if wish and not found:
        raise not_imitated(f"the filter {wish!r}")
    if not found:
        return rows
    return [row for row in rows if (row.get("tags") or {}).get(found["tag"]) == found["value"]]
