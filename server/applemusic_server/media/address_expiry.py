"""When a signed address ends, read off the address itself."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

# Seconds since 1970, from 2001 to 2286; what follows after `_` or `~` is a signature.
_MOMENT = re.compile(r"(?:exp=|st=[0-9]+~exp=)?([0-9]{10})(?:[_~].*)?", re.ASCII)
_MOMENT_NAMES = ("expires", "exp", "e", "__gda__", "accesskey", "hdnea", "token")
_AMAZON_DATE = re.compile(r"[0-9]{8}T[0-9]{6}Z", re.ASCII)
_AMAZON_SECONDS = re.compile(r"[0-9]{1,6}", re.ASCII)


def expire_time(url: str) -> datetime | None:
    """Return when an address ends, in UTC; None when it does not say so.

    Knows the forms of the common file servers (reference: their documentation); an address that
    says nothing may end all the same.
    """
    try:
        fields = {name.lower(): value for name, value in parse_qsl(urlsplit(url).query)}
    except ValueError:
        return None
    found = [moment for name in _MOMENT_NAMES if (moment := _moment(fields.get(name, "")))]
    if amazon := _amazon(fields):
        found.append(amazon)
    return min(found, default=None)


def _moment(value: str) -> datetime | None:
    match = _MOMENT.fullmatch(value)
    return datetime.fromtimestamp(int(match[1]), UTC) if match else None


def _amazon(fields: Mapping[str, str]) -> datetime | None:
    seconds, signed = fields.get("x-amz-expires", ""), fields.get("x-amz-date", "")
    if not (_AMAZON_SECONDS.fullmatch(seconds) and _AMAZON_DATE.fullmatch(signed)):
        return None
    try:
        return datetime.fromisoformat(signed) + timedelta(seconds=int(seconds))
    except (ValueError, OverflowError):
        return None
