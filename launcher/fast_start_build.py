"""Builds the class-data archive of `launcher.fast_start`: `python -m launcher.fast_start_build`."""

import contextlib
import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Generator
from datetime import UTC, datetime
from pathlib import Path

from launcher import fast_start
from launcher.fast_start import Archive
from launcher.java import Java

WARM_UP = Path(__file__).with_name("warm_up.py")
FREE_BYTES = 1_000_000_000  # an archive takes 150 to 220 MB, the warm-up's own files less
TRIES = 2
PATIENCE = 900.0  # seconds; at nice 19 beside a long run the warm-up has to wait
SUBMIT = ("--master", "local[2]", "--conf", "spark.ui.enabled=false")
KEEP = 2  # archives of other Java or Spark versions that are kept


def build(java: Java, spark_home: Path, python: str = sys.executable) -> bool:
    """Whether a valid archive is there afterwards.

    Runs one small Spark session and writes down the classes that it loaded. At most one builder works at a time; a
    second one returns at once. After TRIES failures, or with too little disk, none is attempted.
    """
    archive = fast_start.archive_of(java, spark_home)
    archive.folder.mkdir(parents=True, exist_ok=True)
    with _alone() as alone:
        if archive.valid or not alone or not _worth_trying(archive):
            return archive.valid
        _clear_drafts(archive)
        try:
            _make(archive, java, spark_home, python)
        except (OSError, subprocess.SubprocessError) as error:
            _say(f"failed: {error}")
            _count_failure(archive)
        else:
            _say(f"built {archive.top}")
            _drop_old(archive)
    return archive.valid


@contextlib.contextmanager
def _alone() -> Generator[bool]:
    with (fast_start.folder() / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def _worth_trying(archive: Archive) -> bool:
    free = shutil.disk_usage(archive.folder).free
    if free < FREE_BYTES:
        _say(f"not built: {free // 1_000_000} MB free, {FREE_BYTES // 1_000_000} MB needed")
        return False
    return _failures(archive) < TRIES


def _clear_drafts(archive: Archive) -> None:
    for draft in archive.folder.glob("draft-*"):  # of a builder that was killed
        shutil.rmtree(draft, ignore_errors=True)


def _make(archive: Archive, java: Java, spark_home: Path, python: str) -> None:
    with tempfile.TemporaryDirectory(prefix="draft-", dir=archive.folder) as draft:
        below: list[str] = []
        if archive.base:
            base = Path(draft) / "base.jsa"
            _run([str(java.home / "bin" / "java"), "-Xshare:dump", f"-XX:SharedArchiveFile={base}"], draft, {})
            base.replace(archive.base)
            below = [f"-XX:SharedArchiveFile={archive.base}"]
        top = Path(draft) / "spark.jsa"
        flags = ("-Xlog:disable", "-Xlog:all=error:stderr", *below, f"-XX:ArchiveClassesAtExit={top}")
        environment = _environment(java, spark_home, python) | {"SPARK_SUBMIT_OPTS": fast_start.quoted(flags)}
        # A copy, because a script's own folder comes first on its module path, and this one is full of modules.
        script = shutil.copy(WARM_UP, draft)
        _run([str(spark_home / "bin" / "spark-submit"), *SUBMIT, script], draft, environment)
        top.replace(archive.top)
    archive.close()


def _environment(java: Java, spark_home: Path, python: str) -> dict[str, str]:
    return {
        "JAVA_HOME": str(java.home),
        "PYSPARK_PYTHON": python,
        "PYSPARK_DRIVER_PYTHON": python,
        "SPARK_HOME": str(spark_home),
        "SPARK_LOCAL_IP": "127.0.0.1",
    }


def _run(argv: list[str], folder: str, environment: dict[str, str]) -> None:
    log = sys.stderr.fileno()
    subprocess.run(
        argv, check=True, timeout=PATIENCE, cwd=folder, env=os.environ | environment,
        stdin=subprocess.DEVNULL, stdout=log, stderr=log,
    )  # fmt: skip


def _failures(archive: Archive) -> int:
    try:
        return len((archive.folder / "failures").read_text(encoding="utf-8").splitlines())
    except FileNotFoundError:
        return 0


def _count_failure(archive: Archive) -> None:
    with contextlib.suppress(OSError), (archive.folder / "failures").open("a", encoding="utf-8") as failures:
        failures.write(f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}\n")


def _drop_old(archive: Archive) -> None:
    others = [other for other in fast_start.folder().iterdir() if other.is_dir() and other != archive.folder]
    for other in sorted(others, key=lambda entry: entry.stat().st_mtime, reverse=True)[KEEP - 1 :]:
        shutil.rmtree(other, ignore_errors=True)  # a JVM that has it mapped keeps it until it ends


def _say(text: str) -> None:
    sys.stderr.write(f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} {text}\n")
    sys.stderr.flush()


def main() -> None:
    """Build for the Java and the Spark on the command line, at the lowest priority."""
    os.nice(19)
    home, version, full, source, spark_home, python = sys.argv[1:]
    java = Java(home=Path(home), version=int(version), full=full, source=source)
    build(java, Path(spark_home), python)


if __name__ == "__main__":
    main()
