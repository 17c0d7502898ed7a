"""Launchers in one process, one at a time, on a clock that jumps: the same seed gives the same interleaving.

Each actor is a thread, but only the one that holds the baton runs. It passes the baton on at a step (a call of backend
or storage) and when it sleeps; who gets it is drawn by the seed. Nobody really sleeps: when all do, the clock jumps to
the first who wakes. What sleeps in another thread, such as a slow service that is being asked, moves the clock; what an
earlier test left running in this process does not.
"""

import random
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager

import pytest

from tests.crash.faults import Killed

A_STEP = 0.02  # seconds that a call takes by the clock
PATIENCE = 250.0  # real seconds until an actor that does not hand on the baton fails the test


class Actor:
    """Whoever types commands at a terminal; ``life`` counts the steps until the present command is killed."""

    def __init__(self, script: Callable[[], None]) -> None:
        self.script = script
        self.wakes = 0.0
        self.life: int | None = None
        self.baton = threading.Semaphore(0)
        self.error: BaseException | None = None
        self.ended = False


class Simulation:
    """The clock and the baton of one story."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._now = 0.0
        self._actors: list[Actor] = []
        self._mine = threading.local()
        self._over = threading.Event()
        self._strangers: list[threading.Thread] = []
        self._really_sleep = time.sleep

    @property
    def now(self) -> float:
        """Seconds since the story began."""
        return self._now

    @contextmanager
    def clock(self) -> Generator[None]:
        """Let all code of this process live by the simulated clock, and draw its jitter from the seed."""
        real_time, real_monotonic, state = time.time(), time.monotonic(), random.getstate()
        random.seed(self._rng.random())
        self._strangers = [thread for thread in threading.enumerate() if thread is not threading.current_thread()]
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(time, "sleep", self.sleep)
            patch.setattr(time, "time", lambda: real_time + self._now)
            patch.setattr(time, "monotonic", lambda: real_monotonic + self._now)
            yield
        random.setstate(state)

    def run(self, *scripts: Callable[[], None]) -> None:
        """Let actors live side by side until all have ended; raises the first error that one did not catch."""
        self._actors = [Actor(script) for script in scripts]
        threads = [threading.Thread(target=self._live, args=(actor,), daemon=True) for actor in self._actors]
        self._over.clear()
        for actor, thread in zip(self._actors, threads, strict=True):
            actor.wakes = self._now
            thread.start()
        self._next().baton.release()
        assert self._over.wait(PATIENCE), "an actor does not come back"
        for thread in threads:
            thread.join()
        for actor in self._actors:
            if actor.error is not None:
                raise actor.error

    def mortal(self, life: int | None) -> None:
        """Let the actor who calls be killed after so many steps; None: not at all."""
        self._mine.actor.life = life

    def step(self) -> None:
        """Let others go first, if they are drawn; raises Killed when the actor's steps are counted."""
        actor = self._actor()
        if actor is None:
            return
        self._now += A_STEP
        _age(actor)
        self._pass_on(actor)

    def sleep(self, seconds: float) -> None:
        """Give the baton away until the clock has moved on so far."""
        actor = self._actor()
        if actor is None:
            if threading.current_thread() in self._strangers:
                self._really_sleep(seconds)
            else:
                self._now += seconds
            return
        actor.wakes = self._now + seconds
        _age(actor)
        self._pass_on(actor)

    def _actor(self) -> Actor | None:
        return getattr(self._mine, "actor", None)

    def _live(self, actor: Actor) -> None:
        self._mine.actor = actor
        actor.baton.acquire()
        try:
            actor.script()
        except BaseException as error:  # noqa: BLE001 -- told by run, whatever it is
            actor.error = error
        actor.ended = True
        if all(other.ended for other in self._actors):
            self._over.set()
        else:
            self._next().baton.release()

    def _pass_on(self, actor: Actor) -> None:
        following = self._next()
        if following is not actor:
            following.baton.release()
            actor.baton.acquire()

    def _next(self) -> Actor:
        alive = [actor for actor in self._actors if not actor.ended]
        self._now = max(self._now, min(actor.wakes for actor in alive))
        return self._rng.choice([actor for actor in alive if actor.wakes <= self._now])


def _age(actor: Actor) -> None:
    if actor.life is not None:
        actor.life -= 1
        if actor.life < 0:
            raise Killed
