"""Connections that send nothing, or too slowly, or are too many."""

import asyncio
from collections.abc import AsyncIterator, Callable

import aiohttp
import pytest
from prometheus_client import CollectorRegistry

from applemusic_server.web import patience
from applemusic_server.web.application import web_application
from applemusic_server.web.site import Site
from tests.support.metrics_text import renderer

HALF = b"GET /livez HTTP/1.1\r\nHost: localhost\r\nX-Slow: "


class Visited:
    """A site, a clock, and people who are in no hurry."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.answer = asyncio.Event()
        self.port = 0
        self.writers: list[asyncio.StreamWriter] = []

    def clock(self) -> float:
        return self.seconds

    async def start(self) -> None:
        async def nothing() -> str:
            return ""

        async def refresh() -> None:
            await self.answer.wait()

        application = web_application(renderer(CollectorRegistry()), nothing, refresh, None)
        self.site = Site(application, self.clock)
        self.port = await self.site.start("127.0.0.1", 0)

    async def connect(self, data: bytes = b"") -> asyncio.StreamReader:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(data)
        await writer.drain()
        self.writers.append(writer)
        return reader

    def look(self, seconds: float = 0.0) -> None:
        self.seconds += seconds
        self.site.patience.look()

    async def alive(self) -> bool:
        url = f"http://127.0.0.1:{self.port}/livez"
        async with aiohttp.ClientSession() as session, session.get(url) as response:
            return response.status == 200


@pytest.fixture
async def visited() -> AsyncIterator[Visited]:
    made = Visited()
    await made.start()
    yield made
    made.answer.set()
    for writer in made.writers:
        writer.close()
    await made.site.stop()


async def until(condition: Callable[[], bool]) -> None:
    """Let the event loop run until something holds."""
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - aiohttp has no event for it
            await asyncio.sleep(0)


async def until_seen(visited: Visited, count: int) -> None:
    await until(lambda: len(visited.site._connections()) >= count)


async def closed(reader: asyncio.StreamReader) -> bool:
    try:
        async with asyncio.timeout(10):
            return await reader.read() == b""
    except ConnectionResetError:
        return True


async def test_half_a_request_is_not_waited_for(visited: Visited) -> None:
    slow, silent = await visited.connect(HALF), await visited.connect()
    await until_seen(visited, 2)
    visited.look()
    visited.look(9.9)
    assert not slow.at_eof()

    visited.look(0.2)

    assert await closed(slow)
    assert await closed(silent)
    assert await visited.alive()


async def test_a_byte_now_and_then_changes_nothing(visited: Visited) -> None:
    slow = await visited.connect(HALF)
    await until_seen(visited, 1)
    visited.look()
    for _ in range(4):
        visited.writers[0].write(b"x")
        visited.look(2)
    visited.look(2.1)

    assert await closed(slow)


async def test_a_request_that_is_being_answered_is_left_alone(visited: Visited) -> None:
    url = f"http://127.0.0.1:{visited.port}/metrics"
    async with aiohttp.ClientSession() as session:
        asked = asyncio.create_task(session.get(url))
        await until_seen(visited, 1)
        await until(lambda: bool(visited.site.patience._busy))
        visited.look()
        visited.look(25)
        visited.answer.set()
        assert (await asked).status == 200
        # Kept for the next request, and then no longer than for the first.
        visited.look()
        visited.look(11)
        assert await visited.alive()


async def test_what_takes_too_long_ends(visited: Visited, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "REQUEST_SECONDS", 0.01)
    url = f"http://127.0.0.1:{visited.port}/metrics"
    async with aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.ClientError):
            async with session.get(url) as response:
                response.raise_for_status()
    assert await visited.alive()


async def test_the_longest_waiting_make_room(
    visited: Visited, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "MOST_CONNECTIONS", 5)
    first = await visited.connect(HALF)
    await until_seen(visited, 1)
    visited.look(1)
    others = [await visited.connect(HALF) for _ in range(4)]
    await until_seen(visited, 5)
    visited.look(1)

    assert await visited.alive()

    assert await closed(first)
    assert sum(other.at_eof() for other in others) == 0
    for _ in range(50):
        await visited.connect()
    assert len(visited.site._connections()) <= 6
    assert await visited.alive()


async def test_when_all_are_busy_nobody_else_comes(
    visited: Visited, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "MOST_CONNECTIONS", 1)
    busy = await visited.connect(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
    await until(lambda: bool(visited.site.patience._busy))

    assert await closed(await visited.connect(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n"))

    visited.answer.set()
    assert (await busy.readline()).startswith(b"HTTP/1.1 200")
