"""The logs of a step, where EMR puts them: packed, below the cluster's LogUri, some time after the step's end.

https://docs.aws.amazon.com/emr/latest/ManagementGuide/emr-manage-view-web-log-files.html
"""

import gzip
import sys

from launcher.errors import LauncherError
from launcher.storage import Storage
from rehearsal.emr_cluster import Cluster
from rehearsal.emr_steps import Step

FATAL = ("Exception in thread", "Error:", "ERROR", "User application exited")


def uri(cluster: Cluster, step: Step) -> str:
    """Give the URI of what spark-submit printed; empty when the cluster keeps no logs."""
    folder = cluster.log_uri.replace("s3n://", "s3://").rstrip("/")
    return f"{folder}/{cluster.id}/steps/{step.id}/stderr.gz" if folder else ""


def put(cluster: Cluster, step: Step, output: bytes) -> None:
    """Store what a step printed; a bucket that cannot be written costs the log, as it does on AWS."""
    folder, _, name = uri(cluster, step).rpartition("/")
    try:
        Storage(folder).put(name, gzip.compress(output))
    except LauncherError as error:
        sys.stderr.write(f"log of {step.name}: {error.message}\n")


def failure(cluster: Cluster, step: Step, output: bytes) -> dict[str, str]:
    """Give EMR's FailureDetails: the line that seems to say why."""
    lines = [line.strip() for line in output.decode(errors="replace").splitlines()]
    telling = [line for line in lines if line.startswith(FATAL)] or [line for line in lines if line]
    found = {
        "Reason": "Unknown Error.",
        "Message": telling[-1][:1000] if telling else "",
        "LogFile": uri(cluster, step),
    }
    return {name: text for name, text in found.items() if text}
