"""A listener: an alias, what Apple said about them, and the token that speaks for them."""

import re
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import Enum, auto

from applemusic_server.domain.errors import invalid_field
from applemusic_server.domain.secret import Secret

# Apple publishes no lifetime; clients that watched it say about 180 days (reference: observed).
ASSUMED_TOKEN_LIFE = timedelta(days=180)
EXPIRING_WITHIN = timedelta(days=30)

_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


class AccountState(Enum):
    """Whether an account can be used."""

    ACTIVE = auto()
    EXPIRING = auto()
    REJECTED = auto()
    UNREADABLE = auto()


class SubscriptionState(Enum):
    """Whether an account has a subscription."""

    UNKNOWN = auto()
    ACTIVE = auto()
    INACTIVE = auto()


@dataclass(frozen=True, slots=True)
class Account:
    """A listener as stored.

    Attributes:
        id: The operator's alias; see `check_account_id`.
        music_user_token: Apple's token; None when it cannot be decrypted.
        rejected: Apple refused the token the last time it was used.
        team_id: Developer team that the token is bound to.
    """

    id: str
    music_user_token: Secret | None
    storefront: str
    token_first_seen_time: datetime
    display_name: str = field(default="", repr=False)
    language_tags: tuple[str, ...] = ()
    subscription_state: SubscriptionState = SubscriptionState.UNKNOWN
    token_renewed_time: datetime | None = None
    last_verified_time: datetime | None = None
    team_id: str = ""
    rejected: bool = False

    @property
    def token_time(self) -> datetime:
        """When the present token came: by the last renewal, else by signing in."""
        return self.token_renewed_time or self.token_first_seen_time

    @property
    def token_assumed_expire_time(self) -> datetime:
        """When the token is assumed to end."""
        return self.token_time + ASSUMED_TOKEN_LIFE

    def state(self, now: datetime) -> AccountState:
        """Whether the account can be used at `now`."""
        if self.music_user_token is None:
            return AccountState.UNREADABLE
        if self.rejected:
            return AccountState.REJECTED
        if self.token_assumed_expire_time - now <= EXPIRING_WITHIN:
            return AccountState.EXPIRING
        return AccountState.ACTIVE

    def with_rejected(self) -> "Account":
        """The account after Apple refused its token."""
        return replace(self, rejected=True)

    def with_verified(self, when: datetime) -> "Account":
        """The account after Apple accepted its token."""
        return replace(self, rejected=False, last_verified_time=when.astimezone(UTC))


def check_account_id(value: str, field_name: str = "account") -> str:
    """Return `value` if it can name an account.

    Raises:
        InvalidArgumentError: It is not 1 to 64 characters of `a-z 0-9 _ -`, beginning with a
            letter or digit. Only ASCII, so that no two ids look alike.
    """
    if not _ID.fullmatch(value):
        raise invalid_field(
            field_name,
            "an account id is 1 to 64 characters of a-z, 0-9, '_' and '-', beginning with a letter "
            "or digit",
        )
    return value
