"""What only a provider itself can say of a stack: whether it can be made, when it ends, what is left of it.

One module for each kind, imported on use. Such a module has a class with the methods of ``Provider``.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from importlib import import_module
from typing import Any, Protocol

from launcher.errors import LauncherError, MissingDependency, UsageError

PROVIDERS: dict[str, str] = {
    "emr": "launcher.providers.emr:EmrProvider",
    "dataproc": "launcher.providers.dataproc:DataprocProvider",
    "hdinsight": "launcher.providers.hdinsight:HdinsightProvider",
}
EXTRAS: dict[str, str] = {"emr": "aws-stack", "dataproc": "gcp-stack", "hdinsight": "azure-stack"}


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Left:
    """A thing that a stack has left: in which service, what it is, its id there, and why it is thought to be its."""

    service: str
    type: str
    id: str
    why: str
    token: str = ""  # Pulumi's name of its type; nothing where no stack makes such a thing

    def to_json(self) -> dict[str, str]:
        """Give what ``--json`` prints."""
        return {key: value for key, value in asdict(self).items() if key != "token"}


class Provider(Protocol):
    """A provider's own view of one stack, ``name``, in the place that its configuration names."""

    @property
    def pricing(self) -> str:
        """Where the provider tells its prices: a URL."""
        ...

    @property
    def looked_at(self) -> tuple[str, ...]:
        """The services that ``left`` asks."""
        ...

    def preflight(self) -> list[LauncherError]:
        """Give what would keep the stack from being made, the worst first."""
        ...

    def expires_at(self, cluster: Mapping[str, Any]) -> datetime | None:
        """Give when the provider will end that cluster by itself; None when it will not. Raises BackendUnavailable."""
        ...

    def left(self) -> list[Left]:
        """Give everything that carries the stack's tag or name, or lies in its network; raises BackendUnavailable."""
        ...

    def remove(self, left: Iterable[Left]) -> None:
        """Delete these, in the order that the provider needs; what cannot be deleted yet is found by ``left`` again."""
        ...


def provider(kind: str, name: str, settings: Mapping[str, str]) -> Provider:
    """Give a kind's provider; raises UsageError for a kind that no stack is made of, MissingDependency for its SDK."""
    if kind not in PROVIDERS:
        raise UsageError(f"no stack is of kind {kind!r}", f"--kind {', '.join(PROVIDERS)}")
    module, _, attribute = PROVIDERS[kind].partition(":")
    try:
        return getattr(import_module(module), attribute)(name=name, settings=dict(settings))
    except ImportError as error:
        said = f"stacks of kind {kind} need a package that is not installed: {error.name}"
        raise MissingDependency(said, f"pip install 'firesteel[{EXTRAS[kind]}]'") from error
