"""Asks Apple what accounts may do before somebody needs to know it."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from datetime import datetime, timedelta
from typing import Any, Final

from applemusic_server.application.accounts import AccountChange, Accounts
from applemusic_server.application.capability_memory import REMEMBERED, CapabilityMemory
from applemusic_server.application.together_limited import at_most
from applemusic_server.domain.account import Account
from applemusic_server.domain.capability import (
    PROBED,
    Capability,
    CapabilityAnswer,
    CapabilityGateway,
    CapabilityStore,
    KnownAnswer,
)
from applemusic_server.domain.errors import AppleMusicError, Reason
from applemusic_server.domain.gateways import Listener

# What an answer about capabilities waits for a probe, in seconds.
PATIENCE_SECONDS: Final = 2.0
# The first song after a sign-in goes before a probe.
AFTER_SIGN_IN_SECONDS: Final = 10.0
_AGAIN_AFTER: Final = timedelta(minutes=1)
_ASKED_AT_ONCE: Final = 4


class CapabilityProbes:
    """Probes each account once a day, in the background, and remembers the answers.

    Answers are kept in the database: a restart does not ask again, and replicas share them.

    Args:
        accounts: Knows listeners.
        gateway: Asks Apple.
        store: Keeps answers.
        memory: What is known here; refusals that calls meet are kept as well.
        now: The time now, in UTC.
        sleep: Waits, in seconds.
    """

    def __init__(
        self,
        accounts: Accounts,
        gateway: CapabilityGateway,
        store: CapabilityStore,
        memory: CapabilityMemory,
        *,
        now: Callable[[], datetime],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._accounts = accounts
        self._gateway = gateway
        self._store = store
        self._memory = memory
        self._now = now
        self._sleep = sleep
        self._probes: dict[str, asyncio.Task[None]] = {}
        self._others: set[asyncio.Task[None]] = set()
        self._failed: dict[str, datetime] = {}
        memory.tell(self._keep)

    async def recall(self, account: Account) -> None:
        """Take over what the database knows; asks Apple nothing.

        Raises:
            UnavailableError: STORAGE_UNAVAILABLE.
        """
        self._memory.learn(account.id, await self._store.of(account.id))

    async def ready(self, account: Account) -> None:
        """Return once everything is known, or after 2 s; what is asked then goes on.

        Raises:
            UnavailableError: STORAGE_UNAVAILABLE.
        """
        await self.recall(account)
        probe = self._probes.get(account.id)
        if probe is None:
            if not self._memory.outdated(account.id, PROBED) or self._has_just_failed(account.id):
                return
            probe = self._start(account)
        timer = asyncio.ensure_future(self._sleep(PATIENCE_SECONDS))
        try:
            await asyncio.wait((probe, timer), return_when=asyncio.FIRST_COMPLETED)
        finally:
            timer.cancel()
            await asyncio.gather(timer, return_exceptions=True)

    def account_changed(self, change: AccountChange, account: Account) -> None:
        """Forget what is known of another sign-in; probe after this one."""
        if change in (AccountChange.SIGNED_IN, AccountChange.SIGNED_OUT):
            self.forget(account.id)
        if change is AccountChange.SIGNED_IN:
            self._run(self._probe_later(account))

    def forget(self, account_id: str) -> None:
        """Forget everything of an account; a probe that is under way leads to nothing."""
        self._failed.pop(account_id, None)
        self._memory.forget(account_id)
        probe = self._probes.pop(account_id, None)
        if probe is not None:
            probe.cancel()

    async def close(self) -> None:
        """Cancel what runs, and wait until it ended."""
        tasks = [*self._probes.values(), *self._others]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _start(self, account: Account) -> asyncio.Task[None]:
        """Begin a probe; two of one account are never under way at once."""
        task = self._probes[account.id] = self._run(self._probe(account))
        return task

    def _run(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._others.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._others.discard(task)
        for account_id in [key for key, each in self._probes.items() if each is task]:
            del self._probes[account_id]

    async def _probe_later(self, account: Account) -> None:
        await self._sleep(AFTER_SIGN_IN_SECONDS)
        try:
            known = await self._accounts.get(account.id)
            if known.token_first_seen_time == account.token_first_seen_time:
                await self.ready(known)
        except AppleMusicError:
            return  # Whoever asks what the account may do begins anew.

    async def _probe(self, account: Account) -> None:
        try:
            listener = self._accounts.listener_of(account)
            outdated = self._memory.outdated(account.id, PROBED)
            found = await self._ask(outdated, listener)
            if found and await self._store.put(account.id, found, account.token_first_seen_time):
                self._memory.learn(account.id, found)
            if len(found) < len(outdated):
                self._failed[account.id] = self._now()
        except AppleMusicError:
            self._failed[account.id] = self._now()

    async def _ask(
        self, capabilities: tuple[Capability, ...], listener: Listener
    ) -> dict[Capability, KnownAnswer]:
        """Ask about each; what fails is left out, and then nothing more is asked."""
        found: dict[Capability, KnownAnswer] = {}
        has_failed = False

        async def one(capability: Capability) -> None:
            nonlocal has_failed
            if has_failed:
                return
            try:
                answer = await self._gateway.ask(capability, listener)
            except AppleMusicError as error:
                if error.reason is not Reason.UPSTREAM_REFUSED:
                    has_failed = True
                    return
                answer = CapabilityAnswer.UNTOLD  # Apple finds fault with the question.
            found[capability] = KnownAnswer(answer, self._now() + REMEMBERED)

        await at_most(_ASKED_AT_ONCE, [one(each) for each in capabilities])
        return found

    def _has_just_failed(self, account_id: str) -> bool:
        failed = self._failed.get(account_id)
        return failed is not None and self._now() - failed < _AGAIN_AFTER

    def _keep(self, account_id: str, capability: Capability, answer: KnownAnswer) -> None:
        self._run(self._keep_one(account_id, capability, answer))

    async def _keep_one(self, account_id: str, capability: Capability, answer: KnownAnswer) -> None:
        if not self._memory.is_known(account_id, capability, answer):
            return  # Signed in anew meanwhile.
        try:
            await self._store.put(account_id, {capability: answer})
        except AppleMusicError:
            return  # Known here all the same; others, and a restart, ask Apple once more.
