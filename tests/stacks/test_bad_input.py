"""What cannot be made is said before anything is made, with what to type."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stacks.conftest import KIND, ROOT, AwsAccount, account

pytestmark = pytest.mark.parts


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AwsAccount]:
    with account(tmp_path_factory.mktemp("stacks") / "aws") as found:
        yield found


def program(folder: Path, script: str) -> str:
    """Write an engine that does what ``script`` does, and give the PATH by which it is found."""
    engine = folder / "pulumi"
    engine.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    engine.chmod(0o755)
    return f"{folder}{os.pathsep}/usr/bin{os.pathsep}/bin"


def test_without_pulumi_it_says_how_to_get_it(shared: AwsAccount) -> None:
    answer = shared.launch("up", "--cloud", shared.name(), *KIND, PATH="/usr/bin:/bin")
    assert answer.code == 2
    assert "pulumi is not installed" in answer.err
    assert "https://www.pulumi.com/docs/iac/download-install/" in answer.err


def test_a_pulumi_that_is_too_old_is_named_with_its_version(shared: AwsAccount, tmp_path: Path) -> None:
    answer = shared.launch("up", "--cloud", shared.name(), *KIND, PATH=program(tmp_path, "echo v3.99.0"))
    assert answer.code == 2
    assert "is v3.99.0; 3.200.0 or newer is needed" in answer.err


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--kind", "emr"), 2, "--region is needed"),
        (("--kind", "emrr", *KIND[2:]), 2, "no stack is of kind 'emrr'"),
        ((*KIND, "--until", "17:00"), 2, "--until and --for say the same thing"),
        ((*KIND[:-1], "5m"), 2, "is 5 minutes from now: nothing would be ready by then"),
        ((*KIND, "--set", "workers"), 2, "--set 'workers' has no ="),
        ((*KIND, "--set", "ssh_source=0.0.0.0/0"), 2, "0.0.0.0/0 lets the whole internet in"),
        ((*KIND, "--set", "workers=0"), 2, "workers: 0 is out of range"),
        ((*KIND, "--set", "image=emr-9.9.9"), 6, "eu-central-1 has no release emr-9.9.9"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_made(
    shared: AwsAccount, words: tuple[str, ...], code: int, said: str
) -> None:
    name = shared.name()
    answer = shared.launch("up", "--cloud", name, *words)
    assert answer.code == code, answer.err
    assert said in answer.err
    assert "hint: " in answer.err
    assert "Traceback" not in answer.err
    assert shared.things(name) == {}
    assert not (ROOT / f"Pulumi.{name}.yaml").exists()


@pytest.mark.parametrize("name", ["Aws", "a_b", "a" * 25])
def test_a_name_that_cannot_be_a_stacks_is_refused(shared: AwsAccount, name: str) -> None:
    answer = shared.launch("up", "--cloud", name, *KIND)
    assert answer.code == 2
    assert f"{name!r} is no name for a cloud that Pulumi makes" in answer.err


def test_a_name_that_launcher_toml_has_is_refused(shared: AwsAccount, tmp_path: Path) -> None:
    config = tmp_path / "launcher.toml"
    config.write_text(f'[clouds.there]\nkind = "local"\nstaging = "file://{tmp_path}"\n', encoding="utf-8")
    answer = shared.launch("up", "--cloud", "there", *KIND, FIRESTEEL_CONFIG=str(config))
    assert answer.code == 2
    assert "there is a cloud of" in answer.err


def test_a_stack_that_is_not_there_cannot_be_taken_down(shared: AwsAccount) -> None:
    answer = shared.launch("down", "--cloud", shared.name(), "--yes")
    assert answer.code == 2
    assert "no stack is called" in answer.err


def test_without_credentials_it_says_so_before_anything_is_made(shared: AwsAccount) -> None:
    name = shared.name()
    nothing = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}
    answer = shared.launch("up", "--cloud", name, *KIND, **nothing)
    assert answer.code == 6
    assert "there are no AWS credentials" in answer.err
    assert not (ROOT / f"Pulumi.{name}.yaml").exists()


def test_another_passphrase_than_the_stacks_is_told(shared: AwsAccount) -> None:
    name = shared.name()
    (ROOT / f"Pulumi.{name}.yaml").write_text(
        "encryptionsalt: v1:YfMNoSMV4C0=:v1:caHplb6PcfpxvfxS:0fWviVRThivsn+ipMt41hfDhd/G/2g==\n", encoding="utf-8"
    )
    answer = shared.launch("up", "--cloud", name, *KIND, PULUMI_CONFIG_PASSPHRASE=name)
    assert answer.code == 2
    assert "incorrect passphrase" in answer.err


def test_a_state_that_was_cut_short_is_said_to_be_with_what_to_do(aws_account: AwsAccount) -> None:
    name = aws_account.name()
    file = aws_account.home / "stacks/state/.pulumi/stacks/firesteel" / f"{name}.json"
    file.parent.mkdir(parents=True)
    file.write_text("", encoding="utf-8")
    up = aws_account.launch("up", "--cloud", name, *KIND)
    assert up.code == 2
    assert f"the stack {name!r} cannot be opened" in up.err
    assert "cut short" in up.err
    assert ".bak" in up.err
