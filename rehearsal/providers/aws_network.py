"""The network's types: VPC, subnet, route table, endpoint.

What replaces is "Forces new resource" at https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/vpc
and so on.

Not imitated: IPv6, address pools, outposts, routes but those of endpoints, endpoints of interfaces.
"""

from typing import Any

from rehearsal.providers.aws_calls import completing, persistently, tag_list, tag_table, unless_gone
from rehearsal.providers.kinds import Kind
from rehearsal.providers.values import Properties

TAGS = ("tags", "tagsAll")


class Vpc(Kind):
    """A network."""

    replaces = ("cidrBlock", "instanceTenancy")
    updates = ("enableDnsHostnames", "enableDnsSupport", *TAGS)
    computed = ("enableDnsHostnames",)
    defaults = {"enableDnsSupport": True, "instanceTenancy": "default"}  # noqa: RUF012 -- a literal; so below

    def create(self, cloud: Any, inputs: Properties) -> str:
        """Make it, then set its attributes, which EC2 takes one by one."""
        asked = {"CidrBlock": inputs["cidrBlock"], "InstanceTenancy": inputs["instanceTenancy"]}
        made = cloud.client("ec2").create_vpc(**asked, **labels("vpc", inputs))["Vpc"]["VpcId"]
        with completing(made):
            self._set(cloud, made, inputs, frozenset(inputs))
        return made

    def read(self, cloud: Any, resource_id: str, state: Properties) -> Properties | None:
        """Describe it."""
        ec2 = cloud.client("ec2")
        answer = unless_gone(ec2.describe_vpcs, VpcIds=[resource_id])
        if not answer:
            return None
        found = answer["Vpcs"][0]
        return {
            "arn": cloud.arn("ec2", f"vpc/{resource_id}"),
            "cidrBlock": found["CidrBlock"],
            "instanceTenancy": found["InstanceTenancy"],
            "enableDnsSupport": _attribute(ec2, resource_id, "enableDnsSupport"),
            "enableDnsHostnames": _attribute(ec2, resource_id, "enableDnsHostnames"),
            "ownerId": cloud.account,
            **tags_of(found, state),
        }

    def update(self, cloud: Any, resource_id: str, inputs: Properties, changed: frozenset[str]) -> None:
        """Set attributes and tags."""
        self._set(cloud, resource_id, inputs, changed)
        retag(cloud, resource_id, inputs, changed)

    def delete(self, cloud: Any, resource_id: str, state: Properties) -> None:  # noqa: ARG002 -- as all
        """Remove it; refused by EC2 while anything is in it."""
        persistently(cloud.client("ec2").delete_vpc, VpcId=resource_id)

    def _set(self, cloud: Any, vpc: str, inputs: Properties, changed: frozenset[str]) -> None:
        for name in ("enableDnsSupport", "enableDnsHostnames"):
            if name in changed and name in inputs:
                setting = {name[0].upper() + name[1:]: {"Value": inputs[name]}}
                cloud.client("ec2").modify_vpc_attribute(VpcId=vpc, **setting)


