"""Two witnesses, one word: the service's state and the job's receipt, for every pair.

Services lie and forget (Livy reports success for a failed driver and forgets batches; a step waiter gives up and calls
a running step failed), and a job that was killed cannot speak. SUCCEEDED needs both, or the receipt alone when the
service has forgotten the job.
"""

from launcher.model import JobState, JobStatus

S = JobState
FORGOTTEN = "forgotten"  # the service knows no such job
NONE = "none"  # there is no receipt

# (the service's word, the receipt's word) -> our state, and why when the two do not simply agree.
VERDICTS: dict[tuple[str, str], tuple[JobState, str]] = {
    (S.PENDING, NONE): (S.PENDING, ""),
    (S.PENDING, S.SUCCEEDED): (S.RUNNING, "the job has ended, the service lags"),
    (S.PENDING, S.FAILED): (S.RUNNING, "the job has ended, the service lags"),
    (S.RUNNING, NONE): (S.RUNNING, ""),
    (S.RUNNING, S.SUCCEEDED): (S.RUNNING, "the job has ended, the service lags"),
    (S.RUNNING, S.FAILED): (S.RUNNING, "the job has ended, the service lags"),
    (S.SUCCEEDED, NONE): (S.UNKNOWN, "the service reports success, but the job left no receipt"),
    (S.SUCCEEDED, S.SUCCEEDED): (S.SUCCEEDED, ""),
    (S.SUCCEEDED, S.FAILED): (S.FAILED, ""),
    (S.FAILED, NONE): (S.FAILED, ""),
    (S.FAILED, S.SUCCEEDED): (S.FAILED, "the job reported success, but the service reports that it failed"),
    (S.FAILED, S.FAILED): (S.FAILED, ""),
    (S.CANCELLED, NONE): (S.CANCELLED, ""),
    (S.CANCELLED, S.SUCCEEDED): (S.CANCELLED, "the job had finished its work when it was cancelled"),
    (S.CANCELLED, S.FAILED): (S.CANCELLED, ""),
    (S.UNKNOWN, NONE): (S.UNKNOWN, ""),
    (S.UNKNOWN, S.SUCCEEDED): (S.UNKNOWN, "the job reported success, but the service's word is not known"),
    (S.UNKNOWN, S.FAILED): (S.FAILED, ""),
    (FORGOTTEN, NONE): (S.UNKNOWN, "the service has forgotten the job, and it left no receipt"),
    (FORGOTTEN, S.SUCCEEDED): (S.SUCCEEDED, "by the receipt alone: the service has forgotten the job"),
    (FORGOTTEN, S.FAILED): (S.FAILED, ""),
}

# Words that say only that the job is gone: what took it is told by whether the user had asked for its end.
GONE = {(S.FAILED, NONE), (FORGOTTEN, NONE)}


def judge(service: JobStatus | None, receipt: str, *, cancel_requested: bool) -> JobStatus:
    """Give our state for the service's status (None: forgotten) and the receipt's state (or "none")."""
    word = service.state if service else FORGOTTEN
    state, why = VERDICTS[word, receipt]
    if cancel_requested and (word, receipt) in GONE:
        state, why = S.CANCELLED, ""
    said = service.message if service else ""
    return JobStatus(state=state, native=service.native if service else FORGOTTEN, message=why or said)
