import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from launcher.errors import UsageError
from launcher.stacks import deadline

NOW = datetime(2026, 11, 25, 9, 30, 20, tzinfo=UTC)


@pytest.fixture(autouse=True)
def berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """This machine's clock is Berlin's: it was changed on 2026-10-25, and will be on 2027-03-28."""
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("4h", timedelta(hours=4)),
        ("90m", timedelta(minutes=90)),
        ("1h30m", timedelta(minutes=90)),
        ("2d", timedelta(days=2)),
        ("1d2h3m", timedelta(days=1, hours=2, minutes=3)),
    ],
)
def test_a_length_of_time_is_days_hours_and_minutes(text: str, length: timedelta) -> None:
    assert deadline.span(text) == length


@pytest.mark.parametrize("text", ["", "4", "4 hours", "h", "-4h", "4h4h", "1.5h", "30m4h"])
def test_what_is_no_length_of_time_is_refused_with_examples(text: str) -> None:
    with pytest.raises(UsageError, match="no length of time") as caught:
        deadline.span(text)
    assert caught.value.hint.startswith("--for 4h")


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("17:00", datetime(2026, 11, 25, 16, 0, tzinfo=UTC)),
        ("9:00", datetime(2026, 11, 26, 8, 0, tzinfo=UTC)),
        ("2026-11-25T17:00", datetime(2026, 11, 25, 16, 0, tzinfo=UTC)),
        ("2026-11-25 17:00", datetime(2026, 11, 25, 16, 0, tzinfo=UTC)),
        ("2026-11-25T17:00Z", datetime(2026, 11, 25, 17, 0, tzinfo=UTC)),
        ("2026-11-25T17:00:00+05:30", datetime(2026, 11, 25, 11, 30, tzinfo=UTC)),
    ],
)
def test_a_time_is_this_machines_unless_it_says_otherwise(text: str, instant: datetime) -> None:
    assert deadline.at(text, NOW) == instant


@pytest.mark.parametrize("text", ["noon", "25:00", "12:60", "2026-13-01T10:00", "1700"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is no time"):
        deadline.at(text, NOW)


def test_an_hour_that_the_clocks_skip_is_refused() -> None:
    now = datetime(2027, 3, 27, 20, 0, tzinfo=UTC)
    with pytest.raises(UsageError, match="2027-03-28 02:30 is no single instant: the clocks skip it"):
        deadline.at("2:30", now)


def test_an_hour_that_the_clocks_show_twice_is_refused_with_both_instants() -> None:
    now = datetime(2026, 10, 24, 20, 0, tzinfo=UTC)
    with pytest.raises(UsageError, match="the clocks show it twice") as caught:
        deadline.at("2:30", now)
    assert caught.value.hint == "--until 2026-10-25T02:30:00+02:00 or 2026-10-25T02:30:00+01:00"


def test_a_length_of_time_across_a_change_of_clocks_is_that_long() -> None:
    now = datetime(2026, 10, 24, 22, 0, tzinfo=UTC)
    assert deadline.after(timedelta(hours=6), now) - now == timedelta(hours=6)


@pytest.mark.parametrize(
    ("left", "said"),
    [
        (timedelta(0), "has passed"),
        (-timedelta(hours=1), "has passed"),
        (timedelta(minutes=14), "is 14 minutes from now"),
        (timedelta(days=14, minutes=1), "more than 14 days away"),
    ],
)
def test_a_time_that_nobody_can_mean_is_refused(left: timedelta, said: str) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        deadline.checked(NOW + left, NOW)
    assert caught.value.hint
