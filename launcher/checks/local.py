"""Whether this machine is ready to run Spark itself."""

from collections.abc import Mapping
from importlib import metadata

from launcher import embedded, fast_start, home, java
from launcher.backends.local import Local
from launcher.checks import Check
from launcher.errors import LauncherError
from launcher.storage import free_bytes

SDK = ("launcher.backends.local",)
NEEDED = 1 << 30  # bytes of free disk
PACKAGES = ("numpy", "pandas", "pyarrow")


def checks(backend: Local) -> Mapping[str, Check]:
    """Give the checks of an embedded Spark: itself, its Java, its packages, the disk, how fast it starts."""
    return {
        "spark": lambda: _spark(backend),
        "java": lambda: _java(backend),
        "packages": _packages,
        "disk": _disk,
        "fast start": lambda: _fast_start(backend),
    }


def _spark(backend: Local) -> str:
    found = embedded.spark(backend.python)
    return f"{found.version} at {found.home}"


def _java(backend: Local) -> str:
    found = embedded.spark(backend.python)
    notes = java.survey(".".join(found.version.split(".")[:2])).notes
    passed_over = "".join(f"; passed over: {note}" for note in notes)
    return f"{found.java.full} ({found.java.source}) at {found.java.home}{passed_over}"


def _packages() -> str:
    try:
        return ", ".join(f"{name} {metadata.version(name)}" for name in PACKAGES)
    except metadata.PackageNotFoundError as error:
        raise LauncherError(f"{error.name} is not installed", f"pip install {error.name}") from error


def _disk() -> str:
    folder = next(path for path in (home.home(), *home.home().parents) if path.exists())
    free = free_bytes(folder)
    if free < NEEDED:
        raise LauncherError(f"{free >> 20} MiB free at {folder}", "free at least 1 GiB, or set FIRESTEEL_HOME")
    return f"{free >> 30} GiB free at {folder}"


def _fast_start(backend: Local) -> str:
    found = embedded.spark(backend.python)
    ready = bool(fast_start.options(found.java, found.home))
    return "the class-data archive is in use" if ready else "the class-data archive is built after the first run"
