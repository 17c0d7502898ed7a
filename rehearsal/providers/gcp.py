"""The provider `gcp` of the rehearsal: the resource types that a Dataproc stack consists of, made by Google's REST.

Where it works is told by the vendor's own variables: GOOGLE_COMPUTE_CUSTOM_ENDPOINT and so on, and the application
default credentials.

Not imitated: every other resource type, every lookup, settings but for `project`, import, minutes of waiting.
"""

import os
from collections.abc import Mapping

from rehearsal.providers.errors import ProviderError
from rehearsal.providers.faults import Faults
from rehearsal.providers.gcp_calls import Google
from rehearsal.providers.gcp_kinds import KINDS
from rehearsal.providers.provider import CloudProvider, Lookup
from rehearsal.providers.values import Properties

VERSION = "10.2.0"  # of the SDK whose types these are
# Settings that change nothing here, and those that do.
HARMLESS = {"disableGlobalProjectWarning", "region", "skipRegionValidation", "version"}
IMITATED = {"project"}
# Where it looks for a project: https://www.pulumi.com/registry/packages/gcp/installation-configuration/
PROJECT = ("GOOGLE_PROJECT", "GOOGLE_CLOUD_PROJECT", "GCLOUD_PROJECT", "CLOUDSDK_CORE_PROJECT")
LOOKUPS: Mapping[str, Lookup] = {}


class GcpProvider(CloudProvider):
    """The provider `gcp`."""

    def __init__(self) -> None:
        super().__init__(KINDS, LOOKUPS, Faults.of_environment())

    def configured(self, settings: Properties) -> Google:
        """Take the project."""
        if other := settings.keys() - HARMLESS - IMITATED:
            raise ProviderError(f"the rehearsal's provider gcp does not imitate its setting {', '.join(sorted(other))}")
        return Google(settings.get("project") or next(filter(None, map(os.environ.get, PROJECT)), ""))


def provider() -> GcpProvider:
    """Give the provider."""
    return GcpProvider()
