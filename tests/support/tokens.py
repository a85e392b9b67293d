"""Accounts, renewals and what looks after them, over stand-ins for Apple and the database."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from applemusic_server.application.account_calls import AccountCalls
from applemusic_server.application.account_events import AccountEvents
from applemusic_server.application.accounts import AccountChange, Accounts
from applemusic_server.application.developer_token_watch import DeveloperTokenWatch
from applemusic_server.application.renewals import RenewalOutcome, Renewals
from applemusic_server.application.signing_out import SigningOut
from applemusic_server.application.token_keeper import TokenKeeper
from applemusic_server.application.watched_store import WatchedAccountStore
from applemusic_server.domain.account import Account
from applemusic_server.domain.errors import (
    AppleMusicError,
    FailedPreconditionError,
    Reason,
    UnauthenticatedError,
    UnavailableError,
)
from applemusic_server.domain.gateways import DeveloperToken, ListenerProfile
from applemusic_server.domain.secret import Secret
from applemusic_server.domain.token_care import TokenCare
from applemusic_server.upstream.developer_token import DeveloperTokens, NoDeveloperToken
from tests.support.apple_server import FakeTime, FixedToken
from tests.support.application import Listeners, MemoryStore

OLD = Secret("old-token-00000000000000000000000000==")
NEW = Secret("new-token-00000000000000000000000000==")
REJECTED = UnauthenticatedError(Reason.MUSIC_USER_TOKEN_REJECTED, "dead")
REFUSED = FailedPreconditionError(Reason.RENEWAL_REFUSED, "no", metadata={"account": "anna"})
AWAY = UnavailableError(Reason.UPSTREAM_UNAVAILABLE, "not now")


@dataclass
class MemoryCare:
    """Remembers in memory."""

    cares: dict[str, TokenCare] = field(default_factory=dict)

    async def all(self) -> Mapping[str, TokenCare]:
        return dict(self.cares)

    async def put(self, account_id: str, care: TokenCare) -> None:
        self.cares[account_id] = care


@dataclass
class MemoryLeases:
    """Leases that last until they are given back."""

    held: dict[str, str] = field(default_factory=dict)

    async def acquire(self, name: str, holder: str, seconds: float) -> bool:
        assert seconds > 0
        return self.held.setdefault(name, holder) == holder

    async def release(self, name: str, holder: str) -> None:
        if self.held.get(name) == holder:
            del self.held[name]


@dataclass
class UserTokens:
    """Apple's side of renewals: gives `new`, or fails with `error`; waits while `hold` is set."""

    new: Secret = NEW
    error: AppleMusicError | None = None
    asked: list[str] = field(default_factory=list)
    revoked: list[str] = field(default_factory=list)
    hold: asyncio.Event | None = None
    begun: asyncio.Event = field(default_factory=asyncio.Event)

    async def renew(self, account_id: str, music_user_token: Secret) -> Secret:
        self.asked.append(account_id)
        self.begun.set()
        if self.hold is not None:
            await self.hold.wait()
        if self.error is not None:
            raise self.error
        assert music_user_token != self.new
        return self.new

    async def revoke(self, account_id: str, music_user_token: Secret) -> None:
        del music_user_token
        if self.error is not None:
            raise self.error
        self.revoked.append(account_id)


@dataclass
class PickyListeners(Listeners):
    """Refuses single tokens, whatever it says of the others."""

    dead: set[Secret] = field(default_factory=set)

    async def profile(self, account_id: str, music_user_token: Secret) -> ListenerProfile:
        found = await super().profile(account_id, music_user_token)
        if music_user_token in self.dead:
            raise REJECTED
        return found


@dataclass
class Observer:
    """Remembers what it hears."""

    outcomes: list[RenewalOutcome] = field(default_factory=list)
    problems: list[tuple[str, Reason | None]] = field(default_factory=list)
    accepted: list[str] = field(default_factory=list)
    mended: list[str] = field(default_factory=list)

    def renewal_ended(self, account_id: str, outcome: RenewalOutcome, problem: str) -> None:
        assert account_id
        assert bool(problem) == (outcome is not RenewalOutcome.RENEWED)
        self.outcomes.append(outcome)

    def developer_token_accepted(self, account_id: str, token: DeveloperToken) -> None:
        assert token.team_id
        self.accepted.append(account_id)

    def developer_token_problem(self, account_id: str, reason: Reason | None, problem: str) -> None:
        assert problem
        self.problems.append((account_id, reason))

    def developer_token_file_mended(self, account_id: str) -> None:
        self.mended.append(account_id)


class Everything:
    """Everything about tokens in one replica; several share store, care and leases.

    Attributes:
        changes: What was told, in order.
    """

    def __init__(self, other: "Everything | None" = None, holder: str = "one") -> None:
        self.store: MemoryStore = other.store if other else MemoryStore()
        self.care: MemoryCare = other.care if other else MemoryCare()
        self.leases: MemoryLeases = other.leases if other else MemoryLeases()
        self.gateway: UserTokens = other.gateway if other else UserTokens()
        self.listeners: PickyListeners = other.listeners if other else PickyListeners()
        self.time: FakeTime = other.time if other else FakeTime()
        self.observer = Observer()
        self.changes: list[tuple[AccountChange, str]] = []
        self.events = AccountEvents(
            self.store,
            clock=self.time.utc,
            listeners=[lambda change, account: self.changes.append((change, account.id))],
        )
        tell = (self.events.tell,)
        self.watched = WatchedAccountStore(self.store, self.events)
        self.renewals = Renewals(
            self.watched,
            self.gateway,
            self.listeners,
            care=self.care,
            leases=self.leases,
            observer=self.observer,
            holder=holder,
            clock=self.time.utc,
            sleep=self.time.sleep,
            on_change=tell,
        )
        self.accounts = Accounts(
            self.watched,
            self.listeners,
            FixedToken(),
            clock=self.time.utc,
            on_change=tell,
            rescuer=self.renewals,
        )
        self.signing_out = SigningOut(
            self.watched,
            self.gateway,
            self.listeners,
            settled=AccountCalls().settled,
            on_change=tell,
        )
        self.keeper = TokenKeeper(
            self.watched,
            care=self.care,
            leases=self.leases,
            accounts=self.accounts,
            events=self.events,
            renewals=self.renewals,
            developer_tokens=DeveloperTokenWatch(
                DeveloperTokens(NoDeveloperToken(), {}, clock=self.time.utc),
                NeverAsked(),
                self.observer,
                clock=self.time.utc,
            ),
            holder=holder,
            clock=self.time.utc,
        )

    async def sign_in(self, account_id: str = "anna", token: Secret = OLD) -> Account:
        """Store an account, and forget that it was told."""
        account = await self.accounts.submit(account_id, token, "")
        await self.keeper.round()
        self.changes.clear()
        self.listeners.asked.clear()
        return account

    def wait(self, **length: float) -> None:
        """Let time pass."""
        self.time.now += timedelta(**length)

    def verified(self, account_id: str = "anna") -> None:
        """Let Apple have said a moment ago that all is well, so that nobody asks it again."""
        account = self.store.accounts[account_id]
        self.store.accounts[account_id] = replace(account, last_verified_time=self.time.now)

    @property
    def now(self) -> datetime:
        return self.time.now


class NeverAsked:
    """A check of developer tokens where there is none."""

    async def require_good(self, token: Secret) -> None:
        raise AssertionError(f"there is no {token}")
