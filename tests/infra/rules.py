"""What no resource of any stack may be; each rule gives what breaks it, and nothing where all is well."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from tests.infra.planning import MADE_UP, Planned

EVERYBODY = frozenset({"*", "0.0.0.0/0", "::/0", "Internet", "Any"})
TAGS = frozenset({"firesteel:stack", "firesteel:expires-at"})
# Types that the provider cannot tag.
UNTAGGED = re.compile(
    r"aws:(s3/bucket(Versioning|PublicAccessBlock|ServerSideEncryptionConfiguration|LifecycleConfiguration|Objectv2):"
    r"|iam/rolePolicy(Attachment)?:|ec2/routeTableAssociation:|scheduler/schedule:)"
    # Networks, firewall rules and accounts have descriptions only; the others belong to a bucket or to the project.
    r"|gcp:(compute/(network|subnetwork|firewall):|serviceaccount/account:|projects/iAMMember:"
    r"|storage/(bucketIAMMember|bucketObject):)"
    r"|openstack:(networking/(secGroupRule|routerInterface|floatingIpAssociate):|compute/keypair:"
    r"|identity/applicationCredential:|objectstorage/(containerObject|tempUrl):)|random:"
    r"|azure-native:(network:Subnet|authorization:RoleAssignment"
    r"|storage:(BlobContainer|BlobServiceProperties|ManagementPolicy|Blob))$"
)


def texts(value: Any) -> Iterator[str]:
    """Give every text within, however deep."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from texts(each)


def open_ingress(each: Planned) -> Iterator[str]:
    """No way in for everybody, nor one that says of nobody in particular."""
    for rule in inward(each):
        yield from (f"{each.name}: {word}" for word in texts(rule) if word in EVERYBODY)
        if not any(key in rule for key in SOURCES):
            yield f"{each.name}: a way in from anywhere"


# Keys that say who may come in, by any provider.
SOURCES = frozenset(
    {
        "cidrIpv4",
        "cidrIpv6",
        "referencedSecurityGroupId",
        "cidrBlocks",
        "ipv6CidrBlocks",
        "sourceRanges",
        "sourceTags",
        "remoteIpPrefix",
        "remoteGroupId",
        "sourceAddressPrefix",
        "sourceAddressPrefixes",
    }
)


def inward(each: Planned) -> Iterator[Mapping[str, Any]]:
    """Give the rules by which something may come in."""
    if "Ingress" in each.type or str(each.inputs.get("direction")).casefold() == "ingress":
        yield {key: value for key, value in each.inputs.items() if key not in {"allows", "ipProtocol", "protocol"}}
    yield from each.inputs.get("ingress") or ()
    for rule in each.inputs.get("securityRules") or ():
        if (rule["direction"], rule["access"]) == ("Inbound", "Allow"):
            yield {key: value for key, value in rule.items() if key in SOURCES}


def statements(each: Planned) -> Iterator[dict[str, Any]]:
    for key in ("policy", "assumeRolePolicy"):
        if isinstance(each.inputs.get(key), str) and each.inputs[key].startswith("{"):
            yield from json.loads(each.inputs[key])["Statement"]


def wildcards(each: Planned) -> Iterator[str]:
    """No action or resource `*`, and none of the roles that may do everything."""
    for rule in statements(each):
        actions = rule["Action"] if isinstance(rule["Action"], list) else [rule["Action"]]
        yield from (f"{each.name}: action {action}" for action in actions if "*" in action)
        if "Principal" not in rule and rule["Resource"] in ("*", "arn:aws:s3:::*"):
            yield f"{each.name}: resource {rule['Resource']}"
    if each.inputs.get("role") in {"roles/owner", "roles/editor", "roles/viewer", "roles/storage.admin"}:
        yield f"{each.name}: {each.inputs['role']}"
    if str(each.inputs.get("role")).startswith("roles/storage.") and "bucket" not in each.inputs:
        yield f"{each.name}: {each.inputs['role']} on more than a bucket"
    if each.inputs.get("member") in {"allUsers", "allAuthenticatedUsers"}:
        yield f"{each.name}: {each.inputs['member']}"
    if each.type == "azure-native:authorization:RoleAssignment":
        yield from misplaced(each)
    if each.type == "openstack:identity/applicationCredential:ApplicationCredential":
        yield from unlimited(each)


