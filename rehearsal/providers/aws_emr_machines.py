"""The machines of a cluster, as EMR's API takes them: groups that stay, or fleets."""

from collections.abc import Mapping
from typing import Any

from rehearsal.providers.values import Properties, pascal

ATTRIBUTES = {
    "emrManagedMasterSecurityGroup": "EmrManagedMasterSecurityGroup",
    "emrManagedSlaveSecurityGroup": "EmrManagedSlaveSecurityGroup",
    "keyName": "Ec2KeyName",
    "serviceAccessSecurityGroup": "ServiceAccessSecurityGroup",
    "subnetId": "Ec2SubnetId",
    "subnetIds": "Ec2SubnetIds",
}
ADDITIONAL = ("additionalMasterSecurityGroups", "additionalSlaveSecurityGroups")
ROLES = (("master", "MASTER"), ("core", "CORE"))


def instances(inputs: Properties) -> dict[str, Any]:
    """Give RunJobFlow's Instances."""
    given = inputs.get("ec2Attributes", {})
    places = {word: given[name] for name, word in ATTRIBUTES.items() if name in given}
    more = {name[0].upper() + name[1:]: given[name].split(",") for name in ADDITIONAL if name in given}
    groups = [_group(role, inputs[f"{word}InstanceGroup"]) for word, role in ROLES if f"{word}InstanceGroup" in inputs]
    fleets = [_fleet(role, inputs[f"{word}InstanceFleet"]) for word, role in ROLES if f"{word}InstanceFleet" in inputs]
    if fleets and "Ec2SubnetId" in places:  # of several that a fleet may be in, the only one
        places["Ec2SubnetIds"] = [places.pop("Ec2SubnetId")]
    return {
        "KeepJobFlowAliveWhenNoSteps": inputs["keepJobFlowAliveWhenNoSteps"],
        "TerminationProtected": inputs["terminationProtection"],
        **places,
        **more,
        **({"InstanceGroups": groups} if groups else {}),
        **({"InstanceFleets": fleets} if fleets else {}),
    }


def _group(role: str, given: Mapping[str, Any]) -> dict[str, Any]:
    market = {"Market": "SPOT", "BidPrice": given["bidPrice"]} if "bidPrice" in given else {"Market": "ON_DEMAND"}
    return {
        "InstanceRole": role,
        "InstanceType": given["instanceType"],
        "InstanceCount": given.get("instanceCount", 1),
        **({"Name": given["name"]} if "name" in given else {}),
        **market,
        **_disks(given),
    }


def _fleet(role: str, given: Mapping[str, Any]) -> dict[str, Any]:
    numbers = ("name", "targetOnDemandCapacity", "targetSpotCapacity")
    kinds = [
        {
            **pascal({name: value for name, value in one.items() if name not in {"ebsConfigs", "configurations"}}),
            **_disks(one),
        }
        for one in given.get("instanceTypeConfigs", ())
    ]
    specifications = given.get("launchSpecifications", {})
    # Pulumi has a list of each, of which EMR takes one.
    wanted = {
        name[0].upper() + name[1:-1]: pascal(specifications[name][0])
        for name in ("onDemandSpecifications", "spotSpecifications")
        if specifications.get(name)
    }
    return {
        "InstanceFleetType": role,
        **pascal({name: given[name] for name in numbers if name in given}),
        **({"InstanceTypeConfigs": kinds} if kinds else {}),
        **({"LaunchSpecifications": wanted} if wanted else {}),
    }


def _disks(given: Mapping[str, Any]) -> dict[str, Any]:
    """Give the volumes of each machine."""
    found = [
        {
            "VolumeSpecification": {
                "VolumeType": one["type"],
                "SizeInGB": one["size"],
                **({"Iops": one["iops"]} if "iops" in one else {}),
            },
            "VolumesPerInstance": one.get("volumesPerInstance", 1),
        }
        for one in given.get("ebsConfigs", ())
    ]
    return {"EbsConfiguration": {"EbsBlockDeviceConfigs": found}} if found else {}
