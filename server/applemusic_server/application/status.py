"""Everything about the server that its operator should see at a glance."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from applemusic_server.application.server_info import ServerInfo
from applemusic_server.domain.access import PermittedAccounts
from applemusic_server.domain.account import Account, AccountState
from applemusic_server.domain.recent_times import RecentTimes
from applemusic_server.domain.storage_health import StorageHealth, StorageLook
from applemusic_server.domain.token_file import DeveloperTokenFiles, TokenFileFault


@dataclass(frozen=True, slots=True)
class AccountStatus:
    """How an account is doing.

    Attributes:
        days_left: Until its music user token is assumed to end; negative after that.
        info: What the server can do for it.
        stream_count: Its open streams.
    """

    account: Account
    state: AccountState
    days_left: int
    info: ServerInfo
    stream_count: int


@dataclass(frozen=True, slots=True)
class Status:
    """The server at one moment.

    Attributes:
        server: What the server can do without an account.
        first_bytes: How long the last songs took to begin, in seconds, the oldest first.
        transitions: How long the last steps from a song to the next took.
        file_faults: What is wrong with the files of developer tokens, by account id; the server's
            is under ''. An older token may serve on.
        storage: Whether what has to be kept can be.
    """

    now: datetime
    server: ServerInfo
    accounts: tuple[AccountStatus, ...]
    first_bytes: tuple[float, ...]
    transitions: tuple[float, ...]
    file_faults: Mapping[str, TokenFileFault] = field(default_factory=dict)
    storage: StorageHealth = field(default_factory=StorageHealth)


class Info(Protocol):
    """Says what the server is; `application.server_info` is the one."""

    async def read(self, account_id: str) -> ServerInfo:
        """Return it for one account."""
        ...


class AccountList(Protocol):
    """Knows the accounts."""

    async def list(self) -> tuple[Account, ...]:
        """Return those that may be seen, by id."""
        ...


class StatusReader:
    """The use case; asks storage, and tries to write to it; never asks Apple.

    Args:
        info: What the server is.
        accounts: The accounts that may be seen.
        files: Where developer tokens come from.
        recent: How fast songs began.
        permitted: Is told which accounts may be seen.
        streams_of: Returns how many streams of an account are open.
        now: The time now, in UTC.
        storage: Tries to write; None leaves that out.
    """

    def __init__(
        self,
        info: Info,
        accounts: AccountList,
        files: DeveloperTokenFiles,
        recent: RecentTimes,
        permitted: PermittedAccounts,
        *,
        streams_of: Callable[[str], int],
        now: Callable[[], datetime],
        storage: StorageLook | None = None,
    ) -> None:
        self._info = info
        self._accounts = accounts
        self._files = files
        self._recent = recent
        self._permitted = permitted
        self._streams_of = streams_of
        self._now = now
        self._storage = storage

    async def read(self, accounts: frozenset[str] | None) -> Status:
        """Return how things are, for one who may see these accounts; None for all.

        Raises:
            UnavailableError: STORAGE_UNAVAILABLE.
        """
        with self._permitted.limited_to(accounts):
            now = self._now()
            return Status(
                now,
                await self._info.read(""),
                tuple([await self._status(each, now) for each in await self._accounts.list()]),
                self._recent.first_bytes,
                self._recent.transitions,
                {
                    account_id: fault
                    for account_id, fault in self._files.file_faults().items()
                    if accounts is None or account_id in accounts or not account_id
                },
                StorageHealth() if self._storage is None else await self._storage.look(),
            )

    async def _status(self, account: Account, now: datetime) -> AccountStatus:
        return AccountStatus(
            account,
            account.state(now),
            (account.token_assumed_expire_time - now).days,
            await self._info.read(account.id),
            self._streams_of(account.id),
        )
