"""What a check of the server's health finds, and how it is said."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from types import MappingProxyType
from typing import Final

from applemusic_server.domain.errors import Reason
from applemusic_server.domain.storage_health import StorageHealth


class CheckStatus(Enum):
    """How a check went."""

    OK = auto()
    WARNING = auto()
    FAILED = auto()
    SKIPPED = auto()


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check saw; neither ids of accounts nor paths or secrets are in any text.

    Attributes:
        message: What was seen.
        remedy: How to mend it; empty when nothing is wrong.
        reason: What calls fail with because of it; None when nothing is wrong.
    """

    status: CheckStatus
    message: str
    remedy: str = ""
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """Something to look into.

    Attributes:
        name: Stable.
        work: Looks into it; an `AppleMusicError` is a finding, too.
        asks_apple: Whether it is left out when Apple is not to be asked.
        pseudonym: Of the account that it is about; empty for the server.
    """

    name: str
    work: Callable[[], Awaitable[Finding]]
    asks_apple: bool = False
    pseudonym: str = ""


@dataclass(frozen=True, slots=True)
class Checked:
    """A check that was done.

    Attributes:
        seconds: How long it took.
    """

    name: str
    finding: Finding
    seconds: float
    pseudonym: str


def fine(message: str) -> Finding:
    """Nothing is wrong."""
    return Finding(CheckStatus.OK, message)


def skipped(message: str) -> Finding:
    """It was not looked into."""
    return Finding(CheckStatus.SKIPPED, message)


def failed(reason: Reason, status: CheckStatus = CheckStatus.FAILED) -> Finding:
    """Say what a reason means and what to do.

    The texts of errors are not used: they name files and accounts, and what is found is shown to
    others.
    """
    message, remedy = _KNOWN.get(
        reason, (f"it fails with {reason.value}", "look the reason up in docs/errors.md")
    )
    return Finding(status, message, remedy, reason)


def storage_finding(health: StorageHealth) -> Finding:
    """Say whether the database takes writes."""
    room = f"; {health.free} are free on the disk of the data folder" if health.free else ""
    if health.is_full:
        return Finding(
            CheckStatus.FAILED,
            f"the disk is full: nothing can be stored{room}. Music plays on",
            _MAKE_ROOM,
            Reason.STORAGE_UNAVAILABLE,
        )
    if not health.is_writable:
        return Finding(
            CheckStatus.FAILED,
            f"the database answers, but takes no writes{room}. Music plays on",
            "look at PostgreSQL, or at the disk and the permissions of the data folder; the log "
            "says more (docs/storage.md)",
            Reason.STORAGE_UNAVAILABLE,
        )
    if health.is_low:
        return Finding(
            CheckStatus.WARNING, f"the database answers and takes writes{room}", _MAKE_ROOM
        )
    return fine(f"the database answers and takes writes{room}")


_MAKE_ROOM: Final = "make room on the disk of the data folder, or of PostgreSQL (docs/storage.md)"
_SIGN_IN: Final = "sign in again"
_KNOWN: Final[Mapping[Reason, tuple[str, str]]] = MappingProxyType(
    {
        Reason.DEVELOPER_TOKEN_MISSING: (
            "no developer token is configured",
            "set developer_token.private_key_file, or developer_token.token_file (docs/tokens.md)",
        ),
        Reason.DEVELOPER_TOKEN_EXPIRED: (
            "the developer token has ended",
            "put a new one into developer_token.token_file, or configure the key (docs/tokens.md)",
        ),
        Reason.DEVELOPER_TOKEN_REJECTED: (
            "the developer token is no good",
            "`applemusic-server config check --ask-apple` says what is wrong with it",
        ),
        Reason.UPSTREAM_UNAVAILABLE: (
            "Apple cannot be reached, or answers with errors",
            "look into the network, DNS and firewall of the server; if they are well, wait",
        ),
        Reason.UPSTREAM_TIMEOUT: (
            "Apple did not answer in time",
            "look into the network of the server; if it is well, wait",
        ),
        Reason.UPSTREAM_THROTTLED: (
            "Apple has too many requests of this developer team",
            "wait; use a developer key that nobody else uses",
        ),
        Reason.MUSIC_USER_TOKEN_REJECTED: ("Apple does not accept the token any more", _SIGN_IN),
        Reason.MUSIC_USER_TOKEN_TEAM_MISMATCH: (
            "the token is bound to another developer team than the developer token's",
            "sign in again, or configure the key of the team that it was issued for",
        ),
        Reason.SUBSCRIPTION_REQUIRED: (
            "Apple says that there is no active subscription",
            "subscribe with this Apple Account, or sign in with another",
        ),
        Reason.STORAGE_KEY_MISMATCH: (
            "the token was encrypted with another key",
            "restore the encryption key file, or sign in again (docs/storage.md)",
        ),
        Reason.STORAGE_UNAVAILABLE: (
            "the database does not answer",
            "look into the database, its disk and its settings (docs/storage.md)",
        ),
        Reason.ACCOUNT_REQUIRED: ("nobody is signed in", "sign in (docs/signing-in.md)"),
        Reason.WIDEVINE_DEVICE_MISSING: (
            "no Widevine device is configured: songs do not play, all else works",
            "set widevine.device_file to a device file of your own",
        ),
        Reason.WIDEVINE_DEVICE_REJECTED: (
            "the Widevine device cannot be used: songs do not play, all else works",
            "set widevine.device_file to another device file of your own",
        ),
    }
)
