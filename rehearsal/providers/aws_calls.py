"""Calls of Amazon's API as a provider makes them: what is gone is no error, what is still in use is asked again."""

import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import ClientError

from rehearsal.providers.errors import Incomplete

GONE = frozenset({
    "404", "NoSuchBucket", "NoSuchBucketPolicy", "NoSuchEntity", "NoSuchKey", "NoSuchLifecycleConfiguration",
    "NoSuchPublicAccessBlockConfiguration", "NoSuchTagSet", "ResourceNotFoundException",
    "ServerSideEncryptionConfigurationNotFoundError",
})  # fmt: skip
IN_USE = frozenset({"DependencyViolation", "DeleteConflict", "BucketNotEmpty"})
PATIENCE, LOOK = 5.0, 0.3  # seconds that something may stay in use: minutes with the vendor's provider


def unless_gone(call: Callable[..., Any], **asked: Any) -> Any:
    """Give the answer; None when what is asked about does not exist."""
    try:
        return call(**asked)
    except ClientError as error:
        if not _is_gone(error):
            raise
        return None


def persistently(call: Callable[..., Any], **asked: Any) -> None:
    """Remove something, as soon as nothing uses it any more; nothing to do when it is gone."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return unless_gone(call, **asked)
        except ClientError as error:
            if error.response["Error"]["Code"] not in IN_USE or time.monotonic() > deadline:
                raise
        time.sleep(LOOK)


@contextmanager
def completing(resource_id: str) -> Generator[None]:
    """Do what else is to be done to a new resource; raises Incomplete for an error."""
    try:
        yield
    except ClientError as error:
        raise Incomplete(resource_id, f"{resource_id} was made, but: {error}") from error


def tag_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Give tags as Amazon's API takes them."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def tag_table(tags: list[dict[str, str]] | None) -> dict[str, str]:
    """Give tags as Pulumi takes them, but for those that are Amazon's own."""
    return {tag["Key"]: tag["Value"] for tag in tags or () if not tag["Key"].startswith("aws:")}


def _is_gone(error: ClientError) -> bool:
    code = error.response["Error"]["Code"]
    return code in GONE or code.endswith(".NotFound")
