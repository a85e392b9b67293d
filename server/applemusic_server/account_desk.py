"""Puts together what commands do with accounts and tokens, beside a server that may run.

To the server a command is one more replica: it hears of what was done within ten seconds.
"""

import logging
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog
from prometheus_client import CollectorRegistry

from applemusic_server.config import Settings
from applemusic_server.domain.access import PermittedAccounts
from applemusic_server.domain.tracing import SilentTracer
from applemusic_server.open_storage import open_cipher, open_configured_database
from applemusic_server.storage.accounts import DatabaseAccountStore
from applemusic_server.telemetry.tokens import TokenTelemetry
from applemusic_server.telemetry.upstream import UpstreamTelemetry
from applemusic_server.token_parts import Storage, TokenParts
from applemusic_server.upstream_parts import Upstream, open_upstream


@dataclass(frozen=True, slots=True)
class AccountDesk:
    """What a command needs.

    Attributes:
        store: Accounts as they are stored.
        tokens: The use cases of signing in and out and of renewing.
        apple: Where Apple is asked.
    """

    store: DatabaseAccountStore
    tokens: TokenParts
    apple: Upstream


@asynccontextmanager
async def account_desk(
    settings: Settings, environment: Mapping[str, str], *, make: bool = False
) -> AsyncIterator[AccountDesk]:
    """Open database, key and the way to Apple; nobody is asked yet, and nothing runs.

    Args:
        settings: The server's.
        environment: Names the data folder where the settings do not.
        make: Make the database and the key where there are none.

    Raises:
        AppleMusicError: STORAGE_UNAVAILABLE, STORAGE_KEY_MISMATCH.
        OSError: The folder cannot be made.
    """
    async with AsyncExitStack() as opened:
        database = await open_configured_database(settings.storage, environment, make=make)
        opened.push_async_callback(database.close)
        cipher = open_cipher(settings.storage, environment, make=make)
        store = DatabaseAccountStore(database, cipher)
        registry = CollectorRegistry()
        # What the use cases would log, a command says itself.
        silent = structlog.make_filtering_bound_logger(logging.CRITICAL)
        log = structlog.wrap_logger(structlog.ReturnLogger(), wrapper_class=silent)
        apple = open_upstream(
            settings,
            UpstreamTelemetry(registry),
            SilentTracer(),
            opened,
            now=_now,
            clock=time.monotonic,
        )
        tokens = TokenParts(
            Storage(database, store),
            user_tokens=apple.user_tokens,
            listeners=apple.listeners,
            developer_tokens=apple.developer_tokens,
            check=apple.check,
            telemetry=TokenTelemetry(registry, log),
            permitted=PermittedAccounts(),
            now=_now,
        )
        opened.push_async_callback(tokens.stop)
        yield AccountDesk(store, tokens, apple)


def _now() -> datetime:
    return datetime.now(UTC)
