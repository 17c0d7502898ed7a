"""From the name after ``--cloud`` to its cluster object: launcher.toml, stacks that were made here, and `local`."""

import os
import re
import sys
import tomllib
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from launcher import home
from launcher.backend import Backend
from launcher.errors import CloudNotFound, ConfigError
from launcher.metrics import is_object
from launcher.stacks import known

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}")


def chosen(flag: str | None) -> str:
    """Give the cloud to use: the flag, else FIRESTEEL_CLOUD, else `cloud` in launcher.toml, else local."""
    return flag or os.environ.get("FIRESTEEL_CLOUD") or str(_file().get("cloud", "local"))


def clusters() -> dict[str, dict[str, Any]]:
    """Give the cluster object of every cloud that is configured or was made here, `local` first."""
    entries = _file().get("clouds", {})
    local = {"kind": "local", "staging": f"file://{home.home()}", "python": sys.executable, "expires_at": "never"}
    made = known.clusters()  # an entry of the same name in launcher.toml is what its user means
    return {"local": local | entries.get("local", {})} | made | {n: e for n, e in entries.items() if n != "local"}


def configured() -> frozenset[str]:
    """Give the names that launcher.toml has."""
    return frozenset(_file().get("clouds", {}))


def backend(cloud: str) -> Backend:
    """Give the backend of a cloud; raises CloudNotFound with the nearest name, or ConfigError."""
    from launcher.backends import build

    known = clusters()
    if cloud not in known:
        near = get_close_matches(cloud, known, n=1)
        hint = f"did you mean --cloud {near[0]}?" if near else f"known clouds: {', '.join(known)} (launcher clouds)"
        raise CloudNotFound(f"no cloud is called {cloud!r}", hint)
    return build(cloud, known[cloud])


def config_file() -> Path | None:
    """Give the launcher.toml in use: FIRESTEEL_CONFIG, else the working directory's, else the user's."""
    if given := os.environ.get("FIRESTEEL_CONFIG"):
        return Path(given)
    config = Path(os.environ.get("XDG_CONFIG_HOME") or "~/.config").expanduser() / "firesteel"
    candidates = (Path("launcher.toml"), config / "launcher.toml")
    return next((path.absolute() for path in candidates if path.is_file()), None)


def _file() -> Mapping[str, Any]:
    path = config_file()
    if path is None:
        return {}
    try:
        text = path.read_text(encoding="utf-8")
        content = tomllib.loads(text)
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}", "unset FIRESTEEL_CONFIG, or correct it") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not UTF-8 text (byte {error.start})", "save it as UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: {error}", "https://toml.io shows the syntax") from error
    _check(path, text, content)
    return content


def _check(path: Path, text: str, content: Mapping[str, Any]) -> None:
    for key in content:
        if key not in {"cloud", "clouds"}:
            raise ConfigError(f"{path}:{_line(text, key)}: unknown key {key!r}", "known keys: cloud, [clouds.NAME]")
    clouds = content.get("clouds", {})
    if not is_object(clouds):
        raise ConfigError(f"{path}:{_line(text, 'clouds')}: clouds is no table", "write [clouds.NAME]")
    for name, entry in clouds.items():
        _check_entry(f"{path}:{_line(text, name)}", name, entry)


def _check_entry(where: str, name: str, entry: object) -> None:
    if not is_object(entry):
        raise ConfigError(f"{where}: cloud {name!r} is no table", f"write [clouds.{name}]")
    if not NAME.fullmatch(name):
        raise ConfigError(f"{where}: {name!r} is no name for a cloud", "letters, digits, '-', '_' and '.'")
    if name != "local" and "kind" not in entry:
        raise ConfigError(f"{where}: cloud {name!r} has no kind", f'add kind = "local" under [clouds.{name}]')
    if name == "local" and entry.get("kind", "local") != "local":
        raise ConfigError(f"{where}: the cloud `local` is of kind local", "give this cluster another name")


def _line(text: str, word: str) -> int:
    """Give the number of the first line that holds ``word`` as a word; 1 when none does."""
    pattern = re.compile(rf"(?<![\w-]){re.escape(word)}(?![\w-])")
    return next((n for n, line in enumerate(text.splitlines(), 1) if pattern.search(line)), 1)
