"""The records of runs, in their run directories: what was meant, what was accepted, what came of it."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from launcher.errors import JobNotFound, ObjectExists, StorageError
from launcher.metrics import is_object
from launcher.model import HANDLE, JobState, JobStatus, Submission
from launcher.storage import Storage


class Records:
    """The run directories below one storage; every write is whole or not there."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def intend(self, submission: Submission) -> None:
        """Write intent.json, before the service is called; raises ObjectExists when the run id is taken."""
        self._storage.create(_name(submission.run.run_id, "intent"), _encode(submission.to_json()))

    def accept(self, submission: Submission) -> Submission:
        """Write submission.json: the service has the job; gives the one that stands, which may be another launcher's.

        That one may hold more: somebody may have asked for the run's end since.
        """
        name = _name(submission.run.run_id, "submission")
        try:
            self._storage.create(name, _encode(submission.to_json()))
        except ObjectExists:
            stands = self.submission(submission.run.run_id)
            if stands.job_id:
                return stands
            self.renew(submission)  # it was empty, see _decoded
        return submission

    def renew(self, submission: Submission) -> None:
        """Write submission.json anew."""
        self._storage.put(_name(submission.run.run_id, "submission"), _encode(submission.to_json()))

    def give_up(self, run_id: str) -> bool:
        """Claim a run of which the service has no job, so that none can start; False when its job has started.

        The claim is the file that is a job's first act, so that only one of the two can make it.
        """
        try:
            self._storage.create(_name(run_id, "started"), _encode({"given_up": True}))
        except ObjectExists:
            return bool((self._read(run_id, "started") or {}).get("given_up"))
        return True

    def submission(self, run_id: str) -> Submission:
        """Give the record of a run, its intent when it was not accepted (yet); raises JobNotFound."""
        for word in ("submission", "intent"):
            value = self._read(run_id, word)
            if value is not None:
                return _submission(value, self._where(run_id, word))
        raise JobNotFound(f"no run {run_id} is recorded in {self._storage.root}/runs", "launcher runs --all")

    def receipt(self, run_id: str) -> Mapping[str, Any] | None:
        """Give the job's own last word, None while there is none."""
        return self._read(run_id, "receipt")

    def metrics(self, run_id: str) -> Mapping[str, Any] | None:
        """Give what the workload returned, None when it has not."""
        return self._read(run_id, "output/metrics")

    def outcome(self, run_id: str) -> JobStatus | None:
        """Give the settled end of a run, None while it is open."""
        value = self._read(run_id, "outcome")
        return _status(value) if value is not None else None

    def settle(self, run_id: str, status: JobStatus) -> JobStatus:
        """Write the end of a run once and for all; gives the one that stands, which may be another launcher's."""
        try:
            self._storage.create(_name(run_id, "outcome"), _encode(asdict(status)))
        except ObjectExists:
            stands = self.outcome(run_id)
            if stands is not None:
                return stands
            self._storage.put(_name(run_id, "outcome"), _encode(asdict(status)))  # it was empty, see _decoded
        return status

    def run_ids(self) -> list[str]:
        """Give the ids of all runs, the newest first."""
        found = [name for name in self._storage.folders("runs") if HANDLE.fullmatch(name)]
        return sorted(found, key=_time, reverse=True)

    def outcomes(self, run_ids: list[str]) -> Iterator[JobStatus | None]:
        """Give the settled ends of many runs, read side by side."""
        names = [_name(run_id, "outcome") for run_id in run_ids]
        for name, data in zip(names, self._storage.get_many(names), strict=True):
            value = self._decoded(data, name)
            yield _status(value) if value is not None else None

    def log_chunk(self, run_id: str, number: int) -> bytes | None:
        """Give the ``number``-th piece of the run's log, None while it is not there."""
        return self._storage.get_or_none(f"runs/{run_id}/log/driver-{number:06d}.txt")

    def _read(self, run_id: str, word: str) -> Mapping[str, Any] | None:
        name = _name(run_id, word)
        return self._decoded(self._storage.get_or_none(name), name)

    def _decoded(self, data: bytes | None, name: str) -> Mapping[str, Any] | None:
        if not data:
            return None  # not there, or empty: the power failed before the disk had it
        where = self._storage.uri(name)
        try:
            value = json.loads(data)
        except ValueError as error:
            raise StorageError(f"{where} is not JSON: {error}", "remove the run directory") from error
        return value if is_object(value) else {}

    def _where(self, run_id: str, word: str) -> str:
        return self._storage.uri(_name(run_id, word))


def _name(run_id: str, word: str) -> str:
    return f"runs/{run_id}/{word}.json"


def _encode(value: Mapping[str, Any]) -> bytes:
    return (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode("utf-8", "surrogateescape")


def _status(value: Mapping[str, Any]) -> JobStatus:
    return JobStatus(state=JobState(value["state"]), native=str(value["native"]), message=str(value["message"]))


def _submission(value: Mapping[str, Any], where: str) -> Submission:
    try:
        return Submission.from_json(value)
    except (KeyError, TypeError) as error:
        raise StorageError(f"{where} is no record of a run: {error}", "remove the run directory") from error


def _time(run_id: str) -> str:
    return "-".join(run_id.rsplit("-", 3)[1:])
