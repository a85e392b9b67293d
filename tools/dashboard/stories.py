"""What happens while the dashboard is looked at: in seconds for a test, in minutes for pictures."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Final

from tools.dashboard.load import FIRST, Load, tried

ACCOUNTS: Final = (FIRST, "berta", "carla")
# Little is sent ahead, so that short songs take as long as they are and can stall.
PACE: Final = {
    "PLAYBACK__BURST_SECONDS": "2",
    "PLAYBACK__FILL_RATE": "2",
    "PLAYBACK__LEAD_SECONDS": "3",
}


async def in_seconds(load: Load) -> None:
    """Let everything happen once that the dashboard has a panel for."""
    anna, berta, carla = ACCOUNTS
    songs = load.songs

    async def trouble() -> None:
        await load.refuse(carla, songs[3])
        await load.skip(carla)
        await load.stall(carla, songs[4], seconds=5, late=8)
        await load.lose(carla)
        await load.throttled(4, load.sync(berta))

    async with listeners(load.listen(anna, tells=True), load.listen(berta, tells=False)):
        await asyncio.gather(
            load.browse(anna),
            load.ask_in_vain(),
            load.sync(anna),
            load.renew(anna),
            load.begin_signing_in(),
            load.break_off(berta, songs[5], songs[6]),
            trouble(),
        )


async def in_minutes(load: Load, told: Callable[[str], None]) -> None:
    """Let an evening of a small household go by in eight minutes.

    Args:
        load: What is to happen.
        told: Is told what happens.
    """
    anna, berta, carla = ACCOUNTS
    songs = load.songs

    async def step(what: str, work: Awaitable[object], then_seconds: float) -> None:
        told(what)
        await work
        await asyncio.sleep(then_seconds)

    async def look_around() -> None:
        while True:
            await tried(load.browse(anna))
            await asyncio.sleep(7)

    async with listeners(
        load.listen(anna, tells=True),
        load.listen(berta, tells=True, first=4),
        load.listen(carla, tells=False, first=7),
        look_around(),
    ):
        await step("three listeners", load.begin_signing_in(), 30)
        await step("a song that there is not", load.ask_in_vain(), 30)
        await load.control.library(60_000)
        syncing = asyncio.create_task(load.sync(anna))
        await step("a first sync of 60,000 songs", asyncio.sleep(5), 0)
        await step("Apple throttles", load.throttled(6, asyncio.sleep(40)), 0)
        await step("the sync goes on", syncing, 30)
        await step("a song is refused", load.refuse(carla, songs[1]), 10)
        await step("songs break off", load.break_off(carla, songs[2], songs[3]), 20)
        await step("audio comes late", load.stall(berta, songs[5], seconds=30, late=4), 20)
        await step("a sign-in is renewed", load.renew(berta), 20)
        await step("another one is revoked", load.lose(carla), 20)
        await step("the server is restarted", load.restart(), 30)
        await step("another sync", load.sync(anna), 20)
        told("the evening is over")


@asynccontextmanager
async def listeners(*each: Coroutine[None, None, None]) -> AsyncIterator[None]:
    """Let people listen while the body runs; a song that plays then is left."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one) for one in each]
        yield
        for task in tasks:
            task.cancel()
