"""What an object consists of that a program puts into a bucket: a file, or a text."""

import hashlib
from pathlib import Path

import pulumi

from rehearsal.providers.errors import ProviderError
from rehearsal.providers.values import UNKNOWN, Properties

DIGEST = "__digest"  # a property of ours: a file may change and keep its name


def digested(inputs: Properties) -> Properties:
    """Give the digest of the content; nothing while that is not known."""
    found = content(inputs)
    return {} if found is None else {DIGEST: hashlib.sha256(found).hexdigest()}


def content(inputs: Properties) -> bytes | None:
    """Give the content; None while that is not known. Raises ProviderError for a file that cannot be read."""
    source = inputs.get("source")
    if isinstance(source, pulumi.FileAsset):
        try:
            return Path(source.path).read_bytes()
        except OSError as error:
            raise ProviderError(f"{source.path}: {error.strerror}") from error
    if isinstance(source, pulumi.StringAsset):
        return str(source.text).encode()
    text = inputs.get("content", "")
    return None if UNKNOWN in {source, text} else str(text).encode()
