"""Listeners, and how their tokens are doing."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from applemusic.models.wire_enum import WireEnum


class AccountState(WireEnum):
    """Says whether an account can be used."""

    UNKNOWN = 0
    """Not told, or unknown to this version of the client."""
    ACTIVE = 1
    """The music user token is good as far as is known."""
    EXPIRING = 2
    """The music user token is good and ends within 30 days, and renewal has not helped yet."""
    REJECTED = 3
    """Apple does not accept the music user token; the person has to sign in again."""
    UNREADABLE = 4
    """The stored token cannot be decrypted with the configured key."""


class SubscriptionState(WireEnum):
    """Says whether an account has a subscription."""

    UNKNOWN = 0
    """Not told, or unknown to this version of the client."""
    ACTIVE = 1
    """Active."""
    INACTIVE = 2
    """None or ended: catalog works, playback does not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A listener."""

    id: str = ""
    """The operator's name for it: 1 to 64 characters of `a-z`, `0-9`, `_`, `-`, beginning with a
    letter or digit. Appears in logs and metric labels, so choose an alias rather than an
    address.
    """
    display_name: str = ""
    """Name to show."""
    storefront: str = ""
    """Storefront of the account at Apple, e.g. `us`."""
    language_tags: tuple[str, ...] = ()
    """Language tags that the storefront supports, its default first."""
    state: AccountState = AccountState.UNKNOWN
    """Whether it can be used."""
    subscription_state: SubscriptionState = SubscriptionState.UNKNOWN
    """Whether a subscription is active."""
    token_first_seen_time: datetime | None = None
    """When this server first stored the music user token."""
    token_renewed_time: datetime | None = None
    """When the music user token was last renewed; None when never."""
    token_assumed_expire_time: datetime | None = None
    """When the music user token is assumed to end: Apple tells nobody, 180 days is what was
    observed.
    """
    team_id: str = ""
    """Developer team that the music user token is bound to."""
    last_verified_time: datetime | None = None
    """When Apple last said that the music user token is good; None if it never did."""


class AccountEventKind(WireEnum):
    """Says what happened to an account."""

    UNKNOWN = 0
    """Not told, or unknown to this version of the client."""
    CURRENT = 1
    """The present state, sent once per account at the start."""
    SIGNED_IN = 2
    """Signed in, for the first time or again."""
    EXPIRING = 3
    """The music user token ends in 30, 14 or 3 days."""
    RENEWED = 4
    """The music user token was renewed."""
    REJECTED = 5
    """Apple does not accept the music user token any more."""
    SIGNED_OUT = 6
    """Signed out."""
    UPDATED = 7
    """Something else about it changed: storefront, subscription, name, or what Apple lets it do.

    The last is in `ServerInfo.capabilities`.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountEvent:
    """One thing that happened to an account."""

    kind: AccountEventKind = AccountEventKind.UNKNOWN
    """What happened."""
    account: Account | None = None
    """The account after it; after SIGNED_OUT only the id is set."""
    event_time: datetime | None = None
    """When it happened."""
    remaining_duration: timedelta | None = None
    """Time left, for EXPIRING."""
