"""What a folder as a store promises beyond the others: whole files, no litter, the system's errors in words."""

import os
from pathlib import Path

import pytest

from launcher.errors import StorageError
from launcher.storage import Storage


def test_a_dry_run_makes_no_folder(tmp_path: Path) -> None:
    Storage(f"file://{tmp_path}/staging").uri("runs")
    assert list(tmp_path.glob("staging")) == []


def test_a_root_that_is_a_file_is_explained(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    for root in ("file", "file/below"):
        with pytest.raises(StorageError, match="cannot write x: a part of the path is a file, not a folder"):
            Storage(str(tmp_path / root)).put("x", b"")


def test_a_name_below_an_object_is_explained(tmp_path: Path) -> None:
    storage = Storage(str(tmp_path))
    storage.put("a", b"")
    for write in (storage.put, storage.create):
        with pytest.raises(StorageError, match="a part of the path is a file"):
            write("a/b", b"")


def test_a_draft_that_a_killed_launcher_left_is_no_object(tmp_path: Path) -> None:
    (tmp_path / ".upload-0123").write_bytes(b"ha")
    assert Storage(str(tmp_path)).objects("") == []


def test_a_write_that_fails_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "x" / "a").mkdir(parents=True)
    storage = Storage(str(tmp_path / "x"))
    with pytest.raises(StorageError, match="a folder has that name"):
        storage.put("a", b"1")
    assert [path.name for path in (tmp_path / "x").iterdir()] == ["a"]


def test_a_name_that_is_too_long_is_explained(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="the path is too long"):
        Storage(str(tmp_path)).put("x" * 300, b"")


def test_an_overwritten_file_is_whole_at_every_moment(tmp_path: Path) -> None:
    storage = Storage(str(tmp_path))
    storage.put("x", b"1" * 100_000)
    seen = os.open(tmp_path / "x", os.O_RDONLY)
    storage.put("x", b"2")
    assert os.read(seen, 200_000) == b"1" * 100_000
    os.close(seen)
