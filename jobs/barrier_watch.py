"""Workers that look after each other: one that died, fell silent or failed is told to all others at once.

Each worker holds a connection to the first one and says there every few seconds that it lives; the first one passes on
to all others who was lost, and what failed.
"""

import contextlib
import queue
import re
import secrets
import socket
import threading
import time
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Tuple

from jobs.barrier_worker import Worker

BEAT = 2.0  # seconds between two signs of life
SILENCE = 30.0  # without one, and a worker counts as lost
JOINING = 30.0  # until every worker has come: they are there already, so it is a connection only
LOST, FAILED = "lost", "failed"
LOST_SAID = re.compile(r"worker \d+ of \d+ \([^)\n]*\) was lost: [^\n]*")


class Event(NamedTuple):
    """What happened, in a sentence that names the worker; ``value`` is what came of the own work."""

    kind: str
    said: str
    value: Any = None


def token() -> str:
    """Give a word by which workers know each other's connections from a stranger's."""
    return secrets.token_hex(8)


class Watch:
    """One worker's end of it; ``first`` is where the first worker listens."""

    def __init__(self, worker: Worker, listener: socket.socket, first: Tuple[str, int], word: str) -> None:
        self._worker, self._listener, self._first, self._word = worker, listener, first, word
        self._peers: Dict[int, socket.socket] = {}
        self._ended: List[int] = []
        self._changed = threading.Condition()
        self._closing = False

    @property
    def name(self) -> str:
        """The worker as people are told of it."""
        return "worker {} of {}".format(self._worker.rank, self._worker.size)

    def start(self, report: Callable[[Event], None]) -> None:
        """Begin to watch; ``report`` gets each worker that is lost or has failed."""
        self._report = report
        if self._worker.size > 1:
            self._thread(self._accept if self._worker.rank == 0 else self._join)
            self._thread(self._beat)

    def settled(self, events: "queue.Queue[Event]") -> Optional[Event]:
        """Say that this worker has ended well; the first one stays until all have. Gives what prevents it, or None."""
        others = self._worker.size - 1
        if self._worker.rank == 0:
            return self._wait(lambda: len(self._ended) == others, events)
        trouble = self._wait(lambda: bool(self._peers), events)
        if trouble is None:
            self._send(list(self._peers.values()), "done")
        return trouble

    def tell_failed(self, said: str) -> None:
        """Say why this worker ends, so that its end is not taken for a loss."""
        self._send(list(self._peers.values()), "{} {}".format(FAILED, said))

    def close(self) -> None:
        """Close what is open."""
        self._closing = True
        for peer in [self._listener, *self._peers.values()]:
            with contextlib.suppress(OSError):  # a reader in another thread keeps a socket open that is only closed
                peer.shutdown(socket.SHUT_RDWR)
            peer.close()

    def _accept(self) -> None:
        deadline = time.monotonic() + JOINING
        self._listener.settimeout(0.1)  # one that was accepted may still have to say who it is
        while len(self._peers) < self._worker.size - 1 and not self._closing:
            with contextlib.suppress(OSError):  # nobody came, or it is being closed
                peer, _ = self._listener.accept()
                self._thread(self._greet, peer)
            if time.monotonic() > deadline:
                self._missing()
                return

    def _missing(self) -> None:
        missing = set(range(1, self._worker.size)) - set(self._peers)
        if missing and not self._closing:
            self._lost(min(missing), "it did not come within {:.0f} s".format(JOINING))

    def _greet(self, peer: socket.socket) -> None:
        peer.settimeout(SILENCE)
        lines = peer.makefile("r", encoding="ascii")
        with contextlib.suppress(OSError, ValueError):
            word, _, rank = lines.readline().strip().partition(" ")
            if word == self._word and rank.isdigit():
                self._peers[int(rank)] = peer
                self._listen(int(rank), lines)

    def _join(self) -> None:
        try:
            peer = socket.create_connection(self._first, timeout=JOINING)
        except OSError as error:
            self._lost(0, "it cannot be reached: {}".format(error))
            return
        peer.settimeout(SILENCE)
        # First of all: a sign of life before it would be a stranger's.
        self._send([peer], "{} {}".format(self._word, self._worker.rank))
        self._peers[0] = peer
        if self._closing:  # in the meantime
            self.close()
        self._listen(0, peer.makefile("r", encoding="ascii"))

    def _listen(self, rank: int, lines: Any) -> None:
        """Read a peer's lines until it has ended, well or not; one that said why it ends is not lost."""
        reason, told = "its connection broke off", False
        try:
            with lines:
                for line in lines:
                    word, _, rest = line.strip().partition(" ")
                    if word == "done":
                        self._end(rank)
                        return
                    if word in {LOST, FAILED}:
                        told = True
                        self._pass_on(rank, Event(word, rest))
        except (socket.timeout, TimeoutError):
            reason = "no sign of life for {:.0f} s".format(SILENCE)
        except (OSError, ValueError):
            pass
        if not self._closing and not told:
            self._lost(rank, reason)

    def _wait(self, ready: Callable[[], bool], events: "queue.Queue[Event]") -> Optional[Event]:
        """Wait until something is so; gives who does not come, falls silent or fails before that."""
        while not ready():
            with self._changed:
                self._changed.wait(0.05)
            with contextlib.suppress(queue.Empty):
                return events.get_nowait()
        return None

    def _end(self, rank: int) -> None:
        with self._changed:
            self._ended.append(rank)
            self._changed.notify_all()

    def _lost(self, rank: int, reason: str) -> None:
        host = self._worker.hosts[rank]
        said = "worker {} of {} ({}) was lost: {}".format(rank, self._worker.size, host, reason)
        self._pass_on(rank, Event(LOST, said))

    def _pass_on(self, source: int, event: Event) -> None:
        """Report an event here and, from the first worker, to all others."""
        others = [peer for rank, peer in self._peers.items() if rank != source]
        self._send(others, "{} {}".format(event.kind, event.said))
        self._report(event)

    def _beat(self) -> None:
        while not self._closing:
            self._send(list(self._peers.values()), "alive")
            time.sleep(BEAT)

    @staticmethod
    def _send(peers: List[socket.socket], line: str) -> None:
        for peer in peers:
            with contextlib.suppress(OSError):  # its reader notices
                peer.sendall(line.encode("ascii", "replace") + b"\n")

    @staticmethod
    def _thread(target: Callable[..., None], *arguments: Any) -> None:
        threading.Thread(target=target, args=arguments, daemon=True).start()
