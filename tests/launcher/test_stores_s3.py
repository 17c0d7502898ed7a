"""What a real S3 server refuses, and the AWS settings that lead to it."""

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from launcher.errors import StorageError
from launcher.storage import Storage
from rehearsal import parts
from tests.launcher.servers import BUCKET, KEYS, Server, s3, s3_client, storage_on

pytestmark = pytest.mark.parts

READER = {"AWS_ACCESS_KEY_ID": "reader", "AWS_SECRET_ACCESS_KEY": "reader-secret"}
STRANGER = {"AWS_ACCESS_KEY_ID": "stranger", "AWS_SECRET_ACCESS_KEY": "stranger-secret"}
READ_ONLY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"AWS": ["reader"]},
            "Action": ["s3:GetObject", "s3:ListBucket"],
            "Resource": [f"arn:aws:s3:::{BUCKET}", f"arn:aws:s3:::{BUCKET}/*"],
        }
    ],
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose bucket one more user may read, and another may not."""
    with s3(tmp_path_factory.mktemp("s3")) as server:
        client = s3_client(server.environment["AWS_ENDPOINT_URL_S3"])
        for user in (READER, STRANGER):
            add_user(server, user)
        client.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(READ_ONLY))
        client.put_object(Bucket=BUCKET, Key="a folder/a", Body=b"1")
        yield server


def add_user(server: Server, user: dict[str, str]) -> None:
    words = ["create-user", "--access", user["AWS_ACCESS_KEY_ID"], "--secret", user["AWS_SECRET_ACCESS_KEY"]]
    env = {f"ADMIN_{name.removeprefix('AWS_')}": value for name, value in KEYS.items()}
    env["ADMIN_ENDPOINT_URL"] = server.environment["AWS_ENDPOINT_URL_S3"]
    argv = [str(parts.ensure("versitygw")), "admin", *words, "--role", "user"]
    subprocess.run(argv, env={**os.environ, **env}, check=True, capture_output=True)


def as_user(server: Server, **environment: str) -> Server:
    return replace(server, environment={**server.environment, **environment})


@pytest.mark.parametrize("write", [Storage.put, Storage.create])
def test_a_reader_may_read_and_not_write(
    write: Callable[[Storage, str, bytes], None], server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    storage = storage_on(as_user(server, **READER), monkeypatch, tmp_path)
    assert (storage.get("a"), storage.objects("")) == (b"1", ["a"])
    with pytest.raises(StorageError, match="cannot write b: access denied") as caught:
        write(storage, "b", b"")
    assert "aws sts get-caller-identity" in caught.value.hint


def test_a_large_upload_without_permission_is_refused(
    server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "large").write_bytes(bytes(9_000_000))
    with pytest.raises(StorageError, match="cannot write b: access denied"):
        storage_on(as_user(server, **READER), monkeypatch, tmp_path).upload("b", tmp_path / "large")


@pytest.mark.parametrize(
    ("keys", "cause"),
    [
        (STRANGER, "access denied"),
        ({"AWS_ACCESS_KEY_ID": "nobody"}, "does not know these credentials"),
        ({"AWS_SECRET_ACCESS_KEY": "wrong"}, "the secret key is wrong"),
    ],
    ids=["stranger", "unknown", "wrong secret"],
)
def test_who_may_not_read_is_told_why(
    keys: dict[str, str], cause: str, server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with pytest.raises(StorageError, match=cause):
        storage_on(as_user(server, **keys), monkeypatch, tmp_path).get("a")


def test_a_bucket_in_another_region_is_found_as_the_service_says_where(
    server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    elsewhere = as_user(server, AWS_DEFAULT_REGION="eu-west-1")
    assert storage_on(elsewhere, monkeypatch, tmp_path).get("a") == b"1"


def test_a_bucket_that_does_not_exist_is_told(server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    storage = storage_on(replace(server, root="s3://nowhere/x"), monkeypatch, tmp_path)
    for ask in (storage.get, storage.objects):
        with pytest.raises(StorageError, match="the bucket nowhere does not exist") as caught:
            ask("a")
    assert caught.value.hint.startswith("aws s3 mb s3://nowhere")


def test_a_profile_brings_endpoint_and_credentials(
    server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".aws").mkdir()
    lines = ["[profile rehearsal]", "region = us-east-1", f"endpoint_url = {server.environment['AWS_ENDPOINT_URL_S3']}"]
    lines += [f"{name.lower()} = {value}" for name, value in KEYS.items()]
    (tmp_path / ".aws" / "config").write_text("\n".join(lines), encoding="utf-8")
    named = Server(root=server.root, environment={"AWS_PROFILE": "rehearsal"})
    assert storage_on(named, monkeypatch, tmp_path).get("a") == b"1"
