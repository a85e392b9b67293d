"""Accounts as metrics: how many are in which state, and of some of them which is which.

A server may have thousands of accounts. Each has half a dozen series, on every replica, so only so
many accounts have series of their own: those in trouble first, then those whose token ends soonest.
"""

import heapq
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from prometheus_client import CollectorRegistry
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

ACCOUNT_STATES: Final = ("active", "expiring", "rejected", "unreadable", "team_mismatch")
_ACCOUNTS: Final = "applemusic_accounts"
_STATE: Final = "applemusic_account_state"
_EXPIRY: Final = "applemusic_music_user_token_expiry_timestamp_seconds"


@dataclass(frozen=True, slots=True)
class AccountLook:
    """How an account is now.

    Attributes:
        account: The operator's alias.
        state: One of `ACCOUNT_STATES`.
        token_end: When its music user token is assumed to end.
    """

    account: str
    state: str
    token_end: datetime


class AccountTelemetry(Collector):
    """Shows accounts.

    Args:
        registry: Where the metrics are.
        most: How many accounts have series of their own.
    """

    def __init__(self, registry: CollectorRegistry, most: int) -> None:
        self._most = most
        self._counts: Counter[str] = Counter()
        self._shown: Sequence[AccountLook] = ()
        registry.register(self)

    def show(self, accounts: Iterable[AccountLook]) -> None:
        """Show these accounts, and no others."""
        looks = list(accounts)
        self._counts = Counter(look.state for look in looks)
        shown = looks if len(looks) <= self._most else heapq.nsmallest(self._most, looks, _urgency)
        self._shown = sorted(shown, key=lambda look: look.account)

    def describe(self) -> Iterator[Metric]:
        """Yield what there may be; see `prometheus_client`."""
        return self.collect()

    def collect(self) -> Iterator[Metric]:
        """Yield what there is; see `prometheus_client`."""
        counts = GaugeMetricFamily(_ACCOUNTS, "Accounts by state.", labels=("state",))
        for state in ACCOUNT_STATES:
            counts.add_metric((state,), self._counts[state])
        yield counts
        states = GaugeMetricFamily(
            _STATE,
            "1 for the state that an account is in, 0 for the others.",
            labels=("account", "state"),
        )
        ends = GaugeMetricFamily(
            _EXPIRY,
            "When the music user token of an account is assumed to end.",
            labels=("account",),
        )
        for look in self._shown:
            for state in ACCOUNT_STATES:
                states.add_metric((look.account, state), float(state == look.state))
            ends.add_metric((look.account,), look.token_end.timestamp())
        yield states
        yield ends


def _urgency(look: AccountLook) -> tuple[bool, datetime, str]:
    return look.state in ("active", "expiring"), look.token_end, look.account
