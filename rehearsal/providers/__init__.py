"""Providers for the real Pulumi engine that make what a stack asks for on a rehearsal cloud.

The engine starts one as ``pulumi-resource-NAME``, found on PATH, and asks it over gRPC as it asks the vendor's own.

Only a provider's own process imports `pulumi.provider`, by `provider`, `properties` and `servicer`: it brings a
`google.rpc.Status` of its own, beside which Google's clients cannot be imported.
"""

import shlex
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ENGINE = "FIRESTEEL_REHEARSAL_ENGINE"  # the engine's process id, for a provider that starts as the engine is killed
QUIET = {"PULUMI_SKIP_UPDATE_CHECK": "true"}  # the engine is pinned, and may have no network


def program(folder: Path, name: str) -> Path:
    """Write the program by which the engine finds a provider, and give the folder that has to be on PATH."""
    where = folder / "bin"
    where.mkdir(exist_ok=True)
    script = where / f"pulumi-resource-{name}"
    # The engine's own PYTHONPATH, if it has one, is that of the program it runs.
    settings = f"{ENGINE}=$PPID PYTHONPATH={shlex.quote(str(ROOT))}"
    command = f"{settings} exec {shlex.quote(sys.executable)} -m rehearsal.providers {name}"
    script.write_text(f'#!/bin/sh\n{command} "$@"\n', encoding="utf-8")
    script.chmod(0o755)
    return where
