"""Looks after tokens for as long as the server runs: renews, warns, asks again now and then."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final

from applemusic_server.application.account_events import AccountEvents
from applemusic_server.application.accounts import Accounts
from applemusic_server.application.developer_token_watch import DeveloperTokenWatch
from applemusic_server.application.ended_sign_ins import EndedSignIns
from applemusic_server.application.renewals import Renewals
from applemusic_server.domain.account import Account, SubscriptionState
from applemusic_server.domain.errors import AppleMusicError
from applemusic_server.domain.stores import AccountStore, Leases, TokenCareStore
from applemusic_server.domain.token_care import TokenCare, care_of, due_warning, renewal_is_due

# Between two rounds; what another replica changed is told after so long at most. A round in which
# nothing is due only reads.
ROUND_SECONDS: Final = 10.0
_LEASE: Final = "token keeper"
# Who holds it longer is overtaken, which costs a question too many: renewals have leases of their
# own.
_LEASE_SECONDS: Final = 120.0
# How old Apple's word on an account may become.
_VERIFY_AFTER: Final = timedelta(days=1)
# Who has no subscription may take one, and wants to listen then.
_VERIFY_UNSUBSCRIBED_AFTER: Final = timedelta(hours=1)
# Apple did not answer: when it is asked again.
_VERIFY_AGAIN_AFTER: Final = timedelta(minutes=10)


class TokenKeeper:
    """Runs in the background. Of several replicas on one database one does what is due.

    Args:
        store: Keeps accounts; tells of what other replicas changed when it is read.
        care: Remembers what was done for tokens.
        leases: Chooses the replica.
        accounts: Asks Apple about accounts.
        events: Tells of what happened.
        renewals: Replaces tokens.
        developer_tokens: Looks after the developer tokens; every replica for itself.
        sign_ins: Forgets sign-ins that have ended; None where there are none.
        holder: This process, among replicas.
        clock: The time now, in UTC.
        sleep: Waits for so many seconds.
    """

    def __init__(
        self,
        store: AccountStore,
        *,
        care: TokenCareStore,
        leases: Leases,
        accounts: Accounts,
        events: AccountEvents,
        renewals: Renewals,
        developer_tokens: DeveloperTokenWatch,
        sign_ins: EndedSignIns | None = None,
        holder: str,
        clock: Callable[[], datetime],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._store = store
        self._care = care
        self._leases = leases
        self._accounts = accounts
        self._events = events
        self._renewals = renewals
        self._developer_tokens = developer_tokens
        self._sign_ins = sign_ins
        self._holder = holder
        self._clock = clock
        self._sleep = sleep
        self._asked: dict[str, datetime] = {}

    async def run(self) -> None:
        """Go round after round, the first in a while, until cancelled."""
        while True:
            await self._sleep(ROUND_SECONDS)
            await self.round()

    async def round(self) -> None:
        """Do everything that is due. What fails is tried again in a later round."""
        await self._developer_tokens.look()
        try:
            await self._look_after_all()
            if self._sign_ins is not None:
                await self._sign_ins.forget()
        except AppleMusicError:
            # Storage: readiness says so already, and the next round comes.
            return

    async def _look_after_all(self) -> None:
        if not any(self._is_anything_due(*each) for each in await self._read()):
            return
        if not await self._leases.acquire(_LEASE, self._holder, _LEASE_SECONDS):
            return
        try:
            # Once more: another replica may just have done it.
            for account, care in await self._read():
                await self._look_after(account, care)
        finally:
            await self._leases.release(_LEASE, self._holder)

    async def _read(self) -> list[tuple[Account, TokenCare]]:
        """Read everything, and tell of what other replicas changed."""
        accounts, told = await self._store.list(), self._events.told
        known = await self._care.all()
        cares = [care_of(account, known.get(account.id)) for account in accounts]
        warned = {
            account.id: care.warned_days for account, care in zip(accounts, cares, strict=True)
        }
        self._events.seen_warnings(accounts, warned, told)
        return list(zip(accounts, cares, strict=True))

    def _is_anything_due(self, account: Account, care: TokenCare) -> bool:
        now = self._clock()
        if account.music_user_token is None or account.rejected:
            return False
        if due_warning(account, care, now):
            return True
        due = renewal_is_due(account, care, now) or self._verification_is_due(account)
        return due and self._accounts.is_of_this_team(account)

    async def _look_after(self, account: Account, care: TokenCare) -> None:
        if not self._is_anything_due(account, care):
            return
        if self._accounts.is_of_this_team(account):
            if renewal_is_due(account, care, self._clock()):
                try:
                    await self._renewals.renew(account)
                except AppleMusicError:
                    care = care_of(account, (await self._care.all()).get(account.id))
                else:
                    return
            elif self._verification_is_due(account):
                self._asked[account.id] = self._clock()
                await self._accounts.verify(account)
        if days := due_warning(account, care, self._clock()):
            await self._care.put(account.id, care.after_warning(days))
            self._events.warn(account, days)

    def _verification_is_due(self, account: Account) -> bool:
        now = self._clock()
        asked = self._asked.get(account.id)
        if asked is not None and now - asked < _VERIFY_AGAIN_AFTER:
            return False
        unsubscribed = account.subscription_state is SubscriptionState.INACTIVE
        patience = _VERIFY_UNSUBSCRIBED_AFTER if unsubscribed else _VERIFY_AFTER
        return account.last_verified_time is None or now - account.last_verified_time >= patience
