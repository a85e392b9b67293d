"""Replaces music user tokens by new ones, each of them proven, and once among all replicas."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol

from applemusic_server.application.accounts import AccountChange, AccountListener
from applemusic_server.application.brought_token import with_profile
from applemusic_server.domain.account import Account
from applemusic_server.domain.errors import (
    AppleMusicError,
    FailedPreconditionError,
    NotFoundError,
    Reason,
    ResourceExhaustedError,
    UnauthenticatedError,
)
from applemusic_server.domain.gateways import (
    Listener,
    ListenerGateway,
    ListenerProfile,
    UserTokenGateway,
)
from applemusic_server.domain.secret import Secret
from applemusic_server.domain.stores import AccountStore, Leases, TokenCareStore
from applemusic_server.domain.token_care import care_of

# Longer than Apple may take for a renewal and its proof, tries again included.
LEASE_SECONDS: Final = 120.0
# Another replica is at it: how often and how long its outcome is waited for.
_LOOK_SECONDS: Final = 0.5
_MOST_LOOKS: Final = 20
# Calls that fail for the same dead token one after the other must not ask Apple each time.
_PAUSE: Final = timedelta(minutes=5)


class RenewalOutcome(StrEnum):
    """How a renewal ended."""

    RENEWED = "renewed"
    REFUSED = "refused"
    UNPROVEN = "unproven"
    FAILED = "failed"


class RenewalObserver(Protocol):
    """Hears about renewals, for metrics and log. Calls never raise."""

    def renewal_ended(self, account_id: str, outcome: RenewalOutcome, problem: str) -> None:
        """Record how a renewal ended; `problem` is empty when it succeeded."""
        ...


class Renewals:
    """The use case; implements `accounts.Rescuer`.

    A renewal that began goes on when its caller leaves: a token that Apple has given out must not
    be lost. Callers that want the same account at the same time get the same renewal.

    Args:
        store: Keeps accounts.
        gateway: Renews tokens at Apple.
        listeners: Proves tokens.
        care: Remembers what was tried.
        leases: Keeps replicas from doing it twice.
        observer: Hears how renewals end.
        holder: This process, among replicas.
        clock: The time now, in UTC.
        sleep: Waits for so many seconds.
        on_change: Are told of each renewal after it is stored; must neither wait nor fail.
    """

    def __init__(
        self,
        store: AccountStore,
        gateway: UserTokenGateway,
        listeners: ListenerGateway,
        *,
        care: TokenCareStore,
        leases: Leases,
        observer: RenewalObserver,
        holder: str,
        clock: Callable[[], datetime],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        on_change: Sequence[AccountListener] = (),
    ) -> None:
        self._store = store
        self._gateway = gateway
        self._listeners = listeners
        self._care = care
        self._leases = leases
        self._observer = observer
        self._holder = holder
        self._clock = clock
        self._sleep = sleep
        self._on_change = tuple(on_change)
        self._running: dict[str, asyncio.Task[Account]] = {}
        self._tried: dict[str, tuple[Secret, datetime]] = {}

    async def renew(self, account: Account) -> Account:
        """Replace the account's token, and return the account with the new one.

        Raises:
            FailedPreconditionError: RENEWAL_REFUSED, the old token stays; STORAGE_KEY_MISMATCH; a
                DEVELOPER_TOKEN reason.
            NotFoundError: ACCOUNT_NOT_FOUND, it was signed out meanwhile.
            ResourceExhaustedError: SERVER_BUSY, another replica is at it.
            AppleMusicError: An UPSTREAM or STORAGE reason.
        """
        task = self._running.get(account.id)
        if task is None:
            task = asyncio.create_task(self._renew(account))
            self._running[account.id] = task
            task.add_done_callback(lambda done: self._ended(account.id, done))
        return await asyncio.shield(task)

    async def listener_after_expiry(self, listener: Listener) -> Listener | None:
        """Return who to go on as when Apple wants a token renewed; None when it was in vain."""
        account = await self._store.get(listener.account_id)
        if account is None or account.music_user_token is None or account.rejected:
            return None
        if account.music_user_token == listener.music_user_token:
            if self._was_tried(account):
                return None
            try:
                account = await self.renew(account)
            except AppleMusicError:
                return None
        token = account.music_user_token
        return None if token is None else Listener(account.id, token, account.storefront)

    async def replacement(self, listener: Listener) -> Listener | None:
        """Return who to go on as where the account has got another token; None where it has not."""
        account = await self._store.get(listener.account_id)
        if account is None or account.rejected:
            return None
        token = account.music_user_token
        if token is None or token == listener.music_user_token:
            return None
        return Listener(account.id, token, account.storefront)

    async def rescue(self, account: Account) -> bool:
        """Try to renew a token that Apple refuses: an expired one it may still renew (observed)."""
        if self._was_tried(account):
            return False
        try:
            renewed = await self.renew(account)
        except AppleMusicError:
            return False
        return renewed.music_user_token != account.music_user_token

    async def close(self) -> None:
        """End what is running."""
        tasks = tuple(self._running.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _was_tried(self, account: Account) -> bool:
        if account.id in self._running:
            return False  # whoever comes meanwhile waits for how it ends
        token, when = self._tried.get(account.id, (None, None))
        recent = when is not None and self._clock() - when < _PAUSE
        return recent and token == account.music_user_token

    async def _renew(self, account: Account) -> Account:
        name = f"renew {account.id}"
        for _ in range(_MOST_LOOKS):
            present = await self._present(account)
            if present.music_user_token != account.music_user_token:
                return present
            if await self._leases.acquire(name, self._holder, LEASE_SECONDS):
                try:
                    # It may have been given back because the work was done.
                    present = await self._present(account)
                    if present.music_user_token != account.music_user_token:
                        return present
                    return await self._ask(present)
                finally:
                    await self._leases.release(name, self._holder)
            await self._sleep(_LOOK_SECONDS)
        raise ResourceExhaustedError(
            Reason.SERVER_BUSY,
            f"another replica is renewing the token of account {account.id!r}",
            retry_after=timedelta(seconds=5),
        )

    async def _present(self, account: Account) -> Account:
        present = await self._store.get(account.id)
        if present is None:
            raise NotFoundError(
                Reason.ACCOUNT_NOT_FOUND,
                f"no account has the id {account.id!r}",
                metadata={"account": account.id},
            )
        return present

    async def _ask(self, account: Account) -> Account:
        old = account.music_user_token
        if old is None:
            raise FailedPreconditionError(
                Reason.STORAGE_KEY_MISMATCH,
                f"the stored token of account {account.id!r} was encrypted with another key; "
                "restore the key, or sign in again",
                metadata={"account": account.id},
            )
        self._tried[account.id] = (old, self._clock())
        new: Secret | None = None
        try:
            new = await self._gateway.renew(account.id, old)
            profile = await self._proven(account.id, new)
        except AppleMusicError as error:
            outcome = RenewalOutcome.FAILED
            if error.reason is Reason.RENEWAL_REFUSED:
                outcome = RenewalOutcome.UNPROVEN if new else RenewalOutcome.REFUSED
            self._observer.renewal_ended(account.id, outcome, str(error))
            await self._put_off(account, refused=outcome is not RenewalOutcome.FAILED)
            raise
        renewed = await self._replace(account, new, profile)
        self._observer.renewal_ended(account.id, RenewalOutcome.RENEWED, "")
        return renewed

    async def _proven(self, account_id: str, token: Secret) -> ListenerProfile:
        try:
            return await self._listeners.profile(account_id, token)
        except UnauthenticatedError as error:
            raise FailedPreconditionError(
                Reason.RENEWAL_REFUSED,
                f"Apple does not accept the token that it gave to account {account_id!r}; the old "
                "one stays in use",
                metadata={"account": account_id},
            ) from error

    async def _replace(self, account: Account, new: Secret, profile: ListenerProfile) -> Account:
        def change(present: Account) -> Account | None:
            if present.music_user_token != account.music_user_token:
                return None
            now = self._clock()
            renewed = replace(present, music_user_token=new, token_renewed_time=now)
            return with_profile(renewed, profile).with_verified(now)

        stored = await self._store.update(account.id, change)
        if stored is None:
            return await self._present(account)
        for listener in self._on_change:
            listener(AccountChange.RENEWED, stored)
        return stored

    async def _put_off(self, account: Account, *, refused: bool) -> None:
        known = care_of(account, (await self._care.all()).get(account.id))
        await self._care.put(account.id, known.after_attempt(self._clock(), refused=refused))

    def _ended(self, account_id: str, task: asyncio.Task[Account]) -> None:
        self._running.pop(account_id, None)
        if not task.cancelled():
            task.exception()  # Looked at, for the case that every caller has left.
