"""What is wrong, and how to mend it, in words for the operator."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from applemusic_server.domain.errors import Reason


@dataclass(frozen=True, slots=True)
class Advice:
    """A problem and its remedy.

    Attributes:
        problem: What is wrong, as a sentence.
        remedy: What to do about it; text in backquotes is typed as it stands.
    """

    problem: str
    remedy: str


_SIGN_IN_AGAIN: Final = "Sign in again from your music player, or with `applemusic sign-in`."

ADVICE: Final[Mapping[Reason, Advice]] = MappingProxyType(
    {
        Reason.ACCOUNT_REQUIRED: Advice(
            "Nobody is signed in.", "Sign in from your music player, or with `applemusic sign-in`."
        ),
        Reason.DEVELOPER_TOKEN_MISSING: Advice(
            "There is no developer token, so Apple answers nothing.",
            "Set `developer_token.private_key_file`, `key_id` and `team_id`, or "
            "`developer_token.token_file`.",
        ),
        Reason.DEVELOPER_TOKEN_REJECTED: Advice(
            "Apple does not accept the developer token.",
            "Look whether key id and team id belong to the MusicKit key, and whether it was "
            "revoked. `applemusic-server config check --ask-apple` says more.",
        ),
        Reason.DEVELOPER_TOKEN_EXPIRED: Advice(
            "The developer token has ended.",
            "Replace the file, or let the server make tokens from `private_key_file`.",
        ),
        Reason.MUSIC_USER_TOKEN_REJECTED: Advice(
            "Apple does not accept the music user token any more.", _SIGN_IN_AGAIN
        ),
        Reason.MUSIC_USER_TOKEN_EXPIRED: Advice(
            "The music user token has ended and could not be renewed.", _SIGN_IN_AGAIN
        ),
        Reason.MUSIC_USER_TOKEN_TEAM_MISMATCH: Advice(
            "The music user token was issued to another developer team.",
            f"{_SIGN_IN_AGAIN} Or go back to the developer token of that team.",
        ),
        Reason.STORAGE_KEY_MISMATCH: Advice(
            "The stored token was encrypted with another key.",
            "Restore the key file, or sign in again.",
        ),
        Reason.STORAGE_UNAVAILABLE: Advice(
            "The database cannot be used just now.",
            "Look at PostgreSQL, or at the disk, its space and its permissions; the log says more.",
        ),
        Reason.SUBSCRIPTION_REQUIRED: Advice(
            "The account has no active Apple Music subscription, so it plays nothing.",
            "Subscribe with this Apple Account, then sign in again.",
        ),
        Reason.WIDEVINE_DEVICE_MISSING: Advice(
            "There is no Widevine device, so songs of the catalog do not play. The rest works.",
            "Set `widevine.device_file` to a device of your own.",
        ),
        Reason.WIDEVINE_DEVICE_REJECTED: Advice(
            "The Widevine device cannot be used.", "Check the file of `widevine.device_file`."
        ),
    }
)


def advice_on(reason: Reason) -> Advice:
    """Return what to do about a reason; those that nobody foresaw lead to the documentation."""
    return ADVICE.get(reason) or Advice(
        f"Something is wrong: {reason.value}.", "See `docs/errors.md` for what to do."
    )
