"""From the client's errors to those of Music Assistant: one row for each reason."""

import functools
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from typing import Any, Final, ParamSpec, TypeVar

from music_assistant_models import errors as ma

from applemusic.errors.base import (
    AppleMusicError,
    CallCancelledError,
    DataLossError,
    DeadlineExceededError,
    NotFoundError,
    PermissionDeniedError,
    ResourceExhaustedError,
    UnauthenticatedError,
    UnavailableError,
    UnimplementedError,
)

from .constants import DOMAIN

_Arguments = ParamSpec("_Arguments")
_Result = TypeVar("_Result")
_Item = TypeVar("_Item")

# Models before 1.1.113 have no error of their own for it.
_RATE_LIMITED: Final[type[ma.ResourceTemporarilyUnavailable]] = getattr(
    ma, "RateLimited", ma.ResourceTemporarilyUnavailable
)

BY_REASON: Final[dict[str, type[ma.MusicAssistantError]]] = {
    **dict.fromkeys(
        (
            "ACCESS_TOKEN_MISSING",
            "ACCESS_TOKEN_INVALID",
            "ACCOUNT_REQUIRED",
            "ACCOUNT_NOT_FOUND",
            "MUSIC_USER_TOKEN_REJECTED",
            "MUSIC_USER_TOKEN_EXPIRED",
            "MUSIC_USER_TOKEN_TEAM_MISMATCH",
            "MUSIC_USER_TOKEN_IN_USE",
            "SIGN_IN_NOT_FOUND",
            "SIGN_IN_EXPIRED",
            "RENEWAL_REFUSED",
            "SUBSCRIPTION_REQUIRED",
            "STORAGE_KEY_MISMATCH",
        ),
        ma.LoginFailed,
    ),
    "ACCESS_DENIED": ma.ProviderPermissionDenied,
    **dict.fromkeys(
        ("DEVELOPER_TOKEN_MISSING", "DEVELOPER_TOKEN_REJECTED", "DEVELOPER_TOKEN_EXPIRED"),
        ma.SetupFailedError,
    ),
    **dict.fromkeys(
        (
            "RESOURCE_NOT_FOUND",
            "LYRICS_NOT_FOUND",
            "CONTENT_WITHDRAWN",
            "CONTENT_UNAVAILABLE",
            "CONTENT_RESTRICTED",
            "CONTENT_GEO_BLOCKED",
            "RENDITION_NOT_FOUND",
        ),
        ma.MediaNotFoundError,
    ),
    **dict.fromkeys(
        (
            "NOT_YET_IMPLEMENTED",
            "CAPABILITY_REFUSED",
            "PLAYLIST_NOT_EDITABLE",
            "STATION_WITHOUT_TRACKS",
            "STATION_NOT_LIVE",
            "UNSUPPORTED_URL",
            "CONTAINER_NOT_SUPPORTED",
        ),
        ma.UnsupportedFeaturedException,
    ),
    **dict.fromkeys(
        (
            "LICENSE_REFUSED",
            "LIVE_STATION_PROTECTED",
            "OFFSET_OUT_OF_RANGE",
            "WIDEVINE_DEVICE_MISSING",
            "WIDEVINE_DEVICE_REJECTED",
            "ANOTHER_DEVICE_PLAYING",
            "DEVICE_LIMIT_REACHED",
            "DECRYPTION_KEY_WRONG",
            "MEDIA_MALFORMED",
            "MEDIA_TRUNCATED",
            "MEDIA_CHANGED",
        ),
        ma.AudioError,
    ),
    **dict.fromkeys(("UPSTREAM_THROTTLED", "SERVER_BUSY"), _RATE_LIMITED),
    **dict.fromkeys(
        (
            "STREAM_LIMIT_REACHED",
            "UPSTREAM_UNAVAILABLE",
            "UPSTREAM_TIMEOUT",
            "UPSTREAM_LIST_TRUNCATED",
            "SERVER_DRAINING",
            "STORAGE_UNAVAILABLE",
        ),
        ma.ResourceTemporarilyUnavailable,
    ),
    **dict.fromkeys(
        (
            "INVALID_FIELD",
            "INVALID_PAGE_TOKEN",
            "MALFORMED_MESSAGE",
            "SYNC_TOKEN_INVALID",
            "UPSTREAM_RESPONSE_INVALID",
            "UPSTREAM_REFUSED",
            "UPSTREAM_ADDRESS_REFUSED",
            "INTERNAL",
        ),
        ma.InvalidDataError,
    ),
}
"""What each reason of the contract is in Music Assistant's own words."""

