"""Apple is away: how long a caller with the usual settings waits, and how often Apple is asked."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import timedelta

import pytest

from applemusic import Client, errors
from applemusic.errors import Advice
from tests.support.stage import Stage

SetUp = Callable[..., AbstractAsyncContextManager[Stage]]


async def test_a_search_fails_within_what_a_person_waits(stage: Stage) -> None:
    stage.fault("*", "status", status=500, count=None)
    stage.simulator.world.requests.clear()
    async with (
        asyncio.timeout(6),
        Client(f"127.0.0.1:{stage.server.grpc_port}") as music,
    ):
        with pytest.raises(errors.UpstreamUnavailableError) as caught:
            await music.catalog.search("interlude")
    assert caught.value.retry_after == timedelta(seconds=2)
    assert caught.value.advice is Advice.RETRY
    assert stage.simulator.world.requests.count("api") == 3


async def test_a_song_fails_within_what_a_player_waits(stage: Stage) -> None:
    stage.fault("*", "status", status=503, count=None)
    stage.simulator.world.requests.clear()
    async with (
        asyncio.timeout(10),
        Client(f"127.0.0.1:{stage.server.grpc_port}") as music,
    ):
        with pytest.raises(errors.UpstreamUnavailableError) as caught:
            await music.audio.stream(stage.song.id).start()
    assert caught.value.retry_after == timedelta(seconds=2)
    assert stage.simulator.world.requests.count("webPlayback") == 6


async def test_a_short_absence_is_not_noticed(stage: Stage) -> None:
    stage.fault("api", "status", status=500, count=2)
    stage.fault("webPlayback", "status", status=500, count=4)
    async with Client(f"127.0.0.1:{stage.server.grpc_port}") as music:
        assert (await music.catalog.search("interlude")).songs
        async with music.audio.stream(stage.song.id) as stream:
            assert [chunk async for chunk in stream]


async def test_a_file_server_that_hangs_at_the_start_is_asked_again(stage: Stage) -> None:
    stage.fault("cdn", "hang")
    async with asyncio.timeout(9):
        assert await stage.play(stage.song.id)


async def test_a_file_server_that_always_hangs_fails_the_start_in_time(stage_of: SetUp) -> None:
    async with stage_of(playback={"start_timeout_seconds": 2}) as stage:
        stage.fault("cdn", "hang", count=None)
        with pytest.raises(errors.UpstreamTimeoutError) as caught:
            await stage.play(stage.song.id)
        assert caught.value.metadata["endpoint"] == "media.range"
        assert (caught.value.advice, caught.value.retry_after) == (
            Advice.RETRY,
            timedelta(seconds=2),
        )
