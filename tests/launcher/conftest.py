"""A cloud called `it`, on the scripted service, and the command line to use it with."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from launcher import backends, cli


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a command gave."""

    code: int
    out: str
    err: str


Launch = Callable[..., Answer]


@pytest.fixture
def scripted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Configure the cloud `it`, which is the default; gives its staging folder."""
    staging = tmp_path / "staging of it"
    monkeypatch.setitem(backends.KINDS, "scripted", "tests.rigs.scripted:Scripted")
    config = tmp_path / "launcher.toml"
    config.write_text(f'cloud = "it"\n[clouds.it]\nkind = "scripted"\nstaging = "file://{staging}"\n', encoding="utf-8")
    monkeypatch.setenv("FIRESTEEL_CONFIG", str(config))
    return staging


@pytest.fixture
def launch(capfd: pytest.CaptureFixture[str]) -> Launch:
    """Run the launcher in this process."""

    def call(*words: str) -> Answer:
        capfd.readouterr()
        code = cli.run(list(words))
        out, err = capfd.readouterr()
        return Answer(code=code, out=out, err=err)

    return call
