"""A story drawn from a seed: runs, launchers at one or two terminals, kills; then calm, and everything is settled."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from launcher import overview, runs, waiting
from launcher.backend import Backend
from launcher.errors import LauncherError
from launcher.model import JobSpec, JobState, Submission
from launcher.records import Records
from launcher.runs import Cloud
from tests.chaos.simulation import Simulation
from tests.crash.faults import Faults, FaultyService, FaultyStorage, Killed

ARGUMENTS: tuple[tuple[str, ...], ...] = (
    (),
    ("--sleep", "5"),
    ("--sleep", "40"),
    ("--exit", "3"),
    ("--sleep", "5", "--exit", "3"),
    ("--raise", "as asked"),
    ("--sleep", "3600"),
)
VERBS = {"wait": 5, "look": 2, "cancel": 2, "resume": 2, "list": 1}  # by their weights
SETTLED_IN = 400.0  # seconds after which what is still open stays open
PAUSE = 5.0  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """What somebody types after a pause; ``life`` is the number of steps until it is killed."""

    verb: str
    run: int
    pause: float
    life: int | None
    timeout: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """The arguments of each run, what is typed at each terminal, and the seconds until somebody settles it all."""

    runs: tuple[tuple[str, ...], ...]
    terminals: tuple[tuple[Command, ...], ...]
    rest: float

    @classmethod
    def drawn(cls, seed: int) -> "Story":
        rng = random.Random(f"story {seed}")  # noqa: S311 -- a story, no secret
        arguments = tuple(rng.choice(ARGUMENTS) for _ in range(rng.randint(1, 3)))
        first: list[Command] = []
        for run in range(len(arguments)):
            life = rng.randint(0, 12) if rng.random() < 1 / 3 else None
            first.append(replace(_command(rng, ["submit"], run), life=life))
            first += [_command(rng, list(VERBS), run) for _ in range(rng.randint(0, 3))]
        others = [
            tuple(_command(rng, list(VERBS), rng.randrange(len(arguments))) for _ in range(rng.randint(1, 5)))
            for _ in range(rng.choice((0, 0, 0, 1, 1, 2)))
        ]
        return cls(runs=arguments, terminals=(tuple(first), *others), rest=rng.choice((0.0, 0.0, 60.0, 1000.0)))


def _command(rng: random.Random, verbs: list[str], run: int) -> Command:
    weights = [VERBS.get(verb, 1) for verb in verbs]
    return Command(
        verb=rng.choices(verbs, weights)[0],
        run=run,
        pause=rng.choice((0.0, 0.0, rng.uniform(0, 30))),
        life=rng.randint(0, 60) if rng.random() < 0.1 else None,
        timeout=rng.choice((1.0, 30.0, 120.0)),
    )


class Steps(Faults):
    """Around every call, lets the service's jobs come on and another launcher go first."""

    def __init__(self, simulation: Simulation, settle: Callable[[], object]) -> None:
        super().__init__({})
        self.simulation = simulation
        self._settle = settle

    def around(self, call: Callable[..., Any], error: Exception) -> Callable[..., Any]:
        del error

        def stepping(*args: Any, **kwargs: Any) -> Any:
            self._step()
            answer = call(*args, **kwargs)
            self._step()
            return answer

        return stepping

    def _step(self) -> None:
        self._settle()
        self.simulation.step()


class Teller:
    """Lives a story through on one cloud."""

    def __init__(self, kind: str, story: Story, backend: Backend, steps: Steps) -> None:
        self.story = story
        self.simulation = steps.simulation
        self.cloud = cloud_on(kind, backend, steps)
        self.trace: list[str] = []
        self._plans = [self._planned(number, args) for number, args in enumerate(self.story.runs)]
        self._names = {plan.run.run_id: number for number, plan in enumerate(self._plans)}

    def live(self) -> None:
        """Type everything at all terminals."""
        self.simulation.run(*(self._terminal(commands) for commands in self.story.terminals))
        self.simulation.sleep(self.story.rest)

    def settle(self) -> None:
        """Resume and look until each run has its end; what never ends by itself is cancelled."""
        self.simulation.run(self._settle)

    def _planned(self, number: int, args: tuple[str, ...]) -> Submission:
        plan = runs.planned(self.cloud, JobSpec(workload="selftest", args=args))
        run_id = f"selftest-20260101-000000-{number:04x}"  # the same in each telling
        run = replace(plan.run, run_id=run_id, directory=self.cloud.storage.uri(f"runs/{run_id}"))
        return replace(plan, run=run)

    def _terminal(self, commands: tuple[Command, ...]) -> Callable[[], None]:
        def typed() -> None:
            for command in commands:
                time.sleep(command.pause)
                self._type(command)

        return typed

    def _type(self, command: Command) -> None:
        run_id = self._plans[command.run].run.run_id
        self.simulation.mortal(command.life)
        try:
            said = self._do(command, run_id)
        except Killed:
            said = "killed"
        except LauncherError as error:
            said = type(error).__name__
        self.simulation.mortal(None)
        self.trace.append(f"{self.simulation.now:.2f} {command.verb} {command.run}: {said}")

    def _do(self, command: Command, run_id: str) -> str:
        if command.verb == "submit":
            return f"job {runs.submit(self.cloud, self._plans[command.run]).run.run_id}"
        if command.verb == "list":
            return " ".join(one.status.state for one in overview.standings(self.cloud, self.cloud.records.run_ids()))
        if command.verb == "wait":
            return waiting.wait(self.cloud, run_id, _unheard, timeout=command.timeout).status.state
        return getattr(runs, command.verb)(self.cloud, run_id).status.state

    def _settle(self) -> None:
        open_ones = self.cloud.records.run_ids()
        began = self.simulation.now
        while open_ones and self.simulation.now - began < SETTLED_IN:
            open_ones = [run_id for run_id in open_ones if not self._ended(run_id)]
            time.sleep(PAUSE)

    def _ended(self, run_id: str) -> bool:
        state = runs.resume(self.cloud, run_id).status.state
        if state is JobState.RUNNING and "3600" in self.story.runs[self._names[run_id]]:
            state = runs.cancel(self.cloud, run_id).status.state
        return state.final


def cloud_on(kind: str, backend: Backend, steps: Steps) -> Cloud:
    """Give a cloud as the launcher opens it, whose calls are steps."""
    storage = FaultyStorage(backend.staging, steps)
    service: Any = backend
    stepping: Any = FaultyService(service, steps)
    return Cloud(name="chaos", kind=kind, backend=stepping, storage=storage, records=Records(storage))


def _unheard(_line: str) -> None:
    return
