"""A resource type of the provider `azure-native`: an id, an API version, a body; one class for nearly all of them.

As in the vendor's provider, what is there already is not created, names get 8 random letters, and a change is written
by PUT of the whole resource. What replaces: what is in the id, and
https://github.com/pulumi/pulumi-azure-native/blob/master/provider/pkg/gen/replacement.go with the location.
Not imitated: `__inputs`, so that what a service adds inside of a property is told from a change by its shape; default
values; what a state had of a property that its service does not give back stays as it was.
"""

import re
import secrets
from collections.abc import Mapping
from typing import Any, ClassVar

from rehearsal.providers.errors import ProviderError
from rehearsal.providers.kinds import Kind
from rehearsal.providers.values import Properties, same

LETTERS = 8
BESIDE = frozenset({"location", "tags", "sku", "kind", "identity"})  # what lies beside a body's `properties`
FIELD = re.compile(r"{(\w+)}")


class ArmKind(Kind):
    """A resource type; ``path`` is its id after the subscription, with the inputs' names in braces."""

    path: ClassVar[str] = ""
    version: ClassVar[str] = ""
    # Properties whose lists consist of resources, each a name and `properties`.
    listed: ClassVar[tuple[str, ...]] = ()
    # Properties that a service fills in further, so that only what the program wrote is compared.
    filled: ClassVar[tuple[str, ...]] = ("identity",)

    def autonamed(self, name: str) -> str:
        """Give a name that is free: the resource's own with random letters."""
        return f"{name}{secrets.token_hex(LETTERS // 2)}"

    def id(self, cloud: Any, inputs: Properties) -> str:
        """Give the id of what these inputs mean."""
        return f"/subscriptions/{cloud.subscription}{self.path.format(**inputs)}"

    def body(self, inputs: Properties) -> dict[str, Any]:
        """Give what is written."""
        own = {name: value for name, value in inputs.items() if name not in FIELD.findall(self.path)}
        inner = {name: value for name, value in own.items() if name not in BESIDE}
        inner |= {name: [_nested(item) for item in inner[name]] for name in self.listed if name in inner}
        return {name: value for name, value in own.items() if name in BESIDE} | ({"properties": inner} if inner else {})

    def create(self, cloud: Any, inputs: Properties) -> str:
        """Write it where nothing is."""
        path = self.id(cloud, inputs)
        if cloud.get(path, self.version):
            raise ProviderError(f"cannot create already existing resource '{path}'")
        cloud.put(path, self.version, self.body(inputs))
        return path

    def read(self, cloud: Any, resource_id: str, state: Properties) -> Properties | None:
        """Look whether it is there, and describe it."""
        found = cloud.get(resource_id, self.version)
        return None if found is None else self.seen(found, state)

    def seen(self, found: Mapping[str, Any], state: Properties) -> Properties:
        """Give the properties of what the cloud has."""
        flat = {**{name: value for name, value in found.items() if name != "properties"}, **found.get("properties", {})}
        flat |= {name: [_flat(item) for item in flat[name]] for name in self.listed if name in flat}
        own = (*self.replaces, *self.updates)
        return {name: value for name, value in flat.items() if name not in own or name in state}

    def update(self, cloud: Any, resource_id: str, inputs: Properties, changed: frozenset[str]) -> None:  # noqa: ARG002 -- all at once
        """Write it anew."""
        cloud.put(resource_id, self.version, self.body(inputs))

    def delete(self, cloud: Any, resource_id: str, state: Properties) -> None:  # noqa: ARG002 -- as all
        """Remove it."""
        cloud.delete(resource_id, self.version)

    def kept(self, old: Properties, inputs: Properties) -> Properties:
        """Give the properties that a service has added to, with what the program writes."""
        return {name: {**old[name], **inputs[name]} for name in self.filled if name in old and name in inputs}

    def unchanged(self, name: str, old: Any, new: Any) -> bool:
        """Tell whether a property of the state is as the program writes it."""
        return same(_shaped(old, new), new) if name in self.filled else same(old, new)


def _shaped(value: Any, like: Any) -> Any:
    """Give of a value what the other one has."""
    if isinstance(value, Mapping) and isinstance(like, Mapping):
        return {name: _shaped(value[name], item) for name, item in like.items() if name in value}
    return value


def _nested(item: Mapping[str, Any]) -> dict[str, Any]:
    return {"name": item.get("name"), "properties": {name: value for name, value in item.items() if name != "name"}}


def _flat(item: Mapping[str, Any]) -> dict[str, Any]:
    return {**item.get("properties", {}), "name": item.get("name")}
