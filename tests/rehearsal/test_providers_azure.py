"""The provider `azure-native` holds what a stack wants against the SDK, and knows all that the stack is made of."""

from collections.abc import Mapping
from typing import Any

import pytest

from rehearsal.providers import descriptions
from rehearsal.providers.azure_kind import ArmKind
from rehearsal.providers.azure_kinds import KINDS
from rehearsal.providers.errors import ProviderError
from rehearsal.providers.kinds import Kind
from rehearsal.providers.values import same
from tests.infra.planning import Plan, planned


class Manager:
    """A resource manager that remembers."""

    subscription = "s"

    def __init__(self) -> None:
        self.made: dict[str, dict[str, Any]] = {}

    def get(self, path: str, _version: str) -> dict[str, Any] | None:
        return self.made.get(path)

    def put(self, path: str, _version: str, body: Mapping[str, Any]) -> None:
        self.made[path] = {"id": path, **body}

    def delete(self, path: str, _version: str) -> None:
        self.made.pop(path, None)


@pytest.fixture(scope="module")
def plan() -> Plan:
    return planned("hdinsight")


@pytest.mark.parametrize("token", KINDS)
def test_a_type_has_only_properties_that_the_sdk_describes(token: str) -> None:
    kind = KINDS[token]
    assert {*kind.replaces, *kind.updates} <= set(descriptions.properties_of(descriptions.inputs_of(token)))
    assert not set(kind.replaces) & set(kind.updates)


def test_every_type_and_property_of_a_stack_is_imitated_and_fits_the_sdk(plan: Plan) -> None:
    ours = [each for each in plan.resources if each.type.startswith("azure-native:")]
    assert {each.type for each in ours} == set(KINDS)
    for each in ours:
        assert set(each.inputs) <= {*KINDS[each.type].replaces, *KINDS[each.type].updates}, each.type
        assert list(descriptions.problems(descriptions.inputs_of(each.type), whole(each.inputs))) == []


def whole(value: Any) -> Any:
    """Give the numbers that Pulumi's mocks give as floats as the whole ones that they are."""
    if isinstance(value, Mapping):
        return {name: whole(item) for name, item in value.items()}
    if isinstance(value, list):
        return [whole(item) for item in value]
    return int(value) if isinstance(value, float) else value


@pytest.mark.parametrize(
    ("token", "given", "path"),
    [
        ("azure-native:network:Subnet", {"resourceGroupName": "g"}, "virtualNetworkName"),
        ("azure-native:storage:StorageAccount", {"resourceGroupName": "g", "sku": {"name": "a"}}, "kind"),
        ("azure-native:storage:StorageAccount", {"resourceGroupName": "g", "kind": "k", "sku": {}}, "sku.name"),
        ("azure-native:resources:ResourceGroup", {"locations": "x"}, "locations"),
        ("azure-native:hdinsight:Cluster", {"resourceGroupName": "g", "properties": {"flavour": 1}},
         "properties.flavour"),
        ("random:index/randomPassword:RandomPassword", {}, "length"),
    ],
)  # fmt: skip
def test_what_the_sdk_would_refuse_is_named(token: str, given: dict[str, Any], path: str) -> None:
    found = descriptions.problems(descriptions.inputs_of(token), given)
    assert path in {where for where, _ in found}


@pytest.fixture
def rules() -> tuple[Kind, Manager, dict[str, Any]]:
    rule = {"name": "ssh", "priority": 300, "direction": "Inbound", "access": "Allow", "protocol": "Tcp"}
    inputs = {"resourceGroupName": "g", "networkSecurityGroupName": "n", "location": "l", "securityRules": [rule]}
    return KINDS["azure-native:network:NetworkSecurityGroup"], Manager(), inputs


def test_a_resource_is_written_as_azure_takes_it_and_read_as_pulumi_does(
    rules: tuple[Kind, Manager, dict[str, Any]],
) -> None:
    kind, manager, inputs = rules
    made = kind.create(manager, inputs)
    assert made == "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/networkSecurityGroups/n"
    [rule] = manager.made[made]["properties"]["securityRules"]
    assert (rule["name"], rule["properties"]["priority"]) == ("ssh", 300)
    found = kind.read(manager, made, inputs)
    assert found is not None
    assert same(found["securityRules"], inputs["securityRules"])


def test_what_is_there_already_is_not_created(rules: tuple[Kind, Manager, dict[str, Any]]) -> None:
    kind, manager, inputs = rules
    kind.create(manager, inputs)
    with pytest.raises(ProviderError, match="cannot create already existing resource"):
        kind.create(manager, inputs)


def test_what_is_gone_is_read_as_nothing(rules: tuple[Kind, Manager, dict[str, Any]]) -> None:
    kind, manager, inputs = rules
    made = kind.create(manager, inputs)
    kind.delete(manager, made, inputs)
    assert kind.read(manager, made, inputs) is None


def test_names_are_free_ones_with_letters_that_a_storage_account_takes() -> None:
    names = {KINDS["azure-native:storage:StorageAccount"].autonamed("fs") for _ in range(20)}
    assert len(names) == 20
    assert all(name.isalnum() and len(name) == 10 for name in names)
    assert len(KINDS["azure-native:authorization:RoleAssignment"].autonamed("r")) == 36


def test_what_a_service_adds_to_a_property_is_no_change_of_the_program() -> None:
    kind = KINDS["azure-native:logic:Workflow"]
    assert isinstance(kind, ArmKind)
    told = {"type": "SystemAssigned", "principalId": "p"}
    assert kind.unchanged("identity", told, {"type": "SystemAssigned"})
    assert not kind.unchanged("identity", told, {"type": "UserAssigned"})
    assert not kind.unchanged("tags", {"a": "b", "c": "d"}, {"a": "b"})
