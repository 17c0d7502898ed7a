"""A progress display on stderr for what takes longer than two seconds; silent when nobody watches."""

import sys
import time
from typing import Any, Self

import click

from launcher.model import JobStatus

PATIENCE = 2.0  # seconds


class Progress:
    """Shows bytes done of ``total``, from the third second on, when stderr is a terminal."""

    def __init__(self, what: str, total: int) -> None:
        self._what, self._total, self._done = what, total, 0
        self._began = time.monotonic()
        self._display: Any = None

    def advance(self, count: int) -> None:
        """Count ``count`` more bytes."""
        self._done += count
        if self._display is None and sys.stderr.isatty() and time.monotonic() - self._began > PATIENCE:
            self._show()
        if self._display is not None:
            self._display.update(self._task, completed=self._done)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        if self._display is not None:
            self._display.stop()

    def _show(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as Display

        columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
        self._display = Display(*columns, console=Console(stderr=True), transient=True)
        self._task = self._display.add_task(self._what, total=self._total)
        self._display.start()


class Waiting:
    """Lines of a log on stderr, and below them, on a terminal, how the run stands and for how long."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._display: Any = None

    def line(self, text: str) -> None:
        """Print a line of the log."""
        if self._display is None:
            click.echo(text, err=True)
        else:
            self._display.console.print(text, markup=False, highlight=False, soft_wrap=True)

    def status(self, status: JobStatus) -> None:
        """Show how the run stands; from the third second on."""
        seconds = time.monotonic() - self._began
        if self._display is None and sys.stderr.isatty() and seconds > PATIENCE:
            from rich.console import Console

            self._display = Console(stderr=True).status("")
            self._display.start()
        if self._display is not None:
            words = (status.state, status.message, f"{seconds:.0f} s")
            self._display.update(" ".join(word for word in words if word).replace("[", r"\["))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        if self._display is not None:
            self._display.stop()
