import re
from dataclasses import fields
from typing import Any

import pytest

from infra import images
from infra.errors import ConfigInvalid
from launcher.backends import build
from tests.infra.planning import Plan, planned

CLUSTER = "gcp:dataproc/cluster:Cluster"
BUCKET = "gcp:storage/bucket:Bucket"
FIREWALL = "gcp:compute/firewall:Firewall"


@pytest.fixture(scope="module")
def plan() -> Plan:
    return planned("dataproc")


def config(found: Plan) -> dict[str, Any]:
    return found.one(CLUSTER)["clusterConfig"]


def test_the_launcher_opens_its_backend_from_the_stacks_output(plan: Plan) -> None:
    backend: Any = build("workshop", plan.cluster)
    given = {field.name: getattr(backend, field.name) for field in fields(backend)}
    assert given == {key: plan.cluster[key] for key in given}
    assert plan.cluster["expires_at"] == "2026-11-25T13:00:00Z"
    assert plan.cluster["staging"] == "gs://firesteel-workshop/firesteel"
    assert plan.cluster["cluster_name"] == "firesteel-workshop"


def test_the_provider_deletes_the_cluster_at_the_time_and_when_it_idles(plan: Plan) -> None:
    assert config(plan)["lifecycleConfig"] == {"autoDeleteTime": "2026-11-25T13:00:00Z", "idleDeleteTtl": "3600s"}


def test_labels_say_whose_it_is_and_when_it_ends_in_googles_letters(plan: Plan) -> None:
    labels = {"firesteel-stack": "workshop", "firesteel-expires-at": "2026-11-25t13-00-00z"}
    assert [each.inputs["labels"] for each in (*plan.of(CLUSTER), *plan.of(BUCKET))] == [labels] * 3


def test_the_services_own_buckets_are_the_stacks_and_go_with_it(plan: Plan) -> None:
    names = {each.name for each in plan.of(BUCKET)}
    assert {config(plan)["stagingBucket"], config(plan)["tempBucket"]} == names
    for each in plan.of(BUCKET):
        assert each.inputs["forceDestroy"] is True
        assert each.inputs["softDeletePolicy"] == {"retentionDurationSeconds": 0}


def test_buckets_are_private_versioned_and_forget_runs() -> None:
    plan = planned("dataproc", days_kept="9")
    for each in plan.of(BUCKET):
        assert each.inputs["publicAccessPrevention"] == "enforced"
        assert each.inputs["versioning"] == {"enabled": True}
    rules = plan.one(BUCKET, "workshop")["lifecycleRules"]
    assert rules[0]["condition"]["matchesPrefixes"][0] == "firesteel/runs/"
    assert rules[0]["condition"]["age"] == 9
    assert {rule["action"]["type"] for rule in rules} == {"Delete", "AbortIncompleteMultipartUpload"}


def test_nodes_have_no_address_of_the_internets_and_reach_googles_services(plan: Plan) -> None:
    machines = config(plan)["gceClusterConfig"]
    assert machines["internalIpOnly"] is True
    assert plan.one("gcp:compute/subnetwork:Subnetwork")["privateIpGoogleAccess"] is True
    assert plan.one("gcp:compute/network:Network")["autoCreateSubnetworks"] is False
    assert all(machines["shieldedInstanceConfig"].values())


def test_only_the_nodes_speak_to_the_nodes(plan: Plan) -> None:
    tags = config(plan)["gceClusterConfig"]["tags"]
    rule = plan.one(FIREWALL, "-nodes")
    assert rule["sourceTags"] == rule["targetTags"] == tags
    assert "sourceRanges" not in rule


def test_who_may_open_ssh_is_who_the_configuration_names() -> None:
    rule = planned("dataproc", ssh_source="192.0.2.7/32, 198.51.100.0/24").one(FIREWALL, "-ssh")
    assert rule["sourceRanges"] == ["192.0.2.7/32", "198.51.100.0/24"]
    assert rule["allows"] == [{"protocol": "tcp", "ports": ["22"]}]


def test_the_nodes_account_works_for_dataproc_and_in_the_stacks_buckets(plan: Plan) -> None:
    given = [each.inputs for each in plan.of("gcp:projects/iAMMember:IAMMember")]
    assert [each["role"] for each in given] == ["roles/dataproc.worker"]
    on_buckets = [each.inputs for each in plan.of("gcp:storage/bucketIAMMember:BucketIAMMember")]
    assert {each["role"] for each in on_buckets} == {"roles/storage.objectUser"}
    assert {each["bucket"] for each in on_buckets} == {each.name for each in plan.of(BUCKET)}


@pytest.mark.parametrize("name", ["a", "a" * 24])
def test_the_accounts_name_fits_what_google_takes(name: str) -> None:
    account = planned("dataproc", name).one("gcp:serviceaccount/account:Account")["accountId"]
    assert re.fullmatch(r"[a-z][a-z0-9-]{4,28}[a-z0-9]", account)


def test_with_spot_two_workers_stay_and_the_others_may_be_taken_back() -> None:
    found = config(planned("dataproc", spot="true", workers="5"))
    assert found["workerConfig"]["numInstances"] == 2
    assert found["preemptibleWorkerConfig"]["numInstances"] == 3
    assert found["preemptibleWorkerConfig"]["preemptibility"] == "SPOT"


@pytest.mark.parametrize(
    ("changed", "said"), [({"workers": "1"}, "at least 2"), ({"workers": "2", "spot": "true"}, "at least 3 with spot")]
)
def test_too_few_workers_are_told_before_google_says_so(changed: dict[str, str], said: str) -> None:
    with pytest.raises(ConfigInvalid, match=said):
        planned("dataproc", **changed)


def test_a_missing_project_is_told_with_its_key() -> None:
    with pytest.raises(ConfigInvalid, match="project: it is not set; pulumi config set project"):
        planned("dataproc", project="")


def test_nodes_install_from_the_bucket_only_when_there_is_something_to_install(plan: Plan) -> None:
    assert plan.of("gcp:storage/bucketObject:BucketObject") == []
    assert config(plan)["initializationActions"] == []
    found = planned("dataproc", wheelhouse="wheelhouse/abc")
    [action] = config(found)["initializationActions"]
    assert action == {"script": "gs://firesteel-workshop/bootstrap/dataproc.sh", "timeoutSec": 1800}
    metadata = config(found)["gceClusterConfig"]["metadata"]
    assert metadata["firesteel-wheelhouse"] == "gs://firesteel-workshop/wheelhouse/abc"
    assert metadata["firesteel-python"] == found.cluster["python"]


@pytest.mark.parametrize("image", images.IMAGES["dataproc"], ids=lambda image: image.name)
def test_each_image_brings_its_spark_and_its_interpreter(image: images.Image) -> None:
    found = planned("dataproc", image=image.name)
    assert config(found)["softwareConfig"]["imageVersion"] == image.name
    assert (found.cluster["spark"], found.cluster["python"]) == (image.spark, image.python)
