"""A driver's output that a service stores in pieces while the job runs."""

from collections.abc import Iterator
from itertools import count

from launcher.storage import Storage


def lines(uri: str) -> Iterator[str]:
    """Give the lines of an output, which Dataproc writes as objects with nine digits behind a common name."""
    folder, _, name = uri.rpartition("/")
    storage = Storage(folder)
    rest = b""
    for number in count() if uri else ():
        chunk = storage.get_or_none(f"{name}.{number:09d}")
        if chunk is None:
            break
        *whole, rest = (rest + chunk).split(b"\n")
        yield from (line.decode(errors="backslashreplace") for line in whole)
    if rest:
        yield rest.decode(errors="backslashreplace")
