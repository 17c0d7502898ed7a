"""The nouns: what is run, where it is recorded, and how it stands."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from typing import Any, Self

HANDLE = re.compile(r"(?:(?P<cloud>[A-Za-z0-9][\w.-]*)/)?(?P<run_id>[a-z][a-z0-9-]*-\d{8}-\d{6}-[0-9a-f]{4,8})")


class JobState(StrEnum):
    """How a run stands; the same six words for every cloud."""

    PENDING = "PENDING"
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"
    UNKNOWN = "UNKNOWN"

    @property
    def final(self) -> bool:
        """True when the run has ended and the state can never change again."""
        return self in {JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED}


@dataclass(frozen=True, slots=True, kw_only=True)
class JobStatus:
    """A state, the vendor's own word for it (always kept), and a sentence for a person."""

    state: JobState
    native: str
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobSpec:
    """What to run, portable between clouds: nothing here may belong to one of them.

    ``conf`` are Spark properties, ``env`` environment variables of driver and executors.
    """

    workload: str
    args: tuple[str, ...] = ()
    conf: Mapping[str, str] = field(default_factory=dict[str, str])
    env: Mapping[str, str] = field(default_factory=dict[str, str])

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Rebuild from a record; raises KeyError or TypeError for a foreign one."""
        return cls(
            workload=value["workload"], args=tuple(value["args"]), conf=dict(value["conf"]), env=dict(value["env"])
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """The shipped package: URIs of ``main.py`` and of the zips, and the digest that names them."""

    main: str
    py_files: tuple[str, ...]
    digest: str

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Rebuild from a record; raises KeyError or TypeError for a foreign one."""
        return cls(main=value["main"], py_files=tuple(value["py_files"]), digest=value["digest"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One execution: its id, its application, and the URI of its run directory."""

    run_id: str
    app: Application
    directory: str

    @property
    def staging(self) -> str:
        """The URI of the staging folder that the run directory lies in."""
        return self.directory.rpartition("/runs/")[0]

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Rebuild from a record; raises KeyError or TypeError for a foreign one."""
        return cls(run_id=value["run_id"], app=Application.from_json(value["app"]), directory=value["directory"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """The record of a run: intent.json while ``job_id`` is empty, submission.json afterwards.

    Times are UTC in ISO 8601. ``launched_by`` names the launcher's process, so that another launcher can see whether
    a submission is still under way.
    """

    run: Run
    spec: JobSpec
    cloud: str
    kind: str
    job_id: str = ""
    submitted_at: str = ""
    cancel_requested_at: str = ""
    launched_by: str = ""

    @property
    def handle(self) -> str:
        """What a person types to name this run: CLOUD/RUN_ID."""
        return f"{self.cloud}/{self.run.run_id}"

    def to_json(self) -> dict[str, Any]:
        """Give the record as JSON-able values."""
        return {"handle": self.handle, **asdict(self)}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Rebuild from a record; raises KeyError or TypeError for a foreign one."""
        words = {f.name: str(value[f.name]) for f in fields(cls) if f.name not in {"run", "spec"}}
        return cls(run=Run.from_json(value["run"]), spec=JobSpec.from_json(value["spec"]), **words)
