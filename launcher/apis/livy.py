"""What Livy and YARN say about a run, asked through the cluster's gateway.

Livy lists batches by number and forgets the ended ones; YARN knows an application by its tag, which is the run id.
https://livy.incubator.apache.org/docs/latest/rest-api.html
https://hadoop.apache.org/docs/stable/hadoop-yarn/hadoop-yarn-site/ResourceManagerRest.html
"""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any, NoReturn

from launcher.apis.gateway import Gateway, message
from launcher.errors import BackendUnavailable, ConfigError, JobNotFound, JobRejected, LauncherError
from launcher.retrying import patiently

Batch = Mapping[str, Any]
Application = Mapping[str, Any]

BATCHES = "/livy/batches"
APPLICATIONS = "/yarnui/ws/v1/cluster/apps"  # as Microsoft's own tools ask (github.com/microsoft/azure-tools-for-java)
PAGE = 100
TAGS = 40  # in one question: about 2 KiB of URL
ENDED = frozenset({"success", "error", "dead", "killed"})
YARN_ENDED = frozenset({"FINISHED", "FAILED", "KILLED"})
# Livy's refusals -> what to do about them.
REFUSALS = {
    "cannot be added to user sessions": 'write staging = "abfs://CONTAINER@ACCOUNT.dfs.core.windows.net/..."',
    "Blacklisted configuration": "this cluster's administrator forbids that property: leave out its --conf",
    "Only supported scheme": 'write staging = "abfs://CONTAINER@ACCOUNT.dfs.core.windows.net/..."',
}


def batches(gateway: Gateway) -> list[Batch]:
    """Give all batches that Livy has not forgotten.

    When one is removed between two pages, those behind it move up and one falls between: then the list is read anew.
    """
    found: list[Batch] = []
    total = None
    while True:
        page = _required(gateway, BATCHES, **{"from": len(found), "size": PAGE})
        if total is not None and page["total"] < total:
            found, total = [], None
            continue
        total = page["total"]
        found += page["sessions"]
        if not page["sessions"] or len(found) >= total:
            return found


def batch(gateway: Gateway, number: str, run_id: str) -> Batch | None:
    """Give a run's batch, None when Livy has forgotten it, never knew it, or has another one under that number."""
    found = gateway.get(f"{BATCHES}/{number}") if number.isdecimal() else None
    if found is None or "name" in found or not found.get("appId"):
        return own(found, run_id)
    application = applications(gateway, [run_id]).get(run_id)
    return found if application and application["id"] == found["appId"] else None


def named(found: Iterable[Batch], run_id: str) -> Batch | None:
    """Give the batch of that name; Livy 0.5 shows no names."""
    return next((batch for batch in found if batch.get("name") == run_id), None)


def stillborn(batch: Batch) -> bool:
    """Tell whether this is what Livy 0.7 keeps of a batch that it has refused: starting for ever, without any log."""
    return batch["state"] == "starting" and not batch.get("appId") and not batch.get("log")


def own(found: Batch | None, run_id: str) -> Batch | None:
    """Give the batch if it is the run's: a Livy that was started anew may count from nought again.

    Livy 0.5 shows no names: then a batch is taken for the run's until it has an application, which YARN can tell.
    """
    if found is None:
        return None
    return found if found.get("name") == run_id or ("name" not in found and not found.get("appId")) else None


def undecided(found: Iterable[Batch]) -> bool:
    """Tell whether there are batches that could be any run's: no name is shown, and YARN does not have them yet."""
    return any("name" not in batch and not batch.get("appId") and batch["state"] not in ENDED for batch in found)


def find(gateway: Gateway, run_id: str) -> tuple[str | None, bool]:
    """Give a run as ``BATCH:RUN_ID``, without a number when only YARN knows it; and whether its absence is in doubt."""
    listed = batches(gateway)
    if (batch := named(listed, run_id)) and not stillborn(batch):
        return f"{batch['id']}:{run_id}", False
    application = applications(gateway, [run_id]).get(run_id)
    if application is None:
        return None, undecided(listed)
    number = next((batch["id"] for batch in listed if batch.get("appId") == application["id"]), "")
    return f"{number}:{run_id}", False


