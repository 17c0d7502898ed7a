"""The emulated resource manager, asked by Azure's own SDK."""

import json
from collections.abc import Generator
from pathlib import Path
from typing import Any

import jwt
import pytest
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError, ResourceNotFoundError
from azure.identity import ClientSecretCredential
from azure.mgmt.hdinsight import HDInsightManagementClient

from rehearsal import azure_account
from rehearsal.azure_account import GROUP, NAME
from rehearsal.entra import Entra
from tests.rigs.azure_manager import AZURE, END, body, managed


@pytest.fixture(scope="module")
def manager(tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    with managed(tmp_path_factory.mktemp("azure")) as url:
        yield url


@pytest.fixture
def client(manager: str) -> Generator[HDInsightManagementClient]:
    with connected(manager, AZURE.client_secret) as made:
        yield made


def connected(manager: str, secret: str, subscription: str = AZURE.subscription) -> HDInsightManagementClient:
    login: dict[str, Any] = {"authority": manager, "disable_instance_discovery": True}
    credential = ClientSecretCredential(AZURE.tenant, AZURE.client_id, secret, **login)
    return HDInsightManagementClient(
        credential, subscription, manager, credential_scopes=[f"{manager}/.default"], polling_interval=0, retry_total=0
    )


@pytest.fixture
def made(client: HDInsightManagementClient) -> Generator[HDInsightManagementClient]:
    client.clusters.begin_create(GROUP, NAME, body()).result()
    yield client
    client.clusters.begin_delete(GROUP, NAME).result()


def test_a_cluster_is_created_and_read_back(made: HDInsightManagementClient) -> None:
    found: Any = made.clusters.get(GROUP, NAME)
    assert (found.properties.provisioning_state, found.properties.cluster_state) == ("Succeeded", "Running")
    assert found.tags == {"firesteel:stack": "azure", "firesteel:expires-at": END}
    assert [cluster.name for cluster in made.clusters.list_by_resource_group(GROUP)] == [NAME]
    assert [cluster.name for cluster in made.clusters.list()] == [NAME]


def test_the_password_of_the_gateway_is_never_given(made: HDInsightManagementClient) -> None:
    found: Any = made.clusters.get(GROUP, NAME)
    definition = found.properties.cluster_definition
    assert definition.kind == "Spark"
    assert definition.configurations is None


def test_tags_are_changed(made: HDInsightManagementClient) -> None:
    assert made.clusters.update(GROUP, NAME, {"tags": {"a": "b"}}).tags == {"a": "b"}  # pyright: ignore[reportCallIssue, reportArgumentType] -- JSON is taken too


def test_scripts_are_run_on_a_cluster(made: HDInsightManagementClient) -> None:
    action: Any = {"name": "packages", "uri": "https://account/x.sh", "roles": ["workernode"], "parameters": ""}
    order: Any = {"scriptActions": [action], "persistOnSuccess": True}
    made.clusters.begin_execute_script_actions(GROUP, NAME, order).result()
    assert [script.name for script in made.script_actions.list_by_cluster(GROUP, NAME)] == ["packages"]


def test_a_deleted_cluster_is_gone(client: HDInsightManagementClient) -> None:
    client.clusters.begin_create(GROUP, "other", body()).result()
    client.clusters.begin_delete(GROUP, "other").result()
    with pytest.raises(ResourceNotFoundError):
        client.clusters.get(GROUP, "other")
    client.clusters.begin_delete(GROUP, "other").result()


def without(*path: str) -> Any:
    made = body()
    at = made
    for name in path[:-1]:
        at = at[name]
    del at[path[-1]]
    return made


def with_(value: Any, *path: str) -> Any:
    made = body()
    at = made
    for name in path[:-1]:
        at = at[name]
    at[path[-1]] = value
    return made


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        (with_("x", "properties", "flavour"), "flavour"),
        (with_("x", "properties", "storageProfile", "storageaccounts"), "no list"),
        (with_([{"name": 7}], "properties", "computeProfile", "roles"), "no str"),
        (with_([{"name": "headnode"}], "properties", "computeProfile", "roles"), "workernode"),
        (with_({}, "properties", "clusterDefinition", "configurations"), "gateway"),
        (without("properties", "storageProfile"), "storageProfile"),
        (without("location"), "location"),
        ([], "no object"),
    ],
)
def test_a_cluster_that_azure_would_refuse_is_refused(client: HDInsightManagementClient, sent: Any, said: str) -> None:
    with pytest.raises(HttpResponseError, match=said) as error:
        client.clusters.begin_create(GROUP, NAME, json.dumps(sent).encode()).result()  # pyright: ignore[reportCallIssue, reportArgumentType] -- so that the SDK leaves it as it is
    assert error.value.status_code == 400


def test_a_second_cluster_of_that_name_is_refused(made: HDInsightManagementClient) -> None:
    with pytest.raises(HttpResponseError, match="Conflict"):
        made.clusters.begin_create(GROUP, NAME, body()).result()


def test_a_wrong_secret_gets_no_token(manager: str) -> None:
    with connected(manager, "wrong") as client, pytest.raises(ClientAuthenticationError, match="AADSTS7000215"):
        client.clusters.get(GROUP, NAME)


def test_another_subscription_is_not_known(manager: str) -> None:
    with (
        connected(manager, AZURE.client_secret, "another") as client,
        pytest.raises(ResourceNotFoundError, match="SubscriptionNotFound"),
    ):
        client.clusters.get(GROUP, NAME)


def test_an_operation_that_is_not_imitated_is_refused(client: HDInsightManagementClient) -> None:
    with pytest.raises(HttpResponseError, match="InvalidResourceType"):
        list(client.applications.list_by_cluster(GROUP, NAME))


def test_an_expired_token_is_refused() -> None:
    words: Any = {"authority": "a", "tenant": "t", "client_id": "c", "client_secret": "s"}
    entra = Entra(**words, lifetime=-60)
    token = entra.token(
        {"grant_type": "client_credentials", "client_id": "c", "client_secret": "s", "scope": "x/.default"}
    )[1]
    assert entra.refusal(f"Bearer {token['access_token']}") == "ExpiredAuthenticationToken"
    assert (
        entra.refusal(f"Bearer {jwt.encode({}, 'another key that is long enough....', 'HS256')}")
        == "InvalidAuthenticationToken"
    )
    assert entra.refusal("") == "AuthenticationFailed"


def test_az_is_configured_as_it_configures_itself(tmp_path: Path) -> None:
    azure_account.configure_az(tmp_path, "https://127.0.0.1:1")
    assert (tmp_path / "config").read_text(encoding="utf-8").split() == ["[cloud]", "name", "=", azure_account.CLOUD]
    assert "endpoint_resource_manager = https://127.0.0.1:1" in (tmp_path / "clouds.config").read_text(encoding="utf-8")
