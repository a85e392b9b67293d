"""What a player does about an error: the table of docs/errors.md."""

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType
from typing import Final

from grpc import StatusCode


class Advice(Enum):
    """What to do next."""

    RETRY = "retry"
    """The same call again, after `retry_after`, else with back-off; streams go on by offset."""
    RESTART = "restart"
    """Again from its beginning: the song, the list, the sync, the sign-in."""
    SKIP = "skip"
    """Go on with the next item; this one will not come."""
    SIGN_IN = "sign_in"
    """Stop, and have the person sign in."""
    TELL = "tell"
    """Stop, and show the message: the person or the operator has to do something first."""
    REPORT = "report"
    """Do not repeat it as it is: the program, the versions or the server are at fault."""


def advice_for(reason: str, code: StatusCode) -> Advice:
    """Return the advice for a reason; for one that is not known, or none, that for the code."""
    found = _BY_REASON.get(reason)
    return _BY_CODE.get(code, Advice.REPORT) if found is None else found


_REASONS: Final[Mapping[Advice, tuple[str, ...]]] = MappingProxyType(
    {
        Advice.RETRY: (
            "UPSTREAM_UNAVAILABLE",
            "UPSTREAM_TIMEOUT",
            "UPSTREAM_THROTTLED",
            "UPSTREAM_LIST_TRUNCATED",
            "STREAM_LIMIT_REACHED",
            "SERVER_BUSY",
            "SERVER_DRAINING",
            "STORAGE_UNAVAILABLE",
        ),
        Advice.RESTART: (
            "MEDIA_CHANGED",
            "INVALID_PAGE_TOKEN",
            "SYNC_TOKEN_INVALID",
            "SIGN_IN_NOT_FOUND",
            "SIGN_IN_EXPIRED",
        ),
        Advice.SKIP: (
            "RESOURCE_NOT_FOUND",
            "LYRICS_NOT_FOUND",
            "STATION_WITHOUT_TRACKS",
            "STATION_NOT_LIVE",
            "PLAYLIST_NOT_EDITABLE",
            "CONTENT_WITHDRAWN",
            "CONTENT_UNAVAILABLE",
            "CONTENT_RESTRICTED",
            "CONTENT_GEO_BLOCKED",
            "RENDITION_NOT_FOUND",
            "LIVE_STATION_PROTECTED",
            "OFFSET_OUT_OF_RANGE",
            "LICENSE_REFUSED",
            "DECRYPTION_KEY_WRONG",
            "MEDIA_MALFORMED",
            "MEDIA_TRUNCATED",
            "UPSTREAM_REFUSED",
            "UPSTREAM_ADDRESS_REFUSED",
            "UPSTREAM_RESPONSE_INVALID",
            "UNSUPPORTED_URL",
        ),
        Advice.SIGN_IN: (
            "ACCOUNT_REQUIRED",
            "ACCOUNT_NOT_FOUND",
            "MUSIC_USER_TOKEN_REJECTED",
            "MUSIC_USER_TOKEN_EXPIRED",
            "MUSIC_USER_TOKEN_TEAM_MISMATCH",
            "MUSIC_USER_TOKEN_IN_USE",
            "RENEWAL_REFUSED",
        ),
        Advice.TELL: (
            "SUBSCRIPTION_REQUIRED",
            "ANOTHER_DEVICE_PLAYING",
            "DEVICE_LIMIT_REACHED",
            "WIDEVINE_DEVICE_MISSING",
            "WIDEVINE_DEVICE_REJECTED",
            "DEVELOPER_TOKEN_MISSING",
            "DEVELOPER_TOKEN_REJECTED",
            "DEVELOPER_TOKEN_EXPIRED",
            "ACCESS_TOKEN_MISSING",
            "ACCESS_TOKEN_INVALID",
            "ACCESS_DENIED",
            "STORAGE_KEY_MISMATCH",
        ),
        Advice.REPORT: (
            "INVALID_FIELD",
            "MALFORMED_MESSAGE",
            "NOT_YET_IMPLEMENTED",
            "CAPABILITY_REFUSED",
            "CONTAINER_NOT_SUPPORTED",
            "INTERNAL",
        ),
    }
)
_BY_REASON: Final[Mapping[str, Advice]] = MappingProxyType(
    {reason: advice for advice, reasons in _REASONS.items() for reason in reasons}
)
_BY_CODE: Final[Mapping[StatusCode, Advice]] = MappingProxyType(
    {
        StatusCode.UNAVAILABLE: Advice.RETRY,
        StatusCode.RESOURCE_EXHAUSTED: Advice.RETRY,
        StatusCode.DEADLINE_EXCEEDED: Advice.RETRY,
        StatusCode.ABORTED: Advice.RESTART,
        StatusCode.NOT_FOUND: Advice.SKIP,
        StatusCode.OUT_OF_RANGE: Advice.SKIP,
        StatusCode.DATA_LOSS: Advice.SKIP,
        StatusCode.UNAUTHENTICATED: Advice.SIGN_IN,
        StatusCode.PERMISSION_DENIED: Advice.TELL,
        StatusCode.FAILED_PRECONDITION: Advice.TELL,
    }
)
