"""Access tokens: made and revoked by the operator, recognized by the running server."""

import asyncio
import hashlib
import hmac
import re
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Final, Protocol

from applemusic_server.domain.access import (
    AccessToken,
    AccessTokenStore,
    Grant,
    check_caller_name,
    scopes_of,
)
from applemusic_server.domain.account import check_account_id
from applemusic_server.domain.allowance import Allowance
from applemusic_server.domain.errors import (
    NotFoundError,
    Reason,
    UnavailableError,
    invalid_field,
)
from applemusic_server.domain.secret import Secret

# Recognizable, so that scanners for leaked secrets find it: `amg_<id>_<secret>`.
_TOKEN: Final = re.compile(r"amg_([0-9a-f]{12})_[0-9a-f]{64}")
_ID_BYTES: Final = 6
_SECRET_BYTES: Final = 32
_LONGEST_LIFE: Final = timedelta(days=36_525)

FRESH_SECONDS: Final = 2.0
"""How old what is known of the store may be: the longest that a revoked token still opens calls."""
# Unknown tokens are looked up anew, for they may have been made a moment ago; but only so
# often, for guesses must not make the store work.
_LOOKUPS: Final = 20.0
_LOOKUPS_PER_SECOND: Final = 4.0
_STALE_SECONDS: Final = 60.0
# For who goes by what was known: Prometheus, which gives up after 10 s.
_PATIENCE_SECONDS: Final = 1.0


class AccessTokens:
    """What the operator does with access tokens.

    Args:
        store: Keeps them.
        now: The wall clock, in UTC.
        random_bytes: Cryptographically strong; takes how many.
    """

    def __init__(
        self,
        store: AccessTokenStore,
        now: Callable[[], datetime],
        random_bytes: Callable[[int], bytes],
    ) -> None:
        self._store = store
        self._now = now
        self._random_bytes = random_bytes

    async def create(
        self,
        name: str,
        scopes: Iterable[str],
        accounts: Iterable[str] | None,
        lifetime: timedelta | None = None,
    ) -> Secret:
        """Make a token and return it; it cannot be had again.

        Args:
            name: What to call the caller; no two tokens have the same.
            scopes: Names of `Scope`.
            accounts: Account ids, which need not exist yet; None for all.
            lifetime: None for ever.

        Raises:
            InvalidArgumentError: INVALID_FIELD.
            AppleMusicError: STORAGE_UNAVAILABLE.
        """
        check_caller_name(name)
        ids = None if accounts is None else frozenset(check_account_id(each) for each in accounts)
        if ids is not None and not ids:
            raise invalid_field("account", "name at least one, or all")
        if lifetime is not None and not timedelta(0) < lifetime <= _LONGEST_LIFE:
            raise invalid_field("expires-in", "must be positive and at most 100 years")
        now = self._now()
        token_id = self._random_bytes(_ID_BYTES).hex()
        secret = Secret(f"amg_{token_id}_{self._random_bytes(_SECRET_BYTES).hex()}")
        token = AccessToken(
            id=token_id,
            digest=_digest(secret),
            grant=Grant(name, scopes_of(scopes), ids),
            create_time=now,
            expire_time=None if lifetime is None else now + lifetime,
        )
        if not await self._store.add(token):
            raise invalid_field("name", f"there is a token {name!r} already; revoke it first")
        return secret

    async def list(self) -> tuple[AccessToken, ...]:
        """Return all tokens by name."""
        return await self._store.list()

    async def revoke(self, name: str) -> None:
        """Make a token useless, on running servers within `FRESH_SECONDS`.

        Raises:
            NotFoundError: There is none of this name.
        """
        if not await self._store.delete(name):
            raise NotFoundError(
                Reason.RESOURCE_NOT_FOUND,
                f"there is no access token {name!r}; `access-token list` shows which there are",
                metadata={"resourceType": "access-token", "id": name},
            )


class TokenList(Protocol):
    """Where a running server finds out which tokens there are."""

    async def list(self) -> tuple[AccessToken, ...]:
        """Return all tokens, those that have ended included.

        Raises:
            UnavailableError: STORAGE_UNAVAILABLE.
        """
        ...


def given_token(secret: Secret, grant: Grant, create_time: datetime) -> AccessToken | None:
    """Return the token that an operator made by other means; None when it cannot be one."""
    shown = _TOKEN.fullmatch(secret.reveal())
    return None if shown is None else AccessToken(shown[1], _digest(secret), grant, create_time)


class KnownTokens:
    """What a running server knows of the store, never much older than `FRESH_SECONDS`.

    When the store cannot be read, what was known is good for another minute: a database that is
    busy must not stop the music.

    Args:
        store: Where tokens are.
        clock: Monotonic seconds.
        now: The wall clock, in UTC.
    """

    def __init__(
        self, store: TokenList, clock: Callable[[], float], now: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._clock = clock
        self._now = now
        self._tokens: dict[str, AccessToken] = {}
        self._read_at: float | None = None
        self._reading = asyncio.Lock()
        self._lookups = Allowance(_LOOKUPS, _LOOKUPS_PER_SECOND, clock)

    async def find(self, secret: Secret, *, last_known: bool = False) -> AccessToken | None:
        """Return the token that somebody shows, if it is good now.

        Args:
            secret: What is shown.
            last_known: While the store is away, or does not answer within a second, go by what it
                held when it was last read, however long ago.

        Raises:
            UnavailableError: STORAGE_UNAVAILABLE, for longer than a minute.
        """
        shown = _TOKEN.fullmatch(secret.reveal())
        forgiving = last_known and self._read_at is not None
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS if forgiving else None):
                await self._refresh(FRESH_SECONDS)
                if shown and shown[1] not in self._tokens and self._lookups.take():
                    await self._refresh(0)
        except (UnavailableError, TimeoutError):
            if not forgiving:
                raise
        token = self._tokens.get(shown[1]) if shown else None
        # Compared with something even when the id is unknown: the time must not tell which are.
        digest = token.digest if token else bytes(hashlib.sha256().digest_size)
        matches = hmac.compare_digest(digest, _digest(secret))
        return token if token and matches and token.good(self._now()) else None

    async def still_good(self, token_ids: Iterable[str]) -> frozenset[str]:
        """Return which of these tokens are neither revoked nor past their end."""
        await self._refresh(FRESH_SECONDS / 2)
        now = self._now()
        return frozenset(
            each for each in token_ids if each in self._tokens and self._tokens[each].good(now)
        )

    async def any_good(self) -> bool:
        """Whether there is a token with which anybody could call."""
        await self._refresh(FRESH_SECONDS)
        return any(token.good(self._now()) for token in self._tokens.values())

    async def _refresh(self, seconds: float) -> None:
        if self._is_fresh(seconds):
            return
        async with self._reading:
            if self._is_fresh(seconds):  # by somebody who was faster
                return
            began = self._clock()
            try:
                tokens = await self._store.list()
            except UnavailableError:
                if self._is_fresh(_STALE_SECONDS):
                    return
                raise
            self._tokens = {token.id: token for token in tokens}
            self._read_at = began

    def _is_fresh(self, seconds: float) -> bool:
        return self._read_at is not None and self._clock() - self._read_at < seconds


def _digest(secret: Secret) -> bytes:
    # 256 random bits cannot be guessed, so a slow hash would only make calls slow.
    return hashlib.sha256(secret.reveal().encode()).digest()
