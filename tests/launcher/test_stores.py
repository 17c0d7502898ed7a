"""Which store a root means, and what is needed for it."""

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from launcher import stores
from launcher.errors import ConfigError
from launcher.storage import Storage, local_path
from launcher.stores import Place

WITHOUT = """
import sys
sys.modules[sys.argv[1]] = None  # as if it were not installed
from launcher.errors import MissingDependency
from launcher.storage import Storage
try:
    Storage(sys.argv[2]).get("x")
except MissingDependency as error:
    print(error.hint)
"""


LOADED = """
import sys
from launcher.storage import Storage
try:
    Storage(sys.argv[1]).get("x")
except Exception:
    print(*({"botocore.session", "google.cloud.storage", "azure.storage.blob"} & set(sys.modules)))
"""


@pytest.mark.parametrize("name", ["with space", "percent %20 sign", "hash#mark", "question?mark", "ünicode"])
def test_a_root_means_the_same_folder_to_us_as_to_hadoop(tmp_path: Path, name: str) -> None:
    assert local_path(f"file://{tmp_path}/{name}") == tmp_path / name


@pytest.mark.parametrize(
    ("root", "host", "key"),
    [
        ("s3://bucket", "bucket", "a/b"),
        ("s3://bucket/", "bucket", "a/b"),
        ("gs://bucket/x %20/y", "bucket", "x %20/y/a/b"),
        ("abfss://c@account.dfs.core.windows.net/x", "c@account.dfs.core.windows.net", "x/a/b"),
    ],
)
def test_a_clouds_root_is_a_bucket_and_a_beginning_of_keys(root: str, host: str, key: str) -> None:
    place = Place.of(root)
    assert (place.host, place.key("a/b")) == (host, key)


def test_marks_that_connectors_leave_for_folders_are_no_objects() -> None:
    keys = ["r/runs/", "r/runs_$folder$", "r/runs/a/x"]
    assert Place.of("s3://bucket/r").names(keys) == ["runs/a/x"]


def test_a_scheme_without_a_client_is_explained() -> None:
    with pytest.raises(ConfigError, match="gopher") as caught:
        Storage("gopher://x").get("y")
    assert "abfss" in caught.value.hint


@pytest.mark.parametrize("root", ["s3://", "gs://", "abfss://", "abfss://account.dfs.core.windows.net/x"])
def test_a_root_without_a_bucket_is_explained(root: str) -> None:
    with pytest.raises(ConfigError, match="names no "):
        Storage(root).get("y")


@pytest.mark.parametrize(
    ("root", "package", "extra"),
    [
        ("s3://bucket/x", "botocore", "aws"),
        ("gs://bucket/x", "google.cloud.storage", "gcp"),
        ("abfss://c@a.dfs.core.windows.net/x", "azure.storage.blob", "azure"),
    ],
)
def test_a_missing_sdk_is_named_with_the_extra_that_brings_it(root: str, package: str, extra: str) -> None:
    command = [sys.executable, "-c", WITHOUT, package, root]
    told = subprocess.run(command, capture_output=True, text=True, check=True)
    assert told.stdout == f"pip install 'firesteel[{extra}]'\n"


@pytest.mark.parametrize("root", ["memory://x", "s3://bucket/x", "gs://bucket/x", "abfss://c@a.dfs.core.windows.net/x"])
def test_only_the_sdk_of_the_roots_own_cloud_is_imported(root: str) -> None:
    told = subprocess.run([sys.executable, "-c", LOADED, root], capture_output=True, text=True, check=True)
    sdk = {"s3": "botocore.session", "gs": "google.cloud.storage", "abfss": "azure.storage.blob"}.get(
        stores.scheme(root)
    )
    assert told.stdout.split() == ([sdk] if sdk else [])


def test_every_word_of_every_store_has_a_cause_and_a_next_step() -> None:
    for module, _ in set(stores.SERVICES.values()):
        for word, fault in import_module(module).FAULTS.items():
            assert (fault.cause and fault.hint) or fault is stores.PRESENT, word
