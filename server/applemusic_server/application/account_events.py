"""What happens to accounts, told to everybody who wants to know: this process and its callers."""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncGenerator, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from applemusic_server.application.accounts import AccountChange, AccountListener
from applemusic_server.domain.account import Account
from applemusic_server.domain.errors import Reason, UnavailableError
from applemusic_server.domain.stores import AccountStore


@dataclass(frozen=True, slots=True)
class AccountEvent:
    """One thing that happened to an account.

    Attributes:
        change: What happened; None for the present state, told to who begins to watch.
        account: The account after it; after SIGNED_OUT as it was before.
        remaining: Time left, for EXPIRING.
    """

    change: AccountChange | None
    account: Account
    time: datetime
    remaining: timedelta | None = None


class AccountEvents:
    """Tells of changes, those of other replicas included, and keeps nobody waiting.

    What this replica does is told by who does it. What another one does is told when somebody here
    reads an account that is not as it was last (see `watched_store`), and after ten seconds at the
    latest, when the token keeper reads them all.

    Args:
        store: Where a watch begins; read without being watched.
        clock: The time now, in UTC.
        listeners: Are told first, in order; must neither wait nor fail.
    """

    def __init__(
        self,
        store: AccountStore,
        *,
        clock: Callable[[], datetime],
        listeners: Sequence[AccountListener] = (),
    ) -> None:
        self._store = store
        self._clock = clock
        self._listeners = list(listeners)
        self._inboxes: set[_Inbox] = set()
        self._known: dict[str, Account] | None = None
        self._seen_changes: dict[str, tuple[AccountChange, Account]] = {}
        self._warned: dict[str, int] | None = None
        self._told = 0
        self._is_closed = False

    @property
    def told(self) -> int:
        """How many changes were told: lets a reader see that what it read is out of date."""
        return self._told

    @property
    def known(self) -> tuple[Account, ...] | None:
        """All accounts as they were last read here or told of; None before the first time."""
        return None if self._known is None else tuple(self._known.values())

    def listen(self, listener: AccountListener) -> None:
        """Tell one more; it must neither wait nor fail."""
        self._listeners.append(listener)

    def tell(self, change: AccountChange, account: Account) -> None:
        """Tell everybody of a change that is stored already."""
        if self._was_seen(change, account):
            return  # Somebody read it between storing and telling.
        self._tell(change, account)

    def touched(self, account_id: str) -> None:
        """Tell that something about an account changed which is not stored with it."""
        account = (self._known or {}).get(account_id)
        if account is not None:
            self._tell(AccountChange.UPDATED, account)

    def _tell(self, change: AccountChange, account: Account) -> None:
        self._told += 1
        if self._known is not None:
            if change is AccountChange.SIGNED_OUT:
                self._known.pop(account.id, None)
                self._seen_changes.pop(account.id, None)
                if self._warned is not None:
                    self._warned.pop(account.id, None)
            else:
                self._known[account.id] = account
        now = self._clock()
        left = account.token_assumed_expire_time - now
        event = AccountEvent(
            change, account, now, left if change is AccountChange.EXPIRING else None
        )
        for listener in self._listeners:
            listener(change, account)
        for inbox in self._inboxes:
            inbox.put(event)

    def _was_seen(self, change: AccountChange, account: Account) -> bool:
        if self._known is None:
            return False
        if change is AccountChange.SIGNED_OUT:
            return account.id not in self._known
        return self._seen_changes.get(account.id) == (change, account)

    def warn(self, account: Account, days: int) -> None:
        """Tell that a token ends within so many days, unless it was told already."""
        warned = self._warned = {} if self._warned is None else self._warned
        if warned.get(account.id) != days:
            warned[account.id] = days
            self.tell(AccountChange.EXPIRING, account)

    def seen(self, account_id: str, account: Account | None, told: int) -> None:
        """Tell of what another replica did to one account, if that is so.

        Args:
            account_id: Its id.
            account: How it is stored; None for not at all.
            told: `told` from before it was read. Later changes of this process make what was read
                worthless: then nothing happens until it is read again.
        """
        if self._known is None or told != self._told:
            return
        before = self._known.get(account_id)
        if account is None:
            if before is not None:
                self.tell(AccountChange.SIGNED_OUT, before)
            return
        change = _change(before, account)
        if change is None:
            self._known[account_id] = account  # Looked at anew, and nothing else.
            return
        self._tell(change, account)
        self._seen_changes[account_id] = (change, account)

    def seen_all(self, accounts: Collection[Account], told: int) -> None:
        """Tell of what another replica did to any account; as `seen`.

        The first time nothing is told: so they were when this replica came.
        """
        if told != self._told:
            return
        if self._known is None:
            self._known = {account.id: account for account in accounts}
            return
        present = {account.id for account in accounts}
        for gone in self._known.keys() - present:
            self.seen(gone, None, self._told)
        for account in accounts:
            self.seen(account.id, account, self._told)

    def seen_warnings(
        self, accounts: Collection[Account], warned: Mapping[str, int], told: int
    ) -> None:
        """Tell of warnings that another replica announced.

        Args:
            accounts: All accounts as they are stored.
            warned: What was announced, in days, by account id; 0 is nothing.
            told: As for `seen`.
        """
        if told != self._told:
            return
        if self._warned is None:
            self._warned = dict(warned)
            return
        for account in accounts:
            if days := warned.get(account.id, 0):
                self.warn(account, days)
            else:
                self._warned.pop(account.id, None)

    async def watch(self, accounts: Collection[str]) -> AsyncGenerator[AccountEvent, None]:
        """Yield the present state of each account, then every change, without end.

        A caller that does not read fast enough misses no kind of event, only repetitions: for each
        account and kind the newest is kept.

        Args:
            accounts: Ids of those to watch, of which some need not be there; empty for all.

        Raises:
            UnavailableError: SERVER_DRAINING, or STORAGE_UNAVAILABLE at the beginning.
        """
        inbox = _Inbox(frozenset(accounts), is_closed=self._is_closed)
        self._inboxes.add(inbox)
        try:
            for account in await self._store.list():
                if inbox.wants(account):
                    yield AccountEvent(None, account, self._clock())
            while True:
                yield await inbox.next()
        finally:
            self._inboxes.discard(inbox)

    @property
    def watchers(self) -> int:
        """How many are watching."""
        return len(self._inboxes)

    def close(self) -> None:
        """End every watch: the server goes down."""
        self._is_closed = True
        for inbox in self._inboxes:
            inbox.close()


