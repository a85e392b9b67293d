"""Looks into everything that has to work for music to play."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime

from applemusic_server.application.account_checks import AccountChecks
from applemusic_server.application.check_run import CheckRun
from applemusic_server.application.diagnostic_check import (
    Check,
    Checked,
    Finding,
    fine,
    storage_finding,
)
from applemusic_server.application.server_checks import ServerChecks
from applemusic_server.application.server_info import AccountList
from applemusic_server.domain.access import PermittedAccounts
from applemusic_server.domain.account import Account
from applemusic_server.domain.errors import NotFoundError, Reason
from applemusic_server.domain.storage_health import StorageLook
from applemusic_server.domain.together import all_of


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What was found.

    Attributes:
        checks: In the order in which they build on each other.
        accounts: With pseudonyms for ids and without names.
        time: When it was looked into.
    """

    checks: tuple[Checked, ...]
    accounts: tuple[Account, ...]
    time: datetime


class Diagnostics:
    """The use case.

    Args:
        known: The accounts that the caller may see.
        server: Checks of the server as a whole.
        accounts: Checks of one account.
        now: The time now, in UTC.
        clock: Monotonic seconds.
        permitted: Which accounts the caller may touch.
        sleep: Waits, in seconds.
        storage: Tries to write; None leaves that out.
    """

    def __init__(
        self,
        known: AccountList,
        server: ServerChecks,
        accounts: AccountChecks,
        *,
        now: Callable[[], datetime],
        clock: Callable[[], float],
        permitted: PermittedAccounts | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        storage: StorageLook | None = None,
    ) -> None:
        self._known = known
        self._permitted = permitted or PermittedAccounts()
        self._server = server
        self._accounts = accounts
        self._now = now
        self._clock = clock
        self._sleep = sleep
        self._storage = storage

    async def look(self, account_id: str, *, offline: bool) -> Diagnosis:
        """Do all checks; takes at most 20 s. What is wrong is an answer, not an error.

        Args:
            account_id: Whose account to look into; empty for all.
            offline: Leave out what asks Apple.

        Raises:
            NotFoundError: ACCOUNT_NOT_FOUND.
            PermissionDeniedError: ACCESS_DENIED.
        """
        if account_id:
            self._permitted.check(account_id)
        read: list[Account] | None = None

        async def storage() -> Finding:
            nonlocal read
            read = list(await self._known.list())
            if self._storage is None:
                return fine("the database answers")
            return storage_finding(await self._storage.look())

        run = CheckRun(self._clock, self._sleep, offline=offline)
        first = await run.do(Check("storage", storage))
        # By their place: an alias could be guessed from any digest of it.
        found = read or []
        named = {account.id: f"account-{place}" for place, account in enumerate(found, start=1)}
        if account_id and read is not None and account_id not in named:
            raise NotFoundError(
                Reason.ACCOUNT_NOT_FOUND,
                f"There is no account {account_id}.",
                metadata={"account": account_id},
            )
        wanted = [account for account in found if account_id in ("", account.id)]
        planned = self._server.checks(read)
        for account in wanted:
            planned += self._accounts.checks(account, named[account.id])
        rest = await all_of(run.do(each) for each in planned)
        shown = (replace(each, id=named[each.id], display_name="") for each in wanted)
        return Diagnosis((first, *rest), tuple(shown), self._now())
