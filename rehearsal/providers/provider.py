"""The engine's questions about resources, answered by a table of kinds: the same for every cloud.

As the vendors' bridged providers do it: inputs are checked against the SDK's description, a name that is not given gets
random letters, a change is what differs between the program's inputs and the state, and after it is made a resource is
read until it can be seen. https://www.pulumi.com/docs/iac/concepts/providers/

Not imitated: import of existing resources, provider-wide settings but for the region and default tags.
"""

import asyncio
import time
from abc import abstractmethod
from collections.abc import Callable, Mapping
from typing import Any

from pulumi.provider.experimental import provider as wire

from rehearsal.providers import descriptions
from rehearsal.providers.errors import Incomplete, NotFound, ProviderError
from rehearsal.providers.faults import Faults
from rehearsal.providers.kinds import Kind
from rehearsal.providers.properties import plain, wrapped
from rehearsal.providers.values import Properties, is_unknown, known, same

SEEN_AFTER, LOOK = 5.0, 0.1  # seconds that a new resource may stay unseen, and between two looks
Lookup = Callable[[Any, Properties], Properties]
ADDED, REMOVED, CHANGED = wire.PropertyDiffKind.ADD, wire.PropertyDiffKind.DELETE, wire.PropertyDiffKind.UPDATE
REPLACING = {
    ADDED: wire.PropertyDiffKind.ADD_REPLACE,
    REMOVED: wire.PropertyDiffKind.DELETE_REPLACE,
    CHANGED: wire.PropertyDiffKind.UPDATE_REPLACE,
}


