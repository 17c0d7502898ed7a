"""What can be submitted, and whether its arguments are right: asked of the jobs package in a process of its own.

The launcher never imports ``jobs``: what is asked here is exactly what is shipped.
"""

import json
import subprocess
import sys
from dataclasses import dataclass
from difflib import get_close_matches

from launcher import package
from launcher.errors import UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """A row of the jobs package's table: name, what it does in a line, the sample it takes when no input is given."""

    name: str
    summary: str
    sample: str


def table() -> dict[str, Workload]:
    """Give every workload by its name."""
    rows = json.loads(_ask(["--list"]).stdout)
    return {name: _workload(name, row) for name, row in rows.items()}


def checked(name: str, arguments: tuple[str, ...]) -> Workload:
    """Give the workload of that name when it takes these arguments, whatever its input is.

    Raises UsageError with the nearest name, or with the workload's own message on the arguments.
    """
    answer = _ask(["--check", name, "--", "--input", "INPUT", *arguments])
    if answer.returncode == 0:
        return _workload(name, json.loads(answer.stdout))
    _require(name)
    last = answer.stderr.strip().splitlines()[-1] if answer.stderr.strip() else "the arguments are not accepted"
    raise UsageError(f"{name}: {last.partition('error: ')[2] or last}", f"launcher submit {name} -- --help")


def help_text(name: str) -> str:
    """Give the help of the workload's own arguments; raises UsageError with the nearest name."""
    _require(name)
    return _ask(["--check", name, "--", "--help"]).stdout


def _require(name: str) -> None:
    known = table()
    if name not in known:
        near = get_close_matches(name, known, n=1)
        hint = f"did you mean {near[0]}?" if near else f"known workloads: {', '.join(known)}"
        raise UsageError(f"no workload is called {name!r}", hint)


def _workload(name: str, row: dict[str, str]) -> Workload:
    return Workload(name=name, summary=row["summary"], sample=row["sample"])


def _ask(arguments: list[str]) -> subprocess.CompletedProcess[str]:
    # -S -E: no site-packages and no environment: the check needs the standard library and the package alone.
    code = "import sys; sys.path.insert(0, sys.argv.pop(1)); from jobs.main import main; sys.exit(main(sys.argv[1:]))"
    root = str(package.folder().parent)
    argv = [sys.executable, "-S", "-E", "-c", code, root, *arguments]
    return subprocess.run(argv, capture_output=True, text=True, errors="replace", check=False, timeout=60)
