"""How a part comes into being, by the tool of its world: go, npm, mvn. Each refuses what is not what was pinned."""

import hashlib
import json
import os
import shutil
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from launcher import locks
from launcher.errors import MissingDependency
from rehearsal.errors import PartError

PINS = Path(__file__).with_name("pins")
PATIENCE = 1800.0  # seconds that one tool may take; the slowest needs seven minutes on two cores
PAUSES = (5.0, 20.0, 60.0)  # seconds before a tool that failed is tried again: one request of hundreds may fail
TOOLS: Mapping[str, str] = {
    "go": "install Go 1.25 or newer (go.dev/dl, or: apt-get install golang)",
    "npm": "apt-get install npm",
    "mvn": "apt-get install maven",
}
# What the tools say when the registry cannot be had, and when it gave something else than was pinned.
UNREACHABLE = (
    "dial tcp", "no such host", "i/o timeout", "ENOTFOUND", "ECONNREFUSED", "EAI_AGAIN", "ETIMEDOUT", "Unknown host",
    "Connection refused", "Connect to", "could not be resolved: Could not transfer", "Temporary failure",
)  # fmt: skip
CHANGED = ("checksum mismatch", "SECURITY ERROR", "EINTEGRITY")


class Built(Protocol):
    """A part: what it is pinned to, and how it is made."""

    @property
    def version(self) -> str:
        """The version that a person knows it by."""
        ...

    @property
    def doing(self) -> str:
        """What building it does, in a few words."""
        ...

    def pinned(self) -> bytes:
        """Give all that decides what the part is."""
        ...

    def build(self, draft: Path, log: Path) -> None:
        """Make the part in an empty folder; raises PartError or MissingDependency."""
        ...

    def product(self, folder: Path) -> Path:
        """Give what of the finished folder is used."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class GoTool:
    """A program built from a Go module: the checksum covers its source and, by its go.sum, every dependency."""

    module: str
    version: str
    checksum: str
    package: str

    @property
    def doing(self) -> str:
        """What building it does, in a few words."""
        return "building with go (one to three minutes)"

    def pinned(self) -> bytes:
        """Give all that decides what the program is."""
        return repr(self).encode()

    def build(self, draft: Path, log: Path) -> None:
        """Download the module, compare its checksum, compile."""
        # Without -mod=mod the download refuses to run outside a module.
        answer = run_tool(["go", "mod", "download", "-json", f"{self.module}@{self.version}"], draft, log, "-mod=mod")
        found = json.loads(answer)
        if found["Sum"] != self.checksum:
            raise changed(f"{self.module}@{self.version}", found["Sum"], self.checksum)
        # -mod=readonly: nothing but what the module's own go.sum lists. The output has no path of this machine in it.
        build = ["go", "build", "-C", found["Dir"], "-trimpath", "-buildvcs=false", "-o", f"{draft / 'bin'}{os.sep}"]
        run_tool([*build, "-ldflags=-s -w", self.package], draft, log, "-mod=readonly")

    def product(self, folder: Path) -> Path:
        """Give the program."""
        return next((folder / "bin").iterdir())


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeTool:
    """A program of npm packages: the committed lock holds the checksum of each."""

    version: str
    pins: str
    entry: str

    @property
    def doing(self) -> str:
        """What building it does, in a few words."""
        return "installing with npm"

    def pinned(self) -> bytes:
        """Give all that decides what the program is."""
        return repr(self).encode() + contents(self.pins, "package.json", "package-lock.json")

    def build(self, draft: Path, log: Path) -> None:
        """Install exactly the lock; no package's own script runs."""
        for name in ("package.json", "package-lock.json"):
            shutil.copy(PINS / self.pins / name, draft / name)
        run_tool(["npm", "ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund"], draft, log)

    def product(self, folder: Path) -> Path:
        """Give the script that `node` runs."""
        return folder / self.entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Jars:
    """The jars that a Maven project resolves to: the committed list holds the SHA-256 of each."""

    version: str
    pins: str

    @property
    def doing(self) -> str:
        """What building it does, in a few words."""
        return "fetching with mvn"

    def pinned(self) -> bytes:
        """Give all that decides what the jars are."""
        return repr(self).encode() + contents(self.pins, "pom.xml", "sha256")

    def build(self, draft: Path, log: Path) -> None:
        """Copy the jars and compare each with the list."""
        goal = ["dependency:copy-dependencies", f"-DoutputDirectory={draft / 'jars'}"]
        with locks.alone(log.with_name(".mvn.lock")):  # its local repository is not made for two writers
            run_tool(["mvn", "-q", "-B", "-f", str(PINS / self.pins / "pom.xml"), *goal], draft, log)
        wanted = _listed((PINS / self.pins / "sha256").read_text(encoding="utf-8"))
        found = {jar.name: _sha256(jar) for jar in (draft / "jars").iterdir()}
        for name in sorted(wanted.keys() | found.keys()):
            if found.get(name) != wanted.get(name):
                raise changed(name, found.get(name, "nothing"), wanted.get(name, "nothing"))

    def product(self, folder: Path) -> Path:
        """Give the folder of jars."""
        return folder / "jars"


