import hashlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from launcher.errors import LauncherError, MissingDependency
from rehearsal import parts, parts_build
from rehearsal.errors import PartError
from rehearsal.parts_build import PINS, GoTool, Jars, NodeTool
from rehearsal.parts_programs import GoPrograms

ROOT = Path(__file__).parents[2]
JAR = b"a jar"
Tool = Callable[[str, str], None]


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of parts, and no waiting for a registry."""
    monkeypatch.setattr(parts_build, "PAUSES", (0.0,) * 3)
    where = tmp_path / "parts"
    monkeypatch.setenv("FIRESTEEL_REHEARSAL_CACHE", str(where))
    return where


@pytest.fixture
def tool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tool:
    """Put a program first on PATH, in place of the real one: the registry is not ours to break."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)

    def make(name: str, script: str) -> None:
        (folder / name).write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        (folder / name).chmod(0o755)

    return make


@pytest.fixture
def jars(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The part `jars`: one jar with the content JAR. Gives the folder of its pins."""
    pins = tmp_path / "pins"
    pins.mkdir()
    (pins / "pom.xml").write_text("<project/>", encoding="utf-8")
    (pins / "sha256").write_text(f"{hashlib.sha256(JAR).hexdigest()}  one.jar\n", encoding="utf-8")
    monkeypatch.setitem(parts.PARTS, "jars", Jars(version="1", pins=str(pins)))
    return pins


# What `mvn dependency:copy-dependencies -DoutputDirectory=...` does, with a jar of the given content.
MAVEN = """
for word in "$@"; do
  case $word in -DoutputDirectory=*) mkdir -p "${{word#*=}}"; printf "{jar}" > "${{word#*=}}/one.jar";; esac
done
"""


@pytest.mark.usefixtures("jars")
def test_a_part_is_made_once_and_then_found_at_once(tmp_path: Path, tool: Tool) -> None:
    tool("mvn", f"echo made >> {tmp_path}/count\n{MAVEN.format(jar='a jar')}")
    assert (parts.ensure("jars") / "one.jar").read_bytes() == JAR
    began = time.monotonic()
    parts.ensure("jars")
    assert time.monotonic() - began < 0.05
    assert (tmp_path / "count").read_text(encoding="utf-8") == "made\n"


@pytest.mark.usefixtures("jars")
def test_what_is_made_is_said_in_a_line_with_its_seconds(tool: Tool, capsys: pytest.CaptureFixture[str]) -> None:
    tool("mvn", MAVEN.format(jar="a jar"))
    parts.ensure("jars")
    parts.ensure("jars")
    assert capsys.readouterr().err == "jars 1: fetching with mvn\njars 1: done in 0 s\n"


@pytest.mark.usefixtures("jars")
@pytest.mark.parametrize("failures", [1, 3])
def test_a_tool_that_fails_is_tried_again(tmp_path: Path, tool: Tool, failures: int) -> None:
    count = tmp_path / "count"
    tool("mvn", f"echo tried >> {count}\n[ $(wc -l < {count}) -gt {failures} ] || exit 1\n{MAVEN.format(jar='a jar')}")
    parts.ensure("jars")
    assert count.read_text(encoding="utf-8") == "tried\n" * (failures + 1)


@pytest.mark.usefixtures("jars")
def test_a_tool_that_fails_four_times_is_given_up(tmp_path: Path, tool: Tool) -> None:
    tool("mvn", f"echo tried >> {tmp_path}/count; exit 1")
    with pytest.raises(PartError, match="jars: mvn failed"):
        parts.ensure("jars")
    assert (tmp_path / "count").read_text(encoding="utf-8") == "tried\n" * 4


@pytest.mark.usefixtures("jars")
def test_what_is_not_what_was_pinned_is_not_asked_for_again(tmp_path: Path, tool: Tool) -> None:
    tool("mvn", f"echo tried >> {tmp_path}/count; echo checksum mismatch; exit 1")
    with pytest.raises(PartError, match="something else than what is pinned"):
        parts.ensure("jars")
    assert (tmp_path / "count").read_text(encoding="utf-8") == "tried\n"


def test_a_part_is_made_anew_when_its_pins_change(tool: Tool, jars: Path) -> None:
    tool("mvn", MAVEN.format(jar="a jar"))
    first = parts.ensure("jars")
    (jars / "pom.xml").write_text("<project><!-- another --></project>", encoding="utf-8")
    assert parts.ensure("jars") != first


@pytest.mark.usefixtures("jars")
@pytest.mark.parametrize(
    ("content", "word"), [("other", "one.jar is not what is pinned"), ("", "one.jar is not what is pinned")]
)
def test_another_jar_than_the_pinned_is_refused_and_not_kept(tool: Tool, cache: Path, content: str, word: str) -> None:
    tool("mvn", MAVEN.format(jar=content))
    with pytest.raises(PartError, match=word):
        parts.ensure("jars")
    assert [entry for entry in cache.iterdir() if entry.is_dir()] == []


@pytest.mark.usefixtures("jars")
def test_a_jar_too_many_is_refused(tool: Tool) -> None:
    tool("mvn", MAVEN.format(jar="a jar").replace('one.jar"', 'one.jar"; touch "${word#*=}/two.jar"'))
    with pytest.raises(PartError, match=r"two.jar is not what is pinned: .* not nothing"):
        parts.ensure("jars")


def test_another_go_module_than_the_pinned_is_refused(tool: Tool, monkeypatch: pytest.MonkeyPatch) -> None:
    pinned = GoTool(module="example.test/tool", version="v1", checksum="h1:right", package=".")
    monkeypatch.setitem(parts.PARTS, "tool", pinned)
    tool("go", """echo '{"Sum": "h1:wrong", "Dir": "/"}'""")
    with pytest.raises(PartError, match=r"tool@v1 is not what is pinned: its checksum is h1:wrong"):
        parts.ensure("tool")


@pytest.mark.parametrize(
    ("name", "command", "output", "words"),
    [
        ("versitygw", "go", "verifying module: checksum mismatch", "something else than what is pinned"),
        ("versitygw", "go", "dial tcp: lookup registry: no such host", "the registry did not answer go"),
        ("azurite", "npm", "npm error code EINTEGRITY", "something else than what is pinned"),
        ("azurite", "npm", "npm error code ENOTFOUND", "the registry did not answer npm"),
        ("livy", "mvn", "[ERROR] registry: Unknown host registry", "the registry did not answer mvn"),
        ("livy", "mvn", "[ERROR] Something odd", "mvn failed: [ERROR] Something odd"),
    ],
)
def test_a_tools_failure_is_told_in_one_sentence_with_its_log(
    tool: Tool, name: str, command: str, output: str, words: str
) -> None:
    tool(command, f"echo '{output}' >&2; exit 1")
    with pytest.raises(PartError) as caught:
        parts.ensure(name)
    assert caught.value.message.startswith(f"{name}: ")
    assert words in caught.value.message
    log = Path(caught.value.hint.rpartition(" ")[2])
    assert output in log.read_text(encoding="utf-8")


@pytest.mark.parametrize(("name", "command"), [("versitygw", "go"), ("azurite", "npm"), ("hadoop", "mvn")])
def test_a_missing_tool_is_named_with_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, command: str
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingDependency, match=f"^{command} is needed to build {name}") as caught:
        parts.ensure(name)
    assert "install" in caught.value.hint


def test_an_interrupted_build_leaves_nothing_that_counts(tool: Tool, jars: Path, cache: Path) -> None:
    tool("mvn", f"{MAVEN.format(jar='a')}\nkill -9 $PPID")
    script = f"""
