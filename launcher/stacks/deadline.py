"""When a cluster is to end: what a person types, as an instant."""

import re
from datetime import UTC, datetime, timedelta

from launcher.errors import UsageError

SPAN = re.compile(r"(?:(?P<days>\d{1,3})d)?(?:(?P<hours>\d{1,3})h)?(?:(?P<minutes>\d{1,4})m)?")
CLOCK = re.compile(r"(?P<hour>\d{1,2}):(?P<minute>\d{2})")
SHORTEST = timedelta(minutes=15)  # a cluster needs most of it to start
LONGEST = timedelta(days=14)
USUAL = timedelta(hours=4)


def span(text: str) -> timedelta:
    """Give a length of time: 4h, 90m, 1d, 1h30m. Raises UsageError."""
    found = SPAN.fullmatch(text.strip())
    parts = {unit: int(number) for unit, number in (found.groupdict() if found else {}).items() if number}
    if not parts:
        raise UsageError(f"{text!r} is no length of time", "--for 4h, 90m, 1h30m or 2d")
    return timedelta(**parts)


def after(length: timedelta, now: datetime) -> datetime:
    """Give the instant that long after ``now``, in UTC: a length of time knows no clocks that are changed."""
    return checked(now.astimezone(UTC) + length, now)


def at(text: str, now: datetime) -> datetime:
    """Give the instant that a person means: 17:00 (the next one, by this machine's clock), or a date and a time.

    Raises UsageError for what is no time, for one that the clocks skip or show twice on that day, and for one that is
    too near or too far.
    """
    if clock := CLOCK.fullmatch(text.strip()):
        return checked(_next(int(clock["hour"]), int(clock["minute"]), now), now)
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        hint = "--until 17:00, or --until 2026-11-25T17:00"
        raise UsageError(f"{text!r} is no time", hint) from None
    return checked(found if found.tzinfo else _local(found), now)


def checked(instant: datetime, now: datetime) -> datetime:
    """Give the instant in UTC, to the second; raises UsageError when nobody can mean it."""
    left = instant - now
    if left <= timedelta():
        raise UsageError(f"{shown(instant)} has passed", "--for 4h, or a later --until")
    if left < SHORTEST:
        raise UsageError(
            f"{shown(instant)} is {left.total_seconds() / 60:.0f} minutes from now: nothing would be ready by then",
            f"--for {SHORTEST.seconds // 60}m at least",
        )
    if left > LONGEST:
        raise UsageError(f"{shown(instant)} is more than {LONGEST.days} days away", f"--for {LONGEST.days}d at most")
    return instant.astimezone(UTC).replace(microsecond=0)


def shown(instant: datetime) -> str:
    """Give an instant as people here read it, with what their clock differs from UTC."""
    return instant.astimezone().strftime("%Y-%m-%d %H:%M %z")


def _next(hour: int, minute: int, now: datetime) -> datetime:
    here = now.astimezone().replace(tzinfo=None)
    try:
        today = here.replace(hour=hour, minute=minute, second=0, microsecond=0)
    except ValueError:
        raise UsageError(f"{hour}:{minute:02} is no time of day", "--until 17:00") from None
    return _local(today if today > here else today + timedelta(days=1))


def _local(wall: datetime) -> datetime:
    """Give the instant at which this machine's clock shows that; raises UsageError where it does so never or twice.

    https://peps.python.org/pep-0495/
    """
    first, second = wall.astimezone(), wall.replace(fold=1).astimezone()
    if first.utcoffset() == second.utcoffset():
        return first
    skipped = first.replace(tzinfo=None) != wall
    said = "the clocks skip it" if skipped else "the clocks show it twice"
    raise UsageError(
        f"{wall:%Y-%m-%d %H:%M} is no single instant: {said} on that day",
        f"--until {first.isoformat()}" + ("" if skipped else f" or {second.isoformat()}"),
    )
