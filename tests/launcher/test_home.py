from pathlib import Path

import pytest

from launcher import home


def test_the_environment_names_the_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIRESTEEL_HOME", str(tmp_path / "chosen"))
    assert home.home() == tmp_path / "chosen"


def test_a_relative_home_is_taken_from_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FIRESTEEL_HOME", "chosen")
    assert home.home() == tmp_path / "chosen"


def test_a_checkout_keeps_everything_in_its_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FIRESTEEL_HOME")
    assert home.home() == Path(__file__).parents[2] / ".venv" / "firesteel"


def test_the_cache_is_below_the_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIRESTEEL_HOME", str(tmp_path))
    assert home.cache() == tmp_path / "cache"
