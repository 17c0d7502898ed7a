"""Whether anybody still waits for a run, as its job sees it in the run directory."""

import json
from pathlib import Path
from typing import Any

import pytest

from jobs import receipt


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    (tmp_path / "intent.json").write_text("{}", encoding="utf-8")
    return tmp_path


def accepted(directory: Path, *, cancelled_at: str) -> None:
    record = json.dumps({"cancel_requested_at": cancelled_at})
    (directory / "submission.json").write_text(record, encoding="utf-8")


def test_a_run_that_is_not_accepted_yet_is_wanted(spark: Any, directory: Path) -> None:
    assert not receipt.given_up(spark, f"file://{directory}")


def test_an_accepted_run_is_wanted(spark: Any, directory: Path) -> None:
    accepted(directory, cancelled_at="")
    assert not receipt.given_up(spark, f"file://{directory}")


def test_a_run_whose_end_was_asked_for_is_not(spark: Any, directory: Path) -> None:
    accepted(directory, cancelled_at="2026-11-24T12:00:00+00:00")
    assert "cancelled" in receipt.given_up(spark, f"file://{directory}")


def test_a_settled_run_is_not(spark: Any, directory: Path) -> None:
    (directory / "outcome.json").write_text("{}", encoding="utf-8")
    assert "settled" in receipt.given_up(spark, f"file://{directory}")


def test_a_run_whose_directory_was_removed_is_not(spark: Any, tmp_path: Path) -> None:
    assert "removed" in receipt.given_up(spark, f"file://{tmp_path}/gone")
