"""Page tokens: opaque to callers, good for the one request they were made for.

A token says only where the next page begins. It carries no authority: whoever may make the request
may make any token for it, so it is not signed; the fingerprint catches mistakes, not malice. An
empty account is named before that (see `interceptors.only_account`), so that no list goes on in
another's library.
"""

import base64
import binascii
import hashlib
import struct
from dataclasses import dataclass
from typing import Final

from google.protobuf.message import Message

from applemusic_server.domain.errors import FieldViolation, InvalidArgumentError, Reason

_VERSION: Final = 1
_LAYOUT: Final = struct.Struct(">B8sI")
_LARGEST_OFFSET: Final = 10_000_000
_MOST_KINDS: Final = 16


@dataclass(frozen=True, slots=True)
class Position:
    """Where a page begins.

    Attributes:
        offset: Items before it.
        kinds: For searches, the resource types that have more; empty for all.
    """

    offset: int = 0
    kinds: tuple[int, ...] = ()


def encode(request: Message, position: Position) -> str:
    """Return the token with which `request` goes on at `position`."""
    packed = _LAYOUT.pack(_VERSION, _fingerprint(request), position.offset)
    return base64.urlsafe_b64encode(packed + bytes(position.kinds)).decode().rstrip("=")


def decode(request: Message) -> Position:
    """Return where the page that `request` asks for begins; the start without a token.

    Raises:
        InvalidArgumentError: INVALID_PAGE_TOKEN: the token was not made for this request.
    """
    token: str = request.page_token  # type: ignore[attr-defined]  # of every paged request
    if not token:
        return Position()
    try:
        packed = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise _invalid() from None
    if not _LAYOUT.size <= len(packed) <= _LAYOUT.size + _MOST_KINDS:
        raise _invalid()
    version, fingerprint, offset = _LAYOUT.unpack_from(packed)
    if version != _VERSION or fingerprint != _fingerprint(request) or offset > _LARGEST_OFFSET:
        raise _invalid()
    return Position(offset, tuple(packed[_LAYOUT.size :]))


def _fingerprint(request: Message) -> bytes:
    """Identify a request, its type included, without the fields that pages may differ in."""
    bare = type(request)()
    bare.CopyFrom(request)
    bare.ClearField("page_token")
    bare.ClearField("page_size")
    content = (
        bare.DESCRIPTOR.full_name.encode() + b"\0" + bare.SerializeToString(deterministic=True)
    )
    return hashlib.sha256(content).digest()[:8]


def _invalid() -> InvalidArgumentError:
    return InvalidArgumentError(
        Reason.INVALID_PAGE_TOKEN,
        "The page token was not made for this request. Begin with the first page.",
        violations=(FieldViolation("page_token", "was not made for this request"),),
    )
