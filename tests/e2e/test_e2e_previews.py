"""Previews, end to end: only for those who ask, and only where the song does not play."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import timedelta

import pytest

from applemusic import AudioContainer, errors
from applemusic.models import AudioEvent, AudioEventKind, AudioSource, Preparation
from applemusic_simulator.model import Song
from tests.support.stage import Stage, packets

SetUp = Callable[..., AbstractAsyncContextManager[Stage]]


async def file_of(stage: Stage, song: Song) -> bytes:
    return (await stage.simulator.playback.store.preview(song)).read_bytes()


def longest(stage: Stage) -> Song:
    return max(stage.songs, key=lambda song: song.duration_ms)


async def test_a_preview_without_a_widevine_device(stage_of: SetUp) -> None:
    async with stage_of(widevine=False) as stage:
        song = longest(stage)
        with pytest.raises(errors.WidevineDeviceMissingError):
            await stage.play(song.id)
        async with stage.music.audio.stream(song.id, allow_preview=True) as stream:
            audio = b"".join([bytes(chunk) async for chunk in stream])
        header = stream.header
        assert audio == await file_of(stage, song)
        assert header.source is AudioSource.PREVIEW
        assert (header.mime_type, header.codec) == ("audio/mp4", "mp4a.40.2")
        assert header.duration is not None
        assert header.duration <= timedelta(seconds=30.1)
        assert header.seekable
        assert len(packets(audio)) > 100
        asked = stage.simulator.world.requests
        assert (asked.count("webPlayback"), asked.count("license")) == (0, 0)
        can = (await stage.music.server.info(account="default")).capabilities
        assert can is not None
        assert (can.preview_playback, can.playback) == (True, False)


async def test_a_song_that_plays_is_played(stage: Stage) -> None:
    song = stage.song
    original = packets((await stage.asset(song)).clear_path.read_bytes())
    async with stage.music.audio.stream(song.id, allow_preview=True) as stream:
        audio = b"".join([bytes(chunk) async for chunk in stream])
    assert stream.header.source is AudioSource.CATALOG
    assert packets(audio) == original
    assert stage.simulator.world.requests.count("preview") == 0


@pytest.mark.parametrize(
    ("endpoint", "code"),
    [("webPlayback", "3063"), ("webPlayback", "3076"), ("license", "-1003"), ("license", "3063")],
)
async def test_when_apple_does_not_play_the_song(stage: Stage, endpoint: str, code: str) -> None:
    kind = "failure" if endpoint == "webPlayback" else "refuse"
    stage.fault(endpoint, kind, code=code, count=None)
    with pytest.raises(errors.AppleMusicError):
        await stage.play(stage.song.id)
    async with stage.music.audio.stream(stage.song.id, allow_preview=True) as stream:
        audio = b"".join([bytes(chunk) async for chunk in stream])
    assert stream.header.source is AudioSource.PREVIEW
    assert audio == await file_of(stage, stage.song)


@pytest.mark.parametrize("code", ["3082", "3084", "-1004", "2002", "5002", "1010"])
async def test_what_passes_or_forbids_is_no_reason_for_a_preview(stage: Stage, code: str) -> None:
    stage.fault("webPlayback", "failure", code=code, count=None)
    with pytest.raises(errors.AppleMusicError):
        await stage.play(stage.song.id, allow_preview=True)
    assert stage.simulator.world.requests.count("preview") == 0


async def test_an_account_without_a_subscription(stage: Stage) -> None:
    stage.simulator.world.accounts["demo"].subscribed = False
    with pytest.raises(errors.SubscriptionRequiredError):
        await stage.play(stage.song.id)
    async with stage.music.audio.stream(
        stage.song.id, allow_preview=True, container=AudioContainer.ADTS
    ) as stream:
        audio = b"".join([bytes(chunk) async for chunk in stream])
    assert stream.header.source is AudioSource.PREVIEW
    assert packets(audio) == packets(await file_of(stage, stage.song))


async def test_a_song_of_the_library(stage_of: SetUp) -> None:
    async with stage_of(widevine=False) as stage:
        own = stage.simulator.world.libraries.of("demo").song_with(stage.song.id)
        assert own is not None
        assert await stage.play(own.id, allow_preview=True) == await file_of(stage, stage.song)


async def test_no_preview_is_the_reason_why_the_song_does_not_play(stage_of: SetUp) -> None:
    async with stage_of(widevine=False) as stage:
        with pytest.raises(errors.WidevineDeviceMissingError):
            await stage.play("999999999", allow_preview=True)


async def test_seeking_and_going_on_in_a_preview(stage_of: SetUp) -> None:
    async with stage_of(widevine=False) as stage:
        song = longest(stage)
        async with stage.music.audio.stream(song.id, allow_preview=True) as stream:
            audio = b"".join([bytes(chunk) async for chunk in stream])
        half = len(audio) // 2
        rest = await stage.play(
            song.id, allow_preview=True, byte_offset=half, etag=stream.header.etag
        )
        assert rest == audio[half:]
        late = await stage.play(song.id, allow_preview=True, start_offset=timedelta(seconds=5))
        assert packets(audio)[-len(packets(late)) :] == packets(late)
        with pytest.raises(errors.OffsetOutOfRangeError):
            await stage.play(song.id, allow_preview=True, start_offset=timedelta(seconds=40))


async def test_a_preview_never_goes_on_with_a_song(stage: Stage) -> None:
    async with stage.music.audio.stream(stage.song.id) as stream:
        async for _ in stream:
            break
    await stage.music.auth.submit_music_user_token(stage.simulator.music_user_token())
    stage.fault("webPlayback", "failure", code="3063", count=None)
    with pytest.raises(errors.MediaChangedError):
        await stage.play(
            stage.song.id, allow_preview=True, byte_offset=5000, etag=stream.header.etag
        )


async def test_previews_of_what_comes_next(stage_of: SetUp) -> None:
    async with stage_of(widevine=False) as stage:
        one, two = longest(stage), stage.songs[1]
        heard: list[AudioEvent] = []
        await stage.play(one.id, allow_preview=True, next_song_ids=[two.id], on_event=heard.append)
        [prepared] = await stage.music.audio.prepared()
        while prepared.preparation is not Preparation.READY:
            [prepared] = await stage.music.audio.prepared()
        stage.simulator.world.requests.clear()
        async with stage.music.audio.stream(two.id, allow_preview=True) as stream:
            assert stream.header.preparation is Preparation.READY
            await anext(aiter(stream))
        assert {event.kind for event in heard} <= {AudioEventKind.PREPARED}


async def test_a_prepared_preview_is_not_given_to_one_who_wants_the_song(stage: Stage) -> None:
    one, two = stage.songs[:2]
    stage.fault("webPlayback", "failure", code="3063", subject=two.id)
    await stage.play(one.id, allow_preview=True, next_song_ids=[two.id])
    [prepared] = await stage.music.audio.prepared()
    while prepared.preparation is not Preparation.READY:
        [prepared] = await stage.music.audio.prepared()
    async with stage.music.audio.stream(two.id) as stream:
        audio = b"".join([bytes(chunk) async for chunk in stream])
    assert stream.header.source is AudioSource.CATALOG
    assert packets(audio) == packets((await stage.asset(two)).clear_path.read_bytes())
