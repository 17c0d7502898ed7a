"""The real engine and the provider `aws`: what a person sees of a stack from its first day to its last."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rehearsal import parts
from tests.rehearsal import stack_world
from tests.rehearsal.stack_world import Account

pytestmark = pytest.mark.parts
NOTHING: dict[str, list[str]] = {"vpcs": [], "buckets": [], "roles": []}
RESOURCES = 10


@pytest.fixture
def account(tmp_path: Path) -> Iterator[Account]:
    with stack_world.account(tmp_path) as made:
        yield made


def test_the_engine_says_its_version() -> None:
    program = parts.ensure("pulumi") / "bin" / "pulumi"
    said = subprocess.run([program, "version"], capture_output=True, text=True, check=True).stdout
    assert said.strip() == parts.PARTS["pulumi"].version


def test_a_stack_comes_up_and_stays_as_it_is(account: Account) -> None:
    up, refresh, again = account.act(asked("up"), asked("refresh"), asked("up"))
    [bucket] = account.left()["buckets"]
    assert up["changes"] == {"create": RESOURCES}
    assert up["outputs"] == {"account": "123456789012", "domain": f"{bucket}.s3.amazonaws.com"}
    assert refresh["changes"] == again["changes"] == {"same": RESOURCES}
    assert account.act(asked("destroy"))[0]["changes"] == {"delete": RESOURCES}
    assert account.left() == NOTHING


def test_a_change_is_made_in_place_or_by_a_new_resource_as_planned(account: Account) -> None:
    wider = {"dns": True, "text": "two", "block": "10.0.0.0/23"}
    acts = account.act(asked("up"), asked("up", dns=True, text="two"), asked("preview", **wider), asked("up", **wider))
    in_place, planned, replaced = (act["changes"] for act in acts[1:])
    assert in_place == {"same": 8, "update": 2}
    assert planned == replaced == {"same": 8, "replace": 2}
    [bucket] = account.left()["buckets"]
    assert account.client("s3").get_object(Bucket=bucket, Key="a/b.sh")["Body"].read() == b"two"
    account.act(asked("destroy"))
    assert account.left() == NOTHING


def test_what_somebody_else_removed_is_found_by_a_refresh_and_made_again(account: Account) -> None:
    account.act(asked("up"))
    [role] = account.left()["roles"]
    account.client("iam").delete_role(RoleName=role)
    refresh, up, destroy = account.act(asked("refresh"), asked("up"), asked("destroy"))
    assert refresh["changes"] == {"same": RESOURCES - 1, "delete": 1}
    assert up["changes"] == {"same": RESOURCES - 1, "create": 1}
    assert destroy["changes"] == {"delete": RESOURCES}
    assert account.left() == NOTHING


def test_a_mistake_in_the_program_is_named_before_anything_is_made(account: Account) -> None:
    mistakes = {
        "cidrBlok": asked("preview", raw="aws:ec2/vpc:Vpc", inputs={"cidrBlok": "10.0.0.0/24"}),
        "vpcId": asked("preview", raw="aws:ec2/subnet:Subnet", inputs={}),
        "natGateway": asked("preview", raw="aws:ec2/natGateway:NatGateway", inputs={}),
    }
    said = ("is no property of this type", "is required, and missing", "does not imitate")
    for word, reason, act in zip(mistakes, said, account.act(*mistakes.values()), strict=True):
        assert word in act["error"]
        assert reason in " ".join(act["error"].split())
    assert account.left() == NOTHING


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.long), pytest.param(3, marks=pytest.mark.long)])
def test_an_up_with_faults_goes_on_where_it_was_and_leaves_nothing(account: Account, seed: int) -> None:
    acts = [faulty(seed * 100 + attempt) for attempt in range(3)]
    *ups, calm, refresh, destroy = account.act(*acts, asked("up"), asked("refresh"), asked("destroy"))
    assert any("InternalError" in up.get("error", "") for up in ups), f"seed {seed}"
    assert set(calm["changes"]) <= {"same", "create"}, f"seed {seed}"
    assert refresh["changes"] == {"same": RESOURCES}, f"seed {seed}"
    assert destroy["changes"] == {"delete": RESOURCES}, f"seed {seed}"
    assert account.left() == NOTHING, f"seed {seed}"


def test_what_was_made_and_its_answer_lost_is_not_in_the_state(account: Account) -> None:
    lost = {**asked("up"), "env": {"FIRESTEEL_REHEARSAL_CHAOS": "seed=1,reset_after=1"}}
    up, destroy = account.act(lost, asked("destroy"))
    assert "Connection was closed" in up["error"]
    assert "error" not in destroy
    assert {name: len(found) for name, found in account.left().items()} == {"vpcs": 1, "buckets": 1, "roles": 1}


def asked(verb: str, **wish: Any) -> dict[str, Any]:
    return {"verb": verb, "wish": wish}


def faulty(seed: int) -> dict[str, Any]:
    return {**asked("up"), "env": {"FIRESTEEL_REHEARSAL_CHAOS": f"seed={seed},error_before=0.2,stale=0.5"}}
