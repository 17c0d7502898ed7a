"""Amazon's SDK as its user has configured it: one session, and the clients that are made from it.

What the AWS CLI takes works here too: https://boto3.amazonaws.com/v1/documentation/api/latest/guide/configuration.html.
The session is botocore's, boto3's own core: it reads the same settings, and is imported in half the time.
"""

import functools
import gc
import os
import threading
from collections.abc import Generator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from launcher.stores import CONNECT_SECONDS

FILES = {"AWS_SHARED_CREDENTIALS_FILE": "~/.aws/credentials", "AWS_CONFIG_FILE": "~/.aws/config"}
_making = threading.RLock()  # a session makes one client at a time: https://github.com/boto/boto3/issues/801


def session() -> Any:
    """Give the session, made anew when the settings are not what they were: credentials may have been renewed."""
    variables = sorted(item for item in os.environ.items() if item[0].startswith("AWS_") or item[0] == "HOME")
    with _making, _uncollected():
        return _session(tuple(variables), tuple(map(_changed_at, FILES.items())))


def client(service: str, *, read_seconds: float, tries: int = 1, transfers: bool = False, **options: Any) -> Any:
    """Give a client whose every call the SDK itself tries so often; ``options`` are botocore's own.

    With ``transfers`` it is boto3's, which can send files in parts.
    """
    region = options.pop("region_name", None)
    with _making, _uncollected():
        config = import_module("botocore.config").Config(
            connect_timeout=CONNECT_SECONDS,
            read_timeout=read_seconds,
            retries={"mode": "standard", "total_max_attempts": tries},
            **options,
        )
        make = _boto3_client if transfers else session().create_client
        return make(service, region_name=region, config=config)


@contextmanager
def _uncollected() -> Generator[None]:
    """Keep the garbage collector from visiting the SDK's descriptions while they are read: a quarter of the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _boto3_client(service: str, **options: Any) -> Any:
    # A session of its own: boto3 changes the one that it is given, and fails when it does so twice.
    return import_module("boto3.session").Session().client(service, **options)


@functools.lru_cache(maxsize=2)
def _session(*_settings: object) -> Any:
    return import_module("botocore.session").get_session()


def _changed_at(file: tuple[str, str]) -> float:
    path = Path(os.environ.get(file[0]) or file[1]).expanduser()
    return path.stat().st_mtime if path.exists() else 0.0
