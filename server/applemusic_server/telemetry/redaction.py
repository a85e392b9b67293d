"""Keeps secrets out of logs, whoever wrote the line: by the name of a field, and by shape."""

import re
from collections.abc import Iterable, Mapping, MutableMapping
from typing import Any, Final

HIDDEN: Final = "***"

_SECRET_NAMES: Final = frozenset(
    {
        "authorization",
        "challenge",
        "content_key",
        "cookie",
        "developer_token",
        "key",
        "license",
        "media_user_token",
        "music_user_token",
        "password",
        "private_key",
        "secret",
        "set_cookie",
        "token",
        "x_apple_music_user_token",
    }
)
# Names of calls and traces may look as keys do: 32 hexadecimal digits.
_NAMING: Final = frozenset({"request_id", "span_id", "stream_id", "trace_id"})
_SHAPES: Final = (
    # Private keys; their last line is short.
    (re.compile(r"(?s)-----BEGIN [A-Z ]+-----.*?(?:-----END [A-Z ]+-----|$)"), HIDDEN),
    # JSON web tokens, whole or cut, with the run of digits that they stand in: a user token may
    # have the three letters in its middle, and what is left of it would be too short to be noticed.
    (
        re.compile(
            r"(?<![A-Za-z0-9+/_%-])[A-Za-z0-9+/_%-]*?eyJ[A-Za-z0-9_-]{8,}"
            r"(?:\.[A-Za-z0-9_-]*){0,2}[A-Za-z0-9+/_%-]*={0,2}"
        ),
        HIDDEN,
    ),
    # Headers written out.
    (
        re.compile(
            r"(?i)((?:media|x-apple-music|music)-user-token|authorization|cookie)"
            r"([\"']?\s*[:=]\s*[\"']?)(?:bearer\s+)?[^\s\"',;}]+"
        ),
        rf"\1\2{HIDDEN}",
    ),
    (re.compile(r"(?i)\b(bearer)\s+[^\s\"',;}]+"), rf"\1 {HIDDEN}"),
    # Queries of URLs: they may be signed.
    (re.compile(r"(https?://[^\s\"'?<>]+)\?[^\s\"'<>]+"), rf"\1?{HIDDEN}"),
    # What stands behind the # of a URL: sign-ins begin with it.
    (re.compile(r"(https?://[^\s\"'?#<>]+)#[^\s\"'<>]+"), rf"\1#{HIDDEN}"),
    # Long runs of base64 or hexadecimal digits, as they are or percent-encoded: user tokens,
    # access tokens, licences.
    (re.compile(r"[A-Za-z0-9+/_%-]{64,}={0,2}"), HIDDEN),
)
# What a text of ASCII that is shorter than that run has in it, in small letters, where one of the
# other shapes matches. To look for these takes a tenth of the time, and nearly no text has one.
_RUN: Final = 64
_SIGNS: Final = (
    "-----begin",
    "eyj",
    "user-token",
    "authorization",
    "cookie",
    "bearer",
    "://",
)
# Content keys.
_KEY_SHAPE: Final = re.compile(r"(?<![0-9A-Fa-f])[0-9A-Fa-f]{32}(?![0-9A-Fa-f])")
_DEEPEST: Final = 8


class Redactor:
    """A structlog processor; put it after everything that adds to the line."""

    def __init__(self, secret_names: Iterable[str] = ()) -> None:
        """Take the names that the contract marks as secret besides the ones known here."""
        self._names = _SECRET_NAMES | {_plain(name) for name in secret_names}

    def __call__(
        self, logger: Any, method: str, event: MutableMapping[str, Any]
    ) -> MutableMapping[str, Any]:
        """Return the line without secrets."""
        del logger, method
        return {key: self._named(key, value, 0) for key, value in event.items()}

    def text(self, text: str) -> str:
        """Return a text without what looks like a secret."""
        return _KEY_SHAPE.sub(HIDDEN, _without_shapes(text))

    def _named(self, name: Any, value: Any, depth: int) -> Any:
        if isinstance(name, str) and _plain(name) in self._names and value not in ("", None):
            return HIDDEN
        if name in _NAMING and isinstance(value, str):
            return _without_shapes(value)
        return self._value(value, depth)

    def _value(self, value: Any, depth: int) -> Any:
        if depth > _DEEPEST:
            return HIDDEN
        if value is None or isinstance(value, (bool, int, float)):
            return value
        if isinstance(value, str):
            return self.text(str(value))
        return self._object(value, depth)

    def _object(self, value: Any, depth: int) -> Any:
        if isinstance(value, (bytes, bytearray, memoryview)):
            return f"{len(value)} bytes"
        if isinstance(value, Mapping):
            return {
                self._value(key, depth + 1): self._named(key, item, depth + 1)
                for key, item in value.items()
            }
        if isinstance(value, (list, tuple, set, frozenset)):
            return [self._value(item, depth + 1) for item in value]
        return self.text(str(value))


def _without_shapes(text: str) -> str:
    if len(text) < _RUN and text.isascii() and not _has_sign(text.lower()):
        return text
    for shape, replacement in _SHAPES:
        text = shape.sub(replacement, text)
    return text


def _has_sign(text: str) -> bool:
    for sign in _SIGNS:  # noqa: SIM110 - a generator for `any` takes longer than all the looking
        if sign in text:
            return True
    return False


def _plain(name: str) -> str:
    return name.lower().replace("-", "_")
