"""What can be submitted, and whether its arguments are right: asked of the jobs package in a process of its own.

The launcher never imports ``jobs``: what is asked here is exactly what is shipped.
"""

import contextlib
import json
import subprocess
import sys
from collections.abc import Callable, Generator
from dataclasses import dataclass

from launcher import package
from launcher.errors import UsageError

PATIENCE = 60.0  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """A row of the jobs package's table: name, what it does in a line, the samples it takes when none are named.

    ``model`` is the sample for a workload that takes ``--model``, else empty.
    """

    name: str
    summary: str
    sample: str
    model: str


def table() -> dict[str, Workload]:
    """Give every workload by its name."""
    rows = json.loads(_answer(["--list"]))
    return {name: _workload(name, row) for name, row in rows.items()}


@contextlib.contextmanager
def checking(name: str, arguments: tuple[str, ...]) -> Generator[Callable[[], Workload]]:
    """Begin to check whether the workload of that name takes these arguments, whatever its input is.

    What is given waits for the answer and gives the workload. It raises UsageError with the nearest name, or with the
    workload's own message on the arguments.
    """
    with _asking(["--check", name, "--", "--input", "INPUT", *arguments]) as process:
        yield lambda: _checked(name, process)


def _checked(name: str, process: "subprocess.Popen[str]") -> Workload:
    out, err = process.communicate(timeout=PATIENCE)
    if process.returncode == 0:
        return _workload(name, json.loads(out))
    _require(name)
    last = err.strip().splitlines()[-1] if err.strip() else "the arguments are not accepted"
    raise UsageError(f"{name}: {last.partition('error: ')[2] or last}", f"launcher submit {name} -- --help")


def help_text(name: str) -> str:
    """Give the help of the workload's own arguments; raises UsageError with the nearest name."""
    _require(name)
    return _answer(["--check", name, "--", "--help"])


def _require(name: str) -> None:
    known = table()
    if name not in known:
        from difflib import get_close_matches

        near = get_close_matches(name, known, n=1)
        hint = f"did you mean {near[0]}?" if near else f"known workloads: {', '.join(known)}"
        raise UsageError(f"no workload is called {name!r}", hint)


def _workload(name: str, row: dict[str, str]) -> Workload:
    return Workload(name=name, summary=row["summary"], sample=row["sample"], model=row["model"])


def _answer(arguments: list[str]) -> str:
    with _asking(arguments) as process:
        return process.communicate(timeout=PATIENCE)[0]


def _asking(arguments: list[str]) -> "subprocess.Popen[str]":
    # -S -E: no site-packages and no environment: the check needs the standard library and the package alone.
    code = "import sys; sys.path.insert(0, sys.argv.pop(1)); from jobs.main import main; sys.exit(main(sys.argv[1:]))"
    root = str(package.folder().parent)
    argv = [sys.executable, "-S", "-E", "-c", code, root, *arguments]
    pipe = subprocess.PIPE
    return subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe, text=True, errors="replace")
