"""A session with a station: what it has given already, carried by the caller.

The token holds everything, so that any replica can go on with it and nothing has to be kept or
thrown away here. It gives no rights: who may ask for a station may make any token for it.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from applemusic_server.domain.errors import invalid_field

# 128 songs are 7 hours or more; four bytes of each keep the token below 1,000 characters.
MOST_REMEMBERED: Final = 128
_MARK_BYTES: Final = 4
_VERSION: Final = 1
_OF_BYTES: Final = 8
_LONGEST_ID: Final = 100
_HEAD: Final = 1 + _OF_BYTES
_STATION_ID: Final = re.compile(r"ra\.[A-Za-z0-9._-]{1,97}")
_SONG_ID: Final = re.compile(r"[0-9]{0,20}")


@dataclass(frozen=True, slots=True)
class RadioSession:
    """How far a session has come.

    Attributes:
        station_id: The station as it is asked for now; another than the caller's when that one has
            changed its id or had no more.
        last_song_id: Catalog id of the last song that was given; empty at the beginning.
        given: Marks of the songs that were given, the oldest first.
    """

    station_id: str
    last_song_id: str = ""
    given: tuple[bytes, ...] = ()

    def has_given(self, song_id: str) -> bool:
        """Whether a song was given lately."""
        return _mark(song_id) in self.given

    def with_given(self, song_ids: Sequence[str]) -> "RadioSession":
        """The session after songs were given."""
        if not song_ids:
            return self
        marks = dict.fromkeys((*self.given, *map(_mark, song_ids)))
        return replace(self, last_song_id=song_ids[-1], given=tuple(marks)[-MOST_REMEMBERED:])

    def at(self, station_id: str) -> "RadioSession":
        """The session on another station."""
        return replace(self, station_id=station_id)


def encode_session(session: RadioSession, account_id: str, station_id: str) -> str:
    """Return the token with which the session of a caller's station goes on."""
    texts = b"".join(
        bytes([len(text)]) + text
        for text in (session.station_id.encode(), session.last_song_id.encode())
    )
    packed = bytes([_VERSION]) + _of(account_id, station_id) + texts + b"".join(session.given)
    return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def decode_session(token: str, account_id: str, station_id: str) -> RadioSession:
    """Return the session of a token; an empty one begins.

    Raises:
        InvalidArgumentError: INVALID_FIELD, the token was not made for this station and account.
    """
    if not token:
        return RadioSession(station_id)
    try:
        packed = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        if packed[:_HEAD] != bytes([_VERSION]) + _of(account_id, station_id):
            raise _invalid()
        present_id, rest = _text(packed[_HEAD:])
        last_song_id, marks = _text(rest)
    except (binascii.Error, ValueError):  # A UnicodeDecodeError is a ValueError.
        raise _invalid() from None
    if not _STATION_ID.fullmatch(present_id) or not _SONG_ID.fullmatch(last_song_id):
        raise _invalid()
    if len(marks) % _MARK_BYTES or len(marks) > MOST_REMEMBERED * _MARK_BYTES:
        raise _invalid()
    given = (marks[start : start + _MARK_BYTES] for start in range(0, len(marks), _MARK_BYTES))
    return RadioSession(present_id, last_song_id, tuple(given))


def _text(packed: bytes) -> tuple[str, bytes]:
    length = packed[0] if packed else _LONGEST_ID + 1
    text = packed[1 : 1 + length]
    if length > _LONGEST_ID or len(text) != length:
        raise _invalid()
    return text.decode("ascii"), packed[1 + length :]


def _mark(song_id: str) -> bytes:
    return hashlib.sha256(song_id.encode()).digest()[:_MARK_BYTES]


def _of(account_id: str, station_id: str) -> bytes:
    return hashlib.sha256(f"{account_id}\0{station_id}".encode()).digest()[:_OF_BYTES]


def _invalid() -> Exception:
    return invalid_field("session_token", "was not made for this station; begin with an empty one")
