"""Keeps access tokens in the database, as digests."""

from typing import Any

from sqlalchemy import Row, delete, select

from applemusic_server.domain.access import AccessToken, Grant, Scope
from applemusic_server.storage.database import Database
from applemusic_server.storage.schema import ACCESS_TOKENS
from applemusic_server.storage.unbroken import unbroken
from applemusic_server.storage.upsert import upsert


class DatabaseAccessTokenStore:
    """The `AccessTokenStore` of `domain.access`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @unbroken
    async def list(self) -> tuple[AccessToken, ...]:
        """Return all tokens by name."""
        async with self._database.reading() as connection:
            rows = await connection.execute(select(ACCESS_TOKENS).order_by(ACCESS_TOKENS.c.name))
            return tuple(_token(row) for row in rows)

    @unbroken
    async def add(self, token: AccessToken) -> bool:
        """Store a token; False when there is one of its name."""
        grant = token.grant
        values = {
            "id": token.id,
            "name": grant.name,
            "digest": token.digest,
            "scopes": ",".join(sorted(grant.scopes)),
            "accounts": None if grant.accounts is None else ",".join(sorted(grant.accounts)),
            "create_time": token.create_time,
            "expire_time": token.expire_time,
        }
        async with self._database.writing() as connection:
            # One that is there stays as it is, whoever else adds at the same time.
            await connection.execute(
                upsert(connection, ACCESS_TOKENS, values, keys=["name"], change=())
            )
            same = select(ACCESS_TOKENS.c.id).where(ACCESS_TOKENS.c.name == grant.name)
            return (await connection.execute(same)).scalar() == token.id

    @unbroken
    async def delete(self, name: str) -> bool:
        """Remove a token; False when there was none of this name."""
        async with self._database.writing() as connection:
            deleted = await connection.execute(
                delete(ACCESS_TOKENS).where(ACCESS_TOKENS.c.name == name)
            )
            return bool(deleted.rowcount)


def _token(row: Row[Any]) -> AccessToken:
    return AccessToken(
        id=row.id,
        digest=row.digest,
        grant=Grant(
            row.name,
            _scopes(row.scopes),
            # An empty text would be no account, never all of them.
            None if row.accounts is None else frozenset(filter(None, row.accounts.split(","))),
        ),
        create_time=row.create_time,
        expire_time=row.expire_time,
    )


def _scopes(text: str) -> frozenset[Scope]:
    """Return scopes without those that only a newer server knows.

    One row that cannot be read must not shut out the owners of all the other tokens.
    """
    known = {scope.value: scope for scope in Scope}
    return frozenset(known[each] for each in text.split(",") if each in known)
