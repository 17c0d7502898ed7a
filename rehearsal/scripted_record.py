"""What a job writes in its run directory, written without Spark: the same names, the same rules."""

import functools
import json
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from launcher.errors import ObjectExists
from launcher.storage import Storage

VERSIONS = {"python": "3.11", "spark": "scripted", "java": "none"}


@dataclass(frozen=True, slots=True)
class RunDirectory:
    """The run directory of one job. Methods raise StorageError for whatever goes wrong."""

    uri: str
    run_id: str
    digest: str
    workload: str
    arguments: tuple[str, ...]

    def claim(self) -> str:
        """Write started.json, create-only; gives why this job must not run, empty when it may."""
        if not self.recorded:
            return f"the run directory was removed ({self.uri}): not started"
        if self._storage.exists(self._name("outcome.json")):
            return f"this run has ended already ({self.uri}/outcome.json): not started again"
        try:
            self._create("started.json", self._record())
        except ObjectExists:
            return f"this run was started before ({self.uri}/started.json): not started again"
        return ""

    @property
    def recorded(self) -> bool:
        """True while the directory holds what the launcher wrote before it called the service."""
        return self._storage.exists(self._name("intent.json"))

    def log(self, text: str) -> None:
        """Write the run's log, in one chunk."""
        if text:
            self._storage.create(self._name("log/driver-000001.txt"), text.encode())

    def metrics(self, metrics: Mapping[str, Any]) -> None:
        """Write what the workload returns."""
        self._create("output/metrics.json", metrics)

    def receipt(self, *, code: int, message: str, seconds: float) -> None:
        """Write the job's last word."""
        state = "FAILED" if code else "SUCCEEDED"
        spent = {"session": 0.0, "run": seconds, "total": seconds}
        end = {"state": state, "exit_code": code, "message": message, "hint": "", "ended_at": _now()}
        self._create("receipt.json", {**self._record(), "seconds": spent, **end})

    @property
    def _storage(self) -> Storage:
        # Not the run directory's own: opening it would make it anew after it was removed.
        return _opened(self.uri.rpartition("/")[0])

    def _name(self, name: str) -> str:
        return f"{self.uri.rpartition('/')[2]}/{name}"

    def _create(self, name: str, value: Mapping[str, Any]) -> None:
        self._storage.create(self._name(name), (json.dumps(value, indent=1) + "\n").encode())

    def _record(self) -> dict[str, Any]:
        return {
            "run_id": self.run_id,
            "workload": self.workload,
            "arguments": list(self.arguments),
            "seed": 1,
            "digest": self.digest,
            "started_at": _now(),
            "host": socket.gethostname(),
            "process": os.getpid(),
            "seconds": {},
            "versions": VERSIONS,
        }


@functools.cache
def _opened(root: str) -> Storage:
    return Storage(root)


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
