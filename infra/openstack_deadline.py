"""What a stack on OpenStack ends by: a credential that may delete its servers and nothing else, and a letter with it.

OpenStack ends nothing by itself: a timer on the servers does, which reads the letter when the time has come. The letter
lies in the stack's own container and is read by an address that is signed: user data holds no secret of the login's.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pulumi
import pulumi_openstack as openstack
import pulumi_random as random

from infra.openstack_settings import Settings
from infra.stack import LONGEST, Stack

LETTER = "deadline.json"
GRACE = timedelta(hours=1)  # until the last attempt to delete


class Container:
    """The container for the letter, and for runs where nothing else is named; only the project's members can read it.

    ``letter`` is the signed address, a secret.
    """

    def __init__(self, stack: Stack, settings: Settings, child: pulumi.ResourceOptions) -> None:
        self._name, self._region, self._child = stack.prefix, settings.region, child
        key = random.RandomPassword(f"{stack.prefix}-letter", length=40, special=False, opts=child)
        secret = pulumi.Output.secret(key.result)
        # A header's name has no colon. Versions and expiry of old runs are not asked for: Swift need not have them.
        metadata = {name.replace(":", "-"): value for name, value in stack.tags.items()}
        self._container = openstack.objectstorage.Container(
            stack.prefix, force_destroy=True, metadata={**metadata, "Temp-URL-Key": secret}, region=settings.region,
            opts=child,
        )  # fmt: skip
        self.staging = pulumi.Output.concat("s3a://", self._container.name, "/firesteel")
        # https://docs.openstack.org/swift/latest/api/temporary_url_middleware.html
        signed = openstack.objectstorage.TempUrl(
            stack.prefix, container=self._container.name, object=LETTER, key=secret, digest="sha256",
            ttl=int(LONGEST.total_seconds()), region=settings.region, opts=child,
        )  # fmt: skip
        self.letter = pulumi.Output.secret(signed.url)

    def put(self, content: pulumi.Output[str]) -> None:
        """Lay the letter there; it may come after the servers, and anew when the time moves."""
        openstack.objectstorage.ContainerObject(
            f"{self._name}-letter", container_name=self._container.name, name=LETTER, content=content,
            content_type="application/json", region=self._region, opts=self._child,
        )  # fmt: skip


def letter(
    stack: Stack, settings: Settings, servers: Sequence[pulumi.Output[str]], child: pulumi.ResourceOptions
) -> pulumi.Output[str]:
    """Give the letter: where to log in, with what, and what to delete then. It is a secret.

    https://docs.openstack.org/keystone/latest/user/application_credentials.html#access-rules
    """
    scope = openstack.identity.get_auth_scope_output(
        name=stack.prefix, region=settings.region, opts=pulumi.InvokeOutputOptions(parent=child.parent)
    )
    identity, compute = (
        scope.apply(lambda found, type_=type_: _address(found.service_catalogs, type_, found.region))
        for type_ in ("identity", "compute")
    )
    addresses = [pulumi.Output.concat(compute, "/servers/", server) for server in servers]
    made = openstack.identity.ApplicationCredential(
        f"{stack.prefix}-end", description=f"firesteel:stack={stack.name}: deletes its servers", unrestricted=False,
        access_rules=[
            {"service": "compute", "method": "DELETE", "path": address.apply(lambda found: urlsplit(found).path)}
            for address in addresses
        ],
        expires_at=(stack.until + GRACE).strftime("%Y-%m-%dT%H:%M:%SZ"), region=settings.region, opts=child,
    )  # fmt: skip
    return pulumi.Output.secret(
        pulumi.Output.json_dumps(
            {"identity": identity, "id": made.id, "secret": pulumi.Output.secret(made.secret), "delete": addresses}
        )
    )


def _address(catalog: Sequence[Any], type_: str, region: str) -> str:
    """Give a service's public address as its catalogue has it: rules are held against that path, prefix and all."""
    found = [
        endpoint
        for service in catalog
        if service.type == type_
        for endpoint in service.endpoints
        if endpoint.interface == "public" and region in {"", endpoint.region}
    ]
    if not found:
        raise pulumi.RunError(f"OpenStack's catalogue has no public address of {type_} in the region {region!r}")
    return str(found[0].url).rstrip("/")
