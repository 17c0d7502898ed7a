"""HTML pages that open from disk: their templates, and writing them whole."""

import os
import tempfile
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from launcher.visible import visible


def template(name: str) -> jinja2.Template:
    """Give a template of this folder; what is put into it is escaped, and control characters are made visible."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        finalize=_visible,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(name)


def write(page: str, path: Path) -> None:
    """Write a page into ``path``, which then holds either what it held before or the whole page.

    Raises OSError where ``path`` cannot be written.
    """
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(page)
        temporary.chmod(0o644)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _visible(value: Any) -> Any:
    """Make characters that act on a terminal or on the order of text visible instead; markup is left alone."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return visible(value)
    return value
