"""Calls that fail where they are told to: the storage's and the scripted service's, counted together in order."""

import functools
from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any

from launcher.errors import BackendUnavailable, StorageError
from launcher.model import JobStatus
from launcher.records import Records
from launcher.runs import Cloud
from launcher.storage import Storage
from tests.rigs.scripted import Scripted

STORAGE = frozenset({"get", "put", "create", "upload", "delete", "exists", "folders", "objects"})
SERVICE = frozenset({"submit", "find", "status", "statuses", "logs", "cancel"})


class Fault(StrEnum):
    """What befalls a call: nothing was done, or it was and the answer was lost, or the launcher was killed by then."""

    REFUSED = "refused"
    UNANSWERED = "unanswered"
    KILLED_BEFORE = "killed before"
    KILLED_AFTER = "killed after"


class Killed(BaseException):
    """The end of the launcher's process: no code of ours may catch it."""


class Faults:
    """Counts calls; the n-th one (from 0) suffers what ``plan`` says."""

    def __init__(self, plan: Mapping[int, Fault]) -> None:
        self.plan = plan
        self.calls = 0

    def around(self, call: Callable[..., Any], error: Exception) -> Callable[..., Any]:
        """Give ``call`` with its faults; ``error`` is what its caller sees."""

        @functools.wraps(call)
        def faulty(*args: Any, **kwargs: Any) -> Any:
            fault = self.plan.get(self.calls)
            self.calls += 1
            _strike(fault, {Fault.REFUSED: error, Fault.KILLED_BEFORE: Killed()})
            answer = call(*args, **kwargs)
            _strike(fault, {Fault.UNANSWERED: error, Fault.KILLED_AFTER: Killed()})
            return answer

        return faulty


def _strike(fault: Fault | None, errors: Mapping[Fault, BaseException]) -> None:
    if fault is not None and fault in errors:
        raise errors[fault]


class FaultyStorage(Storage):
    """The real storage on a folder, whose calls can fail after their retries."""

    def __init__(self, root: str, faults: Faults) -> None:
        super().__init__(root)
        self.faults = faults

    def __getattribute__(self, name: str) -> Any:
        found = super().__getattribute__(name)
        error = StorageError(f"{name} failed, as planned")
        return self.faults.around(found, error) if name in STORAGE else found


class FaultyService:
    """The scripted service, whose calls can fail."""

    def __init__(self, service: Scripted, faults: Faults) -> None:
        self._service = service
        self._faults = faults

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._service, name)
        error = BackendUnavailable(f"{name} failed, as planned")
        return self._faults.around(found, error) if name in SERVICE else found


def cloud_on(folder: Path, faults: Faults) -> Cloud:
    """Give a cloud on the scripted service below ``folder``; other clouds on the same folder see the same runs."""
    service = Scripted(staging=f"file://{folder}")
    storage = FaultyStorage(service.staging, faults)
    backend: Any = FaultyService(service, faults)
    return Cloud(name="it", kind="scripted", backend=backend, storage=storage, records=Records(storage))


def outcome_files(folder: Path) -> list[Path]:
    return list(folder.glob("runs/*/outcome.json"))


def executions(folder: Path) -> int:
    """How many jobs the service below ``folder`` has started."""
    file = folder / "service" / "executions"
    return len(file.read_text(encoding="utf-8").splitlines()) if file.exists() else 0


def recorded_outcome(folder: Path, run_id: str) -> JobStatus | None:
    return Records(Storage(f"file://{folder}")).outcome(run_id)
