"""How many runs stand: their records read side by side, the service asked once about all that are open."""

import contextlib
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from launcher import runs
from launcher.errors import BackendUnavailable, JobNotFound
from launcher.model import JobStatus, Submission
from launcher.runs import Ask, Cloud, Standing

READERS = 8  # requests to the storage at a time


def standings(cloud: Cloud, run_ids: Iterable[str]) -> list[Standing]:
    """Give how runs stand, in the order of their ids, and settle those that have ended.

    A run whose directory holds no record is left out. A service that cannot be asked makes the open ones UNKNOWN.
    """
    with ThreadPoolExecutor(READERS) as pool:
        found = [submission for submission in pool.map(partial(_record, cloud), run_ids) if submission]
        ask = _asked_once(cloud, _open_jobs(cloud, found))
        return list(pool.map(partial(runs.standing, cloud, ask=ask), found))


def _record(cloud: Cloud, run_id: str) -> Submission | None:
    # Such a directory was removed while its job wrote into it, or its launcher was killed before the intent.
    with contextlib.suppress(JobNotFound):
        return cloud.records.submission(run_id)
    return None


def _open_jobs(cloud: Cloud, submissions: list[Submission]) -> Iterator[str]:
    settled = cloud.records.outcomes([submission.run.run_id for submission in submissions])
    for submission, outcome in zip(submissions, settled, strict=True):
        if outcome is None and submission.job_id:
            yield submission.job_id


def _asked_once(cloud: Cloud, job_ids: Iterable[str]) -> Ask:
    asked = list(job_ids)
    try:
        answers = cloud.backend.statuses(asked)
    except BackendUnavailable as error:
        return _unavailable(error)

    # One that is missing is asked about by itself: a listing may lag, and "forgotten" is a heavy word.
    return lambda job_id: answers.get(job_id) or cloud.backend.status(job_id)


def _unavailable(error: BackendUnavailable) -> Ask:
    def answer(_job_id: str) -> JobStatus:
        raise error

    return answer
