"""Puts together what looks after accounts and tokens; a part of the composition root."""

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from applemusic_server.application.account_calls import AccountCalls
from applemusic_server.application.account_events import AccountEvents
from applemusic_server.application.accounts import AccountChange, Accounts
from applemusic_server.application.developer_token_watch import DeveloperTokenWatch
from applemusic_server.application.ended_sign_ins import EndedSignIns
from applemusic_server.application.renewals import Renewals
from applemusic_server.application.signing_out import SigningOut
from applemusic_server.application.token_keeper import TokenKeeper
from applemusic_server.application.watched_store import WatchedAccountStore
from applemusic_server.domain.access import PermittedAccounts
from applemusic_server.domain.account import Account
from applemusic_server.domain.errors import AppleMusicError, FailedPreconditionError, Reason
from applemusic_server.domain.gateways import ListenerGateway, UserTokenGateway
from applemusic_server.domain.stores import AccountStore
from applemusic_server.storage.database import Database
from applemusic_server.storage.leases import DatabaseLeases
from applemusic_server.storage.sign_ins import DatabaseSignIns
from applemusic_server.storage.token_care import DatabaseTokenCareStore
from applemusic_server.telemetry.accounts import AccountLook, AccountTelemetry
from applemusic_server.telemetry.metrics import Metrics
from applemusic_server.telemetry.tokens import TokenTelemetry
from applemusic_server.upstream.developer_token import DeveloperTokens
from applemusic_server.upstream.token_check import DeveloperTokenCheck
from applemusic_server.wire.auth_tokens import AuthTokenServicer

# What the start waits for Apple's word on the developer token; an answer that comes later counts
# as well.
_FIRST_ROUND_SECONDS: Final = 2.0


@dataclass(frozen=True, slots=True)
class Storage:
    """What outlives the process."""

    database: Database
    accounts: AccountStore


class TokenParts:
    """Accounts, their events, renewals and what runs in the background."""

    def __init__(
        self,
        storage: Storage,
        *,
        user_tokens: UserTokenGateway,
        listeners: ListenerGateway,
        developer_tokens: DeveloperTokens,
        check: DeveloperTokenCheck,
        telemetry: TokenTelemetry,
        permitted: PermittedAccounts,
        now: Callable[[], datetime],
    ) -> None:
        """Build everything; nothing runs yet.

        Args:
            storage: Where accounts are.
            user_tokens: Renews and revokes at Apple.
            listeners: Asks Apple about the owners of tokens.
            developer_tokens: The developer tokens.
            check: Asks Apple about them.
            telemetry: Is told of everything.
            permitted: Which accounts the call under way may touch.
            now: The time now, in UTC.
        """
        self._now = now
        self._developer_tokens = developer_tokens
        self._check = check
        self._telemetry = telemetry
        holder = secrets.token_hex(8)
        care = DatabaseTokenCareStore(storage.database)
        leases = DatabaseLeases(storage.database, now)
        self.calls = AccountCalls()
        self.events = AccountEvents(
            storage.accounts, clock=now, listeners=(self._end_calls, telemetry.account_changed)
        )
        store = self._store = WatchedAccountStore(storage.accounts, self.events)
        tell = (self.events.tell,)
        self.renewals = Renewals(
            store,
            user_tokens,
            listeners,
            care=care,
            leases=leases,
            observer=telemetry,
            holder=holder,
            clock=now,
            on_change=tell,
        )
        self.accounts = Accounts(
            store,
            listeners,
            developer_tokens,
            clock=now,
            on_change=tell,
            rescuer=self.renewals,
            permitted=permitted,
        )
        self.signing_out = SigningOut(
            store, user_tokens, listeners, settled=self.calls.settled, on_change=tell
        )
        self.keeper = TokenKeeper(
            store,
            care=care,
            leases=leases,
            accounts=self.accounts,
            events=self.events,
            renewals=self.renewals,
            developer_tokens=DeveloperTokenWatch(developer_tokens, check, telemetry, clock=now),
            sign_ins=EndedSignIns(DatabaseSignIns(storage.database), now),
            holder=holder,
            clock=now,
        )
        self._running: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to look after tokens; waits a little for the first round."""
        first = asyncio.create_task(self.keeper.round())
        self._running = asyncio.create_task(self._run(first))
        self._running.add_done_callback(self._on_end)
        await asyncio.wait((first,), timeout=_FIRST_ROUND_SECONDS)

    async def stop(self) -> None:
        """End what runs in the background."""
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)
        await self.renewals.close()

    async def _run(self, first: asyncio.Task[None]) -> None:
        await first
        await self.keeper.run()

    def _on_end(self, task: asyncio.Task[None]) -> None:
        error = None if task.cancelled() else task.exception()
        if error is not None:
            self._telemetry.keeper_failed(error)

    def servicer(self) -> AuthTokenServicer:
        """Return what serves the RPCs about tokens."""
        return AuthTokenServicer(
            self.events, self.accounts, self.renewals, self.signing_out, self._now
        )

    async def refresh_metrics(self, metrics: Metrics, shown: AccountTelemetry) -> None:
        """Show tokens and accounts as they are now.

        The token keeper reads all accounts every few seconds, and what happens meanwhile is told:
        there is nothing to read anew.
        """
        self._refresh_developer_metrics(metrics)
        accounts = self.events.known
        if accounts is None:
            try:
                accounts = await self._store.list()
            except AppleMusicError as error:
                self._telemetry.accounts_unreadable(error.reason)
                return
        now = self._now()
        shown.show(
            AccountLook(account.id, self._state(account, now), account.token_assumed_expire_time)
            for account in accounts
        )

    def _refresh_developer_metrics(self, metrics: Metrics) -> None:
        expiries: dict[str, datetime | None] = {}
        rejected: dict[str, bool] = {}
        for account_id, maker in self._developer_tokens.makers().items():
            try:
                token = maker.current()
            except FailedPreconditionError as error:
                expiries[account_id] = None
                rejected[account_id] = error.reason is not Reason.DEVELOPER_TOKEN_MISSING
            else:
                expiries[account_id] = token.expire_time
                rejected[account_id] = self._check.is_rejected(token.value)
        faults = self._developer_tokens.file_faults()
        self._telemetry.set_developer_token_files((each, each in faults) for each in expiries)
        metrics.set_developer_token_expiry(expiries.pop(""))
        self._telemetry.set_developer_token_rejected(rejected=rejected.pop(""))
        self._telemetry.set_developer_token_expiries(expiries.items())
        self._telemetry.set_account_developer_tokens_rejected(rejected.items())

    def _state(self, account: Account, now: datetime) -> str:
        state = account.state(now).name.lower()
        usable = state in ("active", "expiring")
        return "team_mismatch" if usable and self._is_of_another_team(account) else state

    def _is_of_another_team(self, account: Account) -> bool:
        try:
            team_id = self._developer_tokens.current(account.id).team_id
        except FailedPreconditionError:
            return False
        return account.team_id not in ("", team_id)

    def _end_calls(self, change: AccountChange, account: Account) -> None:
        if change is AccountChange.SIGNED_OUT:
            self.calls.end(account.id)
