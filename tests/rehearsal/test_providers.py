"""What a provider says to a program before anything is made: held against the SDK's own description of each type."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rehearsal import providers
from rehearsal.chaos import Chaos
from rehearsal.providers import aws_kinds, descriptions, gcp_kinds, values
from rehearsal.providers.errors import ProviderError
from rehearsal.providers.faults import Faults
from tests.rehearsal.provider_calls import Asked, Process, Refused, started

KINDS = {**aws_kinds.KINDS, **gcp_kinds.KINDS}
TRUST = '{"Version": "2012-10-17", "Statement": []}'


@pytest.fixture(scope="module")
def process() -> Iterator[Process]:
    with started() as made:
        yield made


@pytest.fixture
def asked(process: Process) -> Asked:
    return Asked(process, {})


@pytest.mark.parametrize("token", KINDS)
def test_a_type_has_only_properties_that_the_sdk_describes(token: str) -> None:
    kind = KINDS[token]
    own = {
        name for name in (*kind.replaces, *kind.updates, *kind.defaults, *kind.computed) if not name.startswith("__")
    }
    assert own <= {*descriptions.properties_of(descriptions.inputs_of(token)), "tagsAll"}
    assert not set(kind.replaces) & set(kind.updates)


def test_an_unknown_property_is_refused_by_its_name(asked: Asked) -> None:
    [(path, reason)] = asked.check("Vpc", cidrBlock="10.0.0.0/24", cidrBlocks=["10.0.0.0/24"])
    assert (path, reason.split(";")[0]) == ("cidrBlocks", "is no property of this type")


def test_an_unknown_property_is_refused_inside_of_another(asked: Asked) -> None:
    wrong = {"instanceProfile": "p", "subnet": "subnet-1"}
    found = asked.check("Cluster", releaseLabel="emr-7.14.0", serviceRole="r", ec2Attributes=wrong)
    assert [path for path, _ in found] == ["ec2Attributes.subnet"]


@pytest.mark.parametrize(
    ("what", "given", "missing"),
    [
        ("Subnet", {"cidrBlock": "10.0.0.0/24"}, "vpcId"),
        ("Role", {}, "assumeRolePolicy"),
        ("Cluster", {"releaseLabel": "emr-7.14.0"}, "serviceRole"),
        ("Cluster", {"releaseLabel": "l", "serviceRole": "r", "ec2Attributes": {}}, "ec2Attributes.instanceProfile"),
        ("Cluster", {"releaseLabel": "l", "serviceRole": "r", "bootstrapActions": [{"name": "a"}]},
         "bootstrapActions[0].path"),
    ],
)  # fmt: skip
def test_a_required_property_that_is_missing_is_named(
    asked: Asked, what: str, given: dict[str, Any], missing: str
) -> None:
    assert asked.check(what, **given) == [(missing, "is required, and missing")]


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"cidrBlock": 10}, "cidrBlock"),
        ({"enableDnsSupport": "yes"}, "enableDnsSupport"),
        ({"tags": {"a": 1}}, "tags[a]"),
        ({"tags": ["a"]}, "tags"),
    ],
)
def test_a_value_of_another_type_is_refused(asked: Asked, given: dict[str, Any], path: str) -> None:
    [(found, reason)] = asked.check("Vpc", **{"cidrBlock": "10.0.0.0/24", **given})
    assert found == path
    assert "is to be" in reason


def test_what_the_sdk_has_and_the_rehearsal_does_not_imitate_is_refused(asked: Asked) -> None:
    [(path, reason)] = asked.check("Vpc", cidrBlock="10.0.0.0/24", assignGeneratedIpv6CidrBlock=True)
    assert (path, "does not imitate" in reason) == ("assignGeneratedIpv6CidrBlock", True)


def test_a_type_that_is_not_imitated_is_refused(asked: Asked) -> None:
    assert asked.check("aws:ec2/natGateway:NatGateway", subnetId="subnet-1") == [
        ("", "the rehearsal does not imitate aws:ec2/natGateway:NatGateway")
    ]


def test_a_setting_of_the_provider_that_is_not_imitated_is_refused(process: Process) -> None:
    with pytest.raises(Refused, match="does not imitate its setting assumeRoles"):
        Asked(process, {}, assumeRoles=[{"roleArn": "r"}])


def test_a_provider_without_a_region_says_how_to_name_one(process: Process) -> None:
    with pytest.raises(Refused, match="pulumi config set aws:region"):
        Asked(process, {"AWS_REGION": None, "AWS_DEFAULT_REGION": None}, region="")


def test_what_a_preview_does_not_know_yet_fits_everywhere(asked: Asked) -> None:
    assert asked.check("Subnet", vpcId=values.UNKNOWN, cidrBlock=values.UNKNOWN, tags=values.UNKNOWN) == []


def test_a_name_that_is_not_given_has_random_letters_and_the_resources_own(asked: Asked) -> None:
    first, second = (asked.checked("Role", assumeRolePolicy=TRUST)["name"] for _ in range(2))
    assert first != second
    assert first.startswith("a-role-")


def test_tags_for_everything_are_the_providers_and_over_them_the_resources(process: Process) -> None:
    usual = Asked(process, {}, defaultTags={"tags": {"a": "1", "b": "1"}})
    assert usual.checked("Vpc", cidrBlock="10.0.0.0/24", tags={"b": "2"})["tagsAll"] == {"a": "1", "b": "2"}
    assert Asked(process, {}).checked("Vpc", cidrBlock="10.0.0.0/24")["tagsAll"] == {}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('{"a": 1, "b": [2]}', '{"b":[2],"a":1}'),
        (["b", "a"], ["a", "b"]),
        ({"a": 1, "b": None}, {"a": 1}),
    ],
)
def test_values_that_mean_the_same_are_the_same(one: Any, other: Any) -> None:
    assert values.same(one, other)


@pytest.mark.parametrize(("one", "other"), [("[a", "[b"), ([{"a": 1}, {"a": 2}], [{"a": 2}, {"a": 1}]), (1, None)])
def test_values_that_mean_something_else_are_not_the_same(one: Any, other: Any) -> None:
    assert not values.same(one, other)


def test_faults_are_those_of_the_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIRESTEEL_REHEARSAL_CHAOS", "seed=7,error_before=1")
    with pytest.raises(ProviderError, match="InternalError"):
        Faults.of_environment().before("create", "a")
    Faults.of_environment().after("create", "a")
    assert not Faults(None).unseen("a")


def test_what_was_just_made_is_unseen_as_often_as_the_chaos_has_it() -> None:
    faults = Faults(Chaos(7, {"stale": 1.0}, budget=2))
    assert [faults.unseen("a") for _ in range(3)] == [True, True, False]


def test_a_provider_ends_when_its_engine_was_killed(tmp_path: Path) -> None:
    program = providers.program(tmp_path, "aws") / "pulumi-resource-aws"
    # An engine that writes down its provider's process, waits for its port, and is killed.
    engine = f"{program} 127.0.0.1:1 & echo $!; wait"
    with subprocess.Popen(["sh", "-c", engine], stdout=subprocess.PIPE, text=True) as started:
        assert started.stdout is not None
        provider, port = (int(started.stdout.readline()) for _ in range(2))
        assert port > 0
        started.kill()
    deadline = time.monotonic() + 20
    while lives(provider):
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_what_other_processes_import_leaves_room_for_googles_clients() -> None:
    script = "import sys, rehearsal.aws, rehearsal.providers.aws_kinds; assert 'pulumi.provider' not in sys.modules"
    subprocess.run([sys.executable, "-c", script], check=True)


def lives(process: int) -> bool:
    """Tell whether a process does anything; one that has ended may wait for its new parent to notice."""
    try:
        return Path(f"/proc/{process}/stat").read_text(encoding="utf-8").split(") ")[1][0] != "Z"
    except FileNotFoundError:
        return False
