"""The Spark that is installed as a Python package, and the Java that runs it."""

import functools
import re
import subprocess
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from launcher import fast_start, java
from launcher.errors import MissingDependency
from launcher.java import Java


@dataclass(frozen=True, slots=True, kw_only=True)
class Spark:
    """SPARK_HOME, its version, and a Java that runs it."""

    home: Path
    version: str
    java: Java


@functools.cache
def spark(python: str = sys.executable) -> Spark:
    """Give the Spark that this interpreter imports; raises MissingDependency without Spark or without Java."""
    home = _home(python)
    version = _version(home)
    return Spark(home=home, version=version, java=java.find(".".join(version.split(".")[:2])))


def prepare_fast_start(python: str) -> None:
    """Begin to build the class-data archive in the background, unless there is one; returns at once."""
    found = spark(python)
    fast_start.build_in_background(found.java, found.home, python)


def _home(python: str) -> Path:
    where = _own() if python == sys.executable else _of(python)
    if not where:
        raise MissingDependency(f"{python} has no pyspark", f"{python} -m pip install 'pyspark>=4.1,<4.2'")
    return Path(where)


def _own() -> str:
    found = find_spec("pyspark")
    return str(Path(found.origin).parent) if found and found.origin else ""


def _of(python: str) -> str:
    code = "import importlib.util as u; print(u.find_spec('pyspark').submodule_search_locations[0])"
    try:
        answer = subprocess.run([python, "-c", code], capture_output=True, text=True, check=False, timeout=30)
    except OSError as error:
        hint = "correct `python` in launcher.toml"
        raise MissingDependency(f"{python} does not run: {error.strerror}", hint) from error
    return answer.stdout.strip()


def _version(home: Path) -> str:
    # pyspark/version.py has one assignment; importing pyspark for it costs a command 0.3 s.
    found = re.search(r"__version__.*?(\d[\w.]*)", (home / "version.py").read_text(encoding="utf-8"))
    return found[1] if found else ""
