"""Every way a call can fail, in the server's own words.

A `Reason` is the stable, machine-readable name that a caller switches on; it is the contract's
`ErrorReason` without its prefix. The class of an error says what kind of failure it is and is what
`wire/errors.py` turns into a status code. Nothing here knows gRPC or HTTP.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum, auto
from types import MappingProxyType


class _UpperStrEnum(StrEnum):
    @staticmethod
    def _generate_next_value_(name: str, start: int, count: int, last_values: list[str]) -> str:
        del start, count, last_values
        return name


class Reason(_UpperStrEnum):
    """Why a call failed. The order and the names are those of `ErrorReason` in the contract."""

    # The request itself.
    INVALID_FIELD = auto()
    INVALID_PAGE_TOKEN = auto()
    MALFORMED_MESSAGE = auto()
    UNSUPPORTED_URL = auto()
    NOT_YET_IMPLEMENTED = auto()
    # Access to this server.
    ACCESS_TOKEN_MISSING = auto()
    ACCESS_TOKEN_INVALID = auto()
    ACCESS_DENIED = auto()
    # Accounts, sign-in and tokens.
    ACCOUNT_REQUIRED = auto()
    ACCOUNT_NOT_FOUND = auto()
    MUSIC_USER_TOKEN_REJECTED = auto()
    MUSIC_USER_TOKEN_EXPIRED = auto()
    MUSIC_USER_TOKEN_TEAM_MISMATCH = auto()
    DEVELOPER_TOKEN_MISSING = auto()
    DEVELOPER_TOKEN_REJECTED = auto()
    DEVELOPER_TOKEN_EXPIRED = auto()
    SIGN_IN_NOT_FOUND = auto()
    SIGN_IN_EXPIRED = auto()
    RENEWAL_REFUSED = auto()
    SUBSCRIPTION_REQUIRED = auto()
    MUSIC_USER_TOKEN_IN_USE = auto()
    # Resources.
    RESOURCE_NOT_FOUND = auto()
    LYRICS_NOT_FOUND = auto()
    PLAYLIST_NOT_EDITABLE = auto()
    STATION_WITHOUT_TRACKS = auto()
    CAPABILITY_REFUSED = auto()
    SYNC_TOKEN_INVALID = auto()
    STATION_NOT_LIVE = auto()
    # Playback.
    CONTENT_WITHDRAWN = auto()
    CONTENT_UNAVAILABLE = auto()
    CONTENT_RESTRICTED = auto()
    CONTENT_GEO_BLOCKED = auto()
    RENDITION_NOT_FOUND = auto()
    CONTAINER_NOT_SUPPORTED = auto()
    LIVE_STATION_PROTECTED = auto()
    OFFSET_OUT_OF_RANGE = auto()
    WIDEVINE_DEVICE_MISSING = auto()
    WIDEVINE_DEVICE_REJECTED = auto()
    LICENSE_REFUSED = auto()
    ANOTHER_DEVICE_PLAYING = auto()
    DEVICE_LIMIT_REACHED = auto()
    STREAM_LIMIT_REACHED = auto()
    DECRYPTION_KEY_WRONG = auto()
    MEDIA_MALFORMED = auto()
    MEDIA_TRUNCATED = auto()
    MEDIA_CHANGED = auto()
    # Upstream (Apple).
    UPSTREAM_UNAVAILABLE = auto()
    UPSTREAM_TIMEOUT = auto()
    UPSTREAM_THROTTLED = auto()
    UPSTREAM_RESPONSE_INVALID = auto()
    UPSTREAM_LIST_TRUNCATED = auto()
    UPSTREAM_REFUSED = auto()
    UPSTREAM_ADDRESS_REFUSED = auto()
    # This server.
    SERVER_BUSY = auto()
    SERVER_DRAINING = auto()
    STORAGE_UNAVAILABLE = auto()
    STORAGE_KEY_MISMATCH = auto()
    INTERNAL = auto()


@dataclass(frozen=True, slots=True)
class FieldViolation:
    """One field of a request that breaks a rule.

    Attributes:
        field: Path in the request as the contract names it, e.g. `song_ids[3]`.
        description: What is wrong and what would be right.
    """

    field: str
    description: str


@dataclass(frozen=True, slots=True)
class HelpLink:
    """Where a person reads how to mend it."""

    description: str
    url: str


class AppleMusicError(Exception):
    """Base of all failures that a caller is told about.

    Attributes:
        reason: The stable name to switch on.
        message: A sentence for the person who reads the log: what happened and what to do.
        metadata: The dynamic parts of the message, keys in camelCase. Never a secret.
        retry_after: When to try again, if that is known to help.
        violations: For `InvalidArgumentError`, the fields at fault.
        links: Pages that say how to mend it.
    """

    def __init__(
        self,
        reason: Reason,
        message: str,
        *,
        metadata: Mapping[str, str] = MappingProxyType({}),
        retry_after: timedelta | None = None,
        violations: Sequence[FieldViolation] = (),
        links: Sequence[HelpLink] = (),
    ) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.metadata = dict(metadata)
        self.retry_after = retry_after
        self.violations = tuple(violations)
        self.links = tuple(links)

    def __str__(self) -> str:
        return f"{self.reason}: {self.message}"


class InvalidArgumentError(AppleMusicError):
    """The request can never succeed as it is, whatever the state of the server."""


class OutOfRangeError(AppleMusicError):
    """A position lies beyond the end."""


class NotFoundError(AppleMusicError):
    """What was asked for does not exist, for this account or storefront."""


class FailedPreconditionError(AppleMusicError):
    """The server or the account is not in the state that the call needs; a person must act."""


class UnauthenticatedError(AppleMusicError):
    """A token is missing or no longer accepted."""


class PermissionDeniedError(AppleMusicError):
    """The account (or the caller) is known and not allowed to."""


class ResourceExhaustedError(AppleMusicError):
    """A limit is reached; `retry_after` says when to try again."""


class UnimplementedError(AppleMusicError):
    """This server, or Apple for this account, does not offer the operation."""


class UnavailableError(AppleMusicError):
    """A passing failure: the same call may be tried again."""


class AbortedError(AppleMusicError):
    """What was being read changed underneath; start over."""


class DataLossError(AppleMusicError):
    """The media cannot be decoded as it was delivered."""


class InternalError(AppleMusicError):
    """A defect here, or an answer from Apple that this server does not understand."""


def invalid_field(field: str, description: str) -> InvalidArgumentError:
    """The commonest `InvalidArgumentError`: one field breaks a rule."""
    return InvalidArgumentError(
        Reason.INVALID_FIELD,
        f"{field}: {description}",
        metadata={"field": field},
        violations=(FieldViolation(field, description),),
    )
