"""The provider `azure-native` of the rehearsal: the resource types that an HDInsight stack consists of, made by REST.

Where it works is told by the vendor's own variables: ARM_METADATA_HOSTNAME, ARM_SUBSCRIPTION_ID, ARM_TENANT_ID,
ARM_CLIENT_ID, ARM_CLIENT_SECRET, or the settings of the same meaning.
https://www.pulumi.com/registry/packages/azure-native/installation-configuration/

Not imitated: every other resource type and lookup, blobs that a program uploads, logins but an application's with a
secret, import.
"""

import os
from typing import Any

from pulumi.provider.experimental import provider as wire

from rehearsal.providers.azure_calls import Manager
from rehearsal.providers.azure_kind import ArmKind
from rehearsal.providers.azure_kinds import KINDS
from rehearsal.providers.errors import ProviderError
from rehearsal.providers.faults import Faults
from rehearsal.providers.provider import CloudProvider
from rehearsal.providers.values import Properties

VERSION = "3.29.0"  # of the SDK whose types these are
SETTINGS = {
    "metadataHost": "ARM_METADATA_HOSTNAME",
    "subscriptionId": "ARM_SUBSCRIPTION_ID",
    "tenantId": "ARM_TENANT_ID",
    "clientId": "ARM_CLIENT_ID",
    "clientSecret": "ARM_CLIENT_SECRET",
}


class AzureProvider(CloudProvider):
    """The provider `azure-native`."""

    def __init__(self) -> None:
        super().__init__(KINDS, {}, Faults.of_environment())

    def configured(self, settings: Properties) -> Manager:
        """Take the subscription and the login."""
        if other := settings.keys() - SETTINGS.keys() - {"version"}:
            raise ProviderError(f"the rehearsal's provider azure-native does not imitate its setting {min(other)}")
        found = {name: settings.get(name) or os.environ.get(variable, "") for name, variable in SETTINGS.items()}
        if absent := [SETTINGS[name] for name, value in found.items() if not value]:
            raise ProviderError(f"the provider azure-native needs {', '.join(absent)}")
        return Manager(found["metadataHost"], found["subscriptionId"], found)

    def unchanged(self, kind: Any, name: str, old: Any, new: Any) -> bool:
        """Compare what the program wrote, and not what a service has added to it."""
        return kind.unchanged(name, old, new) if isinstance(kind, ArmKind) else super().unchanged(kind, name, old, new)


def provider() -> wire.Provider:
    """Give the provider."""
    return AzureProvider()
