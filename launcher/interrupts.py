"""Ctrl-C in the middle of something that must not be left half done."""

import contextlib
import os
import signal
from collections.abc import Generator
from types import FrameType

import click

INTERRUPTED = 130


@contextlib.contextmanager
def deferred(what: str) -> Generator[None]:
    """Let the block finish on the first Ctrl-C, and raise KeyboardInterrupt after it; the second quits at once."""
    pressed: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        if pressed:
            os._exit(INTERRUPTED)
        pressed.append(number)
        click.echo(f"{what}; press Ctrl-C again to quit at once", err=True)

    before = signal.signal(signal.SIGINT, note)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if pressed:
        raise KeyboardInterrupt