class Subnet(Kind):
    """A subnet."""

    replaces = ("availabilityZone", "cidrBlock", "vpcId")
    updates = ("mapPublicIpOnLaunch", *TAGS)
    computed = ("availabilityZone",)
    defaults = {"mapPublicIpOnLaunch": False}  # noqa: RUF012

    def create(self, cloud: Any, inputs: Properties) -> str:
        """Make it."""
        asked = {"VpcId": inputs["vpcId"], "CidrBlock": inputs["cidrBlock"]}
        asked |= {"AvailabilityZone": inputs["availabilityZone"]} if "availabilityZone" in inputs else {}
        made = cloud.client("ec2").create_subnet(**asked, **labels("subnet", inputs))["Subnet"]["SubnetId"]
        with completing(made):
            self._set(cloud, made, inputs)
        return made

    def read(self, cloud: Any, resource_id: str, state: Properties) -> Properties | None:
        """Describe it."""
        answer = unless_gone(cloud.client("ec2").describe_subnets, SubnetIds=[resource_id])
        if not answer:
            return None
        found = answer["Subnets"][0]
        return {
            "arn": cloud.arn("ec2", f"subnet/{resource_id}"),
            "availabilityZone": found["AvailabilityZone"],
            "cidrBlock": found["CidrBlock"],
            "vpcId": found["VpcId"],
            "mapPublicIpOnLaunch": bool(found["MapPublicIpOnLaunch"]),
            "ownerId": cloud.account,
            **tags_of(found, state),
        }

    def update(self, cloud: Any, resource_id: str, inputs: Properties, changed: frozenset[str]) -> None:
        """Set whether machines get public addresses, and tags."""
        self._set(cloud, resource_id, inputs)
        retag(cloud, resource_id, inputs, changed)

    def delete(self, cloud: Any, resource_id: str, state: Properties) -> None:  # noqa: ARG002 -- as all
        """Remove it; refused by EC2 while machines are in it."""
        persistently(cloud.client("ec2").delete_subnet, SubnetId=resource_id)

    def _set(self, cloud: Any, subnet: str, inputs: Properties) -> None:
        public = {"Value": inputs["mapPublicIpOnLaunch"]}
        cloud.client("ec2").modify_subnet_attribute(SubnetId=subnet, MapPublicIpOnLaunch=public)


class RouteTable(Kind):
    """A route table, whose routes are those of endpoints."""

    replaces = ("vpcId",)
    updates = TAGS

    def create(self, cloud: Any, inputs: Properties) -> str:
        """Make it."""
        asked = {"VpcId": inputs["vpcId"], **labels("route-table", inputs)}
        return cloud.client("ec2").create_route_table(**asked)["RouteTable"]["RouteTableId"]

    def read(self, cloud: Any, resource_id: str, state: Properties) -> Properties | None:
        """Describe it."""
        answer = unless_gone(cloud.client("ec2").describe_route_tables, RouteTableIds=[resource_id])
        if not answer:
            return None
        found = answer["RouteTables"][0]
        arn = cloud.arn("ec2", f"route-table/{resource_id}")
        return {"arn": arn, "vpcId": found["VpcId"], "ownerId": cloud.account, **tags_of(found, state)}

    def update(self, cloud: Any, resource_id: str, inputs: Properties, changed: frozenset[str]) -> None:
        """Set tags."""
        retag(cloud, resource_id, inputs, changed)

    def delete(self, cloud: Any, resource_id: str, state: Properties) -> None:  # noqa: ARG002 -- as all
        """Remove it; refused by EC2 while a subnet uses it."""
        persistently(cloud.client("ec2").delete_route_table, RouteTableId=resource_id)


class RouteTableAssociation(Kind):
    """A subnet's use of a route table. The vendor's provider changes the table in place; here it is made anew."""

    replaces = ("routeTableId", "subnetId")
    alone = True

    def create(self, cloud: Any, inputs: Properties) -> str:
        """Make it."""
        asked = {"RouteTableId": inputs["routeTableId"], "SubnetId": inputs.get("subnetId", "")}
        return cloud.client("ec2").associate_route_table(**asked)["AssociationId"]

    def read(self, cloud: Any, resource_id: str, state: Properties) -> Properties | None:  # noqa: ARG002 -- as all
        """Find it in its table."""
        wanted = [{"Name": "association.route-table-association-id", "Values": [resource_id]}]
        for table in cloud.client("ec2").describe_route_tables(Filters=wanted)["RouteTables"]:
            for one in table["Associations"]:
                if one["RouteTableAssociationId"] == resource_id:
                    return {"routeTableId": table["RouteTableId"], "subnetId": one.get("SubnetId")}
        return None

    def delete(self, cloud: Any, resource_id: str, state: Properties) -> None:  # noqa: ARG002 -- as all
        """Remove it."""
        unless_gone(cloud.client("ec2").disassociate_route_table, AssociationId=resource_id)


