"""A stack's life on the real engine, told by commands; the provider is asked besides."""

import json
import signal
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.stacks.conftest import KIND, ROOT, Account, Answer, AwsAccount, account_of

pytestmark = pytest.mark.parts


@pytest.fixture(scope="module", params=["emr", "dataproc"])
def shared(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Account]:
    with account_of(request.param, tmp_path_factory.mktemp("stacks") / "cloud") as found:
        yield found


@pytest.fixture(scope="module")
def made(shared: Account) -> tuple[str, Answer]:
    """A stack that is up."""
    name = shared.name()
    return name, shared.launch("up", "--cloud", name, *shared.kind, "--json")


def test_up_gives_the_cluster_that_submit_takes(shared: Account, made: tuple[str, Answer]) -> None:
    name, answer = made
    assert answer.code == 0, answer.err
    cluster = answer.json["cluster"]
    assert shared.clusters(name) == [shared.called(cluster)]
    assert answer.json["price"] == "unknown"
    known = json.loads(shared.launch("clouds", "--json").out)
    assert known[name] == cluster


def test_the_provider_has_the_time_that_was_agreed(shared: Account, made: tuple[str, Answer]) -> None:
    name, answer = made
    agreed = datetime.fromisoformat(answer.json["cluster"]["expires_at"])
    assert abs(agreed - datetime.now(UTC) - timedelta(hours=4)) < timedelta(minutes=5)
    assert shared.end(name) == agreed


def test_up_again_changes_nothing(shared: Account, made: tuple[str, Answer]) -> None:
    again = shared.launch("up", "--cloud", made[0], "--json")
    assert (again.code, again.json["changes"]) == (0, {}), again.err


def test_extend_moves_the_end_in_the_provider_and_leaves_the_cluster(shared: Account, made: tuple[str, Answer]) -> None:
    name, answer = made
    moved = shared.launch("extend", "--cloud", name, "--for", "6h", "--json")
    assert moved.code == 0, moved.err
    assert shared.called(moved.json["cluster"]) == shared.called(answer.json["cluster"])
    expires_at = moved.json["cluster"]["expires_at"]
    assert shared.end(name) == datetime.fromisoformat(expires_at)
    assert {"firesteel:stack": name, "firesteel:expires-at": expires_at}.items() <= shared.labels(name).items()


def test_what_would_end_the_cluster_is_not_done_without_a_yes(shared: Account, made: tuple[str, Answer]) -> None:
    name, (another, back) = made[0], shared.replacing
    before = shared.clusters(name)
    asked = shared.launch("up", "--cloud", name, "--set", another)
    assert asked.code != 0
    assert f"This deletes Cluster firesteel-{name}" in asked.err
    assert shared.clusters(name) == before
    again = shared.launch("up", "--cloud", name, "--set", back, "--json")
    assert (again.code, again.json["changes"]) == (0, {}), again.err


def test_another_machine_sees_it_and_does_not_make_a_second_one(
    shared: Account, made: tuple[str, Answer], tmp_path: Path
) -> None:
    name = made[0]
    (tmp_path / "other").mkdir()
    configuration = ROOT / f"Pulumi.{name}.yaml"  # lies on the first machine only
    configuration.rename(tmp_path / "kept")
    try:
        again = shared.launch("up", "--cloud", name, *shared.kind, FIRESTEEL_HOME=str(tmp_path / "other"))
        assert again.code == 6
        assert f"the provider has a stack called {name} already" in again.err
        assert f"launcher sweep --cloud {name}" in again.err
    finally:
        (tmp_path / "kept").rename(configuration)
    seen = shared.launch("sweep", "--cloud", name, *shared.place, "--json", FIRESTEEL_HOME=str(tmp_path / "other"))
    assert seen.code == 1
    assert {each["service"] for each in seen.json["left"]} == set(shared.looked_at)
    assert {"cluster", "bucket", "network", "subnet"} <= {each["type"] for each in seen.json["left"]}
    assert len(shared.clusters(name)) == 1


def test_a_deadline_that_the_provider_lost_is_noticed(shared: Account, made: tuple[str, Answer]) -> None:
    name = made[0]
    with shared.endless(name):
        found = shared.launch("up", "--cloud", name)
    assert found.code == 6
    assert "is not ready: it was to end at" in found.err
    assert "has no time at which it ends it" in found.err


def test_down_ends_all_of_it_and_says_who_was_asked(shared: Account, made: tuple[str, Answer]) -> None:
    name = made[0]
    asked = shared.launch("down", "--cloud", name)
    assert asked.code != 0
    assert f"Take {name} down" in asked.err
    answer = shared.launch("down", "--cloud", name, "--yes", "--json")
    assert answer.code == 0, answer.err
    assert answer.json["left"] == []
    assert answer.json["looked_at"] == list(shared.looked_at)
    assert shared.things(name) == {}
    assert name not in json.loads(shared.launch("clouds", "--json").out)
    assert not (ROOT / f"Pulumi.{name}.yaml").exists()


@pytest.mark.parametrize("any_account", ["emr", "dataproc"], indirect=True)
def test_what_others_put_into_the_network_and_the_bucket_goes_too(any_account: Account) -> None:
    name = any_account.name()
    made = any_account.launch("up", "--cloud", name, *any_account.kind, "--json")
    assert made.code == 0, made.err
    any_account.litter(name, made.json["cluster"]["staging"].split("/")[2])
    answer = any_account.launch("down", "--cloud", name, "--yes", "--json")
    assert (answer.code, answer.json["left"] if answer.out else answer.err) == (0, [])
    assert any_account.things(name) == {}


def test_the_second_of_two_that_work_on_a_stack_is_told_who_the_first_is(aws_account: AwsAccount) -> None:
    name = aws_account.name()
    first = aws_account.start("up", "--cloud", name, *KIND, "--json")
    first.until("creating", 2)
    second = aws_account.launch("down", "--cloud", name, "--yes")
    assert second.code == 6
    assert f"{name} is being worked on by" in second.err
    assert first.ended().code == 0
    assert aws_account.launch("down", "--cloud", name, "--yes").code == 0


def test_ctrl_c_ends_what_was_begun_and_says_what_exists(aws_account: AwsAccount) -> None:
    name = aws_account.name()
    process = aws_account.start("up", "--cloud", name, *KIND)
    process.until("creating", 4)
    answer = process.signalled(signal.SIGINT)
    assert answer.code == 130
    assert "Ctrl-C again ends it at once" in answer.err
    assert f"resources of {name} exist" in answer.err
    assert f"launcher down --cloud {name} takes it down" in answer.err
    assert aws_account.launch("down", "--cloud", name, "--yes").code == 0
    assert aws_account.things(name) == {}
