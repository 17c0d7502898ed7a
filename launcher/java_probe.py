"""What one `java` executable is, found by running it, and remembered until the file changes."""

import contextlib
import hashlib
import json
import os
import re
import signal
import subprocess
from dataclasses import asdict, dataclass
from pathlib import Path

from launcher import home

PATIENCE = 10.0  # seconds until a java that does not answer is given up
VECTOR = "jdk.incubator.vector"


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """One Java runtime: its home, its full version, and whether it has the module that Spark 4 adds."""

    home: str
    full: str
    vector: bool

    @property
    def major(self) -> int:
        """The feature release: 8 for 1.8.0_392, 17 for 17.0.15."""
        numbers = [int(part) for part in re.findall(r"\d+", self.full)]
        return numbers[1] if numbers[0] == 1 and len(numbers) > 1 else numbers[0]


class NoJavaError(Exception):
    """The executable is no usable Java; the text says why."""


def probe(executable: Path) -> Probe:
    """What `executable` is; from memory when path, size and time of the file are those of last time.

    Raises NoJavaError when it does not run, does not answer within PATIENCE, or answers no version. Failures are not
    remembered: the next call tries again.
    """
    memory = _memory(executable)
    known = _recall(memory)
    if known:
        return known
    found = _ask(executable)
    # A shim (jenv, asdf) chooses by environment or folder: its answer holds only for now.
    if executable.resolve().parent.parent == Path(found.home).resolve():
        _remember(memory, found)
    return found


def _memory(executable: Path) -> Path:
    real = executable.resolve()
    try:
        facts = real.stat()
    except OSError as error:
        raise NoJavaError(f"cannot be read: {error.strerror}") from error
    key = hashlib.sha256(f"{real}\0{facts.st_size}\0{facts.st_mtime_ns}".encode(errors="surrogateescape"))
    return home.cache() / "java" / f"probe-{key.hexdigest()[:16]}.json"


def _recall(memory: Path) -> Probe | None:
    try:
        return Probe(**json.loads(memory.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def _remember(memory: Path, found: Probe) -> None:
    with contextlib.suppress(OSError):  # a cache that cannot be written costs 0.1 s next time
        memory.parent.mkdir(parents=True, exist_ok=True)
        draft = memory.with_suffix(f".{os.getpid()}")
        draft.write_text(json.dumps(asdict(found)), encoding="utf-8")
        draft.replace(memory)


def _ask(executable: Path) -> Probe:
    answer = _output([str(executable), "-XshowSettings:properties", "-version"])
    version = re.search(r"^\s*java\.version = (\d[\w.+-]*)", answer, re.MULTILINE)
    where = re.search(r"^\s*java\.home = (.+?)\s*$", answer, re.MULTILINE)
    if not version or not where:
        raise NoJavaError("does not say which Java it is")
    return Probe(home=where[1], full=version[1], vector=_has_vector(executable))


def _has_vector(executable: Path) -> bool:
    try:
        return VECTOR in _output([str(executable), "--list-modules"])
    except NoJavaError:  # Java 8 has no modules
        return False


def _output(argv: list[str]) -> str:
    """What a command prints on both streams; its own session, so that a hanging tree ends as a whole."""
    try:
        process = subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True
        )
    except OSError as error:
        raise NoJavaError(f"does not run: {error.strerror}") from error
    with process:
        try:
            answer, _ = process.communicate(timeout=PATIENCE)
        except BaseException as error:
            os.killpg(process.pid, signal.SIGKILL)
            if isinstance(error, subprocess.TimeoutExpired):
                raise NoJavaError(f"does not answer within {PATIENCE:.0f} s") from error
            raise
    if process.returncode != 0:
        raise NoJavaError(f"ends with exit code {process.returncode}")
    return answer.decode("utf-8", errors="replace")
