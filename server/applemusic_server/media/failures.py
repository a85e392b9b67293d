"""The errors of the media path, worded in one place."""

from applemusic_server.domain.errors import DataLossError, InternalError, Reason
from applemusic_server.domain.media import LICENSE_ENDPOINT, PLAYLIST_ENDPOINT, RANGE_ENDPOINT


def malformed(what: str) -> DataLossError:
    """The file breaks its format, or uses a part of it that this server does not know."""
    return DataLossError(Reason.MEDIA_MALFORMED, f"the audio file is malformed: {what}")


def truncated(what: str) -> DataLossError:
    """The file ends before what it announced."""
    return DataLossError(Reason.MEDIA_TRUNCATED, f"the audio file is cut off: {what}")


def key_wrong() -> DataLossError:
    """What came out of the cipher is not AAC."""
    return DataLossError(
        Reason.DECRYPTION_KEY_WRONG,
        "the licence's key does not fit the audio file: the first frames are not AAC",
    )


def key_missing() -> DataLossError:
    """An encrypted file met a reader without a key."""
    return DataLossError(
        Reason.DECRYPTION_KEY_WRONG, "the audio file is encrypted and no key was given for it"
    )


def playlist_invalid(what: str) -> InternalError:
    """The playlist is not one that this server understands; `what` quotes no address."""
    return _invalid(PLAYLIST_ENDPOINT, f"Apple's playlist cannot be used: {what}")


def file_server_invalid(what: str) -> InternalError:
    """The file server answers something else than what it was asked."""
    return _invalid(RANGE_ENDPOINT, f"Apple's file server cannot be used: {what}")


def license_invalid(what: str) -> InternalError:
    """The licence is none, or not for this request; `what` quotes nothing of it."""
    return _invalid(LICENSE_ENDPOINT, f"Apple's licence cannot be used: {what}")


def _invalid(endpoint: str, message: str) -> InternalError:
    return InternalError(Reason.UPSTREAM_RESPONSE_INVALID, message, metadata={"endpoint": endpoint})