# Azure's built-in roles that a stack may give, and to what: its own group, its own account.
# https://learn.microsoft.com/azure/role-based-access-control/built-in-roles
PLACES = {
    "b24988ac-6180-42a0-ab88-20f7382dd24c": re.compile(r"/subscriptions/[^/]+/resourceGroups/[^/]+"),
    "b7e6dc6d-f1b7-4753-a033-0f276bb0955b": re.compile(r"/.+/providers/Microsoft\.storage/StorageAccount/[^/]+"),
}


def misplaced(each: Planned) -> Iterator[str]:
    """A role of Azure's that is none of these, or given for more than it is for."""
    role = each.inputs["roleDefinitionId"].rpartition("/")[2]
    if role not in PLACES or not PLACES[role].fullmatch(each.inputs["scope"]):
        yield f"{each.name}: role {role} on {each.inputs['scope']}"


def unlimited(each: Planned) -> Iterator[str]:
    """A credential that a server has may delete what it names."""
    rules = each.inputs.get("accessRules") or ()
    if each.inputs.get("unrestricted") or not rules:
        yield f"{each.name}: may do what its user may"
    for rule in rules:
        if rule["method"] != "DELETE" or "/servers/" not in rule["path"] or set("*{") & set(rule["path"]):
            yield f"{each.name}: {rule['method']} {rule['path']}"


def untagged(each: Planned) -> Iterator[str]:
    """Everything says whose it is and when it ends, where it can."""
    if UNTAGGED.match(each.type):
        return
    if not named(each) >= {tag.replace(":", "-") for tag in TAGS}:
        yield f"{each.type} {each.name}"


def named(each: Planned) -> set[str]:
    """Give the keys of a resource's tags, labels or metadata; `:` as `-`, which is all that some providers take."""
    found: set[str] = set()
    for key in ("tags", "labels", "metadata"):
        given = each.inputs.get(key) or ()
        found |= {str(word).partition("=")[0].replace(":", "-") for word in given}
    return found


def public(each: Planned) -> Iterator[str]:
    """No address of the internet's but the one that was asked for, no bucket for everybody, no login by password."""
    for key in ("mapPublicIpOnLaunch", "associatePublicIpAddress", "assignPublicIp"):
        if each.inputs.get(key):
            yield f"{each.name}: {key}"
    if each.type in {"aws:ec2/internetGateway:InternetGateway", "aws:ec2/natGateway:NatGateway"}:
        yield f"{each.name}: a way to the internet"
    if each.type == "gcp:dataproc/cluster:Cluster" and not machines(each).get("internalIpOnly"):
        yield f"{each.name}: nodes with addresses of the internet's"
    if each.type == "gcp:storage/bucket:Bucket" and not (
        each.inputs.get("publicAccessPrevention") == "enforced" and each.inputs.get("uniformBucketLevelAccess")
    ):
        yield f"{each.name}: a bucket that can be made public"
    if each.type == "azure-native:network:PublicIPAddress":
        yield f"{each.name}: an address of the internet's"
    if each.type == "azure-native:storage:StorageAccount" and each.inputs.get("allowBlobPublicAccess") is not False:
        yield f"{each.name}: an account whose containers can be made public"
    if each.inputs.get("publicAccess") not in {None, "None"}:
        yield f"{each.name}: publicAccess"
    yield from (f"{each.name}: {key}" for key in ("containerRead", "containerWrite", "adminPass") if key in each.inputs)


def machines(each: Planned) -> Mapping[str, Any]:
    return (each.inputs.get("clusterConfig") or {}).get("gceClusterConfig") or {}


def readable(each: Planned) -> Iterator[str]:
    """Nothing that travels can be read on the way, where the service leaves a choice."""
    if each.type == "azure-native:storage:StorageAccount" and not (
        each.inputs.get("enableHttpsTrafficOnly") and each.inputs.get("minimumTlsVersion") in {"TLS1_2", "TLS1_3"}
    ):
        yield f"{each.name}: storage by plain HTTP or old TLS"
    if each.type == "azure-native:hdinsight:Cluster":
        given = each.inputs["properties"]
        between = (given.get("encryptionInTransitProperties") or {}).get("isEncryptionInTransitEnabled")
        if not between or given.get("minSupportedTlsVersion") != "1.2":
            yield f"{each.name}: nodes that speak in the clear"


def told(each: Planned) -> Iterator[str]:
    """No secret outside what Pulumi keeps encrypted."""
    for key, value in each.inputs.items():
        if key not in each.secrets and any(MADE_UP in text for text in texts(value)):
            yield f"{each.name}: {key} holds a secret in the clear"


RULES = {rule.__name__: rule for rule in (open_ingress, wildcards, untagged, public, readable, told)}
