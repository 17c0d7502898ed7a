"""Submit, look, cancel, resume: what can be done with a run on any cloud."""

import contextlib
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from launcher import launching, package, targets, verdict
from launcher.backend import Backend
from launcher.errors import BackendUnavailable, JobNotFound, LauncherError, ObjectExists, StorageError
from launcher.model import JobSpec, JobState, JobStatus, Run, Submission
from launcher.records import Records
from launcher.retrying import retried
from launcher.storage import Storage

Ask = Callable[[str], JobStatus]  # as Backend.status


@dataclass(frozen=True, slots=True, kw_only=True)
class Cloud:
    """A cloud that is opened: its backend, its storage, its records."""

    name: str
    kind: str
    backend: Backend
    storage: Storage
    records: Records


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a run stands: its record, our state, the job's receipt and metrics if it has got that far."""

    submission: Submission
    status: JobStatus
    receipt: Mapping[str, Any] | None = None
    metrics: Mapping[str, Any] | None = None

    def to_json(self) -> dict[str, Any]:
        """Give what ``--json`` prints. ``seconds`` is the job's own count, None when it could not tell."""
        receipt = self.receipt or {}
        return {
            "handle": self.submission.handle,
            "state": self.status.state,
            "metrics": self.metrics,
            "directory": self.submission.run.directory,
            "seconds": receipt.get("seconds", {}).get("total"),
            "native": self.status.native,
            "message": self.status.message,
            "hint": receipt.get("hint", ""),
        }


def open_cloud(name: str) -> Cloud:
    """Give the cloud of that name, ready for use."""
    backend = targets.backend(name)
    storage = Storage(backend.staging)
    kind = str(targets.clusters()[name]["kind"])
    return Cloud(name=name, kind=kind, backend=backend, storage=storage, records=Records(storage))


def planned(cloud: Cloud, spec: JobSpec) -> Submission:
    """Give the submission of a new run, of which nothing exists yet."""
    digest = package.digest()
    now = launching.now()
    run_id = f"{spec.workload}-{now:%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
    app = package.application(cloud.storage.uri("apps"), digest)
    run = Run(run_id=run_id, app=app, directory=cloud.storage.uri(f"runs/{run_id}"))
    return Submission(run=run, spec=spec, cloud=cloud.name, kind=cloud.kind, submitted_at=now.isoformat())


def submit(cloud: Cloud, plan: Submission) -> Submission:
    """Upload the package, record the intent, hand the job over, record that; gives the accepted submission.

    Raises JobRejected or BackendUnavailable when the service has no such job; then the run is settled as FAILED.
    Raises StorageError when the job was submitted but that could not be recorded: ``resume`` finds it.
    """
    package.upload(cloud.storage, plan.run.app.digest)
    with launching.announced() as me:
        intent = _intended(cloud, replace(plan, launched_by=me))
        return _recorded(cloud, replace(intent, job_id=_handed_over(cloud, intent)))


def _intended(cloud: Cloud, intent: Submission) -> Submission:
    """Write the intent; under another run id when another launcher has drawn the same one."""
    try:
        cloud.records.intend(intent)
    except ObjectExists:
        if cloud.records.submission(intent.run.run_id).launched_by == intent.launched_by:
            return intent  # ours: the answer to a first try was lost
        return _intended(cloud, replace(planned(cloud, intent.spec), launched_by=intent.launched_by))
    return intent


def _handed_over(cloud: Cloud, intent: Submission) -> str:
    run_id = intent.run.run_id
    try:
        return retried(cloud.backend.submit, cloud.backend.request(intent.spec, intent.run))
    except BackendUnavailable as error:
        # The request may have been carried out although no answer came.
        job_id = cloud.backend.find(run_id) if error.sent else None
        if job_id is not None:
            return job_id
        _refused(cloud, run_id, error)
        raise
    except LauncherError as error:
        _refused(cloud, run_id, error)
        raise


def _recorded(cloud: Cloud, accepted: Submission) -> Submission:
    try:
        return cloud.records.accept(accepted)
    except StorageError as error:
        message = f"{accepted.handle} was submitted, but could not be recorded: {error.message}"
        raise StorageError(message, f"launcher resume {accepted.handle}") from error


def _refused(cloud: Cloud, run_id: str, error: LauncherError) -> None:
    status = JobStatus(state=JobState.FAILED, native="refused", message=f"never submitted: {error.message}")
    if cloud.records.give_up(run_id):
        cloud.records.settle(run_id, status)


def look(cloud: Cloud, run_id: str) -> Standing:
    """Give how a run stands, and settle it when it has ended.

    Raises JobNotFound without a record of it. A service that cannot be asked gives UNKNOWN.
    """
    return standing(cloud, cloud.records.submission(run_id), cloud.backend.status)


