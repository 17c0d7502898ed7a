"""The job's own last word: what ran, on what, and how it ended."""

import argparse
import datetime as dt
import json
import os
import platform
import socket
import sys
import traceback
from typing import Any, Dict, List

from jobs import hadoop
from jobs.errors import StatedError
from jobs.output import encode, finite

LONGEST = 2000  # characters of a message
PACKAGES = ("pyspark", "numpy", "pandas", "pyarrow", "tensorflow", "torch")
OUT_OF_MEMORY = ("java.lang.OutOfMemoryError", "Java heap space", "GC overhead limit exceeded")
MORE_MEMORY = "launcher submit ... --conf spark.driver.memory=4g"
JVM_GONE = ("Py4JNetworkError", "ConnectionRefusedError", "ConnectionResetError")


def begin(known: argparse.Namespace, args: argparse.Namespace, arguments: List[str]) -> Dict[str, Any]:
    """Give the part of the receipt that is known before anything runs."""
    return {
        "run_id": known.run,
        "workload": known.workload,
        "arguments": arguments,
        "seed": getattr(args, "seed", None),
        "digest": known.digest,
        "started_at": _now(),
        "host": socket.gethostname(),
        "process": os.getpid(),
        "seconds": {},
    }


def claim(spark: Any, directory: str, record: Dict[str, Any]) -> None:
    """Write ``started.json``, the job's first act; exits when another execution of this run has been before.

    A platform that starts an application twice, or a launcher that had given the run up, must not make it run twice.
    """
    record["versions"] = _versions(spark)
    if not recorded(spark, directory):
        sys.exit("the run directory was removed ({}): not started".format(directory))
    if hadoop.exists(spark, directory + "/outcome.json"):
        sys.exit("this run has ended already ({}/outcome.json): not started again".format(directory))
    try:
        hadoop.write_new(spark, directory + "/started.json", encode(finite(record)))
    except FileExistsError:
        sys.exit("this run was started before ({}/started.json): not started again".format(directory))


def write(spark: Any, directory: str, record: Dict[str, Any]) -> None:
    """Write ``receipt.json``: complete or not at all, never twice."""
    hadoop.write_new(spark, directory + "/receipt.json", encode(finite(dict(record, ended_at=_now()))))


def recorded(spark: Any, directory: str) -> bool:
    """Tell whether the run directory still holds what the launcher wrote before it called the service."""
    return hadoop.exists(spark, directory + "/intent.json")


def given_up(spark: Any, directory: str) -> str:
    """Say why nobody waits for this run any more; empty while somebody does."""
    if not recorded(spark, directory):
        return "the run directory was removed"
    if hadoop.exists(spark, directory + "/outcome.json"):
        return "the run was settled"
    # Absent while the launcher has not heard yet that the job was accepted.
    submission = hadoop.read(spark, directory + "/submission.json")
    asked = json.loads(submission).get("cancel_requested_at") if submission else ""
    return "the run was cancelled" if asked else ""


def failure(error: BaseException) -> Dict[str, Any]:
    """Give state, exit code, message and hint for what ended the workload; prints a trace unless it is the user's."""
    if isinstance(error, SystemExit):
        return _exited(error)
    if isinstance(error, StatedError):
        print("error: {}".format(error.message), file=sys.stderr)
        return _failed(error.message, error.hint)
    traceback.print_exception(type(error), error, error.__traceback__)
    text = "{}: {}".format(type(error).__name__, error)
    if isinstance(error, MemoryError) or any(word in text for word in OUT_OF_MEMORY):
        return _failed("the driver ran out of memory: " + _first_line(text), MORE_MEMORY)
    if type(error).__name__ == "Py4JError":
        # The Java side ended the thread that served the call without an answer: an Error, not an Exception.
        return _failed("Java broke off a call of the driver: most often it ran out of memory", MORE_MEMORY)
    if type(error).__name__ in JVM_GONE:
        return _failed("the Java process of the driver ended in mid-job", "launcher logs HANDLE shows its last lines")
    return _failed(_first_line(text), "launcher logs HANDLE shows the whole trace")


def _exited(error: SystemExit) -> Dict[str, Any]:
    if isinstance(error.code, str):
        return _failed(error.code, "")
    code = error.code or 0
    state = "FAILED" if code else "SUCCEEDED"
    return {"state": state, "exit_code": code, "message": "exit code {}".format(code) if code else "", "hint": ""}


def _failed(message: str, hint: str) -> Dict[str, Any]:
    return {"state": "FAILED", "exit_code": 1, "message": message[:LONGEST], "hint": hint}


def _first_line(text: str) -> str:
    """Give the line that says what happened; of a Java exception, the innermost cause."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    causes = [line for line in lines if line.startswith("Caused by:")]
    return (causes[-1] if causes else " ".join(lines[:2]))[:LONGEST] if lines else "no message"


def _versions(spark: Any) -> Dict[str, str]:
    from importlib import metadata

    found = {"python": platform.python_version(), "spark": spark.version}
    jvm = spark.sparkContext._jvm  # noqa: SLF001 -- Spark has no public call for the Java version
    found["java"] = jvm.java.lang.System.getProperty("java.version")
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def _now() -> str:
    return dt.datetime.now(dt.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
