"""Parts of playback that meet: each has tests of its own, these are for what lies between."""

import asyncio
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import timedelta

import pytest

from applemusic import AudioContainer, AudioStream
from applemusic.models import AudioEventKind, AudioSource, Preparation
from tests.support.stage import Stage, packets

SetUp = Callable[..., AbstractAsyncContextManager[Stage]]
FMP4, ADTS, PCM = AudioContainer.FMP4, AudioContainer.ADTS, AudioContainer.PCM_S16LE
# Songs are sent over a second or two, so that something can happen in their middle.
PACED = {"burst_seconds": 2, "fill_rate": 20, "lead_seconds": 30}
RATE = 44_100
pytestmark = pytest.mark.usefixtures("without_rests")


async def prepare(stage: Stage, song_id: str, container: AudioContainer) -> None:
    await stage.music.audio.prepare([song_id], container=container)
    await ready(stage)
    stage.simulator.world.requests.clear()


async def ready(stage: Stage) -> None:
    """Return when the one song on the list is."""
    while [each.preparation for each in await stage.music.audio.prepared()] != [Preparation.READY]:
        pass


def asked(stage: Stage) -> tuple[int, int]:
    """How often Apple was asked for an address and for a licence."""
    requests = stage.simulator.world.requests
    return requests.count("webPlayback"), requests.count("license")


async def rest(stream: AudioStream) -> bytes:
    return b"".join([bytes(chunk) async for chunk in stream])


async def test_pcm_that_is_prepared_renewed_sought_and_gone_on_with(stage_of: SetUp) -> None:
    """No sample is lost or heard twice, whatever of it happens to one song."""
    paused = 0.0
    async with stage_of(playback=PACED, clock=lambda: time.monotonic() + paused) as stage:
        song = max(stage.songs, key=lambda each: each.duration_ms)
        whole = await stage.play(song.id, container=PCM)
        stage.simulator.world.playback.renew_after = 3600
        await prepare(stage, song.id, PCM)
        async with stage.music.audio.stream(song.id, container=PCM) as stream:
            assert stream.header.preparation is Preparation.READY
            first = bytes(await stream.read() or b"")
            assert asked(stage) == (0, 0)
            stage.fault("cdn", "status", status=403)
            paused = 3600.0
            assert first + await rest(stream) == whole
        assert [each.kind for each in stream.events].count(AudioEventKind.RENEWED) == 2
        assert asked(stage) == (1, 1)
        sample, size = 5 * RATE + 7, stream.header.sample_bytes
        later = whole[sample * size :]
        start = timedelta(seconds=sample / RATE)
        async with stage.music.audio.stream(song.id, container=PCM, start_offset=start) as stream:
            chunk = bytes(await stream.read() or b"")
            assert chunk == later[: len(chunk)]
        etag = stream.header.etag
        assert await stage.play(song.id, container=PCM, byte_offset=4321, etag=etag) == later[4321:]


@pytest.mark.parametrize(("prepared", "wanted"), [(PCM, FMP4), (ADTS, PCM)])
async def test_what_was_prepared_in_another_container_leaves_its_key(
    stage: Stage, prepared: AudioContainer, wanted: AudioContainer
) -> None:
    whole = await stage.play(stage.song.id, container=wanted)
    await prepare(stage, stage.song.id, prepared)
    async with stage.music.audio.stream(stage.song.id, container=wanted) as stream:
        assert await rest(stream) == whole
    assert stream.header.preparation is Preparation.LICENSED
    assert asked(stage) == (0, 0)
    assert await stage.metric("applemusic_prepared_bytes") == 0


async def test_what_befalls_one_of_two_streams_of_a_song_is_not_the_other_s(
    stage_of: SetUp,
) -> None:
    async with stage_of(playback=PACED) as stage:
        song = max(stage.songs, key=lambda each: each.duration_ms)
        original = packets((await stage.asset(song)).clear_path.read_bytes())
        audio = stage.music.audio
        one, other, third = (audio.stream(song.id, container=each) for each in (FMP4, ADTS, FMP4))
        heads = [bytes(await each.read() or b"") for each in (one, other, third)]
        assert asked(stage) == (3, 3)
        assert len({each.header.stream_id for each in (one, other, third)}) == 3
        third.close()
        stage.fault("cdn", "status", status=403)  # of whoever asks next
        ends = await asyncio.gather(rest(one), rest(other))
        for head, end in zip(heads, ends, strict=False):
            assert packets(head + end) == original
        events = [each.kind for stream in (one, other) for each in stream.events]
        assert events == [AudioEventKind.RENEWED]


async def test_a_preview_plays_and_the_next_song_is_a_song_as_soon_as_it_may_be(
    stage: Stage,
) -> None:
    """No subscription yet: a preview plays, and a preview is prepared; then there is one."""
    now, after = stage.songs[:2]
    account = stage.simulator.world.accounts["demo"]
    account.subscribed = False
    async with stage.music.audio.stream(
        now.id, allow_preview=True, next_song_ids=[after.id]
    ) as stream:
        assert stream.header.source is AudioSource.PREVIEW
        assert await rest(stream)
    await ready(stage)
    account.subscribed = True
    async with stage.music.audio.stream(after.id) as stream:
        audio = await rest(stream)
    assert stream.header.source is AudioSource.CATALOG
    assert packets(audio) == packets((await stage.asset(after)).clear_path.read_bytes())
