"""The errors of the media path, worded in one place."""

from applemusic_server.domain.errors import DataLossError, Reason


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
