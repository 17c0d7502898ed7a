"""A quicker start of the embedded Spark: its Java classes, loaded and verified once, kept in a class-data archive.

Loading some 20,000 classes is most of what a Spark session costs at its start. HotSpot can keep them in a file that
later starts map into memory (https://docs.oracle.com/en/java/javase/17/vm/class-data-sharing.html). The archive fits
one Java and one class path only, so both are part of its key. It is built in the background after a run; until it is
there, and whenever anything about it is odd, Spark starts without it.
"""

import hashlib
import json
import os
import platform
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from launcher import home
from launcher.java import Java

SWITCH = "FIRESTEEL_FAST_START"  # "off" neither uses nor builds an archive
# What Spark puts on the class path besides its own jars.
_CLASS_PATH = ("SPARK_CONF_DIR", "HADOOP_CONF_DIR", "YARN_CONF_DIR", "SPARK_DIST_CLASSPATH")
# Where a user may have chosen a collector; two choices stop the JVM.
_USER_OPTIONS = ("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "SPARK_SUBMIT_OPTS", "SPARK_JAVA_OPTS")
# On two cores the concurrent collector competes with the start: 13.9 s of CPU against 14.8 s.
_COLLECTOR = "-XX:+UseParallelGC"


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """The files of one key: `top` over `base`, or over the Java's own archive when `base` is empty."""

    folder: Path
    base: str

    @property
    def top(self) -> Path:
        """The archive of Spark's classes."""
        return self.folder / "spark.jsa"

    @property
    def seal(self) -> Path:
        """What the finished files looked like; it is written last."""
        return self.folder / "seal.json"

    @property
    def files(self) -> tuple[Path, ...]:
        """Base first, as the JVM wants them."""
        return (Path(self.base), self.top) if self.base else (self.top,)

    @property
    def valid(self) -> bool:
        """Whether the files are those that were sealed.

        A truncated archive does not make the JVM go on without it, it kills it (SIGBUS), hence this check on our side.
        """
        try:
            return json.loads(self.seal.read_text(encoding="utf-8")) == [_look(file) for file in self.files]
        except (OSError, ValueError):
            return False

    def close(self) -> None:
        """Seal the files as they are now."""
        for file in self.files:
            file.chmod(0o444)
        draft = self.seal.with_suffix(f".{os.getpid()}")
        draft.write_text(json.dumps([_look(file) for file in self.files]), encoding="utf-8")
        draft.replace(self.seal)


def options(java: Java, spark_home: Path, *, user: str = "") -> tuple[str, ...]:
    """The JVM flags that make this Spark start quickly; empty when no valid archive is there.

    They belong in SPARK_SUBMIT_OPTS, see `quoted`: in JDK_JAVA_OPTIONS they would reach Spark's small launcher JVM too.
    `user` is what the user passes to the JVM by Spark properties: a collector chosen there or in the environment wins.
    """
    if not possible(spark_home):
        return ()
    archive = archive_of(java, spark_home)
    if not archive.valid:
        return ()
    files = os.pathsep.join(str(file) for file in archive.files)
    return (*_collector(user), "-Xlog:cds*=off", f"-XX:SharedArchiveFile={files}")


def quoted(flags: tuple[str, ...]) -> str:
    """The flags as the value of SPARK_SUBMIT_OPTS, after those that are set there already."""
    return " ".join([*filter(None, [os.environ.get("SPARK_SUBMIT_OPTS")]), *map(shlex.quote, flags)])


def possible(spark_home: Path) -> bool:
    """Whether archives are allowed and work here: not with FIRESTEEL_FAST_START=off, nor below some folder names.

    The JVM archives no class from a jar whose path its URL spells otherwise, a space for one (seen with 17 and 21), and
    takes a colon in the archive's path for the end of it.
    """
    plain = quote(str(spark_home)) == str(spark_home) and os.pathsep not in str(folder())
    return plain and os.environ.get(SWITCH) != "off"


def build_in_background(java: Java, spark_home: Path, python: str = sys.executable) -> None:
    """Start building the archive when it is absent; returns at once, costs runs little (nice 19), may be called always.

    Its narration goes to `fast-start/log.txt` in the cache folder. Nothing is raised: this is never worth a failed run.
    `python` is the interpreter that imports this Spark.
    """
    archive = archive_of(java, spark_home)
    if not possible(spark_home) or archive.valid:
        return
    try:
        folder().mkdir(parents=True, exist_ok=True)
        # Not subprocess: nobody will wait for it, and it outlives this process.
        os.posix_spawn(
            sys.executable,
            [sys.executable, "-m", "launcher.fast_start_build", *_task(java, spark_home, python)],
            os.environ,
            file_actions=_into(folder() / "log.txt"),
            setsid=True,
        )
    except OSError:
        return


def folder() -> Path:
    """The folder of all archives."""
    return home.cache().resolve() / "fast-start"


def archive_of(java: Java, spark_home: Path) -> Archive:
    """The archive for this Java and this class path, whether it exists or not."""
    where = folder() / _key(java, spark_home)
    own = any((java.home / "lib" / "server").glob("classes*.jsa"))
    return Archive(folder=where, base="" if own else str(where / "base.jsa"))


def _into(log: Path) -> list[tuple[int, ...] | tuple[int, int, str, int, int]]:
    return [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, str(log), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644),
        (os.POSIX_SPAWN_DUP2, 1, 2),
    ]


def _task(java: Java, spark_home: Path, python: str) -> list[str]:
    return [str(java.home), str(java.version), java.full, java.source, str(spark_home), python]


def _key(java: Java, spark_home: Path) -> str:
    runtime = java.home / "lib" / "modules"
    facts = [java.full, os.path.realpath(runtime), _look(runtime), platform.machine(), str(spark_home)]
    facts += [[jar.name, _look(jar)[:2]] for jar in sorted((spark_home / "jars").glob("*.jar"))]
    facts += [os.environ.get(name, "") for name in _CLASS_PATH]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16]


def _look(file: Path) -> list[int]:
    try:
        facts = file.stat()
    except FileNotFoundError:
        return []
    return [facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns, facts.st_ino]


def _collector(user: str) -> tuple[str, ...]:
    chosen = [user, *(os.environ.get(name, "") for name in _USER_OPTIONS)]
    return () if any("GC" in options for options in chosen) else (_COLLECTOR,)
