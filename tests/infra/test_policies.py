"""What holds of every resource of every stack, and that each rule bites when the program breaks it."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from tests.infra.planning import MADE_UP, SUBSCRIPTION, Plan, Planned, planned
from tests.infra.rules import RULES

CONFIGS: Mapping[str, tuple[Mapping[str, str], ...]] = {
    "emr": (
        {},
        {"spot": "true"},
        {"wheelhouse": "wheelhouse/a", "workers": "7"},
        {"ssh_source": "192.0.2.7/32,198.51.100.0/24"},
    ),
    "dataproc": (
        {},
        {"spot": "true", "workers": "4"},
        {"wheelhouse": "wheelhouse/a", "workers": "7"},
        {"ssh_source": "192.0.2.7/32,198.51.100.0/24", "image": "2.2-debian12"},
    ),
    "hdinsight": (
        {},
        {"public_key": "ssh-ed25519 AAAA", "workers": "1"},
        {"wheelhouse": "wheelhouse/a", "ssh_source": "192.0.2.7/32,198.51.100.0/24"},
    ),
    "openstack": (
        {},
        {"external_network": "public", "workers": "4"},
        {"network": "campus", "ssh_source": "192.0.2.7/32,198.51.100.0/24", "staging": "s3a://runs/firesteel"},
        {"network": "campus", "external_network": "public", "volume_gib": "50", "zone": "b", "region": "here"},
    ),
}
ROWS = [(kind, config) for kind, configs in CONFIGS.items() for config in configs]


def broken(plan: Plan, rule: str) -> list[str]:
    return [said for each in plan.resources for said in RULES[rule](each)]


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize(("kind", "config"), ROWS)
def test_no_resource_breaks_the_rule(kind: str, config: Mapping[str, str], rule: str) -> None:
    plan = planned(kind, **config)
    assert len(plan.resources) > 9
    assert broken(plan, rule) == []


def breach(type_: str, **inputs: Any) -> Planned:
    return Planned(type=type_, name="a", inputs=inputs)


def policy(action: Any, resource: str) -> Planned:
    return breach(
        "aws:iam/rolePolicy:RolePolicy", policy=json.dumps({"Statement": [{"Action": action, "Resource": resource}]})
    )


def network_rule(**source: Any) -> Planned:
    rule = {"direction": "Inbound", "access": "Allow", "sourcePortRange": "*", **source}
    return breach("azure-native:network:NetworkSecurityGroup", securityRules=[rule])


def assignment(role: str, scope: str) -> Planned:
    definition = f"{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{role}"
    return breach("azure-native:authorization:RoleAssignment", roleDefinitionId=definition, scope=scope)


GROUP = f"{SUBSCRIPTION}/resourceGroups/a"
ACCOUNT = "azure-native:storage:StorageAccount"
RULE = "openstack:networking/secGroupRule:SecGroupRule"
CREDENTIAL = "openstack:identity/applicationCredential:ApplicationCredential"
DELETE = {"service": "compute", "method": "DELETE", "path": "/v2.1/servers/a"}
FIREWALL = "gcp:compute/firewall:Firewall"
BREACHES = [
    ("open_ingress", breach("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", cidrIpv4="0.0.0.0/0")),
    ("open_ingress", breach("aws:ec2/securityGroup:SecurityGroup", ingress=[{"ipv6CidrBlocks": ["::/0"]}])),
    ("wildcards", policy("s3:*", "arn:x")),
    ("wildcards", policy(["s3:GetObject"], "*")),
    ("untagged", breach("aws:ec2/vpc:Vpc", tags={"firesteel:stack": "a"})),
    ("public", breach("aws:ec2/subnet:Subnet", mapPublicIpOnLaunch=True)),
    ("open_ingress", breach(FIREWALL, direction="INGRESS", sourceRanges=["0.0.0.0/0"])),
    ("open_ingress", breach(FIREWALL, direction="INGRESS", targetTags=["nodes"])),
    ("wildcards", breach("gcp:projects/iAMMember:IAMMember", role="roles/editor")),
    ("wildcards", breach("gcp:projects/iAMMember:IAMMember", role="roles/storage.objectUser")),
    ("wildcards", breach("gcp:storage/bucketIAMMember:BucketIAMMember", bucket="a", member="allUsers")),
    ("untagged", breach("gcp:storage/bucket:Bucket", labels={"firesteel-stack": "a"})),
    ("public", breach("gcp:dataproc/cluster:Cluster", clusterConfig={"gceClusterConfig": {"subnetwork": "a"}})),
    ("public", breach("gcp:storage/bucket:Bucket", uniformBucketLevelAccess=True)),
    ("open_ingress", breach(RULE, direction="ingress", remoteIpPrefix="0.0.0.0/0")),
    ("open_ingress", breach(RULE, direction="ingress", protocol="tcp")),
    ("wildcards", breach(CREDENTIAL, accessRules=[{"service": "compute", "method": "DELETE", "path": "/v2.1/**"}])),
    ("wildcards", breach(CREDENTIAL, accessRules=[{"service": "compute", "method": "POST", "path": "/v2.1/servers"}])),
    ("wildcards", breach(CREDENTIAL, accessRules=[])),
    ("wildcards", breach(CREDENTIAL, unrestricted=True, accessRules=[DELETE])),
    ("untagged", breach("openstack:networking/port:Port", tags=["firesteel:stack=a"])),
    ("public", breach("openstack:objectstorage/container:Container", containerRead=".r:*")),
    ("public", breach("openstack:compute/instance:Instance", adminPass="a")),
    ("open_ingress", network_rule(sourceAddressPrefix="*")),
    ("open_ingress", network_rule(sourceAddressPrefixes=["192.0.2.0/24", "Internet"])),
    ("open_ingress", network_rule()),
    ("wildcards", assignment("8e3af657-a8ff-443c-a75c-2fe8c4c2b635", GROUP)),
    ("wildcards", assignment("b24988ac-6180-42a0-ab88-20f7382dd24c", SUBSCRIPTION)),
    ("wildcards", assignment("b7e6dc6d-f1b7-4753-a033-0f276bb0955b", GROUP)),
    ("untagged", breach("azure-native:logic:Workflow", tags={"firesteel:stack": "a"})),
    ("public", breach("azure-native:network:PublicIPAddress")),
    ("public", breach(ACCOUNT, enableHttpsTrafficOnly=True, minimumTlsVersion="TLS1_2")),
    ("public", breach("azure-native:storage:BlobContainer", publicAccess="Blob")),
    ("readable", breach(ACCOUNT, minimumTlsVersion="TLS1_0", enableHttpsTrafficOnly=True)),
    ("readable", breach("azure-native:hdinsight:Cluster", properties={"minSupportedTlsVersion": "1.2"})),
    ("told", breach("aws:emr/cluster:Cluster", name="a", configurations=[{"password": MADE_UP}])),
]


@pytest.mark.parametrize(("rule", "resource"), BREACHES)
def test_the_rule_bites(rule: str, resource: Planned) -> None:
    assert list(RULES[rule](resource)) != []


@pytest.mark.parametrize(("kind", "config"), ROWS)
def test_the_cluster_object_can_be_read_by_everybody(kind: str, config: Mapping[str, str]) -> None:
    plan = planned(kind, **config)
    assert plan.secret == [False]
    assert MADE_UP not in json.dumps(plan.cluster)