def standing(cloud: Cloud, submission: Submission, ask: Ask) -> Standing:
    """Give how a recorded run stands, by the service's answer to ``ask``, and settle it when it has ended."""
    run_id = submission.run.run_id
    status = cloud.records.outcome(run_id)
    if status is None:
        status = _open_status(cloud, submission, ask)
        status = _settled(cloud, run_id, status) if status.state.final else status
    receipt = cloud.records.receipt(run_id)
    metrics = cloud.records.metrics(run_id) if status.state is JobState.SUCCEEDED else None
    return Standing(submission=submission, status=_told(status, receipt), receipt=receipt, metrics=metrics)


def _settled(cloud: Cloud, run_id: str, status: JobStatus) -> JobStatus:
    """Record how a run ended; a storage that is full does not keep the end from being told."""
    try:
        return cloud.records.settle(run_id, status)
    except StorageError:
        return status


def _open_status(cloud: Cloud, submission: Submission, ask: Ask) -> JobStatus:
    """Give the state by both witnesses, for a run that is not settled."""
    if not submission.job_id:
        return JobStatus(state=JobState.UNKNOWN, native="not accepted", message="being submitted, or: launcher resume")
    try:
        service = ask(submission.job_id)
    except JobNotFound:
        service = None
    except BackendUnavailable as error:
        return JobStatus(state=JobState.UNKNOWN, native="unreachable", message=error.message)
    run_id = submission.run.run_id
    asked = bool(submission.cancel_requested_at) or bool(cloud.records.submission(run_id).cancel_requested_at)
    return _judged(cloud, run_id, service, cancel_requested=asked)


def _judged(cloud: Cloud, run_id: str, service: JobStatus | None, *, cancel_requested: bool) -> JobStatus:
    # Read after the service was asked: what it calls ended has left its receipt by then, if ever.
    receipt = cloud.records.receipt(run_id)
    word = str(receipt["state"]) if receipt else verdict.NONE
    return verdict.judge(service, word, cancel_requested=cancel_requested)


def _told(status: JobStatus, receipt: Mapping[str, Any] | None) -> JobStatus:
    """Give the status with the job's own account of its failure, which says more than the service's."""
    said = str(receipt.get("message", "")) if receipt else ""
    return replace(status, message=said) if status.state is JobState.FAILED and said else status


def each(cloud: Cloud, run_ids: Iterable[str], ask: Callable[[Cloud, str], Standing] = look) -> Iterator[Standing]:
    """Give how many runs stand by ``look`` or ``resume``, without those whose directory holds no record.

    Such a directory was removed while its job wrote into it, or its launcher was killed before the intent was written.
    """
    for run_id in run_ids:
        with contextlib.suppress(JobNotFound):
            yield ask(cloud, run_id)


def cancel(cloud: Cloud, run_id: str) -> Standing:
    """Ask for a run's end; does nothing to one that has ended."""
    before = look(cloud, run_id)
    if before.status.state.final:
        return before
    asked = replace(before.submission, cancel_requested_at=launching.now().isoformat())
    if not asked.job_id:
        hint = f"launcher resume, then launcher cancel {asked.handle}"
        raise BackendUnavailable(f"{asked.handle} is being submitted", hint)
    # Asked once more: an ended job whose receipt is missing is not final to us, but its end is not the user's doing.
    if cloud.backend.status(asked.job_id).state.final:
        return before
    cloud.records.renew(asked)
    try:
        cloud.backend.cancel(asked.job_id)
    except JobNotFound:
        cloud.records.renew(before.submission)  # nobody was asked
        raise
    return look(cloud, run_id)


def resume(cloud: Cloud, run_id: str) -> Standing:
    """Settle what a killed launcher left open: find its job, or declare that there is none."""
    submission = cloud.records.submission(run_id)
    if not submission.job_id and cloud.records.outcome(run_id) is None and not launching.under_way(submission):
        submission = _found(cloud, submission)
    return standing(cloud, submission, cloud.backend.status)


def _found(cloud: Cloud, intent: Submission) -> Submission:
    job_id = cloud.backend.find(intent.run.run_id)
    if job_id is None:
        _settle_without_job(cloud, intent.run.run_id)
        return intent
    return cloud.records.accept(replace(intent, job_id=job_id))


def _settle_without_job(cloud: Cloud, run_id: str) -> None:
    """Settle a run of which the service has no job: it never had one, or it has forgotten it, as services do."""
    gone = "never submitted: the launcher ended before the service had the job"
    status = JobStatus(state=JobState.FAILED, native="none", message=gone)
    if not cloud.records.give_up(run_id):
        status = _judged(cloud, run_id, None, cancel_requested=False)
    if status.state.final:
        cloud.records.settle(run_id, status)
