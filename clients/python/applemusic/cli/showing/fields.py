"""How single values are written for people, and understood when people write them."""

import re
from datetime import UTC, datetime, timedelta
from typing import Final

_CLOCK: Final = re.compile(r"(?:(?:([0-9]+):)?([0-5]?[0-9]):)?([0-5]?[0-9](?:\.[0-9]+)?)")
_SECONDS: Final = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_MARKUP: Final = re.compile(r"<[^<>]*>")


def clock(duration: timedelta | None) -> str:
    """Return a playing time as `3:05` or `1:02:03`; empty for one that is not known."""
    if not duration:
        return ""
    return position(duration)


def position(offset: timedelta) -> str:
    """Return a position in a song as `0:00`."""
    minutes, seconds = divmod(int(offset.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def parse_position(text: str) -> timedelta:
    """Return the position that `75`, `75.5`, `1:15` or `1:02:03` says.

    Raises:
        ValueError: It says none.
    """
    if _SECONDS.fullmatch(text):
        seconds = float(text)
    elif found := _CLOCK.fullmatch(text):
        hours, minutes, rest = (float(part or 0) for part in found.groups())
        seconds = (hours * 60 + minutes) * 60 + rest
    else:
        raise ValueError(f"{text!r} is no position: write 75, 1:15 or 1:02:03")
    try:
        return timedelta(seconds=seconds)
    except OverflowError:
        raise ValueError(f"{text!r} is longer than any song") from None


def day(time: datetime | None) -> str:
    """Return the day of a time where the reader is; empty for none."""
    return "" if time is None else f"{time.astimezone():%Y-%m-%d}"


def moment(time: datetime | None) -> str:
    """Return a time where the reader is, to the minute; empty for none."""
    return "" if time is None else f"{time.astimezone():%Y-%m-%d %H:%M}"


def until(time: datetime | None, now: datetime | None = None) -> str:
    """Return a day and how far it is away: `2027-05-21 (in 180 days)`; empty for none."""
    if time is None:
        return ""
    left = time - (now or datetime.now(UTC))
    if left < timedelta(0):
        return f"{day(time)} (past)"
    return f"{day(time)} (in {counted(left.days, 'day')})"


def counted(number: int, noun: str, plural: str = "") -> str:
    """Return a number of things: `1 song`, `1,204 songs`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def without_markup(text: str) -> str:
    """Return what editors wrote without the tags that they wrote it with."""
    return _MARKUP.sub("", text)
