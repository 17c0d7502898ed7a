"""Lists as Dataproc gives them: filtered, newest first, page by page.

https://cloud.google.com/dataproc/docs/reference/rest/v1/projects.regions.jobs/list
"""

import base64
import re
from collections.abc import Mapping, Sequence
from typing import TypeVar

from rehearsal.chaos import Chaos
from rehearsal.dataproc_errors import invalid

T = TypeVar("T")

LARGEST_PAGE = 100
TERM = re.compile(r"\s*([\w.-]+)\s*[=:]\s*(\"[^\"]*\"|[^\s\"]+)\s*")


def terms(text: str, known: Sequence[str]) -> dict[str, str]:
    """Give the fields and values that a filter asks for; raises Refused for what is no filter."""
    found: dict[str, str] = {}
    for part in re.split(r"\s+AND\s+", text.strip()) if text.strip() else ():
        match = TERM.fullmatch(part)
        field = match[1] if match else ""
        if not match or not (field in known or field.startswith("labels.")):
            raise invalid(f"Invalid list filter: '{text}'.")
        found[field] = match[2].strip('"')
    return found


def labelled(labels: Mapping[str, str], wanted: Mapping[str, str]) -> bool:
    """Tell whether the labels are those that a filter asks for; `*` takes any value."""
    asked = {field.removeprefix("labels."): value for field, value in wanted.items() if field.startswith("labels.")}
    return all(key in labels and value in {"*", labels[key]} for key, value in asked.items())


def page(rows: Sequence[T], size: int, token: str, chaos: Chaos | None, subject: str) -> tuple[Sequence[T], str]:
    """Give a page and the token of the next one, empty on the last."""
    if size < 0:
        raise invalid(f"Page size must not be negative, found: {size}.")
    start = _start(token, len(rows))
    size = min(size or LARGEST_PAGE, LARGEST_PAGE)
    if chaos and chaos.strikes("truncate", subject):
        size = min(size, round(chaos.amount("truncate", 1, 3, subject)))
    # From the end of the list, which does not move when something is put in front of the newest.
    rest = len(rows) - start - size
    return rows[start : start + size], (base64.urlsafe_b64encode(f"rest:{rest}".encode()).decode() if rest > 0 else "")


def _start(token: str, length: int) -> int:
    if not token:
        return 0
    try:
        word, _, rest = base64.urlsafe_b64decode(token).decode().partition(":")
        start = length - int(rest)
    except ValueError:
        word, start = "", 0
    if word != "rest" or start < 0:
        raise invalid("Invalid page token.")
    return start
