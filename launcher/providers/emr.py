"""What AWS says of an EMR stack: whether it can be made, when it ends, what is left of it."""

import json
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from launcher.apis import aws
from launcher.errors import JobRejected, LauncherError, ResourceNotFound, UsageError
from launcher.providers import Left
from launcher.providers.emr_finders import FINDERS
from launcher.providers.emr_removers import REMOVERS

AT = re.compile(r"at\((?P<time>[\d:T-]+)\)")


@dataclass(frozen=True, slots=True, kw_only=True)
class EmrProvider:
    """An EMR stack called ``name`` in the region of its ``settings``; see ``launcher.providers.Provider``."""

    name: str
    settings: Mapping[str, str]

    @property
    def pricing(self) -> str:
        """Where AWS tells its prices."""
        return "https://aws.amazon.com/emr/pricing/"

    @property
    def looked_at(self) -> tuple[str, ...]:
        """The services that ``left`` asks."""
        return tuple(FINDERS)

    def preflight(self) -> list[LauncherError]:
        """Give what AWS would refuse: who asks, and the release in that region."""
        try:
            self.ask("sts", "get_caller_identity")
            known = self.ask("emr", "list_release_labels", Filters={"Prefix": "emr"})["ReleaseLabels"]
        except LauncherError as error:
            return [error]
        image = self.settings.get("image", "")
        if image and image not in known:
            said = f"{self.settings['region']} has no release {image}"
            return [UsageError(said, f"--set image=... of {', '.join(known[:3])}")]
        return []

    def expires_at(self, cluster: Mapping[str, Any]) -> datetime | None:
        """Give the time of the schedule that ends this very cluster."""
        try:
            found = self.ask("scheduler", "get_schedule", Name=f"{self._prefix}-end")
        except ResourceNotFound:
            return None
        at = AT.fullmatch(found["ScheduleExpression"])
        ended = json.loads(found["Target"].get("Input", "{}")).get("JobFlowIds", [])
        if at is None or found.get("State") == "DISABLED" or cluster["cluster_id"] not in ended:
            return None
        return datetime.fromisoformat(at["time"]).replace(tzinfo=UTC)

    def left(self) -> list[Left]:
        """Give everything of the stack that AWS has."""
        found = [left for find in FINDERS.values() for left in find(self.ask, self.name, self._prefix)]
        return list({(left.type, left.id): left for left in found}.values())

    def remove(self, left: Iterable[Left]) -> None:
        """Delete in the order that AWS needs: the cluster, then what it used, the network last."""
        given = list(left)
        for word, remove in REMOVERS:
            for each in given:
                if each.type == word:
                    with suppress(ResourceNotFound, JobRejected):  # gone in the meantime, or still in use: `left` says
                        remove(self.ask, each.id)

    def ask(self, service: str, operation: str, **parameters: Any) -> Any:
        """Give AWS's answer; raises ResourceNotFound, JobRejected for what it refuses, BackendUnavailable."""
        region = self.settings["region"]
        asked = aws.Service(
            name=service, region=region, where=f"{service} in {region}", explain=lambda _: None, absent=True
        )
        return asked.ask(operation, **parameters)

    @property
    def _prefix(self) -> str:
        return f"firesteel-{self.name}"
