"""Resource groups and what is in them, as the resource manager keeps them; what is in use is not removed.

https://learn.microsoft.com/rest/api/resources
Not imitated: moves, locks, policies, deployments, conditional writes (ETag), changes of what is not written whole.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from rehearsal import arm_types, arm_workflows
from rehearsal.arm_errors import Refused, absent
from rehearsal.arm_roles import Roles

GROUP_TYPE = "Microsoft.Resources/resourceGroups"
GROUP_KNOWN = {"location", "tags", "managedBy"}
SUBNETS = "Microsoft.Network/virtualNetworks/subnets"
BLOBS = "Microsoft.Storage/storageAccounts/blobServices"  # there as long as its account
Resource = dict[str, Any]


class Resources:
    """The groups and resources of a subscription by their ids in lower case; ``seconds`` is what a group's end takes.

    ``ended`` is told the path of each group that is gone.
    """

    def __init__(self, roles: Roles, *, tenant: str, seconds: float, ended: Callable[[str], None]) -> None:
        self._roles, self._tenant, self._seconds, self._ended = roles, tenant, seconds, ended
        self._groups: dict[str, Resource] = {}
        self._gone: dict[str, float] = {}  # groups that are being deleted, and when they are gone
        self._made: dict[str, Resource] = {}

    def settle(self) -> None:
        """Remove the groups whose time has come, with all that is in them."""
        for path in [path for path, at in self._gone.items() if time.monotonic() >= at]:
            del self._gone[path], self._groups[path]
            for each in [each for each in self._made if each.startswith(f"{path}/")]:
                del self._made[each]
            self._roles.forget(path)
            self._ended(path)

    def put_group(self, path: str, body: Any) -> Resource:
        """Make a group, or change its tags."""
        if not isinstance(body, Mapping) or (other := body.keys() - GROUP_KNOWN):
            known = ", ".join(sorted(GROUP_KNOWN))
            raise Refused(400, "InvalidRequestContent", f"The request content was invalid: {other or body}; {known}")
        before = self._groups.get(path.lower())
        if path.lower() in self._gone:
            raise Refused(409, "ResourceGroupBeingDeleted", f"The resource group '{path}' is being deleted.")
        location = body.get("location")
        if not location:
            raise Refused(400, "LocationRequired", "The location property is required for this definition.")
        if before and before["location"] != location:
            raise Refused(409, "InvalidResourceGroupLocation", f"The group exists in {before['location']}.")
        made = {"id": path, "name": path.rpartition("/")[2], "type": GROUP_TYPE, "location": location,
                "tags": dict(body.get("tags") or {}), "properties": {"provisioningState": "Succeeded"}}  # fmt: skip
        self._groups[path.lower()] = made
        return made

    def group(self, path: str) -> Resource:
        """Give a group; raises Refused when there is none."""
        found = self._groups.get(path.lower())
        if found is None:
            name = path.rpartition("/")[2]
            raise Refused(404, "ResourceGroupNotFound", f"Resource group '{name}' could not be found.")
        state = "Deleting" if path.lower() in self._gone else "Succeeded"
        return {**found, "properties": {"provisioningState": state}}

    def delete_group(self, path: str) -> None:
        """Begin to delete a group; raises Refused when there is none."""
        self.group(path)
        self._gone.setdefault(path.lower(), time.monotonic() + self._seconds)
        self.settle()

    def groups(self) -> list[Resource]:
        """Give all groups."""
        return [self.group(path) for path in self._groups]

    def require_group(self, path: str) -> None:
        """Raise Refused when nothing can be made in a group: it is not there, or not for long."""
        self.group(path)
        if path.lower() in self._gone:
            raise Refused(409, "ResourceGroupBeingDeleted", f"The resource group '{path}' is being deleted.")

    def put(self, path: str, kind: str, body: Any) -> Resource:
        """Make a resource, or write it anew; raises Refused for what Azure would not take."""
        name = path.rpartition("/")[2]
        arm_types.check(kind, name, body)
        if kind == arm_workflows.KIND:
            arm_workflows.check(body)
        self.require_group("/".join(path.split("/")[:5]))
        self._require_free(path, kind)
        for each in (*_parents(path, kind), *arm_types.references(kind, body)):
            self.require(each, path)
        before = self._made.get(path.lower(), {})
        added = arm_types.given(kind, name, self._tenant, body, before.get("_added", {}))
        if kind == "Microsoft.Network/virtualNetworks":
            self._keep_subnets(path, body)

        self._made[path.lower()] = {**_merged(body, added), "id": path, "name": name, "type": kind, "_added": added}
        return self.get(path)

    def add(self, path: str, kind: str, owner: Mapping[str, Any], subnet: str) -> None:
        """Add what a service makes by itself, for one of its own resources, in a subnet."""
        made = {"id": path, "name": path.rpartition("/")[2], "type": kind, "location": owner["location"]}
        self._made[path.lower()] = {**made, "managedBy": owner["id"], "tags": {}, "properties": {}, "_subnet": subnet}

    def require(self, wanted: str, by: str) -> None:
        """Raise Refused when something that a resource refers to is not there."""
        if wanted.lower() not in self._made:
            said = f"Resource {wanted} referenced by resource {by} was not found."
            raise Refused(404 if by.lower().startswith(wanted.lower()) else 400, "InvalidResourceReference", said)

    def get(self, path: str) -> Resource:
        """Give a resource; raises Refused when there is none."""
        found = self._made.get(path.lower())
        if found is None:
            raise absent(path)
        view = {name: value for name, value in found.items() if not name.startswith("_")}
        if found["type"] == "Microsoft.Network/virtualNetworks":
            view["properties"] = {**view.get("properties", {}), "subnets": list(self.below(f"{path}/subnets"))}
        return view

    def below(self, path: str) -> Iterator[Resource]:
        """Give the resources of one type that lie directly below a path."""
        start = f"{path.lower()}/"
        return (self.get(each) for each in self._made if each.startswith(start) and "/" not in each[len(start) :])

    def every(self) -> list[Resource]:
        """Give all resources."""
        return [self.get(path) for path in self._made]

    def tracked(self) -> list[Resource]:
        """Give everything that a group lists."""
        return [
            each
            for each in self.every()
            if each["type"] not in arm_types.TYPES or arm_types.TYPES[each["type"]].tracked
        ]

    def of_kind(self, kind: str) -> dict[str, Resource]:
        """Give the resources of a type by their ids."""
        return {each["id"]: each for each in self.tracked() if each["type"] == kind}

    def delete(self, path: str) -> bool:
        """Remove a resource with what lies below it, and tell whether it was there; raises Refused for one in use."""
        found = self._made.get(path.lower())
        if found is None:
            return False
        if found["type"] == BLOBS:
            raise Refused(405, "HttpMethodNotAllowed", "The HTTP method 'DELETE' is not supported.")
        if user := self._user(path.lower(), found):
            code = f"InUse{found['type'].rpartition('/')[2][:1].upper()}{found['type'].rpartition('/')[2][1:]}"
            raise Refused(400, f"{code}CannotBeDeleted", f"{path} is in use by {user} and cannot be deleted.")
        for each in [each for each in self._made if f"{each}/".startswith(f"{path.lower()}/")]:
            del self._made[each]
        self._roles.forget(path.lower())
        return True

    def release(self, owner: str) -> None:
        """Remove what a service had made for one of its own resources."""
        for path in [path for path, each in self._made.items() if each.get("managedBy", "").lower() == owner.lower()]:
            del self._made[path]

    def _user(self, path: str, found: Resource) -> str:
        if owner := found.get("managedBy"):
            return str(owner)
        for other, each in self._made.items():
            refers = arm_types.references(each["type"], each) if each["type"] in arm_types.TYPES else ()
            if other != path and path in map(str.lower, refers):
                return str(each["id"])
            lies = f"{other}/".startswith(f"{path}/") and each["type"] == SUBNETS
            if lies and (users := self._users(other)):
                return users[0]
        return ""

    def _users(self, subnet: str) -> list[str]:
        """Give what of a service lies in a subnet."""
        return [str(each["managedBy"]) for each in self._made.values() if each.get("_subnet", "").lower() == subnet]

    def _keep_subnets(self, path: str, body: Mapping[str, Any]) -> None:
        """Remove the subnets that a network is written without, as Azure does; raises Refused for one in use."""
        named = {str(each.get("name", "")).lower() for each in (body.get("properties") or {}).get("subnets") or ()}
        for subnet in [each["id"] for each in self.below(f"{path}/subnets")]:
            if subnet.rpartition("/")[2].lower() not in named:
                self.delete(subnet)

    def _require_free(self, path: str, kind: str) -> None:
        if kind != "Microsoft.Storage/storageAccounts":
            return
        name = path.rpartition("/")[2]
        if any(each["type"] == kind and each["name"] == name and other != path.lower()
               for other, each in self._made.items()):  # fmt: skip
            raise Refused(409, "StorageAccountAlreadyTaken", f"The storage account named {name} is already taken.")


def _parents(path: str, kind: str) -> Iterator[str]:
    """Give the ids of the resources that one lies in; of those that are always there, none."""
    words = path.split("/")
    for count in range(1, kind.count("/")):
        parent = "/".join(words[: 7 + 2 * count])
        if not parent.lower().endswith("/blobservices/default"):
            yield parent


def _merged(body: Mapping[str, Any], added: Mapping[str, Any]) -> dict[str, Any]:
    return {name: {**(body.get(name) or {}), **(added.get(name) or {})} if name in added else body[name]
            for name in {**body, **added}}  # fmt: skip
