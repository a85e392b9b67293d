"""What is PostgreSQL's alone: passwords, restarts, time limits, conflicts between transactions."""

import asyncio
import logging
import signal
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from applemusic_server.domain.account import Account
from applemusic_server.domain.errors import Reason, UnavailableError
from applemusic_server.domain.secret import Secret
from applemusic_server.storage.accounts import DatabaseAccountStore
from applemusic_server.storage.database import Database, open_database
from applemusic_server.storage.key_file import KeyFile
from applemusic_server.storage.schema import ACCOUNTS
from applemusic_server.storage.token_cipher import TokenCipher, load_cipher
from tests.support.databases import Databases

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
KEY = Fernet.generate_key()
ANNA = Account("anna", Secret("anna" * 10), "de", NOW)


@pytest.fixture
async def url(postgresql: Databases) -> str:
    return postgresql.server.url(await postgresql.up_to_date())


@pytest.fixture
async def shared(url: str) -> AsyncIterator[Database]:
    opened = await open_database(url, max_connections=4)
    yield opened
    await opened.close()


@pytest.fixture
def store(shared: Database) -> DatabaseAccountStore:
    return DatabaseAccountStore(shared, TokenCipher([KEY]))


async def why(call: Awaitable[Any]) -> str:
    with pytest.raises(UnavailableError) as caught:
        await call
    assert caught.value.reason is Reason.STORAGE_UNAVAILABLE
    return str(caught.value)


