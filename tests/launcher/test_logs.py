"""Lines out of chunks, safe to print."""

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launcher.logs import LONGEST_LINE, Tail
from launcher.records import Records
from launcher.storage import Storage
from launcher.visible import visible

RUN = "selftest-20260101-000000-abcd"


def tail_of(name: str, *chunks: bytes) -> Tail:
    storage = Storage(f"memory://{name}")
    for number, chunk in enumerate(chunks, 1):
        storage.put(f"runs/{RUN}/log/driver-{number:06d}.txt", chunk)
    return Tail(Records(storage), RUN)


def test_a_line_that_is_cut_between_chunks_is_whole(tmp_path: Path) -> None:
    assert list(tail_of(str(tmp_path), b"one\ntw", b"o\nthr", b"ee").last()) == ["one", "two", "three"]


def test_a_character_that_is_cut_between_chunks_is_whole(tmp_path: Path) -> None:
    text = "größe\n".encode()
    assert list(tail_of(str(tmp_path), text[:3], text[3:]).last()) == ["größe"]


def test_an_unfinished_line_waits_for_its_end(tmp_path: Path) -> None:
    tail = tail_of(str(tmp_path), b"one\ntwo")
    assert list(tail.new()) == ["one"]
    assert list(tail.last()) == ["two"]


def test_line_ends_of_dos_are_line_ends(tmp_path: Path) -> None:
    assert list(tail_of(str(tmp_path), b"one\r\ntwo\r\n").last()) == ["one", "two"]


def test_nothing_is_given_twice(tmp_path: Path) -> None:
    tail = tail_of(str(tmp_path), b"one\n")
    assert [*tail.new(), *tail.new(), *tail.last()] == ["one"]


def test_a_line_without_end_does_not_fill_the_memory(tmp_path: Path) -> None:
    pieces = list(tail_of(str(tmp_path), b"x" * (3 * LONGEST_LINE)).new())
    assert max(map(len, pieces)) == LONGEST_LINE


@pytest.mark.parametrize(
    ("raw", "seen"),
    [
        ("plain äöü \t tab", "plain äöü \t tab"),
        ("\x1b[2J", r"\x1b[2J"),
        ("a\rb", r"a\x0db"),
        ("left\u202eright", r"left\u202eright"),
        ("\x9b31m", r"\x9b31m"),
    ],
)
def test_what_a_terminal_would_obey_is_written_out(raw: str, seen: str) -> None:
    assert visible(raw) == seen


@given(st.text())
def test_no_text_keeps_a_control_character(text: str) -> None:
    left = {unicodedata.category(character) for character in visible(text).replace("\n", "").replace("\t", "")}
    assert not left & {"Cc", "Cs"}
