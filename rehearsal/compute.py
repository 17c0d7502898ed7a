"""The networks of Compute Engine v1: networks, subnetworks, firewall rules, routes, and what is told of machines.

https://cloud.google.com/compute/docs/reference/rest/v1

Machines and their disks are those of the Dataproc next door. Not imitated: every other resource, PATCH but of
firewall rules, filters and pages of lists, IPv6, peerings, networks that make their own subnets, minutes of waiting:
an operation is done when it is asked about. State is in memory: a restart forgets everything.
"""

import threading
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from werkzeug.wrappers import Request

from rehearsal import compute_machines, compute_resources
from rehearsal.compute_machines import Machine
from rehearsal.compute_resources import DEFAULTS, HOME, fields_of
from rehearsal.dataproc_errors import Refused, invalid
from rehearsal.google_apis import Route, body_of, route

PREFIX = "/compute/v1/"
GLOBAL, REGIONAL = "projects/{project}/global", "projects/{project}/regions/{region}"
COMMON = {"alt", "prettyPrint", "requestId"}  # parameters that change nothing here
Row = dict[str, Any]
Place = Mapping[str, str]


class Compute:
    """One project's networks in one region; ``machines`` gives what runs, ``quotas`` how many CPUs there may be."""

    def __init__(
        self, project: str, region: str, machines: Callable[[], Sequence[Machine]], quotas: Mapping[str, float]
    ) -> None:
        self._project, self._region, self.machines, self.quotas = project, region, machines, dict(quotas)
        self._lock = threading.RLock()
        self._rows: dict[str, Row] = {}  # by path: projects/P/global/networks/N
        self._operations: dict[str, Row] = {}

    def routes(self) -> list[Route]:
        """Give the API as routes."""
        verbs = (
            ("GET", "", self._list), ("POST", "", self._insert), ("GET", "/{name}", self._get),
            ("PATCH", "/{name}", self._patch), ("DELETE", "/{name}", self._delete),
            ("POST", "/{name}/setPrivateIpGoogleAccess", self._set_private),
        )  # fmt: skip
        zone = f"{PREFIX}projects/{{project}}/zones/{{zone}}"
        return [
            route("GET", f"{PREFIX}projects/{{project}}/aggregated/{{kind}}", self._aggregated),
            route("GET", PREFIX + REGIONAL, self._about_region),
            route("GET", f"{zone}/machineTypes/{{name}}", self._machine_type),
            *(route(verb, f"{PREFIX}{place}/{{kind}}{rest}", answer)
              for place in (GLOBAL, REGIONAL) for verb, rest, answer in verbs),
        ]  # fmt: skip

    def path_of(self, link: str) -> str:
        """Give the path of a resource by a link of any form; raises Refused when there is none."""
        path = link[link.index("projects/") :] if "projects/" in link else link
        with self._lock:
            if path not in self._rows:
                raise Refused("NOT_FOUND", f"The resource '{path}' was not found")
        return path

    def _list(self, request: Request, **place: str) -> Any:
        folder = self._folder(request, place)
        with self._lock:
            items = [row for path, row in self._rows.items() if path.rpartition("/")[0] == folder]
        return {"kind": f"compute#{_one(place)}List", "id": folder, "items": items}

    def _get(self, request: Request, name: str, **place: str) -> Any:
        folder = self._folder(request, place)
        if place["kind"] != "operations":
            return self._rows[self.path_of(f"{folder}/{name}")]
        if name not in self._operations:
            raise Refused("NOT_FOUND", f"The resource '{folder}/{name}' was not found")
        return {**self._operations[name], "status": "DONE", "progress": 100}

    def _insert(self, request: Request, **place: str) -> Any:
        kind, folder = place["kind"], self._folder(request, place)
        body = body_of(request, fields_of(kind, regional="region" in place))
        path = f"{folder}/{body.get('name', '')}"
        with self._lock:
            if path in self._rows:
                raise Refused("ALREADY_EXISTS", f"The resource '{path}' already exists")
            self._keep(kind, path, body)
            if kind == "networks":
                self._default_route(path)
        return self._operation("insert", path, place)

    def _keep(self, kind: str, path: str, body: Row) -> None:
        given = {name: value for name, value in body.items() if value is not None}
        if kind != "networks":
            given["network"] = HOME + self.path_of(
                given.get("network") or f"projects/{self._project}/global/networks/default"
            )
        beside = [row for row in self._rows.values() if "ipCidrRange" in row and row["network"] == given.get("network")]
        compute_resources.check(kind, given, beside)
        about = {"id": str(uuid.uuid4().int >> 65), "selfLink": HOME + path, "creationTimestamp": _now()}
        if kind == "subnetworks":
            about["region"] = f"{HOME}projects/{self._project}/regions/{self._region}"
            about["gatewayAddress"] = compute_resources.first_address(given["ipCidrRange"])
        self._rows[path] = {"kind": f"compute#{kind.rstrip('s')}", **DEFAULTS[kind], **given, **about}

    def _default_route(self, network: str) -> None:
        """Add the way to the internet that every network begins with, and that goes with it."""
        name, project = f"default-route-{uuid.uuid4().hex[:16]}", f"projects/{self._project}/global"
        gateway = f"{HOME}{project}/gateways/default-internet-gateway"
        body = {"name": name, "network": network, "destRange": "0.0.0.0/0", "nextHopGateway": gateway}
        self._keep("routes", f"{project}/routes/{name}", body)

    def _patch(self, request: Request, name: str, **place: str) -> Any:
        if place["kind"] != "firewalls":
            raise Refused("UNIMPLEMENTED", f"The rehearsal patches no {place['kind']}.")
        body = body_of(request, fields_of("firewalls", regional="region" in place))
        return self._changed(request, name, place, {"patch": body})

    def _set_private(self, request: Request, name: str, **place: str) -> Any:
        body = body_of(request, {"privateIpGoogleAccess": bool})
        return self._changed(request, name, place, {"setPrivateIpGoogleAccess": body})

    def _changed(self, request: Request, name: str, place: Place, how: Mapping[str, Row]) -> Any:
        [(verb, body)] = how.items()
        with self._lock:
            path = self.path_of(f"{self._folder(request, place)}/{name}")
            old = self._rows[path]
            if body.get("name", name) != name or body.get("network", old["network"]) not in old["network"]:
                raise invalid("Invalid value for field 'resource': neither its name nor its network can be changed.")
            new = {**old, **body, "network": old["network"]}
            self._rows[path] = {key: value for key, value in new.items() if value is not None}
        return self._operation(verb, path, place)

    def _delete(self, request: Request, name: str, **place: str) -> Any:
        with self._lock:
            path = self.path_of(f"{self._folder(request, place)}/{name}")
            for user in self._users(path):
                said = f"The {_one(place)} resource '{path}' is already being used by '{user}'"
                raise Refused("FAILED_PRECONDITION", said, "resourceInUseByAnotherResource")
            self._rows = {
                other: row for other, row in self._rows.items() if other != path and not _goes_with(row, path)
            }
        return self._operation("delete", path, place)

    def _users(self, path: str) -> Iterator[str]:
        """Give what keeps a network or a subnetwork from going."""
        for other, row in self._rows.items():
            if row.get("network") == HOME + path and not _goes_with(row, path):
                yield other
        for machine in self.machines():
            if machine.subnetwork == path:
                yield f"projects/{self._project}/zones/{self._zone}/instances/{machine.name}"

    def _operation(self, verb: str, path: str, place: Place) -> Any:
        name = f"operation-{uuid.uuid4()}"
        where = {"region": f"{HOME}projects/{self._project}/regions/{self._region}"} if "region" in place else {}
        found = {"kind": "compute#operation", "name": name, "operationType": verb, "targetLink": HOME + path, **where}
        self._operations[name] = found
        return {**found, "status": "RUNNING", "progress": 0}

    def _aggregated(self, request: Request, **place: str) -> Any:
        self._folder(request, place)
        if place["kind"] not in {"instances", "disks"}:
            raise Refused("UNIMPLEMENTED", f"The rehearsal does not list {place['kind']} of all zones.")
        zone = f"{HOME}projects/{self._project}/zones/{self._zone}"
        rows = [compute_machines.row(machine, place["kind"], zone) for machine in self.machines()]
        return {"items": {f"zones/{self._zone}": {place["kind"]: rows}}}

    def _about_region(self, request: Request, **place: str) -> Any:
        self._folder(request, place)
        found = compute_machines.quotas(self.quotas, self.machines())
        zones = [f"{HOME}projects/{self._project}/zones/{self._zone}"]
        return {"kind": "compute#region", "name": self._region, "status": "UP", "quotas": found, "zones": zones}

    def _machine_type(self, request: Request, zone: str, name: str, **place: str) -> Any:
        self._folder(request, place)
        found = compute_machines.cpus(name)
        if not found or zone != self._zone:
            path = f"projects/{self._project}/zones/{zone}/machineTypes/{name}"
            raise Refused("NOT_FOUND", f"The resource '{path}' was not found")
        return {"kind": "compute#machineType", "name": name, "guestCpus": found, "zone": zone}

    @property
    def _zone(self) -> str:
        return f"{self._region}-b"

    def _folder(self, request: Request, place: Place) -> str:
        """Give the path of what a kind of resource lies in; raises Refused for another project or region."""
        if place["project"] != self._project:
            said = f"Required 'compute.projects.get' permission for 'projects/{place['project']}'"
            raise Refused("PERMISSION_DENIED", said, "forbidden")
        if place.get("region", self._region) != self._region:
            raise Refused(
                "NOT_FOUND", f"The resource 'projects/{self._project}/regions/{place['region']}' was not found"
            )
        if unknown := set(request.args) - COMMON:
            raise Refused("UNIMPLEMENTED", f"The rehearsal does not imitate {', '.join(sorted(unknown))} here.")
        where = f"regions/{self._region}" if "region" in place else "global"
        return f"projects/{self._project}/{where}/{place.get('kind', '')}"


def _one(place: Place) -> str:
    return place["kind"].rstrip("s")


def _goes_with(row: Row, network: str) -> bool:
    """Tell whether something comes and goes with its network."""
    return row["name"].startswith("default-route-") and row.get("network") == HOME + network


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
