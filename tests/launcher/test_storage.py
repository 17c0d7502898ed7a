"""The storage's promises, over every store; the cloud's ones are kept by real servers."""

import hashlib
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from launcher.errors import ObjectExists, ObjectNotFound, StorageError
from launcher.storage import Storage
from tests.launcher.servers import REAL, SERVERS, Server

AWKWARD = "a b/ü %20 # ?+&='\"~.json"
RACERS = 16
MORE_THAN_A_PAGE = 1_100
MEGABYTE = 1024 * 1024


@pytest.fixture(
    scope="module",
    params=[pytest.param(name, marks=pytest.mark.parts) if name in REAL else name for name in SERVERS],
)
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with SERVERS[request.param](tmp_path_factory.mktemp(request.param)) as server:
        yield server


@pytest.fixture
def storage(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Storage:
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    return Storage(f"{server.root}/{hashlib.sha256(str(tmp_path).encode()).hexdigest()[:8]}")


def test_what_is_put_is_got(storage: Storage) -> None:
    storage.put("a/b", b"1")
    storage.put("a/b", b"2")
    assert storage.get("a/b") == b"2"


def test_an_empty_object_is_an_object(storage: Storage) -> None:
    storage.create("empty", b"")
    assert (storage.get("empty"), storage.exists("empty")) == (b"", True)
    with pytest.raises(ObjectExists):
        storage.create("empty", b"")


def test_create_never_overwrites(storage: Storage) -> None:
    storage.create("a/b", b"1")
    with pytest.raises(ObjectExists, match="a/b"):
        storage.create("a/b", b"2")
    assert storage.get("a/b") == b"1"


def test_of_many_creators_exactly_one_wins(storage: Storage) -> None:
    start = threading.Barrier(RACERS)

    def create(number: int) -> bool:
        start.wait()
        try:
            storage.create("claim", str(number).encode())
        except ObjectExists:
            return False
        return True

    with ThreadPoolExecutor(RACERS) as pool:
        won = [number for number, first in enumerate(pool.map(create, range(RACERS))) if first]
    assert won == [int(storage.get("claim"))]


def test_the_store_creates_only_where_nothing_is(storage: Storage) -> None:
    storage.require_create_only()
    assert storage.objects("") == []


def test_what_is_absent_is_not_found_or_none(storage: Storage) -> None:
    with pytest.raises(ObjectNotFound, match="nope"):
        storage.get("nope")
    assert storage.get_or_none("nope") is None
    assert not storage.exists("nope")
    storage.delete("nope")


def test_what_is_deleted_is_gone(storage: Storage) -> None:
    storage.put("a", b"1")
    storage.delete("a")
    assert storage.get_or_none("a") is None


def test_folders_and_objects_are_listed_in_order(storage: Storage) -> None:
    for name in ("runs/b/1", "runs/a/2", "runs/a/1", "runs/ab/3", "runs/c"):
        storage.put(name, b"")
    assert storage.folders("runs") == ["a", "ab", "b"]
    assert storage.objects("runs/a") == ["runs/a/1", "runs/a/2"]
    assert storage.folders("nowhere") == storage.objects("nowhere") == []
    assert storage.folders("") == ["runs"]


def test_a_listing_of_more_than_a_page_is_complete(storage: Storage) -> None:
    names = [f"many/{number:04d}/x" for number in range(MORE_THAN_A_PAGE)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: storage.put(name, b""), names))
    assert storage.objects("many") == names
    assert storage.folders("many") == [name.split("/")[1] for name in names]


def test_many_are_read_in_order(storage: Storage) -> None:
    names = [f"n/{number}" for number in range(50)]
    for name in names[::2]:
        storage.put(name, name.encode())
    assert list(storage.get_many(names)) == [n.encode() if at % 2 == 0 else None for at, n in enumerate(names)]


def test_a_large_file_is_uploaded_whole_and_over_an_older_one(storage: Storage, tmp_path: Path) -> None:
    file = tmp_path / "large.bin"
    file.write_bytes(bytes(range(256)) * (20 * MEGABYTE // 256) + b"tail")
    storage.put("data/large.bin", b"older")
    storage.upload("data/large.bin", file)
    assert storage.get("data/large.bin") == file.read_bytes()


def test_a_reader_never_sees_a_part_of_an_upload(storage: Storage, tmp_path: Path) -> None:
    file = tmp_path / "large.bin"
    file.write_bytes(b"x" * 20 * MEGABYTE)
    seen: set[int] = set()
    with ThreadPoolExecutor(1) as pool:
        uploading = pool.submit(storage.upload, "large.bin", file)
        while not uploading.done():
            seen.add(len(storage.get_or_none("large.bin") or b""))
    uploading.result()
    assert seen <= {0, 20 * MEGABYTE}


def test_an_empty_file_is_uploaded(storage: Storage, tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    storage.upload("empty", tmp_path / "empty")
    assert storage.get("empty") == b""


def test_a_file_that_is_not_there_is_explained(storage: Storage, tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="nope: No such file"):
        storage.upload("x", tmp_path / "nope")


def test_names_with_odd_characters_are_kept(storage: Storage) -> None:
    storage.put(AWKWARD, b"1")
    assert storage.get(AWKWARD) == b"1"
    assert storage.objects("a b") == [AWKWARD]
    assert storage.folders("") == ["a b"]


def test_another_storage_on_the_same_root_sees_the_same(storage: Storage) -> None:
    storage.put("a", b"1")
    assert Storage(storage.root + "/").get("a") == b"1"
