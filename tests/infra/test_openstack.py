import json
from typing import Any

import pytest

from infra.errors import ConfigInvalid
from tests.infra.planning import MADE_UP, Plan, Planned, planned

SERVER = "openstack:compute/instance:Instance"
PORT = "openstack:networking/port:Port"
RULE = "openstack:networking/secGroupRule:SecGroupRule"
GROUP = "openstack:networking/secGroup:SecGroup"
CREDENTIAL = "openstack:identity/applicationCredential:ApplicationCredential"
LETTER = "openstack:objectstorage/containerObject:ContainerObject"


@pytest.fixture(scope="module")
def plan() -> Plan:
    return planned("openstack")


def told(server: Planned) -> dict[str, Any]:
    first, _, config = server.inputs["userData"].partition("\n")
    assert first == "#cloud-config"
    [written] = json.loads(config)["write_files"]
    return json.loads(written["content"])


def test_the_cluster_object_says_where_ssh_and_spark_are(plan: Plan) -> None:
    assert plan.cluster == {
        "kind": "openstack",
        "staging": "s3a://firesteel-workshop/firesteel",
        "master": "10.77.0.10",
        "user": "ubuntu",
        "spark_master": "spark://10.77.0.10:7077",
        "python": "/opt/firesteel/bin/python",
        "spark": "4.1",
        "expires_at": "2026-11-25T13:00:00Z",
    }


def test_there_is_one_server_that_leads_and_as_many_workers_as_were_asked_for() -> None:
    servers = planned("openstack", workers="3", worker_type="m1.xlarge").of(SERVER)
    assert [told(server)["role"] for server in servers] == ["leader", "worker", "worker", "worker"]
    assert [server.inputs["flavorName"] for server in servers] == ["m1.large", *["m1.xlarge"] * 3]
    assert all(server.inputs["imageName"] == "debian-13" for server in servers)


def test_workers_are_told_the_leaders_address_before_there_is_a_leader(plan: Plan) -> None:
    assert plan.one(PORT, "-leader")["fixedIps"][0]["ipAddress"] == "10.77.0.10"
    assert {told(server)["leader"] for server in plan.of(SERVER)} == {"10.77.0.10"}


def test_user_data_is_small_and_is_the_same_whatever_the_end(plan: Plan) -> None:
    later = planned("openstack", until="2026-11-25T20:00:00Z")
    for before, after in zip(plan.of(SERVER), later.of(SERVER), strict=True):
        assert before.inputs["userData"] == after.inputs["userData"]
        assert before.inputs["metadata"] != after.inputs["metadata"]
        assert len(before.inputs["userData"]) < 2000


def test_nobody_logs_in_by_a_password(plan: Plan) -> None:
    for server in plan.of(SERVER):
        assert server.inputs["keyPair"] == plan.of("openstack:compute/keypair:Keypair")[0].name
        assert '"ssh_pwauth": false' in server.inputs["userData"]
        assert "adminPass" not in server.inputs


def test_the_credential_may_delete_these_servers_by_the_catalogues_path_and_do_nothing_else(plan: Plan) -> None:
    made = plan.one(CREDENTIAL)
    assert made["unrestricted"] is False
    assert made["accessRules"] == [
        {"service": "compute", "method": "DELETE", "path": f"/compute/v2.1/servers/instance-{server.name}"}
        for server in plan.of(SERVER)
    ]
    assert made["expiresAt"] == "2026-11-25T14:00:00Z"


def test_the_letter_says_where_to_log_in_and_what_to_delete_and_is_a_secret(plan: Plan) -> None:
    [letter] = plan.of(LETTER)
    assert "content" in letter.secrets
    content = json.loads(letter.inputs["content"])
    assert content["identity"] == "https://cloud.example/identity/v3"
    assert content["secret"] == MADE_UP
    assert content["delete"] == [
        f"https://cloud.example/compute/v2.1/servers/instance-{server.name}" for server in plan.of(SERVER)
    ]


