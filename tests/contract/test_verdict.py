"""Every pair of the service's word and the receipt's, written down a second time by what it must mean."""

import pytest

from launcher.model import JobState, JobStatus
from launcher.verdict import FORGOTTEN, NONE, VERDICTS, judge

WORDS = [*JobState, FORGOTTEN]
RECEIPTS = [NONE, "SUCCEEDED", "FAILED"]


def said(word: str) -> JobStatus | None:
    return None if word == FORGOTTEN else JobStatus(state=JobState(word), native="x", message="said")


@pytest.mark.parametrize("receipt", RECEIPTS)
@pytest.mark.parametrize("word", WORDS)
def test_every_pair_has_a_verdict(word: str, receipt: str) -> None:
    assert judge(said(word), receipt, cancel_requested=False).state is VERDICTS[word, receipt][0]


def test_there_is_no_pair_that_cannot_happen() -> None:
    assert set(VERDICTS) == {(word, receipt) for word in WORDS for receipt in RECEIPTS}


@pytest.mark.parametrize(("word", "receipt"), sorted(VERDICTS))
def test_success_needs_the_receipt_and_no_other_word_of_the_service(word: str, receipt: str) -> None:
    agreed = receipt == "SUCCEEDED" and word in {"SUCCEEDED", FORGOTTEN}
    assert (judge(said(word), receipt, cancel_requested=False).state is JobState.SUCCEEDED) == agreed


@pytest.mark.parametrize(("word", "receipt"), sorted(VERDICTS))
def test_a_job_that_the_service_runs_is_never_final(word: str, receipt: str) -> None:
    if word in {"PENDING", "RUNNING"}:
        assert not judge(said(word), receipt, cancel_requested=True).state.final


@pytest.mark.parametrize("word", ["FAILED", FORGOTTEN])
def test_a_job_that_vanished_after_its_end_was_asked_for_is_cancelled(word: str) -> None:
    assert judge(said(word), NONE, cancel_requested=True).state is JobState.CANCELLED


def test_a_job_that_failed_by_its_own_account_stays_failed_although_its_end_was_asked_for() -> None:
    assert judge(said("FAILED"), "FAILED", cancel_requested=True).state is JobState.FAILED


def test_a_failed_receipt_outweighs_a_service_that_reports_success() -> None:
    assert judge(said("SUCCEEDED"), "FAILED", cancel_requested=False).state is JobState.FAILED


def test_the_vendors_word_and_message_are_kept() -> None:
    status = judge(said("FAILED"), NONE, cancel_requested=False)
    assert (status.native, status.message) == ("x", "said")
