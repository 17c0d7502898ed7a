"""Azure's role assignments: who may do what where, asked for every change.

https://learn.microsoft.com/rest/api/authorization/role-assignments
https://learn.microsoft.com/azure/role-based-access-control/built-in-roles

Not imitated, and refused: other roles than these, conditions, denials, groups, delegation. Not imitated: the minutes
until an assignment is in force.
"""

import re
from collections.abc import Mapping
from typing import Any

from rehearsal.arm_errors import Refused, absent, not_imitated

VERSION = "2022-04-01"
OWNER, CONTRIBUTOR = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635", "b24988ac-6180-42a0-ab88-20f7382dd24c"
READER, BLOB_OWNER = "acdd72a7-3385-48ef-bd42-f606fba81ae7", "b7e6dc6d-f1b7-4753-a033-0f276bb0955b"
ADMINISTRATOR = "f58310d9-a9f6-439a-9e8d-f62e7b41a168"  # Role Based Access Control Administrator
ROLES = {OWNER, CONTRIBUTOR, READER, BLOB_OWNER, ADMINISTRATOR}
WRITE = {OWNER, CONTRIBUTOR}
ASSIGN = {OWNER, ADMINISTRATOR}
PATH = re.compile(
    r"(?P<scope>/subscriptions/.+?)/providers/Microsoft\.Authorization/roleAssignments(?:/(?P<name>[^/]+))?",
    re.IGNORECASE,
)  # fmt: skip
KNOWN = {"principalId", "principalType", "roleDefinitionId", "scope"}
NEEDED = ("principalId", "roleDefinitionId")


class Roles:
    """The assignments of a subscription, by their ids in lower case."""

    def __init__(self) -> None:
        self._made: dict[str, dict[str, Any]] = {}

    def put(self, path: str, scope: str, body: Any) -> dict[str, Any]:
        """Make one and give it; raises Refused for what there is already, whatever its name."""
        properties = _checked(body)
        if path.lower() in self._made:
            raise Refused(409, "RoleAssignmentUpdateNotPermitted", "Tenant ID, application ID, principal ID, and scope "
                                                                   "are not allowed to be updated.")  # fmt: skip
        role = properties["roleDefinitionId"]
        for each in self._made.values():
            there = each["properties"]
            if (there["principalId"], there["scope"].lower()) == (properties["principalId"], scope.lower()) and (
                _role(there["roleDefinitionId"]) == _role(role)
            ):
                raise Refused(409, "RoleAssignmentExists", "The role assignment already exists.")
        name = path.rpartition("/")[2]
        made = {"id": path, "name": name, "type": "Microsoft.Authorization/roleAssignments",
                "properties": {"principalType": "ServicePrincipal", **properties, "scope": scope}}  # fmt: skip
        self._made[path.lower()] = made
        return made

    def get(self, path: str) -> dict[str, Any]:
        """Give one; raises Refused when there is none."""
        if path.lower() not in self._made:
            raise absent(path)
        return self._made[path.lower()]

    def delete(self, path: str) -> dict[str, Any] | None:
        """Remove one and give what it was; None when there was none."""
        return self._made.pop(path.lower(), None)

    def listed(self, scope: str, principal: str = "") -> list[dict[str, Any]]:
        """Give those that hold in a place, at it, above it or below it; of one principal where it is named."""
        place = scope.lower()
        found = [row for row in self._made.values() if _holds(row["properties"]["scope"], place)
                 or _holds(place, row["properties"]["scope"].lower())]  # fmt: skip
        return [row for row in found if principal in {"", row["properties"]["principalId"]}]

    def forget(self, place: str) -> None:
        """Remove those in a place that is gone."""
        gone = [path for path, row in self._made.items() if _holds(place, row["properties"]["scope"].lower())]
        for path in gone:
            del self._made[path]

    def require(self, principal: str, method: str, path: str) -> None:
        """Raise Refused when somebody may not do that there."""
        theirs = [row["properties"] for row in self._made.values() if row["properties"]["principalId"] == principal]
        own = {_role(row["roleDefinitionId"]) for row in theirs if _holds(row["scope"], path.lower())}
        needed = ROLES - {BLOB_OWNER} if method in {"GET", "HEAD"} else ASSIGN if PATH.fullmatch(path) else WRITE
        if not own & needed:
            said = f"The client with object id '{principal}' does not have authorization to perform action '{method}' "
            raise Refused(403, "AuthorizationFailed", f"{said}over scope '{path}'.")

    def has(self, principal: str, role: str, scope: str) -> bool:
        """Tell whether somebody has a role in a place."""
        return any(
            row["properties"]["principalId"] == principal and _role(row["properties"]["roleDefinitionId"]) == role
            and _holds(row["properties"]["scope"], scope.lower()) for row in self._made.values()
        )  # fmt: skip


def _checked(body: Any) -> dict[str, Any]:
    properties = body.get("properties") if isinstance(body, Mapping) else None
    if not isinstance(properties, Mapping) or any(not properties.get(name) for name in NEEDED):
        raise Refused(400, "InvalidRequestContent", f"properties needs {' and '.join(NEEDED)}.")
    if other := sorted(properties.keys() - KNOWN):
        raise Refused(400, "InvalidRequestContent", f"Could not find member '{other[0]}' on object of type properties.")
    if _role(properties["roleDefinitionId"]) not in ROLES:
        raise not_imitated(f"the role {properties['roleDefinitionId']}")
    return dict(properties)


def _role(definition: str) -> str:
    return definition.rpartition("/")[2].lower()


def _holds(scope: str, place: str) -> bool:
    """Tell whether a place, in lower case, is a scope or lies in it."""
    return f"{place}/".startswith(f"{scope.lower()}/")