def test_servers_find_the_letter_by_an_address_that_is_encrypted_in_the_state(plan: Plan) -> None:
    for server in plan.of(SERVER):
        assert told(server)["letter"].startswith("https://cloud.example/v1/c/o?temp_url_sig=")
        assert "userData" in server.secrets
    signed = plan.one("openstack:objectstorage/tempUrl:TempUrl")
    assert signed["object"] == plan.one(LETTER)["name"]
    assert signed["digest"] == "sha256"


def test_without_an_external_network_there_is_no_router_and_no_floating_ip(plan: Plan) -> None:
    types = {each.type for each in plan.resources}
    assert not {word for word in types if "router" in word or "floatingIp" in word}
    assert plan.one("openstack:networking/subnet:Subnet")["noGateway"] is True


def test_with_an_external_network_the_leader_alone_has_a_floating_ip() -> None:
    found = planned("openstack", external_network="public")
    assert found.cluster["master"] == "203.0.113.9"
    assert found.cluster["spark_master"] == "spark://10.77.0.10:7077"
    assert found.one("openstack:networking/floatingIp:FloatingIp")["pool"] == "public"
    associated = found.one("openstack:networking/floatingIpAssociate:FloatingIpAssociate")
    assert associated["portId"] == "port-firesteel-workshop-leader"
    assert found.one("openstack:networking/router:Router")["externalNetworkId"] == "network-found"


def test_on_a_network_that_is_there_nothing_of_a_network_is_made() -> None:
    found = planned("openstack", network="campus")
    made = {each.type.partition(":")[2] for each in found.resources if "networking" in each.type}
    assert made == {
        "networking/secGroup:SecGroup",
        "networking/secGroupRule:SecGroupRule",
        "networking/port:Port",
    }
    assert {each.inputs["networkId"] for each in found.of(PORT)} == {"network-found"}
    assert all("fixedIps" not in each.inputs for each in found.of(PORT))


def test_only_the_nodes_speak_to_the_nodes_and_ssh_goes_to_the_leader() -> None:
    found = planned("openstack", ssh_source="192.0.2.7/32, 198.51.100.0/24")
    rules = [each.inputs for each in found.of(RULE)]
    nodes, ssh = "secgroup-firesteel-workshop-nodes", "secgroup-firesteel-workshop-ssh"
    assert {rule["remoteGroupId"] for rule in rules if rule["securityGroupId"] == nodes} == {nodes}
    assert [(rule["remoteIpPrefix"], rule["portRangeMax"]) for rule in rules if rule["securityGroupId"] == ssh] == [
        ("192.0.2.7/32", 22),
        ("198.51.100.0/24", 22),
    ]
    assert found.one(PORT, "-leader")["securityGroupIds"] == [nodes, ssh]
    assert found.one(PORT, "-worker-1")["securityGroupIds"] == [nodes]


def test_a_volume_goes_with_its_server() -> None:
    for server in planned("openstack", volume_gib="50").of(SERVER):
        [disk] = server.inputs["blockDevices"]
        assert (disk["uuid"], disk["volumeSize"], disk["deleteOnTermination"]) == ("image-found", 50, True)
        assert "imageName" not in server.inputs


def test_runs_go_where_the_configuration_says_and_the_letter_still_to_the_stacks_container() -> None:
    found = planned("openstack", staging="s3a://runs/firesteel/")
    assert found.cluster["staging"] == "s3a://runs/firesteel"
    assert found.one(LETTER)["containerName"] == "firesteel-workshop"


def test_the_region_is_the_logins_unless_one_is_named(plan: Plan) -> None:
    assert not any("region" in each.inputs for each in plan.resources)
    named = planned("openstack", region="here", external_network="public", volume_gib="9")
    ours = [each for each in named.resources if each.type.startswith("openstack:")]
    assert {each.inputs["region"] for each in ours} == {"here"}


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("server_image", "", "openstack image list"),
        ("leader_type", "", "openstack flavor list"),
        ("public_key", "", "id_ed25519.pub"),
        ("spot", "true", "no machines that it takes back"),
        ("volume_gib", "much", "'much' is no whole number"),
    ],
)
def test_what_cannot_be_is_told_with_its_key(key: str, value: str, said: str) -> None:
    with pytest.raises(ConfigInvalid, match=f"^{key}: ") as caught:
        planned("openstack", **{key: value})
    assert said in str(caught.value)
