"""Azure HDInsight: batches of Livy in YARN's cluster mode, through the cluster's gateway."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from launcher.apis import livy
from launcher.apis.gateway import Gateway, host
from launcher.apis.livy_verdict import judged
from launcher.backend import Request
from launcher.errors import BackendUnavailable, JobRejected, nothing_sent
from launcher.model import JobSpec, JobStatus, Run
from launcher.spark import on_yarn, properties, yarn_arguments

LONGEST_TAG = 100  # characters, YARN's limit: the tag finds the application when Livy has forgotten the batch
PATIENCE = 30.0  # seconds until "no batch" is believed: a request may still wait for its turn in the gateway or Livy
NAMELESS = 120.0  # seconds for Livy 0.5, whose batches can be told apart only when YARN has them
PAUSE = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class HDInsight:
    """A Spark cluster of HDInsight; the job id is ``BATCH:RUN_ID``, as Livy may use its numbers again.

    ``staging`` is ``abfs[s]://CONTAINER@ACCOUNT.dfs.core.windows.net/FOLDER`` on the cluster's own storage,
    ``endpoint`` the gateway, ``user`` its login. ``subscription``, ``resource_group`` and ``cluster_name`` are for
    ``launcher doctor`` only. The password is FIRESTEEL_HDINSIGHT_PASSWORD or an entry of the system's keyring.
    """

    staging: str
    endpoint: str
    user: str
    subscription: str
    resource_group: str
    cluster_name: str
    python: str
    spark: str

    def __post_init__(self) -> None:
        """Raise ConfigError for an endpoint over which no password may go."""
        host(self.endpoint)

    def request(self, spec: JobSpec, run: Run) -> Request:
        """Build the body of POST /batches; raises JobRejected for a run id that YARN would not take as a tag."""
        if len(run.run_id) > LONGEST_TAG or not run.run_id.isascii():
            raise JobRejected(f"{run.run_id!r} is no name for a YARN application: {LONGEST_TAG} ASCII characters")
        return {
            "file": run.app.main,
            "pyFiles": list(run.app.py_files),
            "args": yarn_arguments(spec, run),
            "name": run.run_id,
            "conf": properties(spec, on_yarn(spec, run, python=self.python)),
        }

    def submit(self, request: Request) -> str:
        """Start the batch unless there is one of this run; never sends a request twice whose outcome is not known."""
        run_id = str(request["name"])
        with self._gateway() as gateway:
            number = None
            with nothing_sent():
                first = livy.find(gateway, run_id)[0]
            if first is None:
                number = livy.create(gateway, request)
                first = livy.find(gateway, run_id)[0] if number is None else f"{number}:{run_id}"
        if first is None:
            raise BackendUnavailable(f"Livy has a batch called {run_id}, but does not list it", "launcher resume")
        return first

    def find(self, run_id: str) -> str | None:
        """Give the id of the run's batch, or of its application in YARN when Livy has forgotten the batch."""
        with self._gateway() as gateway:
            return livy.find_late(gateway, run_id, patience=PATIENCE, nameless=NAMELESS, pause=PAUSE)

    def status(self, job_id: str) -> JobStatus:
        """Give Livy's word; YARN's where Livy has forgotten the batch, or says success, which it does too easily."""
        number, run_id = _parts(job_id)
        with self._gateway() as gateway:
            found = judged(gateway, {run_id: livy.batch(gateway, number, run_id)})
        return found[run_id] if run_id in found else livy.unknown(gateway, job_id)

    def statuses(self, job_ids: Sequence[str]) -> Mapping[str, JobStatus]:
        """Give the words on many jobs: one list of Livy's, and one of YARN's for those that need it."""
        asked = {job_id: _parts(job_id) for job_id in job_ids}
        if not asked:
            return {}
        with self._gateway() as gateway:
            listed = {str(batch["id"]): batch for batch in livy.batches(gateway)}
            own = {run_id: livy.own(listed.get(number), run_id) for number, run_id in asked.values()}
            found = judged(gateway, own)
        return {job_id: found[run_id] for job_id, (_, run_id) in asked.items() if run_id in found}

    def logs(self, job_id: str) -> Iterator[str]:
        """Give spark-submit's log; what YARN says of the application's end when Livy has forgotten the batch.

        The driver's own output is in the run directory: Livy does not have it.
        """
        number, run_id = _parts(job_id)
        with self._gateway() as gateway:
            batch = livy.batch(gateway, number, run_id)
            lines = livy.log(gateway, number) if batch else None
            if lines is None:
                lines = str(livy.application(gateway, job_id, run_id).get("diagnostics", "")).splitlines()
        return iter(lines)

    def cancel(self, job_id: str) -> None:
        """Delete the batch, which ends its application; end the application itself when Livy has forgotten it."""
        number, run_id = _parts(job_id)
        with self._gateway() as gateway:
            batch = livy.batch(gateway, number, run_id)
            if batch is not None:
                if batch["state"] not in livy.ENDED:
                    gateway.delete(f"{livy.BATCHES}/{number}")
                return
            application = livy.application(gateway, job_id, run_id)
            if application["state"] not in livy.YARN_ENDED:
                livy.kill(gateway, application)

    def _gateway(self) -> Gateway:
        return Gateway(self.endpoint, self.user)


def _parts(job_id: str) -> tuple[str, str]:
    number, _, run_id = job_id.partition(":")
    return number, run_id
