"""Access tokens without a database, and a clock to hold them against."""

import hashlib
import secrets
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from applemusic_server.application.access_tokens import AccessTokens, KnownTokens
from applemusic_server.domain.access import AccessToken
from applemusic_server.domain.errors import Reason, UnavailableError
from applemusic_server.storage.access_tokens import DatabaseAccessTokenStore
from applemusic_server.storage.database import open_database, sqlite_url

START = datetime(2026, 11, 22, 12, tzinfo=UTC)


@dataclass
class Time:
    """One time on both clocks; moves when told to."""

    seconds: float = 1000.0

    def clock(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        return START + timedelta(seconds=self.seconds - 1000.0)


@dataclass
class TokenStore:
    """Keeps tokens in memory; counts reads, and fails when told to."""

    tokens: dict[str, AccessToken] = field(default_factory=dict)
    reads: int = 0
    away: bool = False

    async def list(self) -> tuple[AccessToken, ...]:
        self.reads += 1
        if self.away:
            raise UnavailableError(Reason.STORAGE_UNAVAILABLE, "away")
        return tuple(self.tokens[name] for name in sorted(self.tokens))

    async def add(self, token: AccessToken) -> bool:
        if token.grant.name in self.tokens:
            return False
        self.tokens[token.grant.name] = token
        return True

    async def delete(self, name: str) -> bool:
        return self.tokens.pop(name, None) is not None


@dataclass
class Desk:
    """Where tokens are made, and the server that knows them."""

    time: Time = field(default_factory=Time)
    store: TokenStore = field(default_factory=TokenStore)
    count: int = 0

    def __post_init__(self) -> None:
        self.tokens = AccessTokens(self.store, self.time.now, self.random)
        self.known = KnownTokens(self.store, self.time.clock, self.time.now)

    def random(self, size: int) -> bytes:
        self.count += 1
        return hashlib.sha256(str(self.count).encode()).digest()[:size]

    async def make(
        self,
        name: str,
        scopes: Iterable[str],
        accounts: Iterable[str] | None = None,
        lifetime: timedelta | None = None,
    ) -> str:
        return (await self.tokens.create(name, scopes, accounts, lifetime)).reveal()


@asynccontextmanager
async def access_tokens(data: Path, now: Callable[[], datetime]) -> AsyncIterator[AccessTokens]:
    """What the operator's command has, beside a server that keeps its data there."""
    database = await open_database(sqlite_url(data / "server.db"))
    try:
        yield AccessTokens(DatabaseAccessTokenStore(database), now, secrets.token_bytes)
    finally:
        await database.close()
