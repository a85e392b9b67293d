"""The errors of broadcasts, worded in one place."""

from applemusic_server.domain.errors import (
    AbortedError,
    FailedPreconditionError,
    InternalError,
    Reason,
    UnavailableError,
    UnimplementedError,
)
from applemusic_server.domain.live import LIVE_PLAYLIST_ENDPOINT


def live_playlist_invalid(what: str) -> InternalError:
    """The playlist is not one that this server understands; `what` quotes no address."""
    return InternalError(
        Reason.UPSTREAM_RESPONSE_INVALID,
        f"the broadcast's playlist cannot be used: {what}",
        metadata={"endpoint": LIVE_PLAYLIST_ENDPOINT},
    )


def live_station_protected() -> FailedPreconditionError:
    """The broadcast is encrypted."""
    return FailedPreconditionError(
        Reason.LIVE_STATION_PROTECTED,
        "the station's stream is protected; this server plays broadcasts without protection only",
    )


def stands_still(seconds: float) -> UnavailableError:
    """The playlist is there and nothing new comes."""
    return UnavailableError(
        Reason.UPSTREAM_UNAVAILABLE,
        f"the broadcast stands still: its playlist has had nothing new for {seconds:.0f} s",
        metadata={"endpoint": LIVE_PLAYLIST_ENDPOINT, "status": "stale"},
    )


def nothing_there() -> UnavailableError:
    """It ended before it began, or lists nothing."""
    return UnavailableError(
        Reason.UPSTREAM_UNAVAILABLE,
        "the broadcast has no audio just now",
        metadata={"endpoint": LIVE_PLAYLIST_ENDPOINT, "status": "empty"},
    )


def form_changed() -> AbortedError:
    """Another sample rate, another number of channels: what was announced does not hold."""
    return AbortedError(
        Reason.MEDIA_CHANGED,
        "the broadcast goes on in another form of audio; ask for it again",
    )


def container_refused(container: str, why: str) -> UnimplementedError:
    """The broadcast cannot be written so."""
    return UnimplementedError(
        Reason.CONTAINER_NOT_SUPPORTED,
        f"a broadcast is not sent as {container}: {why}",
        metadata={"container": container},
    )
