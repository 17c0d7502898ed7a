"""The settings of buckets that fake-gcs-server does not keep, before that server: labels, lifecycle, access, policies.

https://cloud.google.com/storage/docs/json_api/v1/buckets

Buckets are made and removed there; everything about objects is passed on as it is, whole. Kept and not applied:
lifecycle, prevention of public access, uniform access, soft deletion. Not imitated: every other setting, ACLs,
preconditions of buckets, pages of their list. State is in memory, as the server's.
"""

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any

from werkzeug.wrappers import Request, Response

from rehearsal.dataproc_errors import Refused, invalid
from rehearsal.google_apis import Fields, Route, body_of, route
from rehearsal.google_iam import Iam, Policy

HOME = "/storage/v1/b"
CONDITION: Fields = {
    "age": int, "isLive": bool, "matchesPrefix": [str], "matchesSuffix": [str], "numNewerVersions": int,
    "daysSinceNoncurrentTime": int, "createdBefore": str,
}  # fmt: skip
FIELDS: Fields = {
    "name": str,
    "location": str,
    "storageClass": str,
    "labels": {"*": str},
    "versioning": {"enabled": bool},
    "lifecycle": {"rule": [{"action": {"type": str, "storageClass": str}, "condition": CONDITION}]},
    "iamConfiguration": {"uniformBucketLevelAccess": {"enabled": bool}, "publicAccessPrevention": str},
    "softDeletePolicy": {"retentionDurationSeconds": str},
}
FIXED = {"name", "location"}
SECONDS = 60.0
GONE = 404
# What the server says, the second where the service says 409 as well.
TAKEN = {
    409: "Your previous request to create the named bucket succeeded and you already own it.",
    412: "The bucket you tried to delete is not empty.",
}
# Headers of one connection, or made anew: https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1
OWN = {"connection", "content-length", "host", "keep-alive", "te", "transfer-encoding", "upgrade", "authorization"}


class Buckets:
    """The buckets of one project, before the server at ``storage``."""

    def __init__(self, project: str, storage: str, iam: Iam) -> None:
        self._project, self._storage, self._iam = project, storage, iam
        self._settings: dict[str, dict[str, Any]] = {}
        self._policies: dict[str, Policy] = {}
        self._lock = threading.RLock()

    def routes(self) -> list[Route]:
        """Give the API as routes."""
        return [
            route("GET", HOME, self._list),
            route("POST", HOME, self._insert),
            route("GET", f"{HOME}/{{bucket}}", self._get),
            route("PATCH", f"{HOME}/{{bucket}}", self._patch),
            route("DELETE", f"{HOME}/{{bucket}}", self._delete),
            route("GET", f"{HOME}/{{bucket}}/iam", lambda request, bucket: self._policy(request, bucket).read()),
            route("PUT", f"{HOME}/{{bucket}}/iam", self._set_policy),
            route("*", "/(?:upload/)?storage/v1/{rest...}", self._passed_on),
        ]

    def known(self, bucket: str) -> bool:
        """Tell whether there is a bucket of that name, whoever made it."""
        try:
            self._asked("GET", f"{HOME}/{bucket}")
        except Refused:
            return False
        return True

    def _list(self, request: Request) -> Any:
        if request.args.get("project") != self._project:
            raise invalid("Required parameter: project")
        found = self._asked("GET", f"{HOME}?{request.query_string.decode()}")
        return {**found, "items": [self._whole(row) for row in found.get("items") or ()]}

    def _insert(self, request: Request) -> Any:
        body = body_of(request, FIELDS)
        if request.args.get("project") != self._project:
            raise invalid("Required parameter: project")
        with self._lock:
            made = self._asked("POST", HOME, {name: body[name] for name in ("name", "versioning") if name in body})
            self._settings[made["name"]] = body
            return self._whole(made)

    def _get(self, _: Request, bucket: str) -> Any:
        return self._whole(self._asked("GET", f"{HOME}/{bucket}"))

    def _patch(self, request: Request, bucket: str) -> Any:
        body = body_of(request, FIELDS)
        if fixed := FIXED & body.keys():
            raise invalid(f"Cannot change {', '.join(sorted(fixed))} of a bucket.")
        with self._lock:
            found = self._asked("GET", f"{HOME}/{bucket}")
            if "versioning" in body:
                found = self._asked("PATCH", f"{HOME}/{bucket}", {"versioning": body["versioning"]})
            self._settings[bucket] = _merged(self._settings.get(bucket, {}), body)
            return self._whole(found)

    def _delete(self, _: Request, bucket: str) -> Response:
        with self._lock:
            self._asked("DELETE", f"{HOME}/{bucket}")
            self._settings.pop(bucket, None)
            self._policies.pop(bucket, None)
        return Response(status=204)

    def _policy(self, request: Request, bucket: str) -> Policy:
        self._get(request, bucket)
        return self._policies.setdefault(bucket, Policy(self._iam))

    def _set_policy(self, request: Request, bucket: str) -> Any:
        known = {
            "kind": str,
            "resourceId": str,
            "version": int,
            "etag": str,
            "bindings": [{"role": str, "members": [str]}],
        }
        body = body_of(request, known)
        asked = {name: value for name, value in body.items() if name not in {"kind", "resourceId"}}
        return self._policy(request, bucket).write({"policy": asked})

    def _whole(self, found: Mapping[str, Any]) -> dict[str, Any]:
        """Give a bucket of the server's with the settings that are kept here."""
        settings = self._settings.get(found["name"], {})
        return {**found, **settings, "location": settings.get("location", found["location"]).upper()}

    def _passed_on(self, request: Request, **_: str) -> Response:
        query = request.query_string.decode()
        headers = {name: value for name, value in request.headers.items() if name.lower() not in OWN}
        url = f"{self._storage}{request.environ['REQUEST_URI'].partition('?')[0]}{'?' if query else ''}{query}"
        status, told, body = _sent(request.method, url, request.get_data() or None, headers)
        return Response(body, status=status, headers=[(name, value) for name, value in told if name.lower() not in OWN])

    def _asked(self, method: str, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        status, _, answer = _sent(method, self._storage + path, data, {"Content-Type": "application/json"})
        if status == GONE:
            raise Refused("NOT_FOUND", "The specified bucket does not exist.")
        if status in TAKEN:
            raise Refused("ALREADY_EXISTS", TAKEN[status], "conflict")
        if status >= 400:  # noqa: PLR2004 -- HTTP's
            raise invalid(answer.decode(errors="replace"))
        return json.loads(answer or b"{}")


def _merged(old: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """Give a patch over what was: https://www.rfc-editor.org/rfc/rfc7396."""
    found = dict(old)
    for name, value in patch.items():
        if value is None:
            found.pop(name, None)
        else:
            found[name] = _merged(found.get(name, {}), value) if isinstance(value, Mapping) else value
    return found


def _sent(
    method: str, url: str, data: bytes | None, headers: Mapping[str, str]
) -> tuple[int, list[tuple[str, str]], bytes]:
    request = urllib.request.Request(url, data, dict(headers), method=method)  # noqa: S310 -- our own http address
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=SECONDS) as answer:
            return answer.status, answer.getheaders(), answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, list(error.headers.items()), error.read()
