"""The rehearsal clouds: name -> module, imported on use, and what every such module has.

TRUTH: Truth                                 what of it is real, emulated, not imitated
PARTS: tuple[str, ...]                       names for `rehearsal.parts.ensure`
up(folder, chaos) -> Running                 start it; processes by `rehearsal.processes.start(folder, ...)`
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol, cast

from rehearsal.errors import CloudMissing

CLOUDS: dict[str, str] = {"aws": "rehearsal.aws", "gcp": "rehearsal.gcp", "azure": "rehearsal.azure"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """What of a rehearsal cloud is the real thing, what is emulated, and what is not imitated at all."""

    real: tuple[str, ...]
    emulated: tuple[str, ...]
    not_imitated: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A cloud that is up.

    `cluster` is its entry in launcher.toml, `env` the vendor's own variables that send clients to it, `addresses` are
    URLs for a person, `path` has folders of programs that come first on PATH.
    """

    cluster: Mapping[str, Any]
    env: Mapping[str, str]
    addresses: Mapping[str, str]
    path: Sequence[str] = ()

    def environment(self, base: Mapping[str, str]) -> dict[str, str]:
        """Give an environment with its variables, and its programs first."""
        return {**base, **self.env, "PATH": os.pathsep.join([*self.path, base.get("PATH", os.defpath)])}


class Cloud(Protocol):
    """What a cloud's module has."""

    @property
    def TRUTH(self) -> Truth:  # noqa: N802 -- a module's constant
        """What of it is real."""
        ...

    @property
    def PARTS(self) -> tuple[str, ...]:  # noqa: N802 -- a module's constant
        """The real parts it needs."""
        ...

    def up(self, folder: Path, chaos: str | None) -> Running:
        """Start everything in ``folder``, which is empty; return when it is ready. Raises RehearsalError.

        ``chaos`` says which faults to imitate, None for none.
        """
        ...


def load(name: str) -> Cloud:
    """Import a cloud's module; raises CloudMissing when this installation lacks it or something that it needs."""
    try:
        return cast("Cloud", import_module(CLOUDS[name]))
    except ModuleNotFoundError as error:
        what = "is not part of this installation" if error.name == CLOUDS[name] else f"needs {error.name}"
        raise CloudMissing(f"the rehearsal cloud {name!r} {what}", "pip install 'firesteel[rehearsal]'") from error