class CloudProvider(wire.Provider):
    """A provider of the kinds in a table, and of lookups; what is in neither is refused."""

    def __init__(self, kinds: Mapping[str, Kind], lookups: Mapping[str, Lookup], faults: Faults) -> None:
        self._kinds, self._lookups, self._faults = kinds, lookups, faults
        self.cloud: Any = None

    @abstractmethod
    def configured(self, settings: Properties) -> Any:
        """Give the clients of the cloud for these settings; raises ProviderError for what is not imitated."""

    def tagged(self, inputs: Properties) -> Properties:  # noqa: ARG002 -- for clouds that have default tags
        """Give the inputs that follow from the provider's own settings."""
        return {}

    def unchanged(self, kind: Kind, name: str, old: Any, new: Any) -> bool:  # noqa: ARG002 -- for clouds whose services add to it
        """Tell whether a property of the state is as the program writes it."""
        return same(old, new)

    async def configure(self, request: wire.ConfigureRequest) -> wire.ConfigureResponse:
        """Take the settings; without secrets of its own, so that the engine keeps track of them."""
        self.cloud = self.configured(plain(request.args))
        return wire.ConfigureResponse(supports_preview=True)

    async def check(self, request: wire.CheckRequest) -> wire.CheckResponse:
        """Give the inputs with what follows from them, or what is wrong with them."""
        given = plain(request.new_inputs)
        failures = [wire.CheckFailure(path, reason) for path, reason in self._problems(_token(request), given)]
        if failures:
            return wire.CheckResponse(inputs=request.new_inputs, failures=failures)
        kind = self._kinds[_token(request)]
        whole = {**kind.defaults, **given}
        if kind.name and kind.name not in whole:
            old = plain(request.old_inputs).get(kind.name)
            whole[kind.name] = old or kind.autonamed(request.name)
        if "tags" in descriptions.properties_of(descriptions.inputs_of(_token(request))):
            whole |= self.tagged(whole)
        return wire.CheckResponse(inputs=wrapped(whole | kind.derived(whole)))

    async def diff(self, request: wire.DiffRequest) -> wire.DiffResponse:
        """Tell what the program wants otherwise than it is, and whether that takes a new resource."""
        kind = self._kinds[_token(request)]
        state, inputs = plain(request.old_state), plain(request.new_inputs)
        changes = {name: how for name, how in self._changes(_token(request), state, inputs).items()
                   if name not in request.ignore_changes}  # fmt: skip
        if broken := kind.broken(state):
            changes[broken] = CHANGED
        stays = {name for name in kind.updates if kind.in_place(name, state.get(name), inputs.get(name))}
        replaces = [name for name in changes if name not in stays or name == broken]
        details = {name: wire.PropertyDiff(REPLACING[how] if name in replaces else how, name != broken)
                   for name, how in changes.items()}  # fmt: skip
        clash = bool(kind.name) and state.get(kind.name) == inputs.get(kind.name)  # two of one name cannot be
        return wire.DiffResponse(
            changes=bool(changes), replaces=replaces, diffs=list(changes), detailed_diff=details,
            delete_before_replace=bool(replaces) and (clash or kind.alone),
        )  # fmt: skip

    async def create(self, request: wire.CreateRequest) -> wire.CreateResponse:
        """Make a resource, and read it."""
        inputs = plain(request.properties)
        if request.preview:
            return wire.CreateResponse(None, wrapped(inputs))
        resource_id, state = await asyncio.to_thread(self._create, _token(request), request.name, inputs)
        return wire.CreateResponse(resource_id, wrapped(state))

    async def read(self, request: wire.ReadRequest) -> wire.ReadResponse:
        """Read a resource; an empty id tells that it is gone."""
        if not request.properties:
            raise ProviderError(f"import of {request.resource_id} is not imitated by the rehearsal")
        kind, old = self._kinds[_token(request)], plain(request.properties)
        observed = await asyncio.to_thread(kind.read, self.cloud, request.resource_id, old)
        if observed is None:
            return wire.ReadResponse("")
        return wire.ReadResponse(request.resource_id, wrapped(known(old, observed)), request.inputs)

    async def update(self, request: wire.UpdateRequest) -> wire.UpdateResponse:
        """Change a resource in place, and read it."""
        old, inputs = plain(request.olds), plain(request.news)
        changed = frozenset(self._changes(_token(request), old, inputs))
        described = descriptions.properties_of(descriptions.inputs_of(_token(request)))
        kept = self._kinds[_token(request)].kept(old, inputs)
        state = {name: value for name, value in old.items() if name not in described} | inputs | kept
        if not request.preview:
            state = await asyncio.to_thread(self._update, _token(request), request.resource_id, state, inputs, changed)
        return wire.UpdateResponse(wrapped(state))

    async def delete(self, request: wire.DeleteRequest) -> None:
        """Remove a resource."""
        kind, state = self._kinds[_token(request)], plain(request.properties)
        self._faults.before("delete", request.urn)
        await asyncio.to_thread(kind.delete, self.cloud, request.resource_id, state)
        self._faults.after("delete", request.urn)

    async def invoke(self, request: wire.InvokeRequest) -> wire.InvokeResponse:
        """Look something up."""
        if request.tok not in self._lookups:
            raise ProviderError(f"the rehearsal does not imitate {request.tok}")
        found = await asyncio.to_thread(self._lookups[request.tok], self.cloud, plain(request.args))
        return wire.InvokeResponse(wrapped(found))

    def _problems(self, token: str, given: Properties) -> list[tuple[str, str]]:
        kind = self._kinds.get(token)
        if kind is None:
            return [("", f"the rehearsal does not imitate {token}")]
        found = list(descriptions.problems(descriptions.inputs_of(token), given))
        other = given.keys() - {*kind.replaces, *kind.updates}
        return found or [(name, f"the rehearsal's {token} does not imitate it") for name in sorted(other)]

    def _changes(self, token: str, state: Properties, inputs: Properties) -> dict[str, wire.PropertyDiffKind]:
        kind = self._kinds[token]
        found: dict[str, wire.PropertyDiffKind] = {}
        for name in (*kind.replaces, *kind.updates):
            old, new = state.get(name), inputs.get(name)
            if new is None and (old in (None, "", [], {}) or name in kind.computed):
                continue
            if is_unknown(new) or not self.unchanged(kind, name, old, new):
                found[name] = REMOVED if new is None else ADDED if old is None else CHANGED
        return found

    def _create(self, token: str, name: str, inputs: Properties) -> tuple[str, Properties]:
        kind = self._kinds[token]
        self._faults.before("create", f"{token}::{name}")
        try:
            resource_id = kind.create(self.cloud, inputs)
        except Incomplete as error:
            error.state = inputs | error.state
            raise
        self._faults.after("create", f"{token}::{name}")
        try:
            return resource_id, known(inputs, self._seen(kind, name, resource_id, inputs))
        except Exception as error:
            said = f"{resource_id} was made, and cannot be read: {error}"
            raise Incomplete(resource_id, said, **inputs) from error

    def _update(
        self, token: str, resource_id: str, state: Properties, inputs: Properties, changed: frozenset[str]
    ) -> Properties:
        kind = self._kinds[token]
        self._faults.before("update", f"{token}::{resource_id}")
        if changed:
            kind.update(self.cloud, resource_id, inputs, changed)
        return known(state, self._seen(kind, resource_id, resource_id, state))

    def _seen(self, kind: Kind, name: str, resource_id: str, state: Properties) -> Properties:
        """Read until the resource can be seen: what was just made may be unknown for a moment."""
        deadline = time.monotonic() + SEEN_AFTER
        while (observed := None if self._faults.unseen(name) else kind.read(self.cloud, resource_id, state)) is None:
            if time.monotonic() > deadline:
                raise NotFound(f"it is not there after {SEEN_AFTER:.0f} s")
            time.sleep(LOOK)
        return observed


def _token(request: Any) -> str:
    """Give a request's resource type, without those of the components that it lies in."""
    return str(request.type).rpartition("$")[2]
