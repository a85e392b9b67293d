"""A listener who goes away, at any moment: nothing is left open, and nobody waits."""

import asyncio
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from itertools import count
from typing import Any

import pytest

from applemusic_server.domain.audio import AudioChunk, AudioContainer
from applemusic_server.domain.errors import Reason, UnavailableError
from tests.support.play import Stage

NewStage = Callable[..., Stage]

KINDS: dict[str, dict[str, Any]] = {
    "whole": {},
    "adts": {"container": AudioContainer.ADTS},
    "time": {"start_offset": timedelta(seconds=17)},
    "byte": {"byte_offset": 700_000},
    "adts byte": {"container": AudioContainer.ADTS, "byte_offset": 700_000},
}


async def cancel_when(
    stage: Stage, enough: Callable[[], bool], request: dict[str, Any]
) -> list[object] | None:
    """Cancel a listener once `enough`; what they got by then, or None if they got it all."""
    got: list[object] = []

    async def listen() -> None:
        frames = stage.stream(**request)
        try:
            async for frame in frames:
                got.append(frame)  # noqa: PERF401 - it is looked at before the end
        finally:
            await frames.aclose()

    async def alone() -> None:
        await asyncio.gather(task, return_exceptions=True)

    def cancel() -> None:
        if enough():
            task.cancel()

    task = asyncio.ensure_future(listen())
    await stage.clock.drive(alone(), cancel)
    stage.check_closed()
    return got if task.cancelled() else None


def enough_happened(stage: Stage, steps: int) -> bool:
    return stage.apple.happened >= steps


def countdown(turns: int) -> Iterator[bool]:
    for turn in count():
        yield turn >= turns


@pytest.mark.parametrize("kind", KINDS)
async def test_cancelled_after_any_number_of_things_happened(
    new_stage: NewStage, kind: str
) -> None:
    for steps in count():
        stage = new_stage()
        if await cancel_when(stage, partial(enough_happened, stage, steps), KINDS[kind]) is None:
            assert steps > 20
            return


@pytest.mark.parametrize("kind", KINDS)
async def test_cancelled_at_every_turn_of_the_start(new_stage: NewStage, kind: str) -> None:
    """Each await point up to the first chunks, one by one."""
    for turns in range(1200):
        got = await cancel_when(new_stage(), partial(next, countdown(turns)), KINDS[kind])
        if got is None or len(got) >= 4:
            assert turns > 20
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
    asked = stage.apple.calls
    got = await cancel_when(stage, lambda: asked.get("range", 0) >= 2, {})
    assert got is not None
    assert any(isinstance(frame, AudioChunk) for frame in got)


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
