"""The real servers and jars of the rehearsal clouds, each pinned by version and checksum, in a cache.

What a part is made of decides the name of its folder in the cache, and the folder appears whole or not at all: a part
that is there is the right one. Nothing here names a registry: the tools ask the one they are configured for.
"""

import hashlib
import os
import shutil
import sys
import tempfile
import time
from contextlib import AbstractContextManager
from pathlib import Path

from launcher import home, locks
from rehearsal.parts_build import Built, GoTool, Jars, NodeTool
from rehearsal.parts_programs import GoPrograms

PULUMI = "github.com/pulumi/pulumi"

PARTS: dict[str, Built] = {
    "versitygw": GoTool(
        module="github.com/versity/versitygw",
        version="v1.8.0",  # the first known to decide between conditional writes of one instant
        checksum="h1:au+wI+aybno/STsQiSm35Uu6Q6iK5MWReQxgO6SEMFc=",
        package="./cmd/versitygw",
    ),
    "fake-gcs-server": GoTool(
        module="github.com/fsouza/fake-gcs-server",
        version="v1.56.1",
        checksum="h1:K03sAvbLvDz4hAynpCCUqnNRp+ik9JFSvHbkD/wTPOU=",
        package=".",
    ),
    "caddy": GoTool(
        module="github.com/caddyserver/caddy/v2",
        version="v2.11.9",
        checksum="h1:bhZtcRKQOq0fuLvEgCdPYvUxXyGn9kzjG4lh2332DTE=",
        package="./cmd/caddy",
    ),
    "azurite": NodeTool(version="3.35.0", pins="azurite", entry="node_modules/azurite/dist/src/blob/main.js"),
    "hadoop": Jars(version="3.4.2", pins="hadoop"),
    "s3a": Jars(version="3.4.2", pins="s3a"),
    "gcs-connector": Jars(version="hadoop3-2.2.26", pins="gcs-connector"),
    "azure-connector": Jars(version="3.4.2", pins="azure-connector"),
    # The newest engine, and the newest host of Python programs, that can be built from their modules.
    "pulumi": GoPrograms(
        version="v3.259.0",
        pins="pulumi",
        programs=(
            ("engine", f"{PULUMI}/pkg/v3/cmd/pulumi"),
            ("language-host", f"{PULUMI}/sdk/v3/python/cmd/pulumi-language-python"),
        ),
        scripts=(("engine", f"{PULUMI}/sdk/v3", "python/cmd/pulumi-language-python-exec"),),
        stamp=f"{PULUMI}/sdk/v3/go/common/version.Version",
    ),
    "livy": Jars(version="0.7.1-incubating", pins="livy"),
}


def ensure(name: str) -> Path:
    """Give a part, built or fetched first unless it is in the cache: a program's file, or a folder of jars.

    Safe when several processes ask at once: one builds, the others wait. An interrupted build leaves nothing that
    counts. Raises MissingDependency without the tool that builds it, PartError when the build fails.
    """
    part = PARTS[name]
    folder = folder_of(name)
    if not folder.is_dir():
        with _alone(name):
            if not folder.is_dir():
                _make(name, part, folder)
    return part.product(folder)


def cached(name: str) -> bool:
    """Tell whether a part is in the cache as it is pinned now."""
    return folder_of(name).is_dir()


def folder_of(name: str) -> Path:
    """Give the folder of a part in the cache, which may not exist; its name changes with the pins."""
    digest = hashlib.sha256(PARTS[name].pinned()).hexdigest()[:12]
    return cache() / f"{name}-{PARTS[name].version}-{digest}"


def cache() -> Path:
    """Give the folder of all parts: FIRESTEEL_REHEARSAL_CACHE, so that several checkouts can share it, or our own."""
    chosen = os.environ.get("FIRESTEEL_REHEARSAL_CACHE")
    return Path(chosen).expanduser().absolute() if chosen else home.cache().resolve() / "rehearsal"


def say(text: str) -> None:
    """Print a line of narration on stderr, whole, also when several threads print."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def _alone(name: str) -> AbstractContextManager[None]:
    cache().mkdir(parents=True, exist_ok=True)
    return locks.alone(cache() / f".{name}.lock")


def _make(name: str, part: Built, folder: Path) -> None:
    for leftover in cache().glob(f".draft-{name}-*"):  # of a builder that was killed
        shutil.rmtree(leftover, ignore_errors=True)
    say(f"{name} {part.version}: {part.doing}")
    began = time.monotonic()
    draft = Path(tempfile.mkdtemp(prefix=f".draft-{name}-", dir=cache()))
    try:
        part.build(draft, cache() / f".{name}.log")
        draft.chmod(0o755)
        draft.rename(folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    say(f"{name} {part.version}: done in {time.monotonic() - began:.0f} s")
