"""What the provider `gcp` makes at the rehearsed Google, reads, changes and removes there."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rehearsal import gcp
from tests.rehearsal.provider_calls import Asked, Process, Refused, started
from tests.stacks.gcp_account import PLACE, PROJECT, GcpAccount, account

pytestmark = pytest.mark.parts
IN_PROJECT = {"project": PROJECT}
IN_REGION = {**IN_PROJECT, "region": gcp.REGION}
RULES = [
    {"action": {"type": "Delete"}, "condition": {"age": 30, "matchesPrefixes": ["runs/"]}},
    {"action": {"type": "Delete"}, "condition": {"daysSinceNoncurrentTime": 1, "withState": "ARCHIVED"}},
]


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GcpAccount]:
    with account(tmp_path_factory.mktemp("providers") / "gcp") as found:
        yield found


@pytest.fixture(scope="module")
def process() -> Iterator[Process]:
    with started("gcp") as made:
        yield made


@pytest.fixture
def asked(cloud: GcpAccount, process: Process) -> Asked:
    return Asked(process, {**cloud.variables})


def test_a_network_is_made_read_and_removed(asked: Asked) -> None:
    wanted = {"name": "n-1", "autoCreateSubnetworks": False, "description": "d", **IN_PROJECT}
    made = asked.make("Network", **wanted)
    assert made == f"{PLACE}/global/networks/n-1"
    assert asked.state[made]["selfLink"].endswith(made)
    assert asked.read("Network", made) == asked.state[made]
    assert asked.diff("Network", made, **wanted).changes is False
    assert asked.diff("Network", made, **{**wanted, "description": "e"}).replaces == ["description"]
    with pytest.raises(Refused, match=r"Error 409: The resource .* already exists"):
        asked.make("Network", **wanted)
    asked.remove("Network", made)
    assert asked.read("Network", made) is None
    asked.remove("Network", made)


def test_a_network_stays_until_what_is_in_it_has_gone(asked: Asked, cloud: GcpAccount) -> None:
    network, subnet = networked(asked, "n-2")
    with pytest.raises(AssertionError, match="is already being used by"):
        cloud.rest("compute", "DELETE", network)
    threading.Timer(0.5, cloud.rest, args=("compute", "DELETE", subnet)).start()
    asked.remove("Network", network)  # is asked again until the subnetwork has gone
    assert asked.read("Network", network) is None


def test_a_subnetwork_of_another_ones_addresses_is_refused(asked: Asked) -> None:
    network, subnet = networked(asked, "n-3")
    with pytest.raises(Refused, match="conflicts with existing subnetwork 'n-3'"):
        asked.make("Subnetwork", name="n-3b", network=network, ipCidrRange="10.77.0.128/25", **IN_REGION)
    with pytest.raises(Refused, match=r"Error 404: .*networks/none' was not found"):
        asked.make(
            "Subnetwork", name="n-3c", network=f"{PLACE}/global/networks/none", ipCidrRange="10.0.0.0/24", **IN_REGION
        )
    asked.remove("Subnetwork", subnet)
    asked.remove("Network", network)


def test_a_firewall_rule_is_changed_in_place(asked: Asked) -> None:
    network, subnet = networked(asked, "n-4")
    allows = [{"protocol": "icmp"}, {"protocol": "tcp", "ports": ["22"]}]
    wanted: dict[str, Any] = {
        "name": "f-1",
        "network": network,
        "allows": allows,
        "sourceRanges": ["192.0.2.7/32"],
        **IN_PROJECT,
    }
    made = asked.make("Firewall", **wanted)
    assert asked.diff("Firewall", made, **wanted).changes is False
    changed = {**wanted, "sourceRanges": ["192.0.2.8/32"], "allows": allows[:1]}
    assert asked.diff("Firewall", made, **changed).replaces == []
    asked.change("Firewall", made, **changed)
    assert asked.read("Firewall", made) == asked.state[made]
    assert asked.state[made]["sourceRanges"] == ["192.0.2.8/32"]
    assert asked.diff("Firewall", made, **{**changed, "network": "another"}).deletes_first
    for what, which in (("Firewall", made), ("Subnetwork", subnet), ("Network", network)):
        asked.remove(what, which)


def test_a_bucket_keeps_its_settings_and_goes_with_all_that_is_in_it(asked: Asked, cloud: GcpAccount) -> None:
    wanted: dict[str, Any] = {
        "name": "b-1-bucket", "location": gcp.REGION, "forceDestroy": True, "labels": {"a": "b"},
        "lifecycleRules": RULES,
        "publicAccessPrevention": "enforced", "softDeletePolicy": {"retentionDurationSeconds": 0},
        "uniformBucketLevelAccess": True, "versioning": {"enabled": True}, **IN_PROJECT,
    }  # fmt: skip
    made = asked.make("GcsBucket", **wanted)
    assert asked.diff("GcsBucket", made, **wanted).changes is False
    assert asked.state[made]["effectiveLabels"] == {"a": "b", "goog-pulumi-provisioned": "true"}
    asked.change("GcsBucket", made, **{**wanted, "labels": {"c": "d"}, "lifecycleRules": RULES[:1]})
    found = cloud.rest("storage", "GET", f"b/{made}")
    assert found["labels"] == {"c": "d", "goog-pulumi-provisioned": "true"}
    condition = {"age": 30, "matchesPrefix": ["runs/"]}
    assert found["lifecycle"]["rule"] == [{"action": {"type": "Delete"}, "condition": condition}]
    for text in ("one", "two"):  # each a version
        script = asked.make("GcsObject", bucket=made, name="a/b.sh", content=text)
    assert asked.read("GcsObject", script) == asked.state[script]
    asked.remove("GcsBucket", made)
    assert asked.read("GcsBucket", made) is None
    assert asked.read("GcsObject", script) is None


def test_a_bucket_that_is_not_empty_stays_without_the_wish(asked: Asked) -> None:
    made = asked.make("GcsBucket", name="b-2-bucket", location=gcp.REGION, **IN_PROJECT)
    script = asked.make("GcsObject", bucket=made, name="a", content="one")
    with pytest.raises(Refused, match=r"Error 409: .*not empty"):
        asked.remove("GcsBucket", made)
    asked.remove("GcsObject", script)
    asked.remove("GcsBucket", made)


def test_an_account_that_is_gone_is_in_no_policy_anew(asked: Asked, cloud: GcpAccount) -> None:
    made = asked.make("Account", accountId="spark-one", displayName="one", **IN_PROJECT)
    asked.change("Account", made, accountId="spark-one", displayName="two", **IN_PROJECT)
    assert asked.read("Account", made) == asked.state[made]
    member = asked.state[made]["member"]
    role = asked.make("ProjectMember", role="roles/dataproc.worker", member=member, **IN_PROJECT)
    assert asked.read("ProjectMember", role) == asked.state[role]
    asked.remove("Account", made)
    policy = cloud.rest("resource_manager", "POST", f"{PLACE}:getIamPolicy", {})
    names = [name.partition("?")[0] for row in policy["bindings"] for name in row["members"] if "spark-one" in name]
    assert names == [f"deleted:{member}"]
    assert asked.read("ProjectMember", role) is None
    with pytest.raises(Refused, match="does not exist"):
        asked.make("ProjectMember", role="roles/dataproc.worker", member=member, **IN_PROJECT)


def test_a_cluster_is_made_changed_and_deleted(asked: Asked, cloud: GcpAccount) -> None:
    wanted = furnished(asked, "c-1")
    made = asked.make("DataprocCluster", **wanted)
    assert made == f"{PLACE}/regions/{gcp.REGION}/clusters/c-1"
    assert asked.diff("DataprocCluster", made, **wanted).changes is False
    config = wanted["clusterConfig"]
    later = {**config["lifecycleConfig"], "autoDeleteTime": ends_in(9)}
    more = {**config, "workerConfig": {**config["workerConfig"], "numInstances": 4}, "lifecycleConfig": later}
    changed = {**wanted, "clusterConfig": more, "labels": {"a": "c"}}
    assert asked.diff("DataprocCluster", made, **changed).replaces == []
    asked.change("DataprocCluster", made, **changed)
    found = cloud.rest("dataproc", "GET", made)
    assert (found["config"]["workerConfig"]["numInstances"], found["labels"]["a"]) == (4, "c")
    assert found["config"]["lifecycleConfig"]["autoDeleteTime"] == later["autoDeleteTime"]
    other = {**config, "softwareConfig": {"imageVersion": "2.2-debian12"}}
    assert asked.diff("DataprocCluster", made, **{**wanted, "clusterConfig": other}).replaces == ["clusterConfig"]
    with pytest.raises(AssertionError, match=r"is already being used by .*/instances/c-1-m"):
        cloud.rest("compute", "DELETE", config["gceClusterConfig"]["subnetwork"].partition("/v1/")[2])
    asked.remove("DataprocCluster", made)
    assert asked.read("DataprocCluster", made) is None


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"subnetwork": f"{PLACE}/regions/{gcp.REGION}/subnetworks/none"}, "none' does not exist"),
        ({"serviceAccount": f"nobody@{PROJECT}.iam.gserviceaccount.com"}, "does not exist"),
    ],
)
def test_a_cluster_of_what_does_not_exist_is_refused(asked: Asked, changed: dict[str, str], said: str) -> None:
    with pytest.raises(Refused, match=said):
        asked.make("DataprocCluster", name="c-2", clusterConfig={"gceClusterConfig": changed}, **IN_REGION)


def test_an_account_without_the_workers_role_gets_no_cluster(asked: Asked) -> None:
    email = asked.state[asked.make("Account", accountId="spark-idle", **IN_PROJECT)]["email"]
    with pytest.raises(Refused, match="is missing required permissions"):
        asked.make(
            "DataprocCluster", name="c-3", clusterConfig={"gceClusterConfig": {"serviceAccount": email}}, **IN_REGION
        )


def test_more_machines_than_the_quota_are_refused(asked: Asked) -> None:
    many = {"workerConfig": {"numInstances": 90, "machineType": "n2-standard-4"}}
    with pytest.raises(Refused, match=r"Insufficient 'N2_CPUS' quota. Requested 364"):
        asked.make("DataprocCluster", name="c-4", clusterConfig=many, **IN_REGION)


def test_what_the_sdk_has_and_dataproc_does_not_is_refused(asked: Asked) -> None:
    [(path, _)] = asked.check("DataprocCluster", name="c", clusterConfig={"workerConfig": {"numInstance": 2}})
    assert path == "clusterConfig.workerConfig.numInstance"
    [(path, reason)] = asked.check("Network", mtu=1500)
    assert (path, "does not imitate" in reason) == ("mtu", True)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (f"{PLACE}/global/networks", {"name": "n-9", "autoCreateSubnetworks": False, "colour": "red"}),
        (f"{PLACE}/global/firewalls", {"name": "f-9", "allowed": [{"IPProtocol": "tcp", "port": "22"}]}),
        (f"{PLACE}/global/networks", {"name": "N-9", "autoCreateSubnetworks": False}),
        (f"{PLACE}/global/networks", {"name": "n-9", "autoCreateSubnetworks": "no"}),
    ],
)
def test_a_request_that_does_not_fit_is_refused(cloud: GcpAccount, path: str, body: dict[str, Any]) -> None:
    with pytest.raises(AssertionError, match='"code": 400'):
        cloud.rest("compute", "POST", path, body)


def networked(asked: Asked, name: str) -> tuple[str, str]:
    """Make a network with a subnetwork."""
    network = asked.make("Network", name=name, autoCreateSubnetworks=False, **IN_PROJECT)
    wanted = {"name": name, "network": network, "ipCidrRange": "10.77.0.0/24", "privateIpGoogleAccess": True}
    subnet = asked.make("Subnetwork", **wanted, **IN_REGION)
    assert asked.diff("Subnetwork", subnet, **wanted, **IN_REGION).changes is False
    return network, subnet


def furnished(asked: Asked, name: str) -> dict[str, Any]:
    """Make what a cluster needs, and give its inputs."""
    _, subnet = networked(asked, f"{name}-net")
    email = asked.state[asked.make("Account", accountId=f"spark-{name}", **IN_PROJECT)]["email"]
    member = f"serviceAccount:{email}"
    asked.make("ProjectMember", role="roles/dataproc.worker", member=member, **IN_PROJECT)
    bucket = asked.make("GcsBucket", name=f"{name}-bucket", location=gcp.REGION, forceDestroy=True, **IN_PROJECT)
    role = asked.make("BucketMember", bucket=bucket, role="roles/storage.objectUser", member=member)
    assert asked.read("BucketMember", role) == asked.state[role]
    config = {
        "stagingBucket": bucket,
        "gceClusterConfig": {"subnetwork": asked.state[subnet]["selfLink"], "serviceAccount": email, "tags": [name]},
        "masterConfig": {"numInstances": 1, "machineType": "n2-standard-4"},
        "workerConfig": {"numInstances": 2, "machineType": "n2-standard-4"},
        "softwareConfig": {"imageVersion": "2.3-debian12", "overrideProperties": {"dataproc:a.b": "c"}},
        "initializationActions": [{"script": f"gs://{bucket}/a.sh", "timeoutSec": 1800}],
        "lifecycleConfig": {"idleDeleteTtl": "3600s", "autoDeleteTime": ends_in(4)},
    }
    return {"name": name, "clusterConfig": config, "labels": {"a": "b"}, **IN_REGION}


def ends_in(hours: int) -> str:
    return f"{datetime.now(UTC) + timedelta(hours=hours):%Y-%m-%dT%H:%M:%SZ}"
