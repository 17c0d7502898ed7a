"""The provider `random` of the rehearsal: passwords, which no cloud makes; Python's own source of secrets does.

https://www.pulumi.com/registry/packages/random/api-docs/randompassword/
Not imitated: every other resource type, import.
"""

import secrets
import string
from collections.abc import Mapping
from typing import Any

from pulumi.provider.experimental import provider as wire

from rehearsal.providers.errors import ProviderError
from rehearsal.providers.faults import Faults
from rehearsal.providers.kinds import Kind
from rehearsal.providers.provider import CloudProvider
from rehearsal.providers.values import Properties

VERSION = "4.21.4"  # of the SDK whose types these are
SPECIAL = "!@#$%&*()-_=+[]{}<>:?"
CLASSES = {
    "lower": ("minLower", string.ascii_lowercase),
    "upper": ("minUpper", string.ascii_uppercase),
    "numeric": ("minNumeric", string.digits),
    "special": ("minSpecial", SPECIAL),
}


class RandomPassword(Kind):
    """A password; every change of what it is made of makes another one."""

    replaces = ("length", "overrideSpecial", "keepers", *(name for name, _ in CLASSES.values()), *CLASSES)
    defaults = {name: True for name in CLASSES} | {name: 0 for name, _ in CLASSES.values()}  # noqa: C420 -- a literal

    def create(self, cloud: Any, inputs: Properties) -> str:  # noqa: ARG002 -- needs none
        """Give the vendor's id, the same for each; the password is made when it is read for the first time."""
        if inputs["length"] < sum(inputs[least] for least, _ in CLASSES.values()):
            raise ProviderError("length is less than the sum of the least numbers of characters")
        return "none"

    def read(self, cloud: Any, resource_id: str, state: Properties) -> Properties:  # noqa: ARG002 -- needs none
        """Give what there is, or make it."""
        return {"id": resource_id, "result": state.get("result") or _made(state)}

    def delete(self, cloud: Any, resource_id: str, state: Properties) -> None:
        """Have nothing to do: it is in the state alone."""


def _made(inputs: Properties) -> str:
    choose = secrets.SystemRandom()
    signs = {name: signs for name, (_, signs) in CLASSES.items() if inputs[name]}
    if "special" in signs:
        signs["special"] = inputs.get("overrideSpecial", SPECIAL)
    found = [choose.choice(signs[name]) for name in signs for _ in range(inputs[CLASSES[name][0]])]
    found += [choose.choice("".join(signs.values())) for _ in range(inputs["length"] - len(found))]
    choose.shuffle(found)
    return "".join(found)


class RandomProvider(CloudProvider):
    """The provider `random`."""

    def __init__(self) -> None:
        super().__init__(KINDS, {}, Faults.of_environment())

    def configured(self, settings: Properties) -> None:
        """Need nothing."""


def provider() -> wire.Provider:
    """Give the provider."""
    return RandomProvider()


KINDS: Mapping[str, Kind] = {"random:index/randomPassword:RandomPassword": RandomPassword()}
