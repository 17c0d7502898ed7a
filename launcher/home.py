"""Where the launcher keeps what it makes on this machine: run records of `local`, caches, the embedded Java."""

import os
from pathlib import Path


def home() -> Path:
    """The folder of all local state, absolute; not created here.

    FIRESTEEL_HOME when set; inside a checkout its `.venv/firesteel`, so that removing `.venv` removes everything;
    else `$XDG_DATA_HOME/firesteel` or `~/.local/share/firesteel`.
    """
    if chosen := os.environ.get("FIRESTEEL_HOME"):
        return Path(chosen).expanduser().absolute()
    return _checkout_home() or _user_home()


def cache() -> Path:
    """The folder of what can be made again at any time; not created here."""
    return home() / "cache"


def _checkout_home() -> Path | None:
    root = Path(__file__).resolve().parent.parent
    environment = root / ".venv"
    if (root / "pyproject.toml").is_file() and environment.is_dir():
        return environment / "firesteel"
    return None


def _user_home() -> Path:
    data = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
    return Path(data).expanduser() / "firesteel"
