"""Puts the checks together and does them, those that do not build on each other at once."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

from prometheus_client import CollectorRegistry

from applemusic_server.application.account_checks import AccountChecks
from applemusic_server.application.capability_memory import CapabilityMemory
from applemusic_server.application.check_run import CheckRun
from applemusic_server.application.diagnostic_check import (
    Check,
    Checked,
    CheckStatus,
    Finding,
    fine,
    skipped,
)
from applemusic_server.application.server_checks import (
    ServerChecks,
    ServerFindings,
    clock_finding,
)
from applemusic_server.config import Settings
from applemusic_server.doctor import machine
from applemusic_server.doctor.access import look_at_access, look_at_server
from applemusic_server.doctor.hosts import HostLook, apple_hosts
from applemusic_server.doctor.stored import Stored, look_at_stored
from applemusic_server.domain.capability import Capability, CapabilityStore, KnownAnswer
from applemusic_server.domain.errors import NotFoundError
from applemusic_server.domain.together import all_of
from applemusic_server.domain.tracing import SilentTracer
from applemusic_server.from_settings import endpoints_of
from applemusic_server.sign_in_parts import is_only_seen_here
from applemusic_server.storage.capability_answers import DatabaseCapabilityStore
from applemusic_server.telemetry.upstream import UpstreamTelemetry
from applemusic_server.upstream.endpoints import Endpoint
from applemusic_server.upstream.transport import Call
from applemusic_server.upstream_parts import Upstream, open_upstream

_API_CHECK: Final = "host.api.music.apple.com"
# Of the checks that a running server does; the others are done here in another way.
_OF_SERVER: Final = ("encryption_key", "developer_token", "apple", "sign_in_address", "accounts")

Work = Callable[[], Coroutine[Any, Any, Finding]]


class Examination:
    """Looks into everything.

    Args:
        settings: The server's.
        environment: Names the data folder where the settings do not.
        offline: Ask nobody but this machine and the database.
        hosts: Tries Apple's hosts.
        now: The time now, in UTC.
        clock: Monotonic seconds.
    """

    def __init__(
        self,
        settings: Settings,
        environment: Mapping[str, str],
        *,
        offline: bool = False,
        hosts: HostLook | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._environment = environment
        self._hosts = hosts or HostLook()
        self._now = now
        self._clock = clock
        self._run = CheckRun(clock, offline=offline)

    async def examine(self) -> tuple[Checked, ...]:
        """Do all checks; takes a second, and at most 30 s. What is wrong is no error."""
        async with AsyncExitStack() as opened:
            local, (stored, of_storage), hosts = await asyncio.gather(
                self._do(self._local_checks()),
                self._look_at_stored(opened),
                self._do(self._host_checks()),
            )
            apple = open_upstream(
                self._settings,
                UpstreamTelemetry(CollectorRegistry()),
                SilentTracer(),
                opened,
                now=self._now,
                clock=self._clock,
            )
            checks = [*self._server_checks(stored, apple), *self._account_checks(stored, apple)]
            if _failed(hosts, _API_CHECK):
                checks = [_unreachable(each) if each.asks_apple else each for each in checks]
            key, *rest = await self._do(checks)
            return (*local, *of_storage, key, *hosts, *rest)

    async def _do(self, checks: Sequence[Check]) -> list[Checked]:
        return await all_of(self._run.do(each) for each in checks)

    def _local_checks(self) -> list[Check]:
        settings, environment = self._settings, self._environment
        return [
            Check("configuration", _in_thread(lambda: look_at_access(settings))),
            Check("versions", _in_thread(machine.look_at_versions)),
            Check("server", _in_thread(lambda: look_at_server(settings))),
            Check("widevine_device", _in_thread(lambda: machine.look_at_device(settings))),
            Check("data_folder", _in_thread(lambda: machine.look_at_folder(settings, environment))),
            Check("disk_space", _in_thread(lambda: machine.look_at_disk(settings, environment))),
            Check(
                "encryption_key_file",
                _in_thread(lambda: machine.look_at_key_file(settings, environment)),
            ),
        ]

    async def _look_at_stored(self, opened: AsyncExitStack) -> tuple[Stored, list[Checked]]:
        stored: Stored | None = None

        async def database() -> Finding:
            nonlocal stored
            stored = await look_at_stored(self._settings, self._environment, opened)
            return stored.state

        state = await self._run.do(Check("database", database))
        found = stored or Stored(state.finding, skipped("the database did not answer"), None, None)
        return found, [state, replace(state, name="storage", finding=found.writes, seconds=0.0)]

    def _host_checks(self) -> list[Check]:
        return [
            Check(f"host.{host.name}", partial(self._hosts.look, host), asks_apple=True)
            for host in apple_hosts(endpoints_of(self._settings))
        ]

    def _server_checks(self, stored: Stored, apple: Upstream) -> list[Check]:
        known = ServerFindings(None, is_only_seen_here(self._settings))
        made = ServerChecks(known, apple.developer_tokens, apple.check, self._now)
        checks = [each for each in made.checks(stored.accounts) if each.name in _OF_SERVER]

        async def clock() -> Finding:
            # Apple tells the time to whoever asks, also to who has no token.
            url = f"{apple.endpoints.api}/v1/test"
            apple_time = (await apple.transport.send(Call(Endpoint.TEST, url))).time
            if apple_time is None:
                return skipped("Apple did not tell the time")
            return clock_finding(self._now() - apple_time)

        async def storefront() -> Finding:
            return await self._storefront(apple)

        return [
            *checks,
            Check("clock", clock, asks_apple=True),
            Check("storefront", storefront, asks_apple=True),
        ]

    async def _storefront(self, apple: Upstream) -> Finding:
        wanted = self._settings.apple.storefront
        try:
            await apple.storefronts.storefront(wanted)
        except NotFoundError:
            return Finding(
                CheckStatus.FAILED,
                f"Apple has no storefront {wanted}, where the catalog is read without an account",
                "set apple.storefront to one that there is, e.g. us",
            )
        return fine(f"Apple has the storefront {wanted}, for the catalog without an account")

    def _account_checks(self, stored: Stored, apple: Upstream) -> list[Check]:
        kept: CapabilityStore = (
            _NothingKept() if stored.database is None else DatabaseCapabilityStore(stored.database)
        )
        made = AccountChecks(
            apple.developer_tokens,
            apple.listeners,
            CapabilityMemory(self._now),
            kept,
            self._now,
        )
        return [
            check
            for place, account in enumerate(stored.accounts or (), start=1)
            for check in made.checks(account, f"account-{place}")
        ]


class _NothingKept:
    """A `CapabilityStore` for where there is no database."""

    async def of(self, account_id: str) -> Mapping[Capability, KnownAnswer]:
        del account_id
        return {}

    async def put(
        self,
        account_id: str,
        answers: Mapping[Capability, KnownAnswer],
        sign_in_time: datetime | None = None,
    ) -> bool:
        del account_id, answers, sign_in_time
        return False


def _in_thread(look: Callable[[], Finding]) -> Work:
    async def work() -> Finding:
        return await asyncio.to_thread(look)

    return work


def _failed(checked: Sequence[Checked], name: str) -> bool:
    return any(each.name == name and each.finding.status is CheckStatus.FAILED for each in checked)


def _unreachable(check: Check) -> Check:
    async def work() -> Finding:
        return skipped("Apple's API cannot be reached, which is told above")

    return replace(check, work=work, asks_apple=True)
