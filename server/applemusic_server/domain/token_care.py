"""What is done to keep a music user token alive, and when."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from applemusic_server.domain.account import ASSUMED_TOKEN_LIFE, Account

# Days left at which everybody who watches is told, each once.
WARN_DAYS = (30, 14, 3)
_RENEW_AT = 0.75
# Apple said no: it is asked again after a day, then ever more rarely.
_AFTER_REFUSAL = timedelta(days=1)
_LONGEST_AFTER_REFUSAL = timedelta(days=7)
# Apple could not be asked.
_AFTER_FAILURE = timedelta(minutes=10)
_LONGEST_AFTER_FAILURE = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class TokenCare:
    """What was done for one token; all of it counts for that token only.

    Attributes:
        token_time: When the token was first seen or renewed, which says which token it is.
        warned_days: The smallest of `WARN_DAYS` that was announced; 0 for none yet.
        failures: How many renewals in a row did not succeed.
        next_attempt_time: When a renewal may be tried again; None for as soon as it is due.
    """

    token_time: datetime
    warned_days: int = 0
    failures: int = 0
    next_attempt_time: datetime | None = None

    def after_warning(self, days: int) -> "TokenCare":
        """The care after it was announced that so many days are left."""
        return replace(self, warned_days=days)

    def after_attempt(self, now: datetime, *, refused: bool) -> "TokenCare":
        """The care after a renewal that Apple refused, or that could not be tried to its end."""
        first = _AFTER_REFUSAL if refused else _AFTER_FAILURE
        longest = _LONGEST_AFTER_REFUSAL if refused else _LONGEST_AFTER_FAILURE
        wait = min(longest, first * 2 ** min(self.failures, 16))
        return replace(self, failures=self.failures + 1, next_attempt_time=now + wait)


def care_of(account: Account, known: TokenCare | None) -> TokenCare:
    """Return what was done for the token that the account has now."""
    if known is not None and known.token_time == account.token_time:
        return known
    return TokenCare(account.token_time)


def renewal_is_due(account: Account, care: TokenCare, now: datetime) -> bool:
    """Whether three quarters of the token's life are over and nothing speaks against a try."""
    if account.music_user_token is None or account.rejected:
        return False
    if now < account.token_time + ASSUMED_TOKEN_LIFE * _RENEW_AT:
        return False
    return care.next_attempt_time is None or care.next_attempt_time <= now


def due_warning(account: Account, care: TokenCare, now: datetime) -> int:
    """Return which of `WARN_DAYS` is to be announced now; 0 for none.

    After a long pause only the most urgent one is: it makes the others pointless.
    """
    if account.music_user_token is None or account.rejected:
        return 0
    left = account.token_assumed_expire_time - now
    reached = min((days for days in WARN_DAYS if left <= timedelta(days=days)), default=0)
    return reached if reached and (not care.warned_days or reached < care.warned_days) else 0
