"""Keeps sign-ins in the database, where every replica sees them."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, delete, func, insert, select, update

from applemusic_server.domain.sign_in import Handle, SignIn, SignInState
from applemusic_server.storage.database import Database
from applemusic_server.storage.schema import SIGN_INS

OPEN_STATES: Final = (SignInState.PENDING.name, SignInState.FINISHING.name)


class DatabaseSignIns:
    """The `SignInStore` of `domain.sign_in`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, sign_in: SignIn) -> None:
        """Store a new sign-in durably."""
        async with self._database.writing() as connection:
            await connection.execute(
                insert(SIGN_INS).values(
                    id=sign_in.key,
                    ticket=sign_in.ticket,
                    code=sign_in.code,
                    browser=sign_in.browser,
                    account=sign_in.account,
                    display_name=sign_in.display_name,
                    state=sign_in.state.name,
                    message=sign_in.message,
                    created_time=sign_in.created_time,
                    expire_time=sign_in.expire_time,
                )
            )

    async def get(self, key: str) -> SignIn | None:
        """Return one sign-in as stored."""
        async with self._database.reading() as connection:
            rows = await connection.execute(select(SIGN_INS).where(SIGN_INS.c.id == key))
            row = rows.first()
            return None if row is None else _sign_in(row)

    async def find(self, handle: Handle, digest: str) -> SignIn | None:
        """Return the newest sign-in with this ticket, code or browser."""
        if not digest:
            return None
        async with self._database.reading() as connection:
            rows = await connection.execute(
                select(SIGN_INS)
                .where(SIGN_INS.c[handle.value] == digest)
                .order_by(SIGN_INS.c.created_time.desc(), SIGN_INS.c.id)
                .limit(1)
            )
            row = rows.first()
            return None if row is None else _sign_in(row)

    async def open(self, key: str, browser: str) -> bool:
        """Bind a pending sign-in to a browser; False when it is bound already or has ended."""
        async with self._database.writing() as connection:
            changed = await connection.execute(
                update(SIGN_INS)
                .where(
                    SIGN_INS.c.id == key,
                    SIGN_INS.c.browser == "",
                    SIGN_INS.c.state == SignInState.PENDING.name,
                )
                .values(browser=browser)
            )
            return changed.rowcount == 1

    async def move(
        self, key: str, before: SignInState, after: SignInState, *, message: str = ""
    ) -> bool:
        """Change the state if it still is `before`; False when it is not. Of two, one wins."""
        async with self._database.writing() as connection:
            changed = await connection.execute(
                update(SIGN_INS)
                .where(SIGN_INS.c.id == key, SIGN_INS.c.state == before.name)
                .values(state=after.name, message=message)
            )
            return changed.rowcount == 1

    async def count_open(self, now: datetime) -> int:
        """Return how many have neither ended nor expired."""
        async with self._database.reading() as connection:
            rows = await connection.execute(
                select(func.count())
                .select_from(SIGN_INS)
                .where(SIGN_INS.c.state.in_(OPEN_STATES), SIGN_INS.c.expire_time > now)
            )
            return int(rows.scalar_one())

    async def forget(self, expired_before: datetime) -> None:
        """Remove those whose time was up before then."""
        async with self._database.writing() as connection:
            await connection.execute(
                delete(SIGN_INS).where(SIGN_INS.c.expire_time < expired_before)
            )


def _sign_in(row: Row[Any]) -> SignIn:
    return SignIn(
        key=row.id,
        account=row.account,
        display_name=row.display_name,
        ticket=row.ticket,
        code=row.code,
        browser=row.browser,
        created_time=row.created_time,
        expire_time=row.expire_time,
        state=SignInState[row.state],
        message=row.message,
    )
