"""Tell a seed's story on a service, and judge what the launcher says of it by what really happened."""

import random
from collections.abc import Callable, Generator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol

import pytest

from launcher import overview, storage, waiting
from launcher.errors import JobNotFound
from launcher.model import JobState, JobStatus, Submission
from rehearsal.chaos import LASTING, RATES, Chaos
from rehearsal.runners import ScriptedRunner
from tests.chaos.simulation import Simulation
from tests.chaos.story import Steps, Story, Teller

OF_JOBS = sorted(LASTING | {"forget"})
OFTEN, HALF = 0.25, 0.5


class Service(Protocol):
    """What a scripted service can tell that its API does not."""

    @property
    def runner(self) -> ScriptedRunner:
        """What runs its jobs."""
        ...

    def executions(self) -> list[str]:
        """The run ids of the jobs that began to work, in that order."""
        ...

    def truth(self, run_id: str) -> JobState | None:
        """What really became of a run; None when its job never came to work."""
        ...


Scripted = Callable[[Path, Chaos], AbstractContextManager[tuple[Any, Service]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A story that was told: what happened, by which faults, and what is wrong in the end."""

    trace: tuple[str, ...]
    struck: tuple[str, ...]
    wrong: tuple[str, ...]


def told(
    kind: str, scripted: Scripted, seed: int, folder: Path, *, more: Mapping[str, float] = MappingProxyType({})
) -> Told:
    """Tell the story of a seed from its beginning to the calm after it; ``more`` are rates instead of its own."""
    chaos = Chaos(seed, rates(seed) | dict(more))
    simulation = Simulation(random.Random(f"order {seed}"))  # noqa: S311 -- an order, not a secret
    with _limits(), simulation.clock(), scripted(folder, chaos) as (backend, service):
        teller = Teller(kind, Story.drawn(seed), backend, Steps(simulation, service.runner.settle))
        teller.live()
        chaos.calm()
        teller.settle()
        wrong = tuple(_wrong(teller, service))
    return Told(trace=tuple(teller.trace), struck=tuple(chaos.struck), wrong=wrong)


@contextmanager
def _limits() -> Generator[None]:
    """Ask as seldom as a cloud is asked, although the staging is a folder; read records one after the other."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(waiting, "local_path", lambda _root: None)
        patch.setattr(overview, "READERS", 1)
        patch.setattr(storage, "READERS", 1)
        yield


def rates(seed: int) -> dict[str, float]:
    """Give the rates of a seed's faults: some never come, some often, so that each meets each other undisturbed."""
    rng = random.Random(f"rates {seed}")  # noqa: S311 -- a story, no secret
    of_calls = {switch: rng.choice((0.0, usual, OFTEN)) for switch, usual in RATES.items()}
    return of_calls | {switch: rng.choice((0.0, 0.0, HALF)) for switch in OF_JOBS}


def _wrong(teller: Teller, service: Service) -> list[str]:
    recorded = teller.cloud.records.run_ids()
    executed = service.executions()
    lost = [f"{run_id} was executed, but is not on record" for run_id in set(executed) - set(recorded)]
    doubled = [f"{run_id} was executed {executed.count(run_id)} times" for run_id in set(executed)]
    judged = [_judged(teller, service, run_id) for run_id in recorded]
    return lost + [text for text in doubled if not text.endswith(" 1 times")] + [text for text in judged if text]


def _judged(teller: Teller, service: Service, run_id: str) -> str:
    records, truth = teller.cloud.records, service.truth(run_id)
    submission, outcome = records.submission(run_id), records.outcome(run_id)
    if outcome is None:
        right = truth is not None and _may_be_open(teller, submission)
    else:
        right = outcome.state in {truth or JobState.FAILED, *_cancelled(teller, submission, truth)}
    return "" if right else f"{run_id} is {_words(outcome)}, but in truth {truth or 'never ran'}"


def _cancelled(teller: Teller, submission: Submission, truth: JobState | None) -> set[JobState]:
    """What was to be cancelled may count as that when it failed, never began, or has no witness of its success left."""
    witnessed = teller.cloud.records.receipt(submission.run.run_id) or _service_word(teller, submission)
    asked = submission.cancel_requested_at and not (truth is JobState.SUCCEEDED and witnessed)
    return {JobState.CANCELLED} if asked else set()


def _may_be_open(teller: Teller, submission: Submission) -> bool:
    """Without a receipt, a service that says success or that has forgotten the job leaves nobody to ask."""
    word = _service_word(teller, submission)
    return teller.cloud.records.receipt(submission.run.run_id) is None and word in {JobState.SUCCEEDED, None}


def _service_word(teller: Teller, submission: Submission) -> JobState | None:
    try:
        return teller.cloud.backend.status(submission.job_id).state
    except JobNotFound:
        return None


def _words(outcome: JobStatus | None) -> str:
    return f"{outcome.state} ({outcome.native}: {outcome.message})" if outcome else "still open"
