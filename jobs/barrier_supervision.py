"""A worker's work under watch: it ends when a peer is lost or fails, and all workers tell the same cause.

The work runs in a thread, so that it can be given up wherever it waits.
"""

import queue
import re
import threading
import time
import traceback
from typing import Any, Callable, List, Optional

from jobs.barrier_watch import FAILED, LOST, Event, Watch

GRACE = 3.0  # seconds after an error, for news of a peer: its end may be the cause
# What is left of a worker to those who were talking to it; an error of another kind is nearer to the cause.
BROKEN = re.compile(r"connection (closed|reset|refused|aborted)|broken pipe|socket closed", re.IGNORECASE)
RETURNED, RAISED = "returned", "raised"
LONGEST = 500  # characters of a cause


class PeerLost(Exception):
    """Another worker is gone; the message says which one and how that was noticed."""


class WorkFailed(Exception):
    """A worker raised something; the message says which worker and what."""


def supervised(watch: Watch, work: Callable[[], Any]) -> Any:
    """Give what ``work()`` returns, once all workers have ended well.

    Raises WorkFailed when it, or a peer's, raises something, and PeerLost when a peer is lost: the same on all workers.
    """
    events: "queue.Queue[Event]" = queue.Queue()
    watch.start(events.put)

    def run() -> None:
        try:
            events.put(Event(RETURNED, "", work()))
        except BaseException as error:  # noqa: BLE001 -- told to the peers, and raised again below
            said = _said(watch, error)
            watch.tell_failed(said)
            events.put(Event(RAISED, said, error))

    # A thread that is given up ends with the process: Spark does not use one again whose task has failed.
    threading.Thread(target=run, daemon=True).start()
    try:
        event = events.get()
        trouble = watch.settled(events) if event.kind == RETURNED else event
        if trouble is None:
            return event.value
        raise _error(watch, trouble, events)
    finally:
        watch.close()


def _said(watch: Watch, error: BaseException) -> str:
    last = traceback.format_exception_only(type(error), error)[-1].strip().splitlines()
    return "{}: {}".format(watch.name, " ".join(last)[:LONGEST])


def _error(watch: Watch, first: Event, events: "queue.Queue[Event]") -> Exception:
    """Give what to raise: the nearest to the cause of all that is known after a while."""
    cause = _cause(_gathered(first, events))
    if cause.kind == LOST:
        return PeerLost(cause.said)
    watch.tell_failed(cause.said)
    error = WorkFailed(cause.said)
    error.__cause__ = cause.value
    return error


def _gathered(first: Event, events: "queue.Queue[Event]") -> List[Event]:
    found, until = [first], time.monotonic() + GRACE
    while found[-1].kind != LOST:
        event = _next(events, until - time.monotonic())
        if event is None:
            break
        found.append(event)
    return [event for event in found if event.kind in {LOST, FAILED, RAISED}]


def _next(events: "queue.Queue[Event]", seconds: float) -> Optional[Event]:
    try:
        return events.get(timeout=max(seconds, 0))
    except queue.Empty:
        return None


def _cause(found: List[Event]) -> Event:
    lost = [event for event in found if event.kind == LOST]
    own = [event for event in found if not BROKEN.search(event.said)]
    return [*lost, *own, *found][0]
