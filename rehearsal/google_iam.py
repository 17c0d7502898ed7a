"""Service accounts of IAM v1, and the policy of one project by Resource Manager v1.

https://cloud.google.com/iam/docs/reference/rest/v1/projects.serviceAccounts
https://cloud.google.com/resource-manager/reference/rest/v1/projects/setIamPolicy

Policies are parsed by Google's own protobuf class. Not imitated: what roles allow (with roles/owner, which the account
that asks has at the beginning, it is told that it may everything, without it nothing, and nobody is refused for that);
conditions, audit settings, keys, custom roles, the time until a change is seen everywhere. State is in memory.
"""

import json
import re
import secrets
import threading
from collections.abc import Iterator, Mapping
from typing import Any

from google.iam.v1 import iam_policy_pb2, policy_pb2
from google.protobuf import json_format
from werkzeug.wrappers import Request

from rehearsal.dataproc_errors import Refused, invalid
from rehearsal.google_apis import Route, body_of, route

ACCOUNT_ID = re.compile(r"[a-z]([-a-z0-9]{4,28}[a-z0-9])")
ACCOUNT = {
    "displayName": str,
    "description": str,
    "email": str,
    "name": str,
    "etag": str,
    "projectId": str,
    "uniqueId": str,
}
CHANGEABLE = {"displayName", "description"}
SERVICE_ACCOUNT = "serviceAccount:"


class Iam:
    """One project's accounts and its policy; ``owner`` is the e-mail of the account that asks."""

    def __init__(self, project: str, owner: str) -> None:
        self._project, self._owner = project, owner
        self._accounts: dict[str, dict[str, str]] = {}
        self._lock = threading.RLock()
        self.policy = Policy(self)
        self.policy.write({"policy": {"bindings": [{"role": "roles/owner", "members": [SERVICE_ACCOUNT + owner]}]}})

    def routes(self) -> list[Route]:
        """Give both APIs as routes."""
        accounts = "/v1/projects/{project}/serviceAccounts"
        policy = "/v1/projects/{project}"
        return [
            route("GET", accounts, self._list),
            route("POST", accounts, self._create),
            route("GET", f"{accounts}/{{email}}", self._get),
            route("PATCH", f"{accounts}/{{email}}", self._patch),
            route("DELETE", f"{accounts}/{{email}}", self._delete),
            route("POST", f"{policy}:getIamPolicy", lambda _, project: self._own(project) and self.policy.read()),
            route(
                "POST",
                f"{policy}:setIamPolicy",
                lambda asked, project: self._own(project) and self.policy.write(_json(asked)),
            ),
            route("POST", f"{policy}:testIamPermissions", self._test),
        ]

    def known(self, email: str) -> bool:
        """Tell whether there is an account of that e-mail."""
        return email == self._owner or email in self._accounts

    def _own(self, project: str) -> bool:
        if project not in {self._project, "-"}:
            raise Refused("PERMISSION_DENIED", "The caller does not have permission", "IAM_PERMISSION_DENIED")
        return True

    def _list(self, _: Request, project: str) -> Any:
        self._own(project)
        return {"accounts": list(self._accounts.values())}

    def _create(self, request: Request, project: str) -> Any:
        self._own(project)
        asked = body_of(request, {"accountId": str, "serviceAccount": ACCOUNT})
        name = asked.get("accountId", "")
        if not ACCOUNT_ID.fullmatch(name):
            raise invalid(f'The account ID "{name}" does not have a length between 6 and 30, or other characters.')
        email = f"{name}@{self._project}.iam.gserviceaccount.com"
        with self._lock:
            if email in self._accounts:
                raise Refused(
                    "ALREADY_EXISTS", f"Service account {name} already exists within project projects/{project}."
                )
            given = {key: value for key, value in asked.get("serviceAccount", {}).items() if key in CHANGEABLE}
            self._accounts[email] = {
                "name": f"projects/{self._project}/serviceAccounts/{email}", "projectId": self._project, "email": email,
                "uniqueId": str(10**20 + secrets.randbelow(10**20)), "oauth2ClientId": str(secrets.randbelow(10**20)),
                **given,
            }  # fmt: skip
            return self._accounts[email]

    def _get(self, _: Request, project: str, email: str) -> Any:
        self._own(project)
        if email not in self._accounts:
            raise Refused("NOT_FOUND", f"Unknown service account: {email}")
        return self._accounts[email]

    def _patch(self, request: Request, project: str, email: str) -> Any:
        account = self._get(request, project, email)
        asked = body_of(request, {"serviceAccount": ACCOUNT, "updateMask": str})
        names = set(asked.get("updateMask", "").split(","))
        if not names <= CHANGEABLE:
            raise invalid(f"Invalid update mask: {', '.join(sorted(names - CHANGEABLE))}")
        account.update({name: asked.get("serviceAccount", {}).get(name, "") for name in names})
        return account

    def _delete(self, request: Request, project: str, email: str) -> Any:
        gone = self._get(request, project, email)
        with self._lock:
            del self._accounts[email]
            self.policy.forget(email, gone["uniqueId"])
        return {}

    def _test(self, request: Request, project: str) -> Any:
        self._own(project)
        asked = json_format.ParseDict(_json(request), iam_policy_pb2.TestIamPermissionsRequest())
        owns = SERVICE_ACCOUNT + self._owner in self.policy.members("roles/owner")
        return {"permissions": list(asked.permissions)} if owns else {}


