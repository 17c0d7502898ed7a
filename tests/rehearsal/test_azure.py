"""The rehearsal cloud `azure`: its real parts, and whether the scripted Livy answers as the real one does."""

import json
import ssl
import stat
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from launcher.stores.azure import open_store
from rehearsal import azure, processes
from rehearsal.clouds import Running
from rehearsal.livy_scripted import ScriptedLivy
from rehearsal.runners import ScriptedRunner
from rehearsal.serving import served
from tests.rigs.hdinsight import SECRET, USER

pytestmark = pytest.mark.parts

FILE = "abfs://cluster@firesteel.dfs.core.windows.net/main.py"
BODIES: dict[str, Any] = {
    "a local file": {"file": "/etc/passwd"},
    "a local zip": {"file": FILE, "pyFiles": ["file:///etc/passwd"]},
    "a relative file": {"file": "main.py"},
    "no file": {"args": ["x"]},
    "a name of digits": {"file": FILE, "name": "123"},
    "a URI with a space": {"file": "abfs://cluster@firesteel.dfs.core.windows.net/a b.py"},
    "an unknown field": {"file": FILE, "spark": "4"},
    "no list": {"file": FILE, "args": "x"},
    "no mapping": {"file": FILE, "conf": "x"},
    "a list": [1],
}
JSON = {"X-Requested-By": "a test", "Content-Type": "application/json"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("azure")


@pytest.fixture(scope="module")
def cloud(folder: Path) -> Generator[Running]:
    try:
        yield azure.up(folder, None)
    finally:
        processes.stop(folder)


@pytest.fixture(scope="module")
def real(cloud: Running) -> Generator[httpx.Client]:
    login = (str(cloud.cluster["user"]), cloud.env["FIRESTEEL_HDINSIGHT_PASSWORD"])
    with connected(cloud, login) as client:
        yield client


def connected(cloud: Running, login: tuple[str, str] | None) -> httpx.Client:
    trusted = ssl.create_default_context(cafile=cloud.env["SSL_CERT_FILE"])
    return httpx.Client(base_url=cloud.cluster["endpoint"], auth=login, verify=trusted)


@pytest.fixture
def fake(tmp_path: Path) -> Generator[httpx.Client]:
    livy = ScriptedLivy(ScriptedRunner(tmp_path), user=USER, password=SECRET)
    with served(livy) as url, httpx.Client(base_url=url, auth=(USER, SECRET)) as client:
        yield client


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_the_scripted_livy_refuses_what_the_real_one_refuses(real: httpx.Client, fake: httpx.Client, body: Any) -> None:
    answers = [client.post("/livy/batches", json=body, headers=JSON) for client in (real, fake)]
    assert [answer.status_code for answer in answers] == [400, 400]
    assert words(answers[0]) == words(answers[1])


def words(answer: httpx.Response) -> tuple[str, str]:
    """The kind of the answer's body and the first words of what it says."""
    body = answer.json()
    said = body["msg"] if isinstance(body, dict) else body
    return type(body).__name__, " ".join(said.split()[:3])


@pytest.mark.parametrize("path", ["/livy/batches/99", "/livy/batches/99/log", "/livy/batches/nonesuch"])
def test_both_know_nothing_of_another_batch(real: httpx.Client, fake: httpx.Client, path: str) -> None:
    assert real.get(path).json() == fake.get(path).json()


def test_both_keep_a_batch_that_they_have_refused(real: httpx.Client, fake: httpx.Client) -> None:
    kept = []
    for client in (real, fake):
        client.post("/livy/batches", json={"file": "/etc/passwd", "name": "refused"}, headers=JSON)
        listed = client.get("/livy/batches").json()["sessions"]
        kept.append(next(batch for batch in listed if batch["name"] == "refused"))
        client.delete(f"/livy/batches/{kept[-1]['id']}", headers=JSON)
    assert without_number(kept[0]) == without_number(kept[1])


def without_number(batch: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in batch.items() if name != "id"}


def test_both_want_the_header_against_forged_requests(real: httpx.Client, fake: httpx.Client) -> None:
    for client in (real, fake):
        answer = client.post("/livy/batches", json={"file": FILE})
        assert answer.status_code == 400
        assert "CSRF" in answer.text


def test_both_have_no_application_of_an_unknown_tag(real: httpx.Client, fake: httpx.Client) -> None:
    for client in (real, fake):
        assert not client.get("/yarnui/ws/v1/cluster/apps", params={"applicationTags": "nonesuch"}).json()["apps"]


def test_the_gateway_lets_nobody_in_without_the_password(cloud: Running) -> None:
    for login in (None, ("admin", "wrong")):
        with connected(cloud, login) as client:
            assert client.get("/livy/batches").status_code == 401


def test_the_gateway_has_nothing_but_livy_and_yarn(real: httpx.Client) -> None:
    assert real.get("/ambari").status_code == 404


def test_the_storage_creates_only_what_is_absent(cloud: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_STORAGE_CONNECTION_STRING", cloud.env["AZURE_STORAGE_CONNECTION_STRING"])
    store = open_store(str(cloud.cluster["staging"]))
    store.create("one", b"a")
    with pytest.raises(Exception, match="BlobAlreadyExists"):
        store.create("one", b"b")
    assert store.get("one") == b"a"


def test_secrets_are_in_files_of_the_user_alone_and_on_no_command_line(cloud: Running, folder: Path) -> None:
    names = ("FIRESTEEL_HDINSIGHT_PASSWORD", "AZURE_CLIENT_SECRET")
    secrets = [cloud.env[name] for name in names]
    secrets.append(cloud.env["AZURE_STORAGE_CONNECTION_STRING"].partition("AccountKey=")[2].partition(";")[0])
    for process in processes.living(folder):
        assert not [secret for secret in secrets if secret in " ".join(process.cmdline())]
    for path in folder.rglob("*"):
        if path.is_file() and any(secret.encode() in path.read_bytes() for secret in secrets):
            assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    assert not [secret for secret in secrets if secret in json.dumps(dict(cloud.cluster))]
