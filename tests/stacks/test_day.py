"""A workshop's day on a rehearsal cloud, its YARN included, from nothing to nothing; and what it lets out."""

import json
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import psutil
import pytest

from rehearsal import aws, gcp, processes
from rehearsal.clouds import Cloud
from rehearsal.emr import Service
from rehearsal.runners import ScriptedRunner
from tests.homes import home_below
from tests.stacks.conftest import ROOT, Account, AwsAccount, account_of
from tests.stacks.gcp_account import GcpAccount

pytestmark = pytest.mark.parts


def aws_of(folder: Path, **about: Any) -> Account:
    return AwsAccount(service=Service(ScriptedRunner(folder), {}), **about)


CLOUDS: dict[str, tuple[Cloud, Callable[..., Account]]] = {
    "emr": (aws, aws_of),
    "dataproc": (gcp, lambda _folder, **about: GcpAccount(**about)),
}


@pytest.fixture(params=["emr", pytest.param("dataproc", marks=pytest.mark.long)])
def rehearsed(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Account]:
    """The whole rehearsal cloud of a kind."""
    (cloud, made), folder, names = CLOUDS[request.param], tmp_path / "cloud", list[str]()
    folder.mkdir()
    (tmp_path / "machine").mkdir()
    try:
        up = cloud.up(folder, None)
        variables = up.environment({"PATH": os.environ["PATH"]})
        yield made(tmp_path, home=home_below(tmp_path / "machine"), variables=variables, names=names)
    finally:
        processes.stop(folder)
        for name in names:
            (ROOT / f"Pulumi.{name}.yaml").unlink(missing_ok=True)


@contextmanager
def watched(found: set[str]) -> Iterator[None]:
    """Collect the command lines of all processes, as often as it goes."""
    over = threading.Event()

    def look() -> None:
        while not over.is_set():
            for process in psutil.process_iter():
                with suppress(psutil.Error):
                    found.add(" ".join(process.cmdline()))
            time.sleep(0.2)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@pytest.mark.timeout(900)
def test_from_nothing_to_nothing_and_no_secret_gets_out(rehearsed: Account, tmp_path: Path) -> None:
    name, seen, said = rehearsed.name(), set[str](), list[str]()
    with watched(seen):
        up = rehearsed.launch("up", "--cloud", name, *rehearsed.kind, "--set", f"python={sys.executable}", "--json")
        assert up.code == 0, up.err
        run = rehearsed.launch("submit", "kmeans", "--cloud", name, "--input", "uber", "--json", "--", "--k", "3")
        assert (run.code, run.json["state"]) == (0, "SUCCEEDED"), run.err
        moved = rehearsed.launch("extend", "--cloud", name, "--for", "5h", "--json")
        assert moved.code == 0, moved.err
        down = rehearsed.launch("down", "--cloud", name, "--yes", "--keep-runs", str(tmp_path / "kept"), "--json")
        assert down.code == 0, down.err
        said += [answer.out + answer.err for answer in (up, run, moved, down)]
    assert down.json["left"] == []
    assert rehearsed.things(name) == {}
    kept = tmp_path / "kept" / run.json["handle"].partition("/")[2]
    assert json.loads((kept / "metrics.json").read_text(encoding="utf-8")) == run.json["metrics"]

    passphrase = rehearsed.home / "stacks" / "passphrase"
    secrets = [*rehearsed.secrets, passphrase.read_text(encoding="utf-8")]
    written = [path for folder in (rehearsed.home / "stacks", tmp_path / "kept") for path in folder.rglob("*")]
    texts = [
        path.read_text(encoding="utf-8", errors="replace") for path in written if path.is_file() and path != passphrase
    ]
    assert [text[:200] for text in [*seen, *said, *texts] if any(secret in text for secret in secrets)] == []
    assert passphrase.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("kind", CLOUDS)
def test_the_provider_ends_the_cluster_when_everything_of_ours_is_gone(kind: str, tmp_path: Path) -> None:
    later = timedelta()

    def clock() -> float:
        return time.time() + later.total_seconds()

    with account_of(kind, tmp_path / "cloud", clock) as found:
        name = found.name()
        assert found.launch("up", "--cloud", name, *found.kind, "--set", "idle_minutes=600").code == 0
        [cluster] = found.clusters(name)
        ours = [each for each in psutil.process_iter() if _home(each) == str(found.home)]
        assert ours == []
        later = timedelta(hours=3, minutes=50)
        time.sleep(1)
        assert not found.ended(cluster, clock())
        later = timedelta(hours=4, minutes=1)
        deadline = time.monotonic() + 30
        while not found.ended(cluster, clock()):
            assert time.monotonic() < deadline
            time.sleep(0.1)
        later = timedelta()
        down = found.launch("down", "--cloud", name, "--yes")
        assert down.code == 0, down.err
        assert found.things(name) == {}


def _home(process: psutil.Process) -> str:
    with suppress(psutil.Error):
        return process.environ().get("FIRESTEEL_HOME", "")
    return ""
