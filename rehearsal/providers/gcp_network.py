"""The network's types: network, subnetwork, firewall rule.

What replaces is "Forces new resource" at https://registry.terraform.io/providers/hashicorp/google/latest/docs/resources/compute_network
and so on. Not imitated: a subnetwork that grows in place, IPv6, logs, networks with subnets of their own accord.
"""

from rehearsal.providers.gcp_calls import Google, persistently, unless_gone
from rehearsal.providers.kinds import Kind
from rehearsal.providers.values import Properties


class Network(Kind):
    """A network."""

    name = "name"
    replaces = ("autoCreateSubnetworks", "description", "name", "project")
    computed = ("project",)
    defaults = {"autoCreateSubnetworks": True}  # noqa: RUF012 -- a literal

    def create(self, cloud: Google, inputs: Properties) -> str:
        """Make it, with the default route that the service gives it."""
        body = _given(inputs, "name", "description", "autoCreateSubnetworks")
        folder = f"projects/{cloud.project(inputs)}/global/networks"
        cloud.compute("POST", folder, body)
        return f"{folder}/{inputs['name']}"

    def read(self, cloud: Google, resource_id: str, state: Properties) -> Properties | None:  # noqa: ARG002 -- as all
        """Describe it."""
        found = unless_gone(cloud.ask, "compute", "GET", resource_id)
        if found is None:
            return None
        return {
            **_given(found, "name", "description", "autoCreateSubnetworks", "selfLink"),
            "networkId": found["id"],
            "numericId": found["id"],
            "project": resource_id.split("/")[1],
            "routingMode": found["routingConfig"]["routingMode"],
        }

    def delete(self, cloud: Google, resource_id: str, state: Properties) -> None:  # noqa: ARG002 -- as all
        """Remove it; refused by the service while anything is in it."""
        persistently(cloud.compute, "DELETE", resource_id)


class Subnetwork(Kind):
    """A subnetwork."""

    name = "name"
    replaces = ("description", "ipCidrRange", "name", "network", "project", "region")
    updates = ("privateIpGoogleAccess",)
    computed = ("privateIpGoogleAccess", "project")

    def create(self, cloud: Google, inputs: Properties) -> str:
        """Make it."""
        folder = f"projects/{cloud.project(inputs)}/regions/{inputs['region']}/subnetworks"
        names = ("name", "description", "network", "ipCidrRange", "privateIpGoogleAccess")
        cloud.compute("POST", folder, _given(inputs, *names))
        return f"{folder}/{inputs['name']}"

    def read(self, cloud: Google, resource_id: str, state: Properties) -> Properties | None:
        """Describe it."""
        found = unless_gone(cloud.ask, "compute", "GET", resource_id)
        if found is None:
            return None
        names = ("name", "description", "ipCidrRange", "privateIpGoogleAccess", "gatewayAddress", "selfLink")
        return {
            **_given(found, *names, "creationTimestamp", "purpose", "stackType"),
            "network": _link(found["network"], state),
            "project": resource_id.split("/")[1],
            "region": found["region"].rpartition("/")[2],
        }

    def update(self, cloud: Google, resource_id: str, inputs: Properties, changed: frozenset[str]) -> None:  # noqa: ARG002 -- only one can
        """Set whether Google's services are reached from it."""
        body = {"privateIpGoogleAccess": inputs.get("privateIpGoogleAccess", False)}
        cloud.compute("POST", f"{resource_id}/setPrivateIpGoogleAccess", body)

    def delete(self, cloud: Google, resource_id: str, state: Properties) -> None:  # noqa: ARG002 -- as all
        """Remove it; refused by the service while machines are in it."""
        persistently(cloud.compute, "DELETE", resource_id)


class Firewall(Kind):
    """A firewall rule."""

    name = "name"
    replaces = ("direction", "name", "network", "project")
    updates = ("allows", "description", "priority", "sourceRanges", "sourceTags", "targetTags")
    computed = ("direction", "priority", "project")

    def create(self, cloud: Google, inputs: Properties) -> str:
        """Make it."""
        folder = f"projects/{cloud.project(inputs)}/global/firewalls"
        cloud.compute("POST", folder, {**_rule(inputs), **_given(inputs, "name", "network", "direction")})
        return f"{folder}/{inputs['name']}"

    def read(self, cloud: Google, resource_id: str, state: Properties) -> Properties | None:
        """Describe it."""
        found = unless_gone(cloud.ask, "compute", "GET", resource_id)
        if found is None:
            return None
        names = ("name", "description", "direction", "priority", "sourceRanges", "sourceTags", "targetTags")
        rows = found.get("allowed", ())
        allows = [{"protocol": row["IPProtocol"], **_given(row, "ports")} for row in rows]
        return {
            **dict.fromkeys(names),
            **_given(found, *names, "creationTimestamp", "selfLink"),
            "allows": allows or None,
            "network": _link(found["network"], state),
            "project": resource_id.split("/")[1],
        }

    def update(self, cloud: Google, resource_id: str, inputs: Properties, changed: frozenset[str]) -> None:
        """Set what it lets through, and its description."""
        rule = _rule(inputs)
        names = {"allowed" if name == "allows" else name for name in changed}
        cloud.compute("PATCH", resource_id, {name: rule.get(name) for name in names})

    def delete(self, cloud: Google, resource_id: str, state: Properties) -> None:  # noqa: ARG002 -- as all
        """Remove it."""
        unless_gone(cloud.compute, "DELETE", resource_id)


def _given(found: Properties, *names: str) -> Properties:
    return {name: found[name] for name in names if found.get(name) is not None}


def _rule(inputs: Properties) -> Properties:
    """Give the rule as the service takes it."""
    body = _given(inputs, "description", "priority", "sourceRanges", "sourceTags", "targetTags")
    rows = inputs.get("allows", ())
    return {**body, "allowed": [{"IPProtocol": row["protocol"], **_given(row, "ports")} for row in rows]}


def _link(found: str, state: Properties) -> str:
    """Give a network's link as the program has written it, where that means the same."""
    written = str(state.get("network", ""))
    return written if written and found.endswith(written[written.find("projects/") :]) else found
