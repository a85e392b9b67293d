"""A listener who goes away, at any moment: nothing is left open, and nobody waits."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from applemusic_server.domain.audio import AudioContainer
from applemusic_server.domain.errors import Reason, UnavailableError
from tests.support.play import Stage

NewStage = Callable[[], Stage]

KINDS: dict[str, dict[str, Any]] = {
    "whole": {},
    "adts": {"container": AudioContainer.ADTS},
    "time": {"start_offset": timedelta(seconds=17)},
    "byte": {"byte_offset": 700_000},
    "adts byte": {"container": AudioContainer.ADTS, "byte_offset": 700_000},
}


async def cancel_after(stage: Stage, steps: int, request: dict[str, Any]) -> bool:
    """Cancel the listener at its n-th turn of the event loop; False if it had finished before."""

    async def listen() -> None:
        frames = stage.stream(**request)
        try:
            async for _ in frames:
                pass
        finally:
            await frames.aclose()

    task = asyncio.ensure_future(listen())

    async def steer() -> None:
        # Turns in which nothing but the clock moves are not counted: they are all the same.
        while not task.done() and stage.apple.happened < steps:  # noqa: ASYNC110 - turn by turn
            await asyncio.sleep(0)

    await stage.clock.drive(steer())
    unfinished = not task.done()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    stage.check_closed()
    return unfinished


@pytest.mark.parametrize("kind", KINDS)
async def test_cancelled_after_any_number_of_things_happened(
    new_stage: NewStage, kind: str
) -> None:
    steps = 0
    while await cancel_after(new_stage(), steps, KINDS[kind]):
        steps += 1
    assert steps > 20


@pytest.mark.parametrize("kind", KINDS)
async def test_cancelled_at_every_turn_of_the_start(new_stage: NewStage, kind: str) -> None:
    """Each await point of the first seconds, one by one."""
    for turns in range(1200):
        stage = new_stage()
        got: list[object] = []

        async def listen(stage: Stage = stage, got: list[object] = got) -> None:
            frames = stage.stream(**KINDS[kind])
            try:
                async for frame in frames:
                    got.append(frame)  # noqa: PERF401 - it is looked at before the end
            finally:
                await frames.aclose()

        async def steer(turns: int = turns) -> None:
            for _ in range(turns):
                await asyncio.sleep(0)

        task = asyncio.ensure_future(listen())
        await stage.clock.drive(steer())
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        stage.check_closed()
        if len(got) >= 4:
            return
    pytest.fail("the stream never began")


@pytest.mark.parametrize("frames", [0, 1, 2, 5, 30])
async def test_closed_after_so_many_frames(stage: Stage, frames: int) -> None:
    async def run() -> None:
        stream = stage.stream()
        for _ in range(frames):
            await anext(stream)
        await stream.aclose()
        with pytest.raises(StopAsyncIteration):
            await anext(stream)

    await stage.clock.drive(run())
    stage.check_closed()


async def test_cancelled_while_apple_is_away(stage: Stage) -> None:
    """In the wait before a broken transfer is taken up again."""

    def fault(number: int) -> None:
        if number > 1:
            raise UnavailableError(
                Reason.UPSTREAM_UNAVAILABLE, "500", retry_after=timedelta(hours=1)
            )

    stage.apple.faults["range"] = fault
    assert await cancel_after(stage, 16, {})


async def test_many_come_and_go(stage: Stage) -> None:
    async def one(turns: int) -> None:
        stream = stage.stream()
        task = asyncio.ensure_future(anext(stream))
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await stream.aclose()

    for turns in range(300):
        await stage.clock.drive(one(turns % 40))
    stage.check_closed()