async def test_the_password_comes_from_elsewhere_and_is_in_no_repr(
    postgresql: Databases, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server, name = postgresql.server, await postgresql.up_to_date()
    without = server.url(name, password=False)

    database = await open_database(without, password=Secret(server.password))
    await database.check()
    engine = database._engine
    seen = [repr(each) for each in (engine, engine.url, engine.pool, vars(database))]
    await database.close()
    database = await open_database(server.url(name))
    seen += [repr(database._engine.url), repr(database._engine)]
    await database.close()

    assert server.password not in "".join(seen)
    assert server.password not in caplog.text
    assert server.password not in server.said


async def test_a_connection_that_cannot_be_had_says_why_and_quotes_no_password(
    postgresql: Databases,
) -> None:
    server = postgresql.server
    secret = "can:ary/pass word"
    with socket.create_server(("127.0.0.1", 0)) as taken:
        silent = taken.getsockname()[1]
    there = f"127.0.0.1:{server.port}"
    cases = {
        f"postgresql://tester:{quote(secret, safe='')}@{there}/postgres": "password authentication",
        f"postgresql://nobody:{quote(secret, safe='')}@{there}/postgres": "password authentication",
        server.url("nowhere"): 'database "nowhere" does not exist',
        f"postgresql://tester:{quote(secret, safe='')}@127.0.0.1:{silent}/x": "Connect call failed",
        # Not encoded: read as host and port, which the driver would quote.
        f"postgresql://tester:{secret}@{there}/postgres": "the URL cannot be read",
        f"postgresql://tester:x@{there}/postgres?sslmode=nonsense": "the URL cannot be read",
        f"{server.url('postgres')}?nonsense=1": "unrecognized configuration parameter",
        f"{server.url('postgres')}?sslmode=require": "rejected SSL upgrade",
    }
    for url, said in cases.items():
        message = await why(open_database(url))
        assert said in message, message
        assert "ary" not in message
        assert "pass word" not in message
        assert server.password not in message


async def test_a_server_that_does_not_answer_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("applemusic_server.storage.postgresql._CONNECT_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes connections, and says nothing
        port = silent.getsockname()[1]
        message = await why(open_database(f"postgresql://u:p@127.0.0.1:{port}/x"))

    assert "no answer within 0.2 s" in message


async def test_it_is_back_as_soon_as_the_server_is(
    postgresql: Databases, store: DatabaseAccountStore, shared: Database
) -> None:
    for how in (signal.SIGINT, signal.SIGQUIT):  # an orderly restart, a crash
        await asyncio.gather(*(store.put(ANNA) for _ in range(4)))  # connections are open

        postgresql.server.stop(how)
        message = await why(store.list())
        assert "Connect call failed" in message
        await why(shared.check())

        postgresql.server.start()
        assert await store.list() == (ANNA,)
        await asyncio.gather(*(store.put(ANNA) for _ in range(4)))


async def test_a_restart_in_the_middle_of_a_transaction_fails_it_whole(
    postgresql: Databases, store: DatabaseAccountStore, shared: Database
) -> None:
    await store.put(ANNA)

    async def cut_in_the_middle() -> None:
        async with shared.writing() as connection:
            await connection.execute(update(ACCOUNTS).values(storefront="us"))
            postgresql.server.stop(signal.SIGINT)
            await connection.execute(update(ACCOUNTS).values(display_name="x"))

    message = await why(cut_in_the_middle())
    postgresql.server.start()

    assert "PostgreSQL" in message
    assert await store.get("anna") == ANNA


async def test_connections_that_an_administrator_cuts_are_replaced(
    postgresql: Databases, store: DatabaseAccountStore
) -> None:
    await asyncio.gather(*(store.put(ANNA) for _ in range(4)))

    await postgresql.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE application_name = 'applemusic-server'"
    )

    assert await asyncio.gather(*(store.get("anna") for _ in range(8))) == [ANNA] * 8


async def test_at_most_so_many_connections_and_then_no_endless_waiting(
    postgresql: Databases, shared: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared._engine.pool, "_timeout", 0.05)
    taken: list[Any] = [shared.reading() for _ in range(4)]
    for each in taken:
        await each.__aenter__()

    message = await why(shared.check())
    (row,) = await postgresql.execute(
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'applemusic-server'"
    )
    for each in taken:
        await each.__aexit__(None, None, None)

    assert "all connections are in use" in message
    assert row[0] == 4
    await shared.check()


async def test_a_statement_that_takes_too_long_is_ended_by_the_server(shared: Database) -> None:
    async def slow() -> None:
        async with shared.writing() as connection:
            await connection.execute(text("SET LOCAL statement_timeout = 50"))
            await connection.execute(text("SELECT pg_sleep(30)"))

    assert "statement timeout (57014)" in await why(slow())
    async with shared.reading() as connection:
        limits = {
            name: (await connection.execute(text(f"SHOW {name}"))).scalar()
            for name in (
                "statement_timeout",
                "lock_timeout",
                "idle_in_transaction_session_timeout",
                "plan_cache_mode",
            )
        }
    assert limits == {
        "statement_timeout": "15s",
        "lock_timeout": "5s",
        "idle_in_transaction_session_timeout": "1min",
        "plan_cache_mode": "force_custom_plan",
    }


async def test_a_server_that_falls_silent_is_given_up_by_the_client(
    url: str, monkeypatch: pytest.MonkeyPatch, postgresql: Databases
) -> None:
    monkeypatch.setattr("applemusic_server.storage.postgresql._COMMAND_SECONDS", 0.2)
    database = await open_database(url)
    await database.check()
    (row,) = await postgresql.execute(
        "SELECT pid FROM pg_stat_activity WHERE application_name = 'applemusic-server'"
    )
    postgresql.server.pause(row[0])
    try:
        message = await why(database.check())
    finally:
        postgresql.server.resume(row[0])

    assert "does not answer in time" in message
    await database.check()
    await database.close()


async def test_who_gets_into_a_deadlock_does_it_again(
    store: DatabaseAccountStore, shared: Database
) -> None:
    names = ("anna", "berta")
    for name in names:
        await store.put(Account(name, Secret("t" * 40), "de", NOW))
    met = asyncio.Barrier(2)
    attempts: list[str] = []

    def crosswise(first: str, second: str) -> Callable[[AsyncConnection], Awaitable[None]]:
        async def work(connection: AsyncConnection) -> None:
            attempts.append(first)
            await connection.execute(
                update(ACCOUNTS).where(ACCOUNTS.c.id == first).values(display_name=first)
            )
            if attempts.count(first) == 1:
                await met.wait()
            await connection.execute(
                update(ACCOUNTS).where(ACCOUNTS.c.id == second).values(display_name=first)
            )

        return work

    await asyncio.gather(shared.write(crosswise(*names)), shared.write(crosswise(*reversed(names))))

    assert len(attempts) > len(names)  # one of the two, at least once, did it again
    async with shared.reading() as connection:
        rows = (await connection.execute(select(ACCOUNTS.c.display_name))).scalars().all()
    assert len(set(rows)) == 1


async def test_what_waits_for_a_rotation_is_encrypted_with_the_new_key(
    shared: Database, postgresql: Databases, tmp_path: Path
) -> None:
    file = KeyFile(tmp_path / "key")
    file.create()
    store = DatabaseAccountStore(shared, load_cipher(file.path, create=False))
    await store.put(ANNA)
    waiting: list[Any] = []

    async with shared.writing() as connection:
        await connection.execute(select(ACCOUNTS).with_for_update())
        put = asyncio.create_task(store.put(ANNA))
        while not waiting:
            waiting = await postgresql.execute(
                "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
            )
        fresh = Fernet.generate_key()
        file.replace([fresh, *file.read()])
    await put

    assert await DatabaseAccountStore(shared, TokenCipher([fresh])).get("anna") == ANNA


async def test_a_reader_cannot_write(shared: Database) -> None:
    async def write() -> None:
        async with shared.reading() as connection:
            await connection.execute(update(ACCOUNTS).values(storefront="us"))

    assert "read-only transaction" in await why(write())


async def test_without_the_driver_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "asyncpg", None)

    message = await why(open_database("postgresql://user@127.0.0.1/name"))

    assert "pip install 'applemusic-grpc-server[postgresql]'" in message
