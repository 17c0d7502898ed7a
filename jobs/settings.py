"""Settings of a session for as long as something runs."""

import contextlib
from typing import Any, Dict, Iterator


@contextlib.contextmanager
def changed(spark: Any, wanted: Dict[str, str]) -> Iterator[None]:
    """Set them; at the end what was set before comes back."""
    before = {name: spark.conf.get(name) for name in wanted}
    try:
        for name, value in wanted.items():
            spark.conf.set(name, value)
        yield
    finally:
        for name, value in before.items():
            spark.conf.set(name, value)
