"""Everything the driver prints, kept on its way to the service's log and also written as chunks of the run's log.

The descriptors 1 and 2 themselves are redirected, so that output of native code is caught like Python's own.
"""

import contextlib
import os
import sys
import threading
import time
from typing import Any, Callable, List

CHUNK = 4 * 1024 * 1024
WAITING = 4 * CHUNK
FIRST = 0.2  # seconds between two chunks: quick at first, then slower, so that a long job leaves few files


class Tee:
    """Catch descriptors 1 and 2 from ``start`` to ``stop``; ``write`` gets (number, bytes) for each chunk."""

    def __init__(self) -> None:
        self._buffer: List[bytes] = []
        self._size = 0
        self._changed = threading.Condition()
        self._ended = False
        self._chunks = 0

    def start(self) -> None:
        """Redirect both descriptors into a pipe that a thread reads."""
        sys.stdout.flush()
        sys.stderr.flush()
        self._saved = (os.dup(1), os.dup(2))
        reading, writing = os.pipe()
        os.dup2(writing, 1)
        os.dup2(writing, 2)
        os.close(writing)
        streams: List[Any] = [sys.stdout, sys.stderr]  # TextIO to a type checker, which knows no reconfigure
        for stream in streams:
            stream.reconfigure(line_buffering=True, errors="backslashreplace")
        self._pump = threading.Thread(target=self._read, args=(reading,), daemon=True)
        self._pump.start()

    def write_chunks(self, write: Callable[[int, bytes], None], slowest: float) -> None:
        """Begin to hand chunks to ``write``, at most ``slowest`` seconds after a line was printed."""
        self._write, self._slowest = write, slowest
        self._flusher = threading.Thread(target=self._flush, daemon=True)
        self._flusher.start()

    def stop(self) -> None:
        """Give the descriptors back; returns when the last chunk is written. A second call does nothing."""
        if self._ended:
            return
        sys.stdout.flush()
        sys.stderr.flush()
        os.dup2(self._saved[0], 1)
        os.dup2(self._saved[1], 2)
        # A child that inherited the pipe and lives on must not keep the job from ending.
        self._pump.join(timeout=2)
        with self._changed:
            self._ended = True
            self._changed.notify_all()
        if hasattr(self, "_flusher"):
            self._flusher.join()

    def _read(self, reading: int) -> None:
        while True:
            data = os.read(reading, 65536)
            if not data:
                return
            _write_all(self._saved[0], data)
            with self._changed:
                # A job that prints faster than the storage takes it waits here: its memory stays bounded.
                self._changed.wait_for(lambda: self._size < WAITING or self._ended)
                self._buffer.append(data)
                self._size += len(data)

    def _flush(self) -> None:
        pause = FIRST
        while True:
            time.sleep(0 if self._ended else pause)
            with self._changed:
                last, data = self._ended, b"".join(self._buffer)
                self._buffer, self._size = [], 0
                self._changed.notify_all()
            for start in range(0, len(data), CHUNK):
                self._chunk(data[start : start + CHUNK])
            if last:
                return
            pause = min(self._slowest, pause * 1.1) if data else pause

    def _chunk(self, data: bytes) -> None:
        try:
            self._write(self._chunks + 1, data)
            self._chunks += 1
        except Exception as error:  # noqa: BLE001 -- a full disk or a dead JVM: the job's own end says why, the log must not
            _write_all(self._saved[1], "log chunk lost: {}\n".format(str(error)[:500]).encode("utf-8", "replace"))


def _write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    with contextlib.suppress(OSError):  # nobody reads the service's log any more: the run's own log goes on
        while view:
            view = view[os.write(descriptor, view) :]
