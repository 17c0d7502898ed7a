"""HDInsight: the rehearsal cloud `azure` with its real Livy, or a scripted Livy with jobs by the clock."""

import hashlib
import json
import os
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

import httpx

from launcher.apis.gateway import PASSWORD
from launcher.backend import Request
from launcher.backends import hdinsight as backends
from launcher.backends.hdinsight import HDInsight
from launcher.model import JobState
from rehearsal import azure, processes
from rehearsal.chaos import Chaos
from rehearsal.livy_answers import faulty
from rehearsal.livy_faults import LivyFaults
from rehearsal.livy_scripted import ScriptedLivy
from rehearsal.runners import Fate, ScriptedRunner
from rehearsal.serving import served
from rehearsal.wire import WireChaos

TRUTH = {"succeeded": JobState.SUCCEEDED, "failed": JobState.FAILED, "killed": JobState.CANCELLED}
USER, SECRET = "admin", "correct horse"
STARTUP = 2.0  # seconds from a job's submission to its first act
LATE = (1.0, 40.0)  # seconds that a receipt may come after the job's end
NO_FAULTS = "seed=0,slow=0"
# Where a process of a test finds the cloud that its parent has started.
KEYS, PROXY = "HDINSIGHT_RIG_KEYS", "HDINSIGHT_RIG_PROXY"


@dataclass(frozen=True, slots=True, kw_only=True)
class Witness:
    """What the scripted Livy can tell that its API does not."""

    livy: ScriptedLivy
    runner: ScriptedRunner
    url: str

    def executions(self) -> list[str]:
        """The run ids of the jobs that began to work, in that order."""
        return [run_id for _, run_id in self._executed()]

    def truth(self, run_id: str) -> JobState | None:
        """What really became of a run; None when its job never came to work, and nobody ended it before."""
        worked = [job for job, executed in self._executed() if executed == run_id]
        ended = [job for job in self.livy.jobs(run_id) if self.runner.word(job) == "killed"]
        return next((TRUTH.get(self.runner.word(job)) for job in (*worked, *ended)), None)

    def _executed(self) -> list[tuple[str, str]]:
        path = self.runner.folder / "executions"
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        return [(words[0], words[1]) for words in map(str.split, lines)]


@contextmanager
def scripted(
    folder: Path, chaos: Chaos | None = None, *, version: str = "0.7", startup: float = STARTUP, forgets: float = 600.0
) -> Generator[tuple[HDInsight, Witness]]:
    """Serve a scripted Livy for the length of a block; ``folder`` is the staging, and on Livy's whitelist."""
    private = folder / "service"
    private.mkdir(parents=True)
    runner = ScriptedRunner(private, fate=lambda name: _fate(name, chaos), startup=startup, now=_monotonic)
    livy = ScriptedLivy(
        runner, user=USER, password=SECRET, version=version, local_folders=(str(folder),), forgets=forgets
    )
    faults = chaos or Chaos(0, {})
    app = WireChaos(LivyFaults(livy, faults), faults, faulty)
    with served(app) as url, mock.patch.dict(os.environ, {PASSWORD: SECRET}):
        yield hdinsight(f"file://{folder}", url), Witness(livy=livy, runner=runner, url=url)


def hdinsight(staging: str, endpoint: str) -> HDInsight:
    return HDInsight(
        staging=staging,
        endpoint=endpoint,
        user=USER,
        subscription="00000000-0000-0000-0000-000000000000",
        resource_group="group",
        cluster_name="spark",
        python="/usr/bin/miniforge/envs/py38/bin/python",
        spark="3.3.1",
    )


class Unreachable(HDInsight):
    """Submits to an address where nobody listens."""

    def submit(self, request: Request) -> str:
        dead = hdinsight(self.staging, f"https://127.0.0.1:{processes.free_port()}")
        return dead.submit(request)


class HDInsightRig:
    """The rehearsal cloud `azure`, while ``running``; a folder of a test is a staging of its own in the container."""

    name = "hdinsight"
    unmapped = "levitating"

    @contextmanager
    def running(self, folder: Path) -> Generator[None]:
        """Start the cloud for the length of a block, in an empty folder, with a proxy that reports what it is told."""
        try:
            up = azure.up(folder, NO_FAULTS)
            port = json.loads((folder / "chaos.json").read_text(encoding="utf-8"))["port"]
            ours = {KEYS: json.dumps(dict(up.cluster)), PROXY: f"http://127.0.0.1:{port}"}
            with mock.patch.dict(os.environ, {**up.env, **ours}), mock.patch.object(backends, "PATIENCE", 2.0):
                yield
        finally:
            processes.stop(folder)

    def open(self, folder: Path) -> HDInsight:
        return HDInsight(**_keys(folder))

    def unreachable(self, folder: Path) -> HDInsight:
        return Unreachable(**_keys(folder))

    def say(self, folder: Path, job_id: str, word: str) -> None:
        del folder  # there is one service for all
        say(os.environ[PROXY], job_id, word)

    def secrets(self) -> list[str]:
        connection = dict(
            part.split("=", 1) for part in os.environ["AZURE_STORAGE_CONNECTION_STRING"].split(";") if part
        )
        return [os.environ[PASSWORD], os.environ["AZURE_CLIENT_SECRET"], connection["AccountKey"]]


def say(url: str, job_id: str, word: str) -> None:
    """Make the service report a state for a batch that has not ended."""
    httpx.post(f"{url}/_rehearsal/say", json={"job": job_id, "word": word}, trust_env=False).raise_for_status()


def _keys(folder: Path) -> dict[str, str]:
    keys = {name: word for name, word in json.loads(os.environ[KEYS]).items() if name not in {"kind", "expires_at"}}
    digest = hashlib.sha256(str(folder).encode()).hexdigest()[:16]
    return {**keys, "staging": f"{keys['staging']}/{digest}"}


def _fate(name: str, chaos: Chaos | None) -> Fate:
    if chaos is None:
        return Fate()
    late = chaos.amount("late_receipt", *LATE, name) if chaos.strikes("late_receipt", name) else 0.0
    return Fate(receipt_delay=late, no_receipt=chaos.strikes("no_receipt", name))


def _monotonic() -> float:
    return time.monotonic()  # looked up at each call: a story that is told by the clock replaces it
