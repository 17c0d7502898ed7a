"""What every test gets: a home of its own, no configuration of the machine, one clear word about the browser."""

import os
import shutil
from pathlib import Path

import pytest

from tests.homes import home_below

# marker -> whether this machine has what its tests need
PRESENT = {
    "chromium": bool(shutil.which("chromium") or shutil.which("google-chrome")),
    "parts": all(map(shutil.which, ("go", "npm", "mvn", "java"))),
}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out, and say so in the summary, what needs a browser or builds real servers where that cannot be."""
    absent = {marker for marker, present in PRESENT.items() if not present and "CI" not in os.environ}
    without = [item for item in items if any(item.get_closest_marker(marker) for marker in absent)]
    if without:
        items[:] = [item for item in items if item not in without]
        config.hook.pytest_deselected(items=without)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home for the launcher's state that is gone after the test, and no launcher.toml from the machine."""
    where = home_below(tmp_path)
    for name in ("FIRESTEEL_CONFIG", "FIRESTEEL_CLOUD"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("FIRESTEEL_HOME", str(where))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)
    return where
