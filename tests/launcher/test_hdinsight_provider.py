"""What the launcher asks Azure before a stack is made, and of one that is there: the emulated manager answers."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from launcher.apis import azure_manager, azure_resources
from launcher.errors import ConfigError
from launcher.providers import Left
from launcher.providers.hdinsight import HdinsightProvider
from launcher.providers.hdinsight_finders import OF_GROUPS, OF_ROLES, left
from tests.rigs.azure_manager import AZURE, managed


@pytest.fixture(scope="module")
def manager(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with managed(tmp_path_factory.mktemp("azure")) as url:
        yield url


def asked(**settings: str) -> HdinsightProvider:
    return HdinsightProvider(name="t", settings={"region": "westeurope", **settings})


@pytest.mark.usefixtures("manager")
def test_a_stack_that_can_be_made_meets_no_objection_and_has_left_nothing() -> None:
    assert asked(image="5.1", workers="3").preflight() == []
    assert asked().left() == []


@pytest.mark.usefixtures("manager")
@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"image": "4.0"}, "westeurope has no HDInsight 4.0"),
        ({"workers": "12"}, "60 cores free for HDInsight, and the stack takes 62"),
        ({"worker_type": "Standard_E32_v3"}, "the stack takes 78"),
    ],
)
def test_what_azure_would_refuse_is_said_before(settings: dict[str, str], said: str) -> None:
    [error] = asked(**settings).preflight()
    assert said in error.message
    assert error.hint


@pytest.mark.usefixtures("manager")
def test_a_login_that_azure_refuses_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_CLIENT_SECRET", "another")
    [error] = asked().preflight()
    assert "Azure does not let us in" in error.message


def test_a_login_without_the_roles_is_said(tmp_path: Path) -> None:
    with managed(tmp_path):
        found = asked()
        place = f"{found.manager.root}/providers/Microsoft.Authorization/roleAssignments"
        found.manager.delete(f"{place}/{found.manager.principal()}", OF_ROLES)
        [error] = asked().preflight()
        assert "does not have authorization" in error.message


def test_without_a_subscription_it_says_how_to_choose_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in azure_resources.VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AZURE_CONFIG_DIR", str(tmp_path))
    with pytest.raises(ConfigError, match="no Azure subscription is chosen"):
        azure_resources.subscription()
    profile = '{"subscriptions": [{"id": "one", "isDefault": false}, {"id": "two", "isDefault": true}]}'
    (tmp_path / "azureProfile.json").write_text(f"\ufeff{profile}", encoding="utf-8")
    assert azure_resources.subscription() == "two"


@pytest.mark.usefixtures("manager")
def test_a_group_that_is_not_there_ends_nothing() -> None:
    assert asked().expires_at({"resource_group": "firesteel-none"}) is None


def test_what_is_left_has_pulumis_name_where_a_stack_makes_such_a_thing() -> None:
    place = f"/subscriptions/{AZURE.subscription}/resourceGroups/g/providers"
    found = left(f"{place}/Microsoft.Network/virtualNetworks/n", "Microsoft.Network/virtualNetworks", "in g")
    assert (found.service, found.type, found.token) == (
        "network", "network", "azure-native:network:VirtualNetwork",
    )  # fmt: skip
    service = left(f"{place}/Microsoft.Network/loadBalancers/n", "Microsoft.Network/loadBalancers", "in g")
    assert service == Left(service="network", type="loadBalancers", id=service.id, why="in g")


def test_a_group_of_the_same_name_with_others_tags_is_left_alone(tmp_path: Path) -> None:
    with managed(tmp_path) as url:
        found = asked()
        group = f"{url}{found.manager.root}/resourceGroups/firesteel-t"
        login = {"Authorization": f"Bearer {azure_manager.token()}"}
        for tags, there in (({"team": "weather"}, set[str]()), ({"firesteel:stack": "t"}, {"resource group"})):
            made = httpx.put(
                group, params={"api-version": OF_GROUPS}, headers=login, json={"location": "westeurope", "tags": tags}
            )
            made.raise_for_status()
            assert {each.type for each in found.left()} == there
