"""The judge has eyes: with a launcher, or a job, that is wrong on purpose, some story is told wrong."""

from collections.abc import Callable
from pathlib import Path

import pytest

from launcher import verdict
from launcher.model import JobState
from launcher.records import Records
from rehearsal.scripted_record import RunDirectory
from tests.chaos import plain
from tests.chaos.judging import told

SEEDS = 200

Mistake = Callable[[pytest.MonkeyPatch], None]


def believe_a_service_that_says_success(patch: pytest.MonkeyPatch) -> None:
    patch.setitem(verdict.VERDICTS, (JobState.SUCCEEDED, verdict.NONE), (JobState.SUCCEEDED, ""))


def take_what_is_forgotten_for_failed(patch: pytest.MonkeyPatch) -> None:
    patch.setitem(verdict.VERDICTS, (verdict.FORGOTTEN, verdict.NONE), (JobState.FAILED, ""))


def give_up_a_run_whose_job_has_started(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Records, "give_up", lambda _self, _run_id: True)


def start_a_job_whose_run_was_given_up(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(plain, "PATIENCE", 0.0)
    patch.setattr(RunDirectory, "claim", lambda _self: "")


def start_a_job_twice(patch: pytest.MonkeyPatch) -> None:
    taken = plain.Plain.started

    def twice(service: plain.Plain, run_id: str, argv: list[str]) -> None:
        taken(service, run_id, argv)
        taken(service, f"{run_id}-again", argv)

    patch.setattr(plain.Plain, "started", twice)
    patch.setattr(RunDirectory, "claim", lambda _self: "")


# Each mistake, and the faults by which it shows.
MISTAKES: dict[Mistake, tuple[str, ...]] = {
    believe_a_service_that_says_success: ("lie", "no_receipt"),
    take_what_is_forgotten_for_failed: ("forget", "no_receipt"),
    give_up_a_run_whose_job_has_started: ("forget",),
    start_a_job_whose_run_was_given_up: ("late",),
    start_a_job_twice: (),
}


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.__name__)
def test_a_mistake_is_noticed(mistake: Mistake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mistake(monkeypatch)
    more = dict.fromkeys(MISTAKES[mistake], 0.8)
    assert any(told("plain", plain.scripted, seed, tmp_path / str(seed), more=more).wrong for seed in range(SEEDS))