class Policy:
    """Who has which role on something; accounts that are not there are refused."""

    def __init__(self, accounts: Iam) -> None:
        self._accounts, self._policy = accounts, policy_pb2.Policy(etag=_etag())
        self._lock = threading.RLock()

    def read(self) -> dict[str, Any]:
        """Give the policy."""
        return json_format.MessageToDict(self._policy)

    def write(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Set it, unless it is another one than was read, and give it; raises Refused."""
        request = iam_policy_pb2.SetIamPolicyRequest()
        try:
            json_format.ParseDict(dict(asked), request)
        except json_format.ParseError as error:
            raise invalid(f"Invalid JSON payload received. {error}") from error
        new = request.policy
        with self._lock:
            if new.etag and new.etag != self._policy.etag:
                said = "There were concurrent policy changes. Please retry the whole read-modify-write."
                raise Refused("ALREADY_EXISTS", said, "ABORTED")
            for member in _members(new):
                self._check(member)
            kept = [binding for binding in new.bindings if binding.members]
            self._policy = policy_pb2.Policy(version=new.version, bindings=kept, etag=_etag())
        return self.read()

    def members(self, role: str) -> set[str]:
        """Give who has a role."""
        return {member for binding in self._policy.bindings if binding.role == role for member in binding.members}

    def forget(self, email: str, unique_id: str) -> None:
        """Mark a deleted account where it is named: its bindings stay, and are nobody's.

        https://cloud.google.com/iam/docs/service-accounts-delete-undelete
        """
        for binding in self._policy.bindings:
            names = [
                _deleted(email, unique_id) if name == SERVICE_ACCOUNT + email else name for name in binding.members
            ]
            binding.members[:] = names

    def _check(self, member: str) -> None:
        email = member.removeprefix(SERVICE_ACCOUNT)
        if email != member and not self._accounts.known(email):
            raise invalid(f"Service account {email} does not exist.")


def _members(policy: policy_pb2.Policy) -> Iterator[str]:
    for binding in policy.bindings:
        yield from binding.members


def _deleted(email: str, unique_id: str) -> str:
    return f"deleted:{SERVICE_ACCOUNT}{email}?uid={unique_id}"


def _etag() -> bytes:
    return secrets.token_bytes(8)


def _json(request: Request) -> dict[str, Any]:
    try:
        return json.loads(request.get_data() or b"{}")
    except ValueError as error:
        raise invalid(f"Invalid JSON payload received. {error}") from error
