"""Everything of ours is killed in the middle; what comes next ends clean."""

import json
import random
import signal
from pathlib import Path

import pytest

from rehearsal.providers.faults import LOST, VARIABLE
from tests.stacks.conftest import KIND, Account, AwsAccount

pytestmark = pytest.mark.parts
LONG = pytest.mark.long


def after(seed: int, changes: int) -> int:
    """Give after how many of a stack's changes everything is killed."""
    return random.Random(seed).randrange(1, changes)  # noqa: S311 -- to be had again, not to be secret


@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=LONG) for seed in (2, 3, 4))])
def test_an_up_that_was_killed_goes_on_and_nothing_is_there_twice(aws_account: AwsAccount, seed: int) -> None:
    name, changes = aws_account.name(), after(seed, aws_account.changes)
    process = aws_account.start("up", "--cloud", name, *KIND)
    process.until("creating", changes)
    process.signalled(signal.SIGKILL)
    assert list(aws_account.home.rglob("*.json.attrs")) == []  # a kill may leave these half-written
    again = aws_account.launch("up", "--cloud", name, *KIND, "--json")
    assert again.code == 0, again.err
    assert aws_account.clusters(name) == [again.json["cluster"]["cluster_id"]]
    assert aws_account.things(name) == aws_account.one_of_each
    down = aws_account.launch("down", "--cloud", name, "--yes")
    assert down.code == 0, down.err
    assert aws_account.things(name) == {}


KEPT = [
    ("emr", 20),
    pytest.param("dataproc", 6, marks=LONG),
    *(pytest.param("emr", count, marks=LONG) for count in (8, *range(9, 34, 3))),
]


@pytest.mark.parametrize(("any_account", "kept"), KEPT, indirect=["any_account"])
def test_what_was_made_and_never_written_down_is_not_there_twice(any_account: Account, kept: int) -> None:
    name = any_account.name()
    assert any_account.launch("up", "--cloud", name, *any_account.kind).code == 0
    forget_after(kept, any_account.home / "stacks/state/.pulumi/stacks/firesteel" / f"{name}.json")
    again = any_account.launch("up", "--cloud", name, *any_account.kind, "--json")
    assert again.code == 0, again.err
    assert any_account.clusters(name) == [any_account.called(again.json["cluster"])]
    assert any_account.things(name) == any_account.one_of_each


def forget_after(kept: int, file: Path) -> None:
    """Leave a state as a kill would: what came after so many resources was begun, and its end not written down."""
    state = json.loads(file.read_text(encoding="utf-8"))
    latest = state["checkpoint"]["latest"]
    begun = [{name: row[name] for name in row if name not in {"id", "outputs"}} for row in latest["resources"][kept:]]
    latest["resources"] = latest["resources"][:kept]
    latest["pending_operations"] = [{"resource": row, "type": "creating"} for row in begun if row.get("custom")]
    file.write_text(json.dumps(state), encoding="utf-8")


SEEDS = [("emr", 5), ("dataproc", 5), pytest.param("emr", 6, marks=LONG), pytest.param("dataproc", 6, marks=LONG)]


@pytest.mark.parametrize(("any_account", "seed"), SEEDS, indirect=["any_account"])
def test_a_stack_whose_up_was_killed_can_be_taken_down(any_account: Account, seed: int) -> None:
    name, changes = any_account.name(), after(seed, any_account.changes)
    process = any_account.start("up", "--cloud", name, *any_account.kind)
    process.until("creating", changes)
    process.signalled(signal.SIGKILL)
    down = any_account.launch("down", "--cloud", name, "--yes")
    assert down.code == 0, down.err
    assert any_account.things(name) == {}


@pytest.mark.parametrize("any_account", ["dataproc"], indirect=True)
def test_a_stack_in_which_the_provider_failed_can_be_taken_down(any_account: Account) -> None:
    any_account.names.append(name := "t-faulty")  # the seed's faults go by the resources' names
    faults = {VARIABLE: "seed=8,reset_after=0.2"}
    up = any_account.launch("up", "--cloud", name, *any_account.kind, **faults)
    assert up.code == 6
    assert LOST in up.err
    assert any_account.things(name) != {}
    down = any_account.launch("down", "--cloud", name, "--yes")
    assert down.code == 0, down.err
    assert any_account.things(name) == {}


@pytest.mark.parametrize("seed", [7, pytest.param(8, marks=pytest.mark.long)])
def test_a_down_that_was_killed_goes_on(aws_account: AwsAccount, seed: int) -> None:
    name, changes = aws_account.name(), after(seed, aws_account.changes)
    assert aws_account.launch("up", "--cloud", name, *KIND).code == 0
    process = aws_account.start("down", "--cloud", name, "--yes")
    process.until("deleting", changes)
    process.signalled(signal.SIGKILL)
    down = aws_account.launch("down", "--cloud", name, "--yes")
    assert down.code == 0, down.err
    assert aws_account.things(name) == {}
