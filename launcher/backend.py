"""What every cloud promises. One suite, tests/contract, holds every backend to it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from launcher.model import JobSpec, JobStatus, Run

Request = Mapping[str, Any]


class Backend(Protocol):
    """A service that runs Spark applications; a frozen dataclass whose fields are the keys of its cluster object.

    Promise 8: the job's exit code decides between SUCCEEDED and FAILED, an exception in the driver included, and the
    platform runs the job once, with its arguments and variables as they were given. Promise 9: no secret is on any
    command line, in any record, in any log.
    """

    @property
    def staging(self) -> str:
        """URI of the folder that launcher and cluster both reach."""
        ...

    def request(self, spec: JobSpec, run: Run) -> Request:
        """Build the service's native call.

        Promise 1: sends nothing; the same input gives the same JSON-able output, on every machine, without a secret.
        """
        ...

    def submit(self, request: Request) -> str:
        """Hand the job to the service and give its native id.

        Promise 2: after a normal return the service has the job, and ``status`` works from any process.
        Promise 3: raises JobRejected (never retry) or BackendUnavailable (may retry) and leaves no half job. It is
        idempotent by run id: a repeat finds the first.
        """
        ...

    def find(self, run_id: str) -> str | None:
        """Give the native id of the job submitted under this run id, or None when the service has none.

        Only reads. Raises BackendUnavailable when the service cannot be asked.
        """
        ...

    def status(self, job_id: str) -> JobStatus:
        """Give the service's word on the job.

        Promise 4: never raises for a known job; a word that is not in the table gives UNKNOWN, with ``native`` set.
        Promise 7: JobNotFound for an id that is unknown or forgotten. BackendUnavailable without an answer.
        """
        ...

    def statuses(self, job_ids: Sequence[str]) -> Mapping[str, JobStatus]:
        """Give the service's word on many jobs, in as few calls as the service allows.

        The same words as ``status`` gives one by one; a job that is unknown or forgotten is left out. Raises
        BackendUnavailable without an answer.
        """
        ...

    def logs(self, job_id: str) -> Iterator[str]:
        """Give the lines of the service's own driver log.

        Promise 5: may lag and may be empty; can be called in any state. Promise 7: JobNotFound, as ``status``.
        """
        ...

    def cancel(self, job_id: str) -> None:
        """Ask the service to end the job.

        Promise 6: a request only (the job may end by itself first); idempotent; does nothing to an ended job.
        Promise 7: JobNotFound, as ``status``.
        """
        ...
