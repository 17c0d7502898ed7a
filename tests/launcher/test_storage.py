"""The storage module, over every client that is installed."""

import threading
from pathlib import Path

import pytest

from launcher.errors import ConfigError, ObjectExists, ObjectNotFound, StorageError
from launcher.retrying import TRIES, retried
from launcher.storage import Storage, local_path

AWKWARD = "a b/ü %20 # ?.json"


@pytest.fixture(params=["file", "memory"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    return Storage(f"file://{tmp_path}/a folder" if request.param == "file" else f"memory://{tmp_path.name}")


def test_what_is_put_is_got(storage: Storage) -> None:
    storage.put("a/b", b"1")
    storage.put("a/b", b"2")
    assert storage.get("a/b") == b"2"


def test_create_never_overwrites(storage: Storage) -> None:
    storage.create("a/b", b"1")
    with pytest.raises(ObjectExists):
        storage.create("a/b", b"2")
    assert storage.get("a/b") == b"1"


def test_of_many_creators_exactly_one_wins(storage: Storage) -> None:
    won: list[int] = []

    def create(number: int) -> None:
        try:
            storage.create("claim", str(number).encode())
            won.append(number)
        except ObjectExists:
            return

    threads = [threading.Thread(target=create, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert storage.get("claim") == str(won[0]).encode()
    assert len(won) == 1


def test_what_is_absent_is_not_found_or_none(storage: Storage) -> None:
    with pytest.raises(ObjectNotFound, match="nope"):
        storage.get("nope")
    assert storage.get_or_none("nope") is None
    assert not storage.exists("nope")
    storage.delete("nope")


def test_folders_and_objects_are_listed_in_order(storage: Storage) -> None:
    for name in ("runs/b/1", "runs/a/2", "runs/a/1", "runs/c"):
        storage.put(name, b"")
    assert storage.folders("runs") == ["a", "b"]
    assert storage.objects("runs/a") == ["runs/a/1", "runs/a/2"]
    assert storage.folders("nowhere") == storage.objects("nowhere") == []


def test_many_are_read_in_order(storage: Storage) -> None:
    names = [f"n/{number}" for number in range(50)]
    for name in names[::2]:
        storage.put(name, name.encode())
    assert list(storage.get_many(names)) == [n.encode() if at % 2 == 0 else None for at, n in enumerate(names)]


def test_a_local_file_is_uploaded_whole(storage: Storage, tmp_path: Path) -> None:
    file = tmp_path / "large.bin"
    file.write_bytes(bytes(range(256)) * 80_000)
    storage.upload("data/large.bin", file)
    assert storage.get("data/large.bin") == file.read_bytes()


def test_names_with_odd_characters_are_kept(tmp_path: Path) -> None:
    Storage(f"file://{tmp_path}").put("a b/ü#.json", b"1")
    assert (tmp_path / "a b" / "ü#.json").read_bytes() == b"1"


@pytest.mark.parametrize("name", ["with space", "percent %20 sign", "hash#mark", "question?mark", "ünicode"])
def test_a_root_means_the_same_folder_to_us_as_to_hadoop(tmp_path: Path, name: str) -> None:
    assert local_path(f"file://{tmp_path}/{name}") == tmp_path / name


def test_a_root_that_is_a_file_is_explained(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(StorageError, match="a file, not a folder"):
        Storage(str(tmp_path / "file" / "below")).put("x", b"")


def test_a_scheme_without_a_client_is_explained() -> None:
    with pytest.raises(ConfigError, match="gopher"):
        Storage("gopher://x").get("y")


def test_a_passing_fault_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    assert retried(Failing(2, ConnectionResetError())) == "done"


def test_a_fault_that_stays_is_raised_after_a_few_tries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    call = Failing(100, ConnectionResetError())
    with pytest.raises(ConnectionResetError):
        retried(call)
    assert call.count == TRIES


def test_an_answer_is_not_asked_for_twice() -> None:
    call = Failing(1, PermissionError())
    with pytest.raises(PermissionError):
        retried(call)


class Failing:
    """Raises an error the first few times; counts its calls."""

    def __init__(self, times: int, error: Exception) -> None:
        self.count, self._times, self._error = 0, times, error

    def __call__(self) -> str:
        self.count += 1
        if self.count <= self._times:
            raise self._error
        return "done"
