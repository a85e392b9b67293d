"""A server that goes down waits for one more look at what it counted, and not for ever."""

import asyncio

import pytest

from applemusic_server.web.last_scrape import LastScrape


async def test_without_a_time_nobody_is_waited_for() -> None:
    async with asyncio.timeout(1):
        await LastScrape(0).wait()


@pytest.mark.parametrize("end", [LastScrape.seen, LastScrape.hurry])
async def test_the_next_look_ends_the_wait(end: object) -> None:
    scrape = LastScrape(30)
    scrape.seen()  # before the end nobody waits for it
    waiting = asyncio.create_task(scrape.wait())
    await asyncio.sleep(0)
    assert not waiting.done()
    assert callable(end)
    end(scrape)
    async with asyncio.timeout(1):
        await waiting


async def test_who_was_in_a_hurry_before_does_not_wait() -> None:
    scrape = LastScrape(30)
    scrape.hurry()
    async with asyncio.timeout(1):
        await scrape.wait()


async def test_nobody_who_comes_is_waited_for_so_long_only() -> None:
    async with asyncio.timeout(5):
        await LastScrape(0.01).wait()
