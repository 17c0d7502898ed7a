"""The retry policy: what is tried again, and how often."""

import pytest

from launcher.retrying import TRIES, retried, retried_by


@pytest.fixture(autouse=True)
def without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _seconds: None)


def test_a_passing_fault_is_tried_again() -> None:
    assert retried(Failing(2, ConnectionResetError())) == "done"


def test_a_fault_that_stays_is_raised_after_a_few_tries() -> None:
    call = Failing(100, ConnectionResetError())
    with pytest.raises(ConnectionResetError):
        retried(call)
    assert call.count == TRIES


def test_an_answer_is_not_asked_for_twice() -> None:
    call = Failing(1, PermissionError())
    with pytest.raises(PermissionError):
        retried(call)
    assert call.count == 1


@pytest.mark.parametrize("tries", [1, 2, 7])
def test_each_error_is_tried_as_often_as_it_is_worth(tries: int) -> None:
    call = Failing(100, ConnectionResetError())
    with pytest.raises(ConnectionResetError):
        retried_by(lambda _error: tries, call)
    assert call.count == tries


class Failing:
    """Raises an error the first few times; counts its calls."""

    def __init__(self, times: int, error: Exception) -> None:
        self.count, self._times, self._error = 0, times, error

    def __call__(self) -> str:
        self.count += 1
        if self.count <= self._times:
            raise self._error
        return "done"
