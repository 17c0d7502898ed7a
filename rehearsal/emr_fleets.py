"""Fleets of instances: moto knows groups only, so that a fleet is a group to it, and a fleet again when one asks.

https://docs.aws.amazon.com/emr/latest/ManagementGuide/emr-instance-fleet.html

Not imitated: choice among types (the first is taken), weights, interruptions, resizing.
"""

from collections.abc import Mapping
from typing import Any

from rehearsal.aws_wire import Refusal

CAPACITIES = ("TargetOnDemandCapacity", "TargetSpotCapacity")
ONLY_FLEETS = (
    "Instance fleets and instance groups are mutually exclusive. The EMR cluster specified in the request uses "
    "instance fleets. The ListInstanceGroups request does not support clusters that use instance fleets."
)

ONLY_GROUPS = (
    "Instance fleets and instance groups are mutually exclusive. The EMR cluster specified in the request uses "
    "instance groups. The ListInstanceFleets request does not support clusters that use instance groups."
)


def as_groups(asked: Mapping[str, Any]) -> dict[str, Any]:
    """Give RunJobFlow's parameters with a group in place of each fleet; raises Refusal for what EMR refuses."""
    instances = dict(asked["Instances"])
    fleets = instances.pop("InstanceFleets", [])
    if not fleets:
        return dict(asked)
    if "InstanceGroups" in instances:
        raise Refusal("ValidationException", "Instance fleets and instance groups are mutually exclusive.")
    instances["InstanceGroups"] = [_group(fleet) for fleet in fleets]
    if subnets := instances.pop("Ec2SubnetIds", []):
        instances["Ec2SubnetId"] = subnets[0]  # EMR takes the best of them
    return {**asked, "Instances": instances}


def described(fleets: list[Mapping[str, Any]], cluster_id: str, state: str) -> list[dict[str, Any]]:
    """Give EMR's description of a cluster's fleets, provisioned as soon as the cluster is."""
    ready = state in {"RUNNING", "WAITING"}
    return [_described(fleet, f"if-{cluster_id[2:]}{index}", ready) for index, fleet in enumerate(fleets)]


def _group(fleet: Mapping[str, Any]) -> dict[str, Any]:
    kinds = fleet.get("InstanceTypeConfigs", [])
    count = sum(fleet.get(name, 0) for name in CAPACITIES)
    role = fleet["InstanceFleetType"]
    if not kinds or not count or (role == "MASTER" and count != 1):
        raise Refusal("ValidationException", f"The {role} instance fleet has no instance types, or no valid capacity.")
    group = {"InstanceRole": role, "InstanceType": kinds[0]["InstanceType"], "InstanceCount": count}
    group |= {"Market": "SPOT" if fleet.get("TargetSpotCapacity") else "ON_DEMAND"}
    disks = {name: kinds[0][name] for name in ("EbsConfiguration",) if name in kinds[0]}
    return {**group, **disks, **({"Name": fleet["Name"]} if "Name" in fleet else {})}


def _described(fleet: Mapping[str, Any], fleet_id: str, ready: bool) -> dict[str, Any]:  # noqa: FBT001 -- one caller
    targets = {name: fleet.get(name, 0) for name in CAPACITIES}
    there = {name.replace("Target", "Provisioned"): value if ready else 0 for name, value in targets.items()}
    kinds = [{"InstanceType": one["InstanceType"], "WeightedCapacity": one.get("WeightedCapacity", 1)}
             for one in fleet["InstanceTypeConfigs"]]  # fmt: skip
    return {
        "Id": fleet_id,
        "Name": fleet.get("Name", ""),
        "InstanceFleetType": fleet["InstanceFleetType"],
        "Status": {"State": "RUNNING" if ready else "PROVISIONING", "StateChangeReason": {}, "Timeline": {}},
        "InstanceTypeSpecifications": kinds,
        "LaunchSpecifications": fleet.get("LaunchSpecifications", {}),
        **targets,
        **there,
    }
