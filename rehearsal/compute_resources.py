"""What a network of Compute Engine consists of: the fields of each resource, and what of them is refused.

https://cloud.google.com/compute/docs/reference/rest/v1/networks, subnetworks, firewalls, routes
"""

import ipaddress
import re
from collections.abc import Iterable, Mapping
from typing import Any

from rehearsal.dataproc_errors import Refused, invalid
from rehearsal.google_apis import Fields

HOME = "https://www.googleapis.com/compute/v1/"
NAME = re.compile(r"[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?")
PORTS = [{"IPProtocol": str, "ports": [str]}]
# What can be asked for; the service's resources have more.
FIELDS: Mapping[str, Fields] = {
    "networks": {"name": str, "description": str, "autoCreateSubnetworks": bool, "routingConfig": {"routingMode": str}},
    "subnetworks": {
        "name": str, "description": str, "network": str, "region": str, "ipCidrRange": str,
        "privateIpGoogleAccess": bool,
    },
    "firewalls": {
        "name": str, "description": str, "network": str, "direction": str, "priority": int, "disabled": bool,
        "allowed": PORTS, "denied": PORTS, "sourceRanges": [str], "sourceTags": [str], "targetTags": [str],
    },
    "routes": {
        "name": str, "description": str, "network": str, "destRange": str, "priority": int, "nextHopGateway": str,
        "nextHopIp": str, "tags": [str],
    },
}  # fmt: skip
DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    "networks": {"routingConfig": {"routingMode": "REGIONAL"}},
    "subnetworks": {"privateIpGoogleAccess": False, "purpose": "PRIVATE", "stackType": "IPV4_ONLY"},
    "firewalls": {"direction": "INGRESS", "priority": 1000, "disabled": False},
    "routes": {"priority": 1000},
}
REGIONAL = frozenset({"subnetworks"})


def fields_of(kind: str, *, regional: bool) -> Fields:
    """Give the fields of a kind of resource; raises Refused for one that is not imitated there."""
    if kind not in FIELDS or (kind in REGIONAL) is not regional:
        raise Refused("UNIMPLEMENTED", f"The rehearsal has no {'regional' if regional else 'global'} {kind}.")
    return FIELDS[kind]


def check(kind: str, body: Mapping[str, Any], beside: Iterable[Mapping[str, Any]]) -> None:
    """Return if this may be made; ``beside`` are the subnetworks of its network. Raises Refused."""
    name = body.get("name", "")
    if not NAME.fullmatch(name):
        said = f"Must be a match of regex '{NAME.pattern}'"
        raise invalid(f"Invalid value for field 'resource.name': '{name}'. {said}")
    if kind == "networks" and body.get("autoCreateSubnetworks") is not False:
        raise Refused("UNIMPLEMENTED", "The rehearsal has no networks that make subnets of their own accord.")
    if kind == "firewalls" and not (body.get("allowed") or body.get("denied")):
        raise invalid("Invalid value for field 'resource': At least one of allowed and denied must be specified.")
    if kind == "subnetworks":
        _check_range(body, beside)


def first_address(block: str) -> str:
    """Give the address that a subnetwork's gateway has."""
    return str(ipaddress.ip_network(block)[1])


def _check_range(body: Mapping[str, Any], beside: Iterable[Mapping[str, Any]]) -> None:
    try:
        block = ipaddress.ip_network(body.get("ipCidrRange", ""))
    except ValueError as error:
        raise invalid(f"Invalid value for field 'resource.ipCidrRange': {error}") from error
    for other in beside:
        if block.overlaps(ipaddress.ip_network(other["ipCidrRange"])):
            raise invalid(f"Invalid IPCidrRange: {block} conflicts with existing subnetwork '{other['name']}'.")
