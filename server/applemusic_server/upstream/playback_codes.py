"""What Apple's playback codes mean: one table for webPlayback and for licences."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType

from applemusic_server.domain.errors import (
    AppleMusicError,
    FailedPreconditionError,
    NotFoundError,
    PermissionDeniedError,
    Reason,
    ResourceExhaustedError,
    UnauthenticatedError,
    UnavailableError,
)
from applemusic_server.upstream.endpoints import Endpoint


@dataclass(frozen=True, slots=True)
class Meaning:
    """What one of Apple's codes means.

    Attributes:
        message: For the person who reads the log.
        retry_after: When it may be over, for what passes by itself.
    """

    error: type[AppleMusicError]
    reason: Reason
    message: str
    retry_after: timedelta | None = None


_DEVICE = timedelta(seconds=30)

# Reference: section 8.2, observed by an author of a simulator.
CODES: Mapping[str, Meaning] = MappingProxyType(
    {
        "-1003": Meaning(
            PermissionDeniedError, Reason.LICENSE_REFUSED, "Apple refuses the licence"
        ),
        "-1004": Meaning(
            ResourceExhaustedError,
            Reason.DEVICE_LIMIT_REACHED,
            "the account's number of devices is used up at Apple; remove one",
            _DEVICE,
        ),
        "-1017": Meaning(
            PermissionDeniedError,
            Reason.CONTENT_GEO_BLOCKED,
            "Apple does not play the song in this country",
        ),
        "-1021": Meaning(
            FailedPreconditionError,
            Reason.WIDEVINE_DEVICE_REJECTED,
            "Apple does not accept the configured Widevine device",
        ),
        "1010": Meaning(NotFoundError, Reason.RESOURCE_NOT_FOUND, "Apple knows no such song"),
        "2002": Meaning(
            UnauthenticatedError,
            Reason.MUSIC_USER_TOKEN_REJECTED,
            "Apple does not accept the account's music user token any more; sign in again",
        ),
        "2034": Meaning(
            UnauthenticatedError,
            Reason.MUSIC_USER_TOKEN_EXPIRED,
            "Apple wants the account's music user token renewed; sign in again",
        ),
        "3063": Meaning(
            PermissionDeniedError,
            Reason.SUBSCRIPTION_REQUIRED,
            "the account has no active Apple Music subscription",
        ),
        "3076": Meaning(
            FailedPreconditionError,
            Reason.CONTENT_UNAVAILABLE,
            "Apple says that the song is unavailable",
        ),
        "3082": Meaning(
            PermissionDeniedError,
            Reason.CONTENT_RESTRICTED,
            "the account's restrictions forbid the song (explicit content)",
        ),
        "3084": Meaning(
            ResourceExhaustedError,
            Reason.ANOTHER_DEVICE_PLAYING,
            "another device is playing on this account; stop it, then try again",
            _DEVICE,
        ),
        "5002": Meaning(
            UnavailableError,
            Reason.UPSTREAM_UNAVAILABLE,
            "Apple's playback service has a fault; try again later",
        ),
        "180202": Meaning(
            FailedPreconditionError,
            Reason.RENDITION_NOT_FOUND,
            "Apple offers the song in no form that this server plays",
        ),
        "190121": Meaning(
            FailedPreconditionError,
            Reason.WIDEVINE_DEVICE_REJECTED,
            "Apple does not accept the configured Widevine device any more",
        ),
    }
)
_UNKNOWN_AT_PLAYBACK = Meaning(
    FailedPreconditionError, Reason.UPSTREAM_REFUSED, "Apple refuses to play the song"
)
_UNKNOWN_AT_LICENSE = Meaning(
    PermissionDeniedError, Reason.LICENSE_REFUSED, "Apple refuses the licence"
)


def playback_error(
    apple_code: str, endpoint: Endpoint, *, song_id: str, account_id: str
) -> AppleMusicError:
    """Build the error for one of Apple's codes; `apple_code` is a checked number."""
    unknown = _UNKNOWN_AT_LICENSE if endpoint is Endpoint.LICENSE else _UNKNOWN_AT_PLAYBACK
    meaning = CODES.get(apple_code, unknown)
    return meaning.error(
        meaning.reason,
        f"{meaning.message} (song {song_id!r}, Apple's code {apple_code})",
        metadata={
            "id": song_id,
            "appleCode": apple_code,
            "account": account_id,
            "endpoint": endpoint,
            "resourceType": "SONG",
        },
        retry_after=meaning.retry_after,
    )
