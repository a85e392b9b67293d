"""The server's log, as the host shows it."""

import logging
from json import loads
from re import IGNORECASE
from re import compile as pattern
from typing import Any, Final

_LONGEST_LINE: Final = 4000  # that is passed on, in characters

_LEVELS: Final = {
    "trace": logging.DEBUG,
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warn": logging.WARNING,
    "error": logging.ERROR,
}
# The server leaves no secret in its log; what Python or a library prints when it fails may.
_SECRETS: Final = (
    pattern(r"eyJ[\w-]{8,}[\w.-]*"),
    pattern(r"[\w+/-]{64,}={0,2}"),
    pattern(r"(?<=bearer )\S+", IGNORECASE),
    pattern(r"(?<=token: )\S+", IGNORECASE),
    pattern(r"(?<=\?)[^\s\"'<>]*=[^\s\"'<>]*"),
)
_UNPRINTABLE: Final = pattern(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


def log_record(line: str) -> tuple[int, str]:
    """Return level and text of a line of the server's log, without secrets.

    Args:
        line: JSON with the keys of hclog; anything else is passed on as a warning.
    """
    try:
        entry: Any = loads(line)
    except (ValueError, RecursionError):
        entry = None
    if not isinstance(entry, dict) or "@message" not in entry:
        return logging.WARNING, _fit_to_show(line)
    fields = " ".join(f"{key}={value}" for key, value in entry.items() if not key.startswith("@"))
    level = _LEVELS.get(str(entry.get("@level")), logging.INFO)
    return level, _fit_to_show(f"{entry['@message']} {fields}")


def _fit_to_show(text: str) -> str:
    text = _UNPRINTABLE.sub(" ", text).strip()
    for secret in _SECRETS:
        text = secret.sub("***", text)
    return text if len(text) <= _LONGEST_LINE else text[:_LONGEST_LINE] + "..."