class _Inbox:
    """What one watcher was not told yet; never more than one event per account and kind."""

    def __init__(self, accounts: frozenset[str], *, is_closed: bool) -> None:
        self._accounts = accounts
        self._events: OrderedDict[tuple[str, AccountChange | None], AccountEvent] = OrderedDict()
        self._is_closed = is_closed
        self._news = asyncio.Event()

    def wants(self, account: Account) -> bool:
        return not self._accounts or account.id in self._accounts

    def put(self, event: AccountEvent) -> None:
        if not self.wants(event.account):
            return
        if event.change is AccountChange.SIGNED_OUT:
            # What happened to an account that is gone interests nobody.
            for key in [key for key in self._events if key[0] == event.account.id]:
                del self._events[key]
        key = (event.account.id, event.change)
        self._events.pop(key, None)
        self._events[key] = event
        self._news.set()

    def close(self) -> None:
        self._is_closed = True
        self._news.set()

    async def next(self) -> AccountEvent:
        while not self._events:
            if self._is_closed:
                raise UnavailableError(
                    Reason.SERVER_DRAINING, "The server is going down. Watch again."
                )
            self._news.clear()
            await self._news.wait()
        return self._events.popitem(last=False)[1]


def _change(before: Account | None, after: Account) -> AccountChange | None:
    """Say what must have happened between two looks at an account."""
    if before == after:
        return None
    if before is None:
        return AccountChange.SIGNED_IN
    is_unreadable = None in (before.music_user_token, after.music_user_token)
    if is_unreadable and before.token_time == after.token_time:
        return AccountChange.UPDATED  # The same token; the key went or came back.
    if before.music_user_token != after.music_user_token:
        is_renewed = after.token_renewed_time not in (None, before.token_renewed_time)
        return AccountChange.RENEWED if is_renewed else AccountChange.SIGNED_IN
    if after.rejected and not before.rejected:
        return AccountChange.REJECTED
    is_same = replace(before, last_verified_time=None) == replace(after, last_verified_time=None)
    return None if is_same else AccountChange.UPDATED
