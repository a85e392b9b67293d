"""What a person at a terminal does about an error, by its reason.

The advice (`error.advice`) says what kind of thing helps; here it is said in this command's words.
"""

from collections.abc import Mapping
from datetime import timedelta
from math import ceil
from types import MappingProxyType
from typing import Final

from applemusic.errors import Advice, AppleMusicError

_SIGN_IN: Final = "Sign in: `applemusic sign-in --account ACCOUNT`."
_OPERATOR: Final = "Whoever runs the server sees more with `applemusic doctor --server-checks`."
_GIVE: Final = "Give a token with --access-token-file; the server's operator makes them."
_SHOW: Final = "`applemusic show` says whether it plays."
_PREVIEW: Final = "Hear 30 seconds of it: `applemusic play --preview`."
_OTHER: Final = "Choose another one; `applemusic search` finds some."

_BY_REASON: Final[Mapping[str, str]] = MappingProxyType(
    {
        "UNSUPPORTED_URL": "Give an address of music.apple.com, or an id.",
        "NOT_YET_IMPLEMENTED": "The server is older than this command: upgrade it.",
        "ACCESS_TOKEN_MISSING": _GIVE,
        "ACCESS_TOKEN_INVALID": "The token is unknown, revoked or past its end. " + _GIVE,
        "ACCESS_DENIED": "The token may not do this. Ask the server's operator for one that may.",
        "ACCOUNT_REQUIRED": (
            "Name the account with --account (`applemusic accounts` lists them), or sign in: "
            "`applemusic sign-in`."
        ),
        "ACCOUNT_NOT_FOUND": "`applemusic accounts` lists those that there are.",
        "MUSIC_USER_TOKEN_IN_USE": (
            "Sign in as the person that this account is for, or `applemusic accounts sign-out` the "
            "other one first."
        ),
        "RENEWAL_REFUSED": f"The old token stays in use. Try again later. {_SIGN_IN}",
        "SUBSCRIPTION_REQUIRED": f"Playing needs a subscription to Apple Music. {_PREVIEW}",
        "RESOURCE_NOT_FOUND": (
            "Is it of another storefront (--storefront), or of another account's library "
            "(--account)?"
        ),
        "LYRICS_NOT_FOUND": "There is nothing to show for this song.",
        "PLAYLIST_NOT_EDITABLE": (
            "Make one of your own with its tracks: `applemusic playlists create`."
        ),
        "STATION_WITHOUT_TRACKS": "It is live: `applemusic play` it, or choose another station.",
        "STATION_NOT_LIVE": "`applemusic radio next` lists its songs.",
        "CAPABILITY_REFUSED": "`applemusic status` says what works for this account.",
        "SYNC_TOKEN_INVALID": "Begin anew: `applemusic library sync --restart`.",
        "CONTENT_WITHDRAWN": _PREVIEW,
        "CONTENT_RESTRICTED": "The account's restrictions at Apple forbid it.",
        "CONTAINER_NOT_SUPPORTED": "Ask for another form: `applemusic play --container fmp4`.",
        "OFFSET_OUT_OF_RANGE": f"Begin before the end. {_SHOW}",
        "WIDEVINE_DEVICE_MISSING": (
            "The server's operator configures `widevine.device_file`. Without it uploads, previews "
            f"and broadcasts play. {_PREVIEW}"
        ),
        "WIDEVINE_DEVICE_REJECTED": f"The server's operator checks the device file. {_OPERATOR}",
        "ANOTHER_DEVICE_PLAYING": "Stop the other device, then try again.",
        "DEVICE_LIMIT_REACHED": "Remove a device from the account at Apple.",
        "STREAM_LIMIT_REACHED": "Wait for another stream to end.",
        "DEVELOPER_TOKEN_MISSING": f"The server has no developer token. {_OPERATOR}",
        "DEVELOPER_TOKEN_REJECTED": f"The server needs another developer token. {_OPERATOR}",
        "DEVELOPER_TOKEN_EXPIRED": f"The server needs a new developer token. {_OPERATOR}",
        "SIGN_IN_NOT_FOUND": "Begin a new one: `applemusic sign-in`.",
        "SIGN_IN_EXPIRED": "Begin a new one: `applemusic sign-in`.",
        "STORAGE_UNAVAILABLE": f"Try again. {_OPERATOR}",
        "STORAGE_KEY_MISMATCH": f"The server's key file is another one than before. {_OPERATOR}",
        "INVALID_FIELD": "See --help.",
        "INVALID_PAGE_TOKEN": "Try again.",
        "MALFORMED_MESSAGE": "`applemusic doctor` compares the versions.",
    }
)
_BY_ADVICE: Final[Mapping[Advice, str]] = MappingProxyType(
    {
        Advice.RETRY: "Try again in a while.",
        Advice.RESTART: "Try again.",
        Advice.SKIP: _OTHER,
        Advice.SIGN_IN: _SIGN_IN,
        Advice.TELL: _OPERATOR,
        Advice.REPORT: "`applemusic doctor` compares the versions; else report it.",
    }
)
_SOON: Final = timedelta(seconds=1)


def next_step(error: AppleMusicError) -> str:
    """Return what to do about an error, in a sentence or two."""
    said = _BY_REASON.get(error.reason) or _BY_ADVICE[error.advice]
    wait = error.retry_after
    if error.advice is Advice.RETRY and wait is not None and wait >= _SOON:
        return f"Try again in {ceil(wait.total_seconds())} s."
    return said
