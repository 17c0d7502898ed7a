"""What ``launcher doctor`` looks at, by kind: one module each, imported when a cloud of that kind is examined.

Such a module has ``SDK``, the modules whose import a submission to that kind waits for, and ``checks(backend)``: by
name, functions that give what was found, or raise LauncherError with the command that mends it. Each answers within
about 5 seconds, also without a network.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from importlib import import_module
from typing import Any

from launcher.errors import LauncherError

Check = Callable[[], str]

MODULES: dict[str, str] = {
    "local": "launcher.checks.local",
    "emr": "launcher.checks.emr",
    "dataproc": "launcher.checks.dataproc",
    "hdinsight": "launcher.checks.hdinsight",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line of the examination: what was looked at, whether it is well, what was seen, what to do."""

    name: str
    ok: bool
    found: str
    hint: str = ""

    def to_json(self) -> dict[str, Any]:
        """Give what ``--json`` prints."""
        return asdict(self)


def of(kind: str, backend: Any) -> dict[str, Check]:
    """Give the checks of a kind."""
    module = _module(kind)
    return dict(module.checks(backend)) if module else {}


def sdk(kind: str) -> tuple[str, ...]:
    """Give the modules whose import a submission to that kind waits for."""
    module = _module(kind)
    return module.SDK if module else ()


def _module(kind: str) -> Any:
    return import_module(MODULES[kind]) if kind in MODULES else None


def findings(checks: Mapping[str, Check]) -> Iterator[Finding]:
    """Look at one thing after another."""
    for name, check in checks.items():
        try:
            yield Finding(name=name, ok=True, found=check())
        except LauncherError as error:
            yield Finding(name=name, ok=False, found=error.message, hint=error.hint)