from rehearsal import parts, parts_build
from rehearsal.parts_build import Jars
parts.PARTS["jars"] = Jars(version="1", pins={str(jars)!r})
parts.ensure("jars")
"""
    killed = subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=False, capture_output=True)
    assert killed.returncode == -signal.SIGKILL
    assert len(list(cache.glob(".draft-jars-*"))) == 1
    assert not parts.cached("jars")
    tool("mvn", MAVEN.format(jar="a jar"))
    assert (parts.ensure("jars") / "one.jar").read_bytes() == JAR
    assert list(cache.glob(".draft-*")) == []


def test_two_who_ask_at_once_make_it_once(tmp_path: Path, tool: Tool, jars: Path) -> None:
    tool("mvn", f"echo made >> {tmp_path}/count\nsleep 0.5\n{MAVEN.format(jar='a jar')}")
    script = f"""
from rehearsal import parts, parts_build
from rehearsal.parts_build import Jars
parts.PARTS["jars"] = Jars(version="1", pins={str(jars)!r})
parts.ensure("jars")
"""
    both = [subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stderr=subprocess.DEVNULL) for _ in range(2)]
    assert [process.wait(30) for process in both] == [0, 0]
    assert (tmp_path / "count").read_text(encoding="utf-8") == "made\n"


def test_every_part_is_pinned_by_checksum() -> None:
    for part in parts.PARTS.values():
        if isinstance(part, GoTool):
            assert part.checksum.startswith("h1:")
        elif isinstance(part, NodeTool):
            assert '"integrity": "sha512-' in (PINS / part.pins / "package-lock.json").read_text(encoding="utf-8")
        elif isinstance(part, GoPrograms):
            for folder, package in part.programs:
                sums = (PINS / part.pins / folder / "go.sum").read_text(encoding="utf-8")
                assert f"{'/'.join(package.split('/')[:5])} v" in sums
        elif isinstance(part, Jars):
            rows = (PINS / part.pins / "sha256").read_text(encoding="utf-8").splitlines()
            assert rows
            assert all(len(row.split()[0]) == 64 for row in rows)


def test_a_lock_of_npm_names_no_place_and_leaves_no_package_unpinned() -> None:
    lock = (PINS / "azurite" / "package-lock.json").read_text(encoding="utf-8")
    assert '"resolved"' not in lock
    assert lock.count('"version"') == lock.count('"integrity"')


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", list(parts.PARTS))
def test_every_part_can_be_made_from_its_registry(name: str) -> None:
    try:
        assert parts.ensure(name).exists()
    except LauncherError as error:
        pytest.fail(f"{error.message} ({error.hint})")