# For statuses without a reason, such as those of the transport; the first that fits.
_BY_CLASS: Final[tuple[tuple[type[AppleMusicError], type[ma.MusicAssistantError]], ...]] = (
    (UnavailableError, ma.ResourceTemporarilyUnavailable),
    (DeadlineExceededError, ma.ResourceTemporarilyUnavailable),
    (CallCancelledError, ma.ResourceTemporarilyUnavailable),
    (ResourceExhaustedError, _RATE_LIMITED),
    (UnauthenticatedError, ma.LoginFailed),
    (PermissionDeniedError, ma.ProviderPermissionDenied),
    (NotFoundError, ma.MediaNotFoundError),
    (UnimplementedError, ma.UnsupportedFeaturedException),
    (DataLossError, ma.AudioError),
    (AppleMusicError, ma.InvalidDataError),
)


def to_ma(error: AppleMusicError) -> ma.MusicAssistantError:
    """Return the host's error for one of the client's, with the same message."""
    kind = BY_REASON.get(error.reason) or next(
        found for known, found in _BY_CLASS if isinstance(error, known)
    )
    return make(kind, error.message, error.reason, wait=_seconds(error))


def make(
    kind: type[ma.MusicAssistantError], message: str, reason: str = "", *, wait: int = 0
) -> ma.MusicAssistantError:
    """Return an error of the host.

    Args:
        kind: Its class.
        message: What happened and what to do.
        reason: The contract's reason, kept as `reason`; `strings.json` has a sentence for each.
        wait: Seconds after which trying again may help; 0 when not known.
    """
    values: dict[str, Any] = {}
    if issubclass(kind, ma.ResourceTemporarilyUnavailable):
        values["backoff_time"] = wait
    found = kind(message, **values)
    vars(found)["reason"] = reason
    if reason and hasattr(kind, "translation_key"):
        # Set after the making: models before 1.1.180 do not take them as arguments.
        vars(found).update(translation_key=reason.lower(), translation_owner=f"provider.{DOMAIN}")
    return found


def translated(
    method: Callable[_Arguments, Awaitable[_Result]],
) -> Callable[_Arguments, Awaitable[_Result]]:
    """Let a coroutine function raise the host's errors instead of the client's."""

    @functools.wraps(method)
    async def call(*args: _Arguments.args, **kwargs: _Arguments.kwargs) -> _Result:
        try:
            return await method(*args, **kwargs)
        except AppleMusicError as error:
            raise to_ma(error) from error

    return call


def translated_stream(
    method: Callable[_Arguments, AsyncIterator[_Item]],
) -> Callable[_Arguments, AsyncGenerator[_Item, None]]:
    """Let an asynchronous generator raise the host's errors instead of the client's."""

    @functools.wraps(method)
    async def iterate(
        *args: _Arguments.args, **kwargs: _Arguments.kwargs
    ) -> AsyncGenerator[_Item, None]:
        items = method(*args, **kwargs)
        try:
            async for item in items:
                yield item
        except AppleMusicError as error:
            raise to_ma(error) from error
        finally:
            # Leaving the outer iteration ends the inner one now, not when it is collected.
            if (close := getattr(items, "aclose", None)) is not None:
                await close()

    return iterate


def _seconds(error: AppleMusicError) -> int:
    if error.retry_after is None:
        return 0
    return max(1, round(error.retry_after.total_seconds()))