def find_late(gateway: Gateway, run_id: str, *, patience: float, nameless: float, pause: float) -> str | None:
    """Give what ``find`` finds within ``patience`` seconds; ``nameless`` ones where Livy shows no names.

    Raises BackendUnavailable when there is none and its absence is in doubt even then.
    """
    doubtful = False

    def look() -> str | None:
        nonlocal doubtful
        found, doubtful = find(gateway, run_id)
        return found

    found = patiently(look, patience, pause)
    if doubtful:
        found = patiently(look, nameless - patience, pause)
    if doubtful:
        raise BackendUnavailable(f"Livy has batches without a name; one may be {run_id}", "launcher resume")
    return found


def create(gateway: Gateway, request: Mapping[str, Any]) -> str | None:
    """Start a batch and give its number; None when there is one of that name already.

    Raises JobRejected with Livy's own words when it refuses the batch; nothing is left of it then.
    """
    response = gateway.post(BATCHES, request)
    if response.is_success:
        return str(response.json()["id"])
    said = message(response)
    if "Duplicate session name" in said:
        return None
    left = named(batches(gateway), str(request["name"]))
    if left is not None and stillborn(left):
        gateway.delete(f"{BATCHES}/{left['id']}")
    raise rejected(response.status_code, said, len(response.request.content))


def rejected(status: int, said: str, size: int) -> LauncherError:
    """Give the error for a batch that was refused for good."""
    if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        text = f"the request of {size} bytes is too large for the gateway"
        return JobRejected(text, "put long arguments into a file, and pass it by --input")
    hint = next((hint for words, hint in REFUSALS.items() if words in said), "submit with --dry-run shows the request")
    return JobRejected(f"Livy refuses the batch (HTTP {status}): {said}", hint)


def log(gateway: Gateway, number: str) -> list[str] | None:
    """Give the lines of a batch's own log (spark-submit's), None when Livy has forgotten it."""
    lines: list[str] = []
    while True:
        page = gateway.get(f"{BATCHES}/{number}/log", **{"from": len(lines), "size": PAGE})
        if page is None:
            return None
        lines += page["log"]
        if not page["log"] or len(lines) >= page["total"]:
            return [line.strip("\n") for line in lines]


def applications(gateway: Gateway, run_ids: Iterable[str]) -> dict[str, Application]:
    """Give YARN's newest application of each run that it knows; 40 runs are one request."""
    wanted = {run_id.lower(): run_id for run_id in run_ids}
    tags = sorted(wanted)
    found: dict[str, Application] = {}
    for start in range(0, len(tags), TAGS):
        answer = _required(gateway, APPLICATIONS, applicationTags=",".join(tags[start : start + TAGS]))
        known: list[Application] = answer["apps"]["app"] if answer["apps"] else []
        for application in sorted(known, key=_started):
            tagged: list[str] = application["applicationTags"].split(",")
            found |= {wanted[tag]: application for tag in tagged if tag in wanted}
    return found


def application(gateway: Gateway, job_id: str, run_id: str) -> Application:
    """Give YARN's application of a run; raises JobNotFound, which names the job."""
    found = applications(gateway, [run_id]) if run_id else {}
    return found[run_id] if found else unknown(gateway, job_id)


def unknown(gateway: Gateway, job_id: str) -> NoReturn:
    """Raise JobNotFound for a job that neither Livy nor YARN knows."""
    raise JobNotFound(f"neither Livy nor YARN at {gateway.endpoint} knows the job {job_id!r}", "launcher runs")


def kill(gateway: Gateway, application: Application) -> None:
    """Ask YARN for an application's end."""
    response = gateway.put(f"{APPLICATIONS}/{application['id']}/state", {"state": "KILLED"})
    if response.is_error:
        hint = f"on the cluster: yarn application -kill {application['id']}"
        raise BackendUnavailable(f"YARN refuses to end {application['id']}: {message(response)}", hint)


def word(application: Application) -> str:
    """Give YARN's word: how an ended application ended, else its state."""
    return str(application["finalStatus" if application["state"] in YARN_ENDED else "state"])


def _required(gateway: Gateway, path: str, **query: str | int) -> Mapping[str, Any]:
    found = gateway.get(path, **query)
    if found is None:
        raise ConfigError(f"the endpoint has no {path}: it is no HDInsight cluster with Spark", "correct endpoint")
    return found


def _started(application: Application) -> int:
    return int(application.get("startedTime", 0))
