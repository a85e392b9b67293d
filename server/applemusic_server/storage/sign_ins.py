"""Keeps sign-ins in the database, where every replica sees them."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, and_, delete, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from applemusic_server.domain.sign_in import Handle, RoomCheck, SignIn, SignInState
from applemusic_server.storage.database import Database
from applemusic_server.storage.schema import SIGN_INS
from applemusic_server.storage.table_lock import lock_table
from applemusic_server.storage.unbroken import unbroken

OPEN_STATES: Final = (SignInState.PENDING.name, SignInState.FINISHING.name)


class DatabaseSignIns:
    """The `SignInStore` of `domain.sign_in`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @unbroken
    async def add(self, sign_in: SignIn, *, check: RoomCheck | None = None) -> None:
        """Store a new sign-in durably, if `check` does not mind how many there are."""
        async with self._database.writing() as connection:
            if check is not None:
                await lock_table(connection, SIGN_INS)
                is_open = _is_open(sign_in.created_time)
                mine = await _count(connection, is_open, SIGN_INS.c.caller == sign_in.caller)
                check(mine, await _count(connection, is_open))
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
                    caller=sign_in.caller,
                )
            )

    @unbroken
    async def get(self, key: str) -> SignIn | None:
        """Return one sign-in as stored."""
        async with self._database.reading() as connection:
            rows = await connection.execute(select(SIGN_INS).where(SIGN_INS.c.id == key))
            row = rows.first()
            return None if row is None else _sign_in(row)

    @unbroken
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

    @unbroken
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

    @unbroken
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

    @unbroken
    async def count_open(self, now: datetime) -> int:
        """Return how many have neither ended nor expired."""
        async with self._database.reading() as connection:
            return await _count(connection, _is_open(now))

    @unbroken
    async def forget(self, expired_before: datetime, *, unopened_before: datetime) -> None:
        """Remove those whose time was up before then; another then for those nobody opened."""
        expired, unopened = SIGN_INS.c.expire_time, SIGN_INS.c.browser == ""
        old = or_(expired < expired_before, and_(unopened, expired < unopened_before))
        async with self._database.reading() as connection:
            if not await _count(connection, old):
                return  # While there is nothing to do, nothing is written.
        async with self._database.writing() as connection:
            await connection.execute(delete(SIGN_INS).where(old))


def _is_open(now: datetime) -> ColumnElement[bool]:
    return and_(SIGN_INS.c.state.in_(OPEN_STATES), SIGN_INS.c.expire_time > now)


async def _count(connection: AsyncConnection, *which: ColumnElement[bool]) -> int:
    rows = await connection.execute(select(func.count()).select_from(SIGN_INS).where(*which))
    return int(rows.scalar_one())


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
        caller=row.caller,
    )
