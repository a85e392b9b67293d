"""What `applemusic-server access-token create`, `list` and `revoke` do."""

import json
import re
import secrets
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Final

from applemusic_server.application.access_tokens import AccessTokens
from applemusic_server.config import Settings, is_loopback
from applemusic_server.domain.access import AccessToken
from applemusic_server.domain.errors import invalid_field
from applemusic_server.open_storage import open_configured_database
from applemusic_server.storage.access_tokens import DatabaseAccessTokenStore
from applemusic_server.text_table import text_table

_LIFETIME: Final = re.compile(r"([0-9]+)([hdw])")
# More digits than any lifetime that is allowed, and few enough to reckon with.
_MOST_DIGITS: Final = 7
# An end that is near is told to the minute.
_NEAR: Final = timedelta(days=2)
_UNITS: Final[Mapping[str, timedelta]] = {
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}


async def create(
    settings: Settings,
    environment: Mapping[str, str],
    name: str,
    *,
    scopes: Sequence[str],
    accounts: Sequence[str] | None,
    lifetime: str,
) -> str:
    """Make a token and return it; raises as `AccessTokens.create`."""
    async with _opened(settings, environment, make=True) as tokens:
        secret = await tokens.create(name, scopes, accounts, _parsed(lifetime))
    return secret.reveal()


async def table(settings: Settings, environment: Mapping[str, str], *, as_json: bool) -> str:
    """Return which tokens there are, for a person or a program."""
    async with _opened(settings, environment) as tokens:
        found = await tokens.list()
    rows = [_row(token) for token in found]
    if as_json:
        return json.dumps(rows, indent=2)
    now = datetime.now(UTC)
    return text_table(
        ("NAME", "SCOPES", "ACCOUNTS", "CREATED", "ENDS"),
        [
            (
                token.grant.name,
                ",".join(sorted(token.grant.scopes)),
                "all" if token.grant.accounts is None else ",".join(sorted(token.grant.accounts)),
                f"{token.create_time:%Y-%m-%d}",
                _end(token, now),
            )
            for token in found
        ],
    )


async def revoke(settings: Settings, environment: Mapping[str, str], name: str) -> None:
    """Make a token useless; raises as `AccessTokens.revoke`."""
    async with _opened(settings, environment) as tokens:
        await tokens.revoke(name)


def remark(settings: Settings) -> str:
    """Say what a new token is good for while the server asks nobody for one."""
    grpc = settings.grpc
    if grpc.require_access_token or not (grpc.insecure or is_loopback(grpc.host)):
        return ""
    return (
        "Note: with these settings the server asks nobody for a token. One that is shown counts "
        "all the same; to demand one, set grpc.require_access_token, or listen beyond loopback."
    )


@asynccontextmanager
async def _opened(
    settings: Settings, environment: Mapping[str, str], *, make: bool = False
) -> AsyncIterator[AccessTokens]:
    database = await open_configured_database(settings.storage, environment, make=make)
    try:
        yield AccessTokens(
            DatabaseAccessTokenStore(database), lambda: datetime.now(UTC), secrets.token_bytes
        )
    finally:
        await database.close()


def _parsed(lifetime: str) -> timedelta | None:
    if not lifetime:
        return None
    found = _LIFETIME.fullmatch(lifetime)
    if found is None:
        raise invalid_field("expires-in", "is a number of hours, days or weeks: 12h, 90d, 26w")
    number = found[1].lstrip("0")[: _MOST_DIGITS + 1]
    return int(number or "0") * _UNITS[found[2]]


def _row(token: AccessToken) -> dict[str, object]:
    grant = token.grant
    return {
        "name": grant.name,
        "scopes": sorted(grant.scopes),
        "accounts": None if grant.accounts is None else sorted(grant.accounts),
        "create_time": token.create_time.isoformat(),
        "expire_time": token.expire_time.isoformat() if token.expire_time else None,
    }


def _end(token: AccessToken, now: datetime) -> str:
    if token.expire_time is None:
        return "never"
    near = abs(token.expire_time - now) < _NEAR
    shown = f"{token.expire_time:%Y-%m-%d %H:%M} UTC" if near else f"{token.expire_time:%Y-%m-%d}"
    return shown + ("" if token.good(now) else " (ended)")
