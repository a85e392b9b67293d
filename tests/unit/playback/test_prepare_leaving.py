"""Songs that are prepared while the listener, or the server, leaves."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any

import pytest

from applemusic_server.domain.audio import AudioFrame, Preparation
from tests.support.play import Stage
from tests.support.preparing import prepare, states

NewStage = Callable[..., Stage]


async def closed_early(frames: AsyncGenerator[AudioFrame, None], wait: Awaitable[Any]) -> None:
    start = asyncio.ensure_future(anext(frames))
    await wait
    start.cancel()
    await asyncio.gather(start, return_exceptions=True)
    await frames.aclose()


@pytest.mark.parametrize("named", [0.0, 0.05, 0.12, 0.2, 0.24, 0.3])
@pytest.mark.parametrize("joined", [0.0, 0.05, 0.1, 0.24])
async def test_nothing_is_left_wherever_both_end(
    new_stage: NewStage, named: float, joined: float
) -> None:
    stage = new_stage()

    async def run() -> None:
        await prepare(stage, "900", "901", "902")
        await stage.clock.sleep(named)
        await closed_early(stage.stream(), stage.clock.sleep(joined))

    await stage.run(run())


async def test_afterwards_nothing_is_prepared(stage: Stage) -> None:
    async def run() -> None:
        await prepare(stage, "900")
        await stage.preparer.aclose()
        [song] = await prepare(stage, "901")
        assert song.preparation is Preparation.COLD
        assert await states(stage) == []

    await stage.run(run())


@pytest.mark.parametrize("after", [0.0, 0.12, 0.2, 0.3])
async def test_a_listener_may_leave_at_any_turn_of_taking_over(
    new_stage: NewStage, after: float
) -> None:
    for turns in range(120):
        if await leaves_after(new_stage(), after, turns):
            assert turns > 3
            return
    pytest.fail("the stream never began")


async def leaves_after(stage: Stage, after: float, turns: int) -> bool:
    """Whether the first audio came before the listener left, so many turns after asking."""

    async def first_audio() -> None:
        frames = stage.stream()
        try:
            for _ in range(2):
                await anext(frames)
        finally:
            await frames.aclose()

    async def run() -> bool:
        await prepare(stage, "900", "901")
        await stage.clock.sleep(after)
        task = asyncio.ensure_future(first_audio())
        for _ in range(turns):
            await asyncio.sleep(0)
            if turns > 40:
                await stage.clock.sleep(0.01)
        came = task.done()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return came

    return bool(await stage.run(run()))
