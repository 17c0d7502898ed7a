"""What a stack would create, by Pulumi's mocks: the program runs as it is, nothing is asked of a provider."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import pulumi
from pulumi.runtime import MockCallArgs, MockResourceArgs, Mocks, rpc, set_mocks

from infra import services, stack

NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
USUAL: Mapping[str, Mapping[str, str]] = {
    "emr": {"region": "eu-central-1"},
    "dataproc": {"region": "europe-west1", "project": "workshop-1"},
    "hdinsight": {"region": "westeurope"},
    "openstack": {"server_image": "debian-13", "leader_type": "m1.large", "public_key": "ssh-ed25519 AAAA"},
}


def catalogued(type_: str, url: str) -> dict[str, Any]:
    """Give a service as OpenStack's catalogue has it: an address inside, and one that everybody may use."""
    inside = {"id": "1", "interface": "internal", "region": "here", "regionId": "here", "url": "http://10.0.0.1"}
    return {
        "id": type_,
        "name": type_,
        "type": type_,
        "endpoints": [inside, {**inside, "interface": "public", "url": url}],
    }


MADE_UP = "generated"  # what a provider makes up, and nobody may read
CALLS: Mapping[str, dict[str, Any]] = {
    "aws:index/getCallerIdentity:getCallerIdentity": {"accountId": "123456789012"},
    "openstack:networking/getNetwork:getNetwork": {"id": "network-found"},
    "openstack:images/getImage:getImage": {"id": "image-found"},
    "openstack:identity/getAuthScope:getAuthScope": {
        "region": "here",
        "serviceCatalogs": [
            catalogued("compute", "https://cloud.example/compute/v2.1/"),
            catalogued("identity", "https://cloud.example/identity/v3"),
        ],
    },
}
SUBSCRIPTION = "/subscriptions/00000000-0000-0000-0000-000000000001"
# What a provider finds out when it makes something.
MADE: Mapping[str, dict[str, Any]] = {
    "azure-native:logic:Workflow": {"identity": {"type": "SystemAssigned", "principalId": "app", "tenantId": "t"}},
    "azure-native:managedidentity:UserAssignedIdentity": {"principalId": "nodes"},
    "openstack:identity/applicationCredential:ApplicationCredential": {"secret": MADE_UP},
    "openstack:networking/floatingIp:FloatingIp": {"address": "203.0.113.9"},
    "openstack:networking/port:Port": {"allFixedIps": ["10.77.0.10"]},
    "openstack:objectstorage/tempUrl:TempUrl": {"url": f"https://cloud.example/v1/c/o?temp_url_sig={MADE_UP}"},
    "random:index/randomPassword:RandomPassword": {"result": MADE_UP},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A resource as it would be asked for: names of properties as the provider knows them.

    ``secrets`` are the names of those that Pulumi encrypts, because something in them is a secret.
    """

    type: str
    name: str
    inputs: Mapping[str, Any]
    secrets: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All resources of a stack, and its cluster object."""

    resources: list[Planned] = field(default_factory=list[Planned])
    cluster: dict[str, Any] = field(default_factory=dict[str, Any])
    secret: list[bool] = field(default_factory=list[bool])  # is the cluster object one that Pulumi encrypts?

    def of(self, type_: str) -> list[Planned]:
        """Give those of a type."""
        return [each for each in self.resources if each.type == type_]

    def one(self, type_: str, name: str = "") -> Mapping[str, Any]:
        """Give the inputs of the only one of a type whose name ends so."""
        [found] = [each for each in self.of(type_) if each.name.endswith(name)]
        return found.inputs


class Recorder(Mocks):
    """Remembers what is asked for, and answers with names made of it."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan

    def new_resource(self, args: MockResourceArgs) -> tuple[str, dict[str, Any]]:
        if args.custom:
            self._plan.resources.append(asked(args))
        named = args.typ.rpartition(":")[2].lower()
        known = {
            "arn": f"arn:mock:{named}/{args.name}",
            "bucket": args.name,
            "email": f"{args.name}@mock.example",
            "name": args.name,
            "prefixListId": "pl-1",
            "selfLink": f"https://mock.example/{args.name}",
        }
        return identifier(args), {**known, **args.inputs, **MADE.get(args.typ, {})}

    def call(self, args: MockCallArgs) -> dict[str, Any]:
        return CALLS[args.token]


def identifier(args: MockResourceArgs) -> str:
    """Give an id as the provider forms it: Azure's is a path, from which the program reads."""
    package, place, type_ = args.typ.split(":")
    if package != "azure-native":
        return f"{type_.lower()}-{args.name}"
    group = f"{SUBSCRIPTION}/resourceGroups/firesteel-{pulumi.get_stack()}"
    return group if type_ == "ResourceGroup" else f"{group}/providers/Microsoft.{place}/{type_}/{args.name}"


def asked(args: MockResourceArgs) -> Planned:
    secrets = frozenset(key for key, value in args.inputs.items() if rpc.is_rpc_secret(value))
    inputs = {key: rpc.unwrap_rpc_secret(value) for key, value in args.inputs.items()}
    return Planned(type=args.typ, name=args.name, inputs=inputs, secrets=secrets)


def configured(kind: str, /, **changed: str) -> dict[str, str]:
    until = (NOW + timedelta(hours=4)).isoformat()
    return {"kind": kind, "until": until, "ssh_source": "192.0.2.0/24", **USUAL[kind], **changed}


def planned(kind: str, name: str = "workshop", /, **changed: str) -> Plan:
    """Run the program with a configuration, once for each; raises what the program raises."""
    return _planned(name, tuple(configured(kind, **changed).items()))


@cache
def _planned(name: str, config: tuple[tuple[str, str], ...]) -> Plan:
    plan = Plan()
    set_mocks(Recorder(plan), project="firesteel", stack=name, preview=False)
    pulumi.runtime.set_all_config({f"firesteel:{key}": value for key, value in config})

    @pulumi.runtime.test
    def run() -> pulumi.Output[None]:
        found = services.build(stack.read(pulumi.Config("firesteel"), name, now=NOW))
        cluster = pulumi.Output.from_input(found)
        return pulumi.Output.all(cluster, cluster.is_secret()).apply(keep)

    def keep(given: Sequence[Any]) -> None:
        plan.cluster.update(given[0])
        plan.secret.append(given[1])

    run()
    return plan
