"""What is peculiar to HDInsight, over a scripted Livy."""

import json
import re
import time
import zipfile
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

import pytest

from launcher import embedded, runs
from launcher.apis import livy
from launcher.apis.livy_verdict import STATES, YARN_STATES
from launcher.backends import hdinsight
from launcher.backends.hdinsight import HDInsight
from launcher.errors import BackendUnavailable, JobNotFound, JobRejected
from launcher.model import JobSpec, JobState
from launcher.records import Records
from launcher.runs import Cloud
from launcher.storage import Storage
from rehearsal import parts
from rehearsal.chaos import Chaos
from tests.rigs.hdinsight import Witness, say, scripted

Serve = Callable[..., tuple[HDInsight, Witness]]


@pytest.fixture
def serve(tmp_path: Path) -> Generator[Serve]:
    """Serve a scripted Livy, whose jobs begin at once, until the test ends."""
    opened: list[AbstractContextManager[tuple[HDInsight, Witness]]] = []

    def start(*, chaos: Chaos | None = None, **options: object) -> tuple[HDInsight, Witness]:
        opened.append(scripted(tmp_path / "staging", chaos, **{"startup": 0.0, **options}))  # pyright: ignore[reportArgumentType] -- as they come
        return opened[-1].__enter__()

    yield start
    for context in opened:
        context.__exit__(None, None, None)


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hdinsight, "PATIENCE", 0.3)
    monkeypatch.setattr(hdinsight, "NAMELESS", 0.6)
    monkeypatch.setattr(hdinsight, "PAUSE", 0.05)


def submitted(backend: HDInsight, *args: str) -> str:
    return runs.submit(cloud(backend), plan(backend, *args)).job_id


def plan(backend: HDInsight, *args: str) -> runs.Submission:
    return runs.planned(cloud(backend), JobSpec(workload="selftest", args=args))


def cloud(backend: HDInsight) -> Cloud:
    storage = Storage(backend.staging)
    return Cloud(name="it", kind="hdinsight", backend=backend, storage=storage, records=Records(storage))


def body(backend: HDInsight, name: str = "selftest-20261124-101530-4f2a") -> dict[str, object]:
    return {
        "file": f"{backend.staging.removeprefix('file://')}/main.py",
        "name": name,
        "conf": {"spark.yarn.tags": name},
    }


def state(backend: HDInsight, job_id: str) -> tuple[JobState, str]:
    status = backend.status(job_id)
    return status.state, status.native


def test_the_states_are_those_of_livys_own_class() -> None:
    with zipfile.ZipFile(next(parts.ensure("livy").glob("livy-core_*.jar"))) as jar:
        found = [re.fullmatch(r".*/SessionState\$([A-Z]\w+)\$\.class", name) for name in jar.namelist()]
    words = {re.sub(r"(?<!^)(?=[A-Z])", "_", match[1]).lower() for match in found if match}
    assert set(STATES) == words


def test_the_words_of_yarn_are_those_of_its_own_classes() -> None:
    records = "org/apache/hadoop/yarn/api/records"
    with zipfile.ZipFile(next((embedded.spark().home / "jars").glob("hadoop-client-api-*.jar"))) as jar:
        constants = [
            set(re.findall(rb"\x01\x00.([A-Z][A-Z_]+)(?=[\x00-\x20])", jar.read(f"{records}/{name}.class"), re.DOTALL))
            for name in ("YarnApplicationState", "FinalApplicationStatus")
        ]
    states, ends = (
        {word.decode() for word in words} & (set(YARN_STATES) | livy.YARN_ENDED | {"UNDEFINED"}) for words in constants
    )
    assert (states - livy.YARN_ENDED) | (ends - {"UNDEFINED"}) == set(YARN_STATES)


def test_the_job_id_is_the_batch_and_the_run(serve: Serve) -> None:
    backend, _ = serve()
    first, second = submitted(backend), submitted(backend)
    assert [job_id.partition(":")[0] for job_id in (first, second)] == ["0", "1"]
    assert backend.find(second.partition(":")[2]) == second


@pytest.mark.parametrize("version", ["0.7", "0.5"])
def test_a_repeat_finds_the_first_batch(serve: Serve, version: str) -> None:
    backend, witness = serve(version=version)
    intent = plan(backend, "--sleep", "60")
    cloud(backend).records.intend(intent)
    request = backend.request(intent.spec, intent.run)
    assert backend.submit(request) == backend.submit(request)
    assert witness.executions() == [intent.run.run_id]


def test_a_batch_that_the_list_lacks_is_waited_for(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hdinsight, "PATIENCE", 10.0)
    backend, _ = serve(chaos=Chaos(1, {"stale": 1.0}), startup=60.0)
    job_id = backend.submit(body(backend))
    assert backend.find("selftest-20261124-101530-4f2a") == job_id


def test_none_is_believed_after_a_while_only(serve: Serve) -> None:
    backend, _ = serve()
    began = time.monotonic()
    assert backend.find("selftest-20261124-101530-4f2a") is None
    assert time.monotonic() - began >= 0.3


def test_a_run_that_livy_has_forgotten_is_found_in_yarn(serve: Serve) -> None:
    backend, witness = serve()
    run_id = submitted(backend).partition(":")[2]
    witness.livy.forget_all()
    assert backend.find(run_id) == f":{run_id}"
    assert state(backend, f":{run_id}") == (JobState.SUCCEEDED, "SUCCEEDED")
    assert list(backend.logs(f":{run_id}")) == []


