"""Wait for a run's end and pass its log on meanwhile."""

import contextlib
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from launcher import runs
from launcher.errors import BackendUnavailable, JobNotFound, StorageError
from launcher.logs import Tail
from launcher.model import JobState, JobStatus
from launcher.runs import Cloud, Standing
from launcher.storage import local_path
from launcher.visible import visible

PATIENCE = 60.0  # seconds that a run may be UNKNOWN before waiting ends: services and receipts lag
REMOVED = "removed"
UNSEEN = JobStatus(state=JobState.UNKNOWN, native="not asked yet")
NEAR, FAR = 0.1, 1.5  # seconds between two looks: at a folder of this machine, at a service that counts requests

Print = Callable[[str], None]
Watch = Callable[[JobStatus], None]


def unwatched(_status: JobStatus) -> None:
    """Look away."""


def wait(  # noqa: PLR0913 -- two things to show and two limits
    cloud: Cloud,
    run_id: str,
    show: Print,
    *,
    watch: Watch = unwatched,
    timeout: float | None = None,
    patience: float = PATIENCE,
) -> Standing:
    """Give the run's standing at its end, or when ``timeout`` seconds are over, or contact was lost for too long.

    ``show`` gets each line of the log as it comes; of a job that left no receipt, the service's own log as well.
    ``watch`` gets the status at each look.
    """
    near = local_path(cloud.backend.staging) is not None
    standing = _look_again(cloud, Standing(submission=cloud.records.submission(run_id), status=UNSEEN))
    tail = Tail(cloud.records, run_id)
    began = known = time.monotonic()
    while not standing.status.state.final:
        _show(tail.new(), show)
        watch(standing.status)
        now = time.monotonic()
        known = known if standing.status.state is JobState.UNKNOWN else now
        over = now - known > patience or (timeout is not None and now - began > timeout)
        if over or standing.status.native == REMOVED:
            return standing
        time.sleep(_pause(standing, near=near))
        standing = _look_again(cloud, standing)
    _show_rest(cloud, standing, tail, show)
    return standing


def _pause(standing: Standing, *, near: bool) -> float:
    if not near:
        return FAR
    return NEAR if standing.receipt is None else NEAR / 5  # the job has said its last word: the end is a moment away


def _look_again(cloud: Cloud, before: Standing) -> Standing:
    try:
        return runs.look(cloud, before.submission.run.run_id)
    except JobNotFound:
        message = f"its run directory was removed: {before.submission.run.directory}"
        return replace(before, status=JobStatus(state=JobState.UNKNOWN, native=REMOVED, message=message))
    except StorageError as error:
        return replace(before, status=JobStatus(state=JobState.UNKNOWN, native="unreachable", message=error.message))


def _show(lines: Iterable[str], show: Print) -> None:
    """Pass lines on; a log that cannot be read just now must not end the waiting."""
    with contextlib.suppress(StorageError, BackendUnavailable):
        for line in lines:
            show(line)


def _show_rest(cloud: Cloud, standing: Standing, tail: Tail, show: Print) -> None:
    _show(tail.last(), show)
    if standing.receipt is None and standing.submission.job_id and standing.status.state is JobState.FAILED:
        show("-- the job left no receipt; the service's own log ends with:")
        _show(_last_service_lines(cloud, standing), show)


def _last_service_lines(cloud: Cloud, standing: Standing) -> Iterator[str]:
    yield from service_lines(cloud, standing)[-40:]


def service_lines(cloud: Cloud, standing: Standing) -> list[str]:
    """Give the service's own log, safe to print; empty when the service has forgotten the job."""
    try:
        return [visible(line) for line in cloud.backend.logs(standing.submission.job_id)]
    except JobNotFound:
        return []
