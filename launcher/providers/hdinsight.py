"""What Azure says of an HDInsight stack: whether it can be made, when it ends, what is left of it."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from launcher.apis.azure_resources import Manager
from launcher.errors import JobRejected, LauncherError, ResourceNotFound, UsageError
from launcher.metrics import is_object
from launcher.providers import Left
from launcher.providers.hdinsight_finders import FINDERS, OF_GROUPS, OF_ROLES
from launcher.providers.hdinsight_removers import remove
from launcher.stacks import known

OF_WORKFLOWS, OF_CLUSTERS = "2019-05-01", "2021-06-01"
NAMESPACES = ("HDInsight", "Logic", "ManagedIdentity", "Network", "Storage")
# https://learn.microsoft.com/azure/role-based-access-control/built-in-roles
OWNER, CONTRIBUTOR = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635", "b24988ac-6180-42a0-ab88-20f7382dd24c"
READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
ADMINISTRATORS = ("f58310d9-a9f6-439a-9e8d-f62e7b41a168", "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9")
BUILT_IN = {OWNER, CONTRIBUTOR, READER, *ADMINISTRATORS}
CORES = re.compile(r"Standard_[A-Z]+(?P<cores>\d+)")
USUAL, HEADS, ZOOKEEPERS = 4, 2, 3 * 2  # cores of a node; head nodes; cores of ZooKeeper's three


@dataclass(frozen=True, kw_only=True)
class HdinsightProvider:
    """An HDInsight stack called ``name`` in the region of its ``settings``; see ``launcher.providers.Provider``."""

    name: str
    settings: Mapping[str, str]

    @property
    def pricing(self) -> str:
        """Where Azure tells its prices."""
        return "https://azure.microsoft.com/pricing/details/hdinsight/"

    @property
    def looked_at(self) -> tuple[str, ...]:
        """The services that ``left`` asks."""
        return tuple(FINDERS)

    @cached_property
    def manager(self) -> Manager:
        """Azure's resource manager, for the subscription that the stack was made in; raises ConfigError."""
        return Manager(known.settings(self.name).get("subscription", ""))

    def preflight(self) -> list[LauncherError]:
        """Give what Azure would refuse: who asks, their roles, the services, the version, the cores in the region."""
        try:
            return [*self._roles(), *self._services(), *self._image(), *self._cores()]
        except LauncherError as error:
            return [error]

    def expires_at(self, cluster: Mapping[str, Any]) -> datetime | None:
        """Give the time of the workflow that deletes the cluster's group, if it is in force and may do so."""
        group = f"{self.manager.root}/resourceGroups/{cluster['resource_group']}"
        found = self.manager.listed(f"{group}/providers/Microsoft.Logic/workflows", OF_WORKFLOWS)
        times = (_time(each, group) for each in found if self._may_delete(each, group))
        return min(filter(None, times), default=None)

    def left(self) -> list[Left]:
        """Give everything of the stack that Azure has."""
        found = [left for find in FINDERS.values() for left in find(self.manager, self.name, self._prefix)]
        return list({left.id.lower(): left for left in found}.values())

    def remove(self, left: Iterable[Left]) -> None:
        """Delete the group with all that is in it, and what is elsewhere after what uses it."""
        remove(self.manager, left)

    def _roles(self) -> list[LauncherError]:
        """Give what the login lacks, by its roles at the subscription; nothing where they are not built in."""
        manager = self.manager
        place = f"{manager.root}/providers/Microsoft.Authorization/roleAssignments"
        try:
            rows = list(manager.listed(place, OF_ROLES, f"assignedTo('{manager.principal()}')"))
        except JobRejected as error:
            return [error]
        found = {str(row["properties"]["roleDefinitionId"]).rpartition("/")[2] for row in rows}
        if OWNER in found or not found <= BUILT_IN or (CONTRIBUTOR in found and found & {*ADMINISTRATORS}):
            return []
        said = "the login may not make a resource group and give roles in it"
        return [JobRejected(said, "Contributor and Role Based Access Control Administrator on the subscription")]

    def _services(self) -> list[LauncherError]:
        states = {word: str(self.manager.get(f"{self.manager.root}/providers/Microsoft.{word}", OF_GROUPS).get(
            "registrationState")) for word in NAMESPACES}  # fmt: skip
        return [JobRejected(f"the subscription has not registered Microsoft.{word}: {state}",
                            f"az provider register --namespace Microsoft.{word}")
                for word, state in states.items() if state != "Registered"]  # fmt: skip

    def _image(self) -> list[LauncherError]:
        image = self.settings.get("image", "")
        versions: Any = self._located("capabilities").get("versions") or {}
        known = [str(row.get(key)) for rows in versions.values() for row in rows.get("available") or ()
                 for key in ("friendlyName", "displayName")]  # fmt: skip
        if not image or any(re.search(rf"(?<![\d.]){re.escape(image)}(?![\d])", word) for word in known):
            return []
        said = f"{self.settings['region']} has no HDInsight {image}"
        return [UsageError(said, f"--set image=... of {', '.join(known[:6])}")]

    def _cores(self) -> list[LauncherError]:
        rows: Any = self._located("usages").get("value") or ()
        cores = next((row for row in rows if str(row["name"]["value"]).lower() == "cores"), None)
        if cores is None:
            return []
        kinds = [self.settings.get(key, "") for key in ("leader_type", "worker_type")]
        leader, worker = (int(found["cores"]) if (found := CORES.match(kind)) else USUAL for kind in kinds)
        needed = HEADS * leader + int(self.settings.get("workers") or 2) * worker + ZOOKEEPERS
        free = int(cores["limit"]) - int(cores["currentValue"])
        if needed <= free:
            return []
        said = f"{self.settings['region']} has {free} cores free for HDInsight, and the stack takes {needed}"
        return [JobRejected(said, "fewer --workers, another --region, or a larger quota by the portal")]

    def _located(self, what: str) -> Mapping[str, Any]:
        place = f"{self.manager.root}/providers/Microsoft.HDInsight/locations/{self.settings['region']}"
        return self.manager.get(f"{place}/{what}", OF_CLUSTERS)

    def _may_delete(self, workflow: Mapping[str, Any], group: str) -> bool:
        identity: Any = workflow.get("identity") or {}
        try:
            rows = list(self.manager.listed(f"{group}/providers/Microsoft.Authorization/roleAssignments", OF_ROLES))
        except ResourceNotFound:
            return False
        given = {str(row["properties"]["roleDefinitionId"]).rpartition("/")[2] for row in rows
                 if row["properties"]["principalId"] == identity.get("principalId")
                 and f"{group}/".lower().startswith(f"{row['properties']['scope']}/".lower())}  # fmt: skip
        return bool(given & {OWNER, CONTRIBUTOR})

    @property
    def _prefix(self) -> str:
        return f"firesteel-{self.name}"


def _time(workflow: Mapping[str, Any], group: str) -> datetime | None:
    """Give when a workflow begins to delete a group; None when it does something else, or is switched off."""
    properties: Any = workflow.get("properties") or {}
    definition: Any = properties.get("definition") or {}
    actions = _values(definition.get("actions"))
    calls: list[Any] = [each.get("inputs") or {} for each in actions]
    deletes = any(call.get("method") == "DELETE" and f"{group}?" in str(call.get("uri")) for call in calls)
    triggers = _values(definition.get("triggers"))
    recurrences: list[Any] = [each.get("recurrence") or {} for each in triggers]
    times = [str(each.get("startTime", "")) for each in recurrences]
    if not deletes or properties.get("state") != "Enabled" or not any(times):
        return None
    return datetime.fromisoformat(min(filter(None, times))).astimezone(UTC)


def _values(value: Any) -> list[Any]:
    return list(value.values()) if is_object(value) else []
