"""What Google says of a Dataproc stack: whether it can be made, when it ends, what is left of it."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from launcher.apis import dataproc as dataproc_api
from launcher.apis.google_rest import Google
from launcher.errors import JobRejected, LauncherError, ResourceNotFound, UsageError
from launcher.providers import Left
from launcher.providers.dataproc_finders import FINDERS, Stack
from launcher.providers.dataproc_preflight import problems
from launcher.providers.dataproc_removers import REMOVERS


@dataclass(frozen=True, slots=True, kw_only=True)
class DataprocProvider:
    """A Dataproc stack called ``name`` in the place of its ``settings``; see ``launcher.providers.Provider``."""

    name: str
    settings: Mapping[str, str]

    @property
    def pricing(self) -> str:
        """Where Google tells its prices."""
        return "https://cloud.google.com/dataproc/pricing"

    @property
    def looked_at(self) -> tuple[str, ...]:
        """The services that ``left`` asks."""
        return tuple(FINDERS)

    def preflight(self) -> list[LauncherError]:
        """Give what Google would refuse: who asks, what he may, machines and quota in that region."""
        try:
            return list(problems(self._stack(), self.settings))
        except LauncherError as error:
            return [error]

    def expires_at(self, cluster: Mapping[str, Any]) -> datetime | None:
        """Give the time at which Dataproc deletes that cluster; without one, or without the cluster, None."""
        for found in self._stack().clusters(f"clusterName = {cluster['cluster_name']}"):
            end: Any = found.config.lifecycle_config.auto_delete_time
            return end and datetime.fromtimestamp(end.timestamp(), end.tzinfo)
        return None

    def left(self) -> list[Left]:
        """Give everything of the stack that Google has."""
        stack = self._stack()
        found = [left for find in FINDERS.values() for left in find(stack)]
        return list({(left.type, left.id): left for left in found}.values())

    def remove(self, left: Iterable[Left]) -> None:
        """Delete in the order that Google needs: the cluster, then what it used, the network last."""
        given, stack = list(left), self._stack()
        for word, remove in REMOVERS:
            for each in given:
                if each.type == word:
                    with suppress(ResourceNotFound, JobRejected):  # gone in the meantime, or still in use: `left` says
                        remove(stack, each.id)

    def _stack(self) -> Stack:
        project, region = self.settings.get("project", ""), self.settings.get("region", "")
        if not project:
            raise UsageError(
                "a stack of kind dataproc lies in a project of yours", "--project ID, its id, not its number"
            )
        where = dataproc_api.Where(project, region, f"firesteel-{self.name}")
        return Stack(name=self.name, prefix=where.cluster, region=region, where=where, google=Google(project=project))
