"""What a provider knows of a resource type: how to make, read, change and remove one, and what a change means."""

import secrets
from abc import ABC, abstractmethod
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar

from rehearsal.providers.errors import ProviderError
from rehearsal.providers.values import Properties

LETTERS = 7
NOTHING: Mapping[str, Any] = MappingProxyType({})


class Kind(ABC):
    """A resource type. ``cloud`` gives the vendor's clients. Errors of the SDK may pass through."""

    # The property that gets a name with random letters when the program gives none.
    name: ClassVar[str] = ""
    # Properties whose change needs a new resource, and those that change in place: what is in neither is not imitated.
    replaces: ClassVar[tuple[str, ...]] = ()
    updates: ClassVar[tuple[str, ...]] = ()
    # Properties that the service fills in when the program does not, and what the provider does.
    computed: ClassVar[tuple[str, ...]] = ()
    defaults: ClassVar[Mapping[str, Any]] = NOTHING
    # True when its successor cannot be made beside it, whatever its name.
    alone: ClassVar[bool] = False

    @abstractmethod
    def create(self, cloud: Any, inputs: Properties) -> str:
        """Make one and give its id; raises Incomplete when it is there and not as it should be."""

    @abstractmethod
    def read(self, cloud: Any, resource_id: str, state: Properties) -> Properties | None:
        """Give what the cloud says of it; None when it is gone."""

    def update(self, cloud: Any, resource_id: str, inputs: Properties, changed: frozenset[str]) -> None:  # noqa: ARG002 -- for those that can
        """Change these properties of it."""
        raise ProviderError(f"{', '.join(sorted(changed))} of {resource_id} cannot be changed")

    @abstractmethod
    def delete(self, cloud: Any, resource_id: str, state: Properties) -> None:
        """Remove it; nothing to do when it is gone."""

    def in_place(self, name: str, old: Any, new: Any) -> bool:  # noqa: ARG002 -- for those whose tables have both
        """Tell whether this change of a property of ``updates`` can really be made in place."""
        return True

    def autonamed(self, name: str) -> str:
        """Give a name for a resource that the program calls ``name``: with random letters."""
        return f"{name}-{secrets.token_hex(LETTERS)[:LETTERS]}"

    def kept(self, old: Properties, inputs: Properties) -> Properties:  # noqa: ARG002 -- for those that have any
        """Give what a changed resource keeps of what its service had added to these inputs."""
        return {}

    def derived(self, inputs: Properties) -> Properties:  # noqa: ARG002 -- for those that have any
        """Give inputs that follow from the program's, for instance the digest of a file."""
        return {}

    def broken(self, state: Properties) -> str:  # noqa: ARG002 -- for those that can be
        """Name the property by which it is beyond repair, so that it has to be replaced; empty when it is not."""
        return ""