def run_tool(argv: Sequence[str], folder: Path, log: Path, goflags: str = "") -> str:
    """Run a tool and give what it printed on stdout; the log keeps what it said on stderr.

    A failure is tried again, unless the tool got something else than was pinned. Raises MissingDependency, PartError.
    """
    tool = shutil.which(argv[0])
    if tool is None:
        raise MissingDependency(f"{argv[0]} is needed to build {log.stem[1:]}, and is not installed", TOOLS[argv[0]])
    environment = os.environ | ({"GOFLAGS": goflags, "CGO_ENABLED": "0"} if goflags else {})
    for pause in PAUSES:
        ended = _ended([tool, *argv[1:]], folder, environment, log)
        if ended.returncode == 0 or any(word in _said(ended) for word in CHANGED):
            break
        time.sleep(pause)
    else:
        ended = _ended([tool, *argv[1:]], folder, environment, log)
    if ended.returncode:
        raise _explained(argv[0], _said(ended), log)
    return ended.stdout


def _ended(
    argv: Sequence[str], folder: Path, environment: Mapping[str, str], log: Path
) -> "subprocess.CompletedProcess[str]":
    try:
        ended = subprocess.run(
            argv, cwd=folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True,
            errors="replace", timeout=PATIENCE, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise PartError(
            f"{Path(argv[0]).name} was not done after {PATIENCE:.0f} s", "rehearsal up goes on where it was"
        ) from error
    log.write_text(f"{' '.join(argv)}\n{_said(ended)}", encoding="utf-8")
    return ended


def _said(ended: "subprocess.CompletedProcess[str]") -> str:
    return f"{ended.stdout}\n{ended.stderr}"


def _explained(tool: str, output: str, log: Path) -> PartError:
    part = log.stem[1:]
    if any(word in output for word in CHANGED):
        return PartError(f"{part}: {tool} got something else than what is pinned (checksum mismatch)", f"see {log}")
    if any(word in output for word in UNREACHABLE):
        hint = f"check the network and the registry or proxy that {tool} is configured for; see {log}"
        return PartError(f"{part}: the registry did not answer {tool}", hint)
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    return PartError(f"{part}: {tool} failed: {lines[-1] if lines else 'no message'}", f"see {log}")


def changed(what: str, found: str, wanted: str) -> PartError:
    """Give the error of something that is not what is pinned."""
    message = f"{what} is not what is pinned: its checksum is {found}, not {wanted}"
    return PartError(message, "somebody replaced it between here and the registry; do not use it")


def contents(pins: str, *names: str) -> bytes:
    """Give the contents of files in a folder of the pins, one after the other."""
    return b"".join((PINS / pins / name).read_bytes() for name in names)


def _listed(text: str) -> dict[str, str]:
    rows = (line.split() for line in text.splitlines())
    return {name: digest for digest, name in rows}


def _sha256(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
