"""How Livy and YARN show a batch that a Runner runs."""

import json
from dataclasses import dataclass
from typing import Any

from rehearsal.runners import Runner
from rehearsal.wire import Answer

EPOCH = 1790000000000  # milliseconds: the start of this YARN, a part of every application's id
STATES = {"starting": "starting", "running": "running", "succeeded": "success", "failed": "dead", "killed": "killed"}
YARN_STATES = {
    "running": ("RUNNING", "UNDEFINED"),
    "succeeded": ("FINISHED", "SUCCEEDED"),
    "failed": ("FINISHED", "FAILED"),
    "killed": ("KILLED", "KILLED"),
}
SHOWN = 10  # lines of the log beside a batch


@dataclass(kw_only=True)
class Batch:
    """A batch: its number in Livy, its place in YARN, its name for the Runner, and what became of it."""

    number: int
    index: int
    name: str | None
    job: str
    tags: tuple[str, ...]
    created: float
    ended: float | None = None
    stillborn: bool = False  # refused, but kept

    @property
    def application_id(self) -> str:
        """Give YARN's id of its application."""
        return f"application_{EPOCH}_{self.index + 1:04d}"


def batch_view(runner: Runner, batch: Batch) -> dict[str, Any]:
    """Give a batch as ``GET /batches/NUMBER`` shows it."""
    word = "starting" if batch.stillborn else runner.word(batch.job)
    return {
        "id": batch.number,
        "name": batch.name,
        "owner": None,
        "proxyUser": None,
        "state": STATES[word],
        "appId": None if word == "starting" else batch.application_id,
        "appInfo": {"driverLogUrl": None, "sparkUiUrl": None},
        "log": log_lines(runner, batch)[-SHOWN:],
    }


def log_lines(runner: Runner, batch: Batch) -> list[str]:
    """Give a batch's log as Livy puts it together from spark-submit's output and YARN's diagnostics."""
    if batch.stillborn:
        return []
    printed = runner.output(batch.job).decode("utf-8", errors="replace").splitlines()
    return ["stdout: ", *printed, "\nstderr: ", "\nYARN Diagnostics: ", *_diagnostics(runner, batch)]


def application(runner: Runner, batch: Batch) -> dict[str, Any]:
    """Give an application as YARN's ``/ws/v1/cluster/apps`` shows it, as far as the launcher reads it."""
    state, final = YARN_STATES[runner.word(batch.job)]
    return {
        "id": batch.application_id,
        "name": batch.name,
        "applicationType": "SPARK",
        "applicationTags": ",".join(batch.tags),
        "state": state,
        "finalStatus": final,
        "startedTime": int(batch.created * 1000),
        "diagnostics": "\n".join(_diagnostics(runner, batch)),
    }


def _diagnostics(runner: Runner, batch: Batch) -> list[str]:
    word = runner.word(batch.job)
    if word == "failed":
        return [f"User application exited with status {runner.exit_code(batch.job)}"]
    return ["Application killed by user."] if word == "killed" else []


def faulty(kind: str) -> Answer:
    """Give the gateway's answer when there were too many requests, when it fails inside, when a login has expired."""
    if kind == "throttled":
        return json_answer("429 Too Many Requests", {"msg": "Too many requests"})
    if kind == "expired":
        return "401 Unauthorized", [("WWW-Authenticate", 'Basic realm="HDInsight"')], b""
    return json_answer("500 Internal Server Error", {"msg": "internal error"})


def json_answer(status: str, value: Any) -> Answer:
    """Give an answer as Livy's servlets do."""
    return status, [("Content-Type", "application/json;charset=utf-8")], json.dumps(value).encode()