class VpcEndpoint(Kind):
    """A way to a service of Amazon's through route tables."""

    replaces = ("serviceName", "vpcEndpointType", "vpcId")
    updates = ("routeTableIds", *TAGS)
    computed = ("routeTableIds",)
    defaults = {"vpcEndpointType": "Gateway"}  # noqa: RUF012

    def create(self, cloud: Any, inputs: Properties) -> str:
        """Make it."""
        asked = {
            "VpcId": inputs["vpcId"],
            "ServiceName": inputs.get("serviceName", ""),
            "VpcEndpointType": inputs["vpcEndpointType"],
            "RouteTableIds": inputs.get("routeTableIds", []),
        }
        made = cloud.client("ec2").create_vpc_endpoint(**asked, **labels("vpc-endpoint", inputs))
        return made["VpcEndpoint"]["VpcEndpointId"]

    def read(self, cloud: Any, resource_id: str, state: Properties) -> Properties | None:
        """Describe it, and find the addresses that it leads to."""
        answer = unless_gone(cloud.client("ec2").describe_vpc_endpoints, VpcEndpointIds=[resource_id])
        found = next((one for one in (answer or {}).get("VpcEndpoints", ()) if one["State"] != "deleted"), None)
        if found is None:
            return None
        return {
            "arn": cloud.arn("ec2", f"vpc-endpoint/{resource_id}"),
            "prefixListId": _prefix_list(cloud.client("ec2"), found["ServiceName"]),
            "routeTableIds": sorted(found.get("RouteTableIds", [])),
            "serviceName": found["ServiceName"],
            "state": found["State"],
            "vpcId": found["VpcId"],
            "ownerId": cloud.account,
            **tags_of(found, state),
        }

    def update(self, cloud: Any, resource_id: str, inputs: Properties, changed: frozenset[str]) -> None:
        """Set route tables and tags."""
        if "routeTableIds" in changed:
            ec2, wanted = cloud.client("ec2"), set(inputs.get("routeTableIds", []))
            old = set(ec2.describe_vpc_endpoints(VpcEndpointIds=[resource_id])["VpcEndpoints"][0]["RouteTableIds"])
            change = {"AddRouteTableIds": sorted(wanted - old), "RemoveRouteTableIds": sorted(old - wanted)}
            ec2.modify_vpc_endpoint(VpcEndpointId=resource_id, **{name: ids for name, ids in change.items() if ids})
        retag(cloud, resource_id, inputs, changed)

    def delete(self, cloud: Any, resource_id: str, state: Properties) -> None:  # noqa: ARG002 -- as all
        """Remove it."""
        unless_gone(cloud.client("ec2").delete_vpc_endpoints, VpcEndpointIds=[resource_id])


def labels(what: str, inputs: Properties) -> dict[str, Any]:
    """Give the tags of a new resource as EC2 takes them."""
    tags = inputs.get("tagsAll") or {}
    return {"TagSpecifications": [{"ResourceType": what, "Tags": tag_list(tags)}]} if tags else {}


def tags_of(found: Properties, state: Properties) -> Properties:
    """Give the tags that are there; ``tags`` are those that are not the provider's own for everything."""
    every = tag_table(found.get("Tags"))
    usual = set(state.get("tagsAll") or {}) - set(state.get("tags") or {})
    return {"tagsAll": every, "tags": {key: value for key, value in every.items() if key not in usual} or None}


def retag(cloud: Any, resource_id: str, inputs: Properties, changed: frozenset[str]) -> None:
    """Set the tags of something in EC2."""
    if "tagsAll" not in changed:
        return
    ec2, wanted = cloud.client("ec2"), inputs["tagsAll"]
    found = ec2.describe_tags(Filters=[{"Name": "resource-id", "Values": [resource_id]}])["Tags"]
    if other := [{"Key": tag["Key"]} for tag in found if tag["Key"] not in wanted]:
        ec2.delete_tags(Resources=[resource_id], Tags=other)
    if wanted:
        ec2.create_tags(Resources=[resource_id], Tags=tag_list(wanted))


def _attribute(ec2: Any, vpc: str, name: str) -> bool:
    return bool(ec2.describe_vpc_attribute(VpcId=vpc, Attribute=name)[name[0].upper() + name[1:]]["Value"])


def _prefix_list(ec2: Any, service: str) -> str | None:
    found = ec2.describe_prefix_lists(Filters=[{"Name": "prefix-list-name", "Values": [service]}])["PrefixLists"]
    return found[0]["PrefixListId"] if found else None