def test_a_livy_without_names_has_a_batch_told_by_yarn(serve: Serve) -> None:
    backend, _ = serve(version="0.5")
    job_id = submitted(backend, "--sleep", "60")
    assert backend.find(job_id.partition(":")[2]) == job_id
    assert state(backend, job_id) == (JobState.RUNNING, "RUNNING")


def test_a_livy_without_names_ends_our_batch_and_no_other(serve: Serve) -> None:
    backend, witness = serve(version="0.5")
    first = submitted(backend, "--sleep", "60")
    assert "stdout: " in list(backend.logs(first))
    witness.livy.forget_all()
    second = submitted(backend, "--sleep", "60")
    backend.cancel(first)
    assert state(backend, first) == (JobState.CANCELLED, "KILLED")
    assert backend.statuses([first, second])[second].state is JobState.RUNNING
    backend.cancel(second)
    assert state(backend, second) == (JobState.CANCELLED, "KILLED")


def test_a_livy_without_names_cannot_tell_while_yarn_lacks_a_batch(serve: Serve) -> None:
    backend, _ = serve(version="0.5", startup=60.0)
    backend.submit(body(backend))
    with pytest.raises(BackendUnavailable, match="without a name"):
        backend.find("selftest-20261124-101530-0000")


def test_a_success_that_yarn_calls_a_failure_is_a_failure(serve: Serve) -> None:
    backend, _ = serve(chaos=Chaos(1, {"lie": 1.0}))
    job_id = submitted(backend, "--exit", "3")
    assert state(backend, job_id) == (JobState.FAILED, "FAILED")
    assert "status 3" in backend.status(job_id).message


def test_what_both_have_forgotten_is_not_found(serve: Serve) -> None:
    backend, _ = serve(chaos=Chaos(1, {"forget": 1.0}))
    job_id = submitted(backend)
    with pytest.raises(JobNotFound):
        backend.status(job_id)
    assert backend.statuses([job_id]) == {}


def test_another_batch_under_a_number_that_is_used_again_is_not_taken_for_ours(serve: Serve) -> None:
    backend, witness = serve()
    first = submitted(backend)
    witness.livy.forget_all()
    second = submitted(backend, "--sleep", "60")
    assert (first[:2], second[:2]) == ("0:", "0:")
    assert state(backend, first) == (JobState.SUCCEEDED, "SUCCEEDED")
    backend.cancel(first)
    assert state(backend, second) == (JobState.RUNNING, "running")


@pytest.mark.parametrize("chaos", [None, Chaos(1, {"truncate": 1.0}, budget=1000)], ids=["whole pages", "short pages"])
def test_many_batches_are_read_page_by_page(serve: Serve, chaos: Chaos | None) -> None:
    backend, _ = serve(chaos=chaos)
    jobs = [backend.submit(body(backend, f"selftest-20261124-101530-{n:04x}")) for n in range(15)]
    assert list(backend.statuses(jobs)) == jobs
    assert {status.state for status in backend.statuses(jobs).values()} == {JobState.SUCCEEDED}


def test_the_log_is_read_page_by_page(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(livy, "PAGE", 2)
    backend, _ = serve()
    job_id = submitted(backend, "--exit", "3")
    lines = list(backend.logs(job_id))
    assert lines[0] == "stdout: "
    assert lines[-1] == "User application exited with status 3"


def test_cancel_deletes_the_batch_and_yarn_says_killed(serve: Serve) -> None:
    backend, witness = serve()
    job_id = submitted(backend, "--sleep", "60")
    backend.cancel(job_id)
    assert state(backend, job_id) == (JobState.CANCELLED, "KILLED")
    assert witness.truth(job_id.partition(":")[2]) is JobState.CANCELLED


def test_cancel_leaves_an_ended_batch_where_it_is(serve: Serve) -> None:
    backend, _ = serve()
    job_id = submitted(backend, "--exit", "3")
    backend.cancel(job_id)
    assert state(backend, job_id) == (JobState.FAILED, "dead")


def test_cancel_of_what_livy_has_forgotten_ends_the_application(serve: Serve) -> None:
    backend, witness = serve()
    job_id = submitted(backend, "--sleep", "60")
    witness.livy.forget_all()
    assert state(backend, job_id) == (JobState.RUNNING, "RUNNING")
    backend.cancel(job_id)
    assert state(backend, job_id) == (JobState.CANCELLED, "KILLED")


def test_a_word_of_livy_that_nobody_knows_is_unknown(serve: Serve) -> None:
    backend, witness = serve()
    job_id = submitted(backend, "--sleep", "60")
    say(witness.url, job_id, "levitating")
    assert state(backend, job_id) == (JobState.UNKNOWN, "levitating")


def test_a_refused_batch_leaves_nothing_behind(serve: Serve) -> None:
    backend, _ = serve()
    request = {**body(backend), "file": "/etc/passwd"}
    with pytest.raises(JobRejected, match="cannot be added to user sessions") as error:
        backend.submit(request)
    assert "abfs://" in error.value.hint
    assert backend.find(str(request["name"])) is None
    with backend._gateway() as gateway:  # noqa: SLF001 -- nothing else asks for all batches
        assert livy.batches(gateway) == []


def test_a_name_that_yarn_would_not_take_is_refused_before_anything_is_sent(serve: Serve) -> None:
    backend, _ = serve()
    long = plan(backend)
    with pytest.raises(JobRejected, match="no name for a YARN application"):
        backend.request(long.spec, replace(long.run, run_id=f"selftest{'-long' * 20}"))


def test_no_password_is_in_the_request(serve: Serve) -> None:
    backend, _ = serve()
    one = plan(backend)
    assert "correct horse" not in json.dumps(backend.request(one.spec, one.run))
