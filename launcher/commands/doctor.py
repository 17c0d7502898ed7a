"""launcher doctor: is this machine ready, and what mends it."""

import platform
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import click

from launcher.cli import exit_with
from launcher.commands import options
from launcher.errors import LauncherError

NEEDED = 1 << 30  # bytes of free disk


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line of the check: what was looked at, whether it is well, what was seen, what to do."""

    name: str
    ok: bool
    found: str
    hint: str = ""


@click.command()
@options.cloud_option
@options.json_option
def doctor(cloud: str | None, as_json: bool) -> None:
    """Check this machine and the cloud's storage: each line is ok, or says how to mend it.

    \b
    Example:
      launcher doctor
    """
    from launcher import targets

    findings = list(_findings(targets.chosen(cloud)))
    if as_json:
        rows = [{"name": f.name, "ok": f.ok, "found": f.found, "hint": f.hint} for f in findings]
        options.echo_json(rows)
    else:
        for finding in findings:
            click.echo(f"{'ok ' if finding.ok else 'BAD'}  {finding.name:10}  {finding.found}")
            if finding.hint:
                click.echo(f"     {'':10}  hint: {finding.hint}")
    exit_with(0 if all(finding.ok for finding in findings) else 1)


def _findings(cloud: str) -> Iterator[Finding]:
    checks: dict[str, Callable[[], str]] = {
        "python": lambda: f"{platform.python_version()} at {sys.executable}",
        "spark": lambda: _spark(cloud),
        "java": lambda: _java(cloud),
        "packages": _packages,
        "config": _config,
        "storage": lambda: _storage(cloud),
        "disk": _disk,
        "fast start": lambda: _fast_start(cloud),
    }
    for name, check in checks.items():
        try:
            yield Finding(name=name, ok=True, found=check())
        except LauncherError as error:
            yield Finding(name=name, ok=False, found=error.message, hint=error.hint)


def _python(cloud: str) -> str:
    from launcher import targets

    return str(targets.clusters().get(cloud, {}).get("python", sys.executable))


def _spark(cloud: str) -> str:
    from launcher import embedded

    found = embedded.spark(_python(cloud))
    return f"{found.version} at {found.home}"


def _java(cloud: str) -> str:
    from launcher import embedded, java

    found = embedded.spark(_python(cloud))
    notes = java.survey(".".join(found.version.split(".")[:2])).notes
    passed_over = "".join(f"; passed over: {note}" for note in notes)
    return f"{found.java.full} ({found.java.source}) at {found.java.home}{passed_over}"


def _packages() -> str:
    from importlib import metadata

    names = ("numpy", "pandas", "pyarrow")
    try:
        return ", ".join(f"{name} {metadata.version(name)}" for name in names)
    except metadata.PackageNotFoundError as error:
        raise LauncherError(f"{error.name} is not installed", f"pip install {error.name}") from error


def _config() -> str:
    from launcher import targets

    return f"{targets.config_file() or 'no launcher.toml'}; clouds: {', '.join(targets.clusters())}"


def _storage(cloud: str) -> str:
    import secrets

    from launcher import runs
    from launcher.errors import ObjectExists

    storage = runs.open_cloud(cloud).storage
    name = f"doctor/{secrets.token_hex(4)}"
    storage.create(name, b"a")
    try:
        storage.create(name, b"b")
    except ObjectExists:
        return f"{storage.root} can be read and written; it creates only what is absent"
    finally:
        storage.delete(name)
    raise LauncherError(f"{storage.root} overwrites what is to be created", "choose a storage with conditional writes")


def _disk() -> str:
    from launcher import home
    from launcher.storage import free_bytes

    folder = next(path for path in (home.home(), *home.home().parents) if path.exists())
    free = free_bytes(folder)
    if free < NEEDED:
        raise LauncherError(f"{free >> 20} MiB free at {folder}", "free at least 1 GiB, or set FIRESTEEL_HOME")
    return f"{free >> 30} GiB free at {folder}"


def _fast_start(cloud: str) -> str:
    from launcher import embedded, fast_start

    found = embedded.spark(_python(cloud))
    ready = bool(fast_start.options(found.java, found.home))
    return "the class-data archive is in use" if ready else "the class-data archive is built after the first run"
