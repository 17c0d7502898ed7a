"""Service accounts, and who has which role on a project or a bucket.

What replaces is "Forces new resource" at https://registry.terraform.io/providers/hashicorp/google/latest/docs/resources/google_service_account
and google_project_iam. Not imitated: conditions, disabled accounts.
"""

import random
import time
from collections.abc import Callable
from typing import Any

from rehearsal.providers.gcp_calls import CONFLICT, Google, Refused, unless_gone
from rehearsal.providers.kinds import Kind
from rehearsal.providers.values import Properties

TRIES = 10


class Account(Kind):
    """A service account."""

    replaces = ("accountId", "project")
    updates = ("description", "displayName")
    computed = ("project",)

    def create(self, cloud: Google, inputs: Properties) -> str:
        """Make it."""
        about = {name: inputs[name] for name in self.updates if name in inputs}
        body = {"accountId": inputs["accountId"], "serviceAccount": about}
        return cloud.ask("iam", "POST", f"projects/{cloud.project(inputs)}/serviceAccounts", body)["name"]

    def read(self, cloud: Google, resource_id: str, state: Properties) -> Properties | None:  # noqa: ARG002 -- as all
        """Describe it."""
        found = unless_gone(cloud.ask, "iam", "GET", resource_id)
        if found is None:
            return None
        return {
            "accountId": found["email"].partition("@")[0],
            "description": found.get("description") or None,
            "displayName": found.get("displayName") or None,
            "email": found["email"],
            "member": f"serviceAccount:{found['email']}",
            "name": found["name"],
            "project": found["projectId"],
            "uniqueId": found["uniqueId"],
        }

    def update(self, cloud: Google, resource_id: str, inputs: Properties, changed: frozenset[str]) -> None:
        """Set its name and description."""
        about = {name: inputs.get(name, "") for name in changed}
        cloud.ask("iam", "PATCH", resource_id, {"serviceAccount": about, "updateMask": ",".join(sorted(changed))})

    def delete(self, cloud: Google, resource_id: str, state: Properties) -> None:  # noqa: ARG002 -- as all
        """Remove it."""
        unless_gone(cloud.ask, "iam", "DELETE", resource_id)


class ProjectMember(Kind):
    """That somebody has a role on a project."""

    replaces = ("member", "project", "role")

    def create(self, cloud: Google, inputs: Properties) -> str:
        """Add it to the policy."""
        _change(*self._policy(cloud, inputs["project"]), _added(inputs))
        return f"{inputs['project']}/{inputs['role']}/{inputs['member']}"

    def read(self, cloud: Google, resource_id: str, state: Properties) -> Properties | None:  # noqa: ARG002 -- as all
        """Find it in the policy."""
        return _found(self._policy(cloud, state["project"])[0](), state)

    def delete(self, cloud: Google, resource_id: str, state: Properties) -> None:  # noqa: ARG002 -- as all
        """Take it out of the policy."""
        _change(*self._policy(cloud, state["project"]), _removed(state))

    def _policy(self, cloud: Google, project: str) -> tuple[Callable[[], Any], Callable[[Any], Any]]:
        path = f"projects/{project}"
        return (
            lambda: cloud.ask("resources", "POST", f"{path}:getIamPolicy", {}),
            lambda policy: cloud.ask("resources", "POST", f"{path}:setIamPolicy", {"policy": policy}),
        )


class BucketMember(Kind):
    """That somebody has a role on a bucket."""

    replaces = ("bucket", "member", "role")

    def create(self, cloud: Google, inputs: Properties) -> str:
        """Add it to the policy."""
        _change(*self._policy(cloud, inputs["bucket"]), _added(inputs))
        return f"b/{inputs['bucket']}/{inputs['role']}/{inputs['member']}"

    def read(self, cloud: Google, resource_id: str, state: Properties) -> Properties | None:  # noqa: ARG002 -- as all
        """Find it in the policy."""
        policy = unless_gone(self._policy(cloud, state["bucket"])[0])
        return policy and _found(policy, state)

    def delete(self, cloud: Google, resource_id: str, state: Properties) -> None:  # noqa: ARG002 -- as all
        """Take it out of the policy; it is out when the bucket is gone."""
        unless_gone(_change, *self._policy(cloud, state["bucket"]), _removed(state))

    def _policy(self, cloud: Google, bucket: str) -> tuple[Callable[[], Any], Callable[[Any], Any]]:
        path = f"b/{bucket.removeprefix('b/')}/iam"
        return lambda: cloud.ask("storage", "GET", path), lambda policy: cloud.ask("storage", "PUT", path, policy)


def _change(read: Callable[[], Any], write: Callable[[Any], Any], change: Callable[[Any], Any]) -> None:
    """Change a policy; once more when another one has changed it meanwhile."""
    for left in reversed(range(TRIES)):
        policy = read()
        try:
            write({**policy, "bindings": change(policy.get("bindings", []))})
        except Refused as error:
            if error.status != CONFLICT or not left:
                raise
            time.sleep(random.uniform(0, 0.2))  # noqa: S311 -- no secret
        else:
            return


def _added(wanted: Properties) -> Callable[[Any], Any]:
    def change(bindings: Any) -> Any:
        others = [row for row in bindings if row["role"] != wanted["role"]]
        members = {wanted["member"], *(name for row in bindings if row not in others for name in row["members"])}
        return [*others, {"role": wanted["role"], "members": sorted(members)}]

    return change


def _removed(wanted: Properties) -> Callable[[Any], Any]:
    def change(bindings: Any) -> Any:
        rest = [
            {**row, "members": [name for name in row["members"] if name != wanted["member"]]}
            if row["role"] == wanted["role"] else row
            for row in bindings
        ]  # fmt: skip
        return [row for row in rest if row["members"]]

    return change


def _found(policy: Any, wanted: Properties) -> Properties | None:
    rows = [row for row in policy.get("bindings", ()) if row["role"] == wanted["role"]]
    there = any(wanted["member"] in row["members"] for row in rows)
    return {"etag": policy["etag"], "role": wanted["role"], "member": wanted["member"]} if there else None
