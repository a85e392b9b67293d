"""Apple's dates and moments, of whatever precision."""

import re
from datetime import UTC, datetime, timedelta

from applemusic_server.domain.resources import Date
from applemusic_server.upstream.json_reader import JsonReader

_DATE = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?(?:T.*)?")
_MOST_MONTHS = 12
_MOST_DAYS = 31


def read_date(reader: JsonReader, key: str) -> Date | None:
    """Return a date: `2022-06-09`, `2022-06`, `2022`, or the day of a moment.

    None when absent or not a date: a label's typing error must not hide a whole album.
    """
    match = _DATE.fullmatch(reader.text(key))
    if match is None:
        return None
    year, month, day = (int(part or 0) for part in match.groups())
    if year == 0:
        return None
    if not 1 <= month <= _MOST_MONTHS:
        return Date(year)
    if not 1 <= day <= _MOST_DAYS:
        return Date(year, month)
    return Date(year, month, day)


def read_moment(reader: JsonReader, key: str) -> datetime | None:
    """Return a moment in UTC, e.g. of `2021-09-30T13:28:29Z`; None when absent or not one."""
    try:
        moment = datetime.fromisoformat(reader.text(key))
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def read_duration(reader: JsonReader, key: str) -> timedelta:
    """Return milliseconds as a duration, zero when absent or negative."""
    return timedelta(milliseconds=reader.count(key))
