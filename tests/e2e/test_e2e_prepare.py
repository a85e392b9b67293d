"""Songs that are prepared, end to end: what Apple is asked, and when it is not."""

import asyncio
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import timedelta

import pytest

from applemusic import AudioContainer, errors
from applemusic.models import AudioEvent, AudioEventKind, ErrorReason, Preparation, PreparedAudio
from tests.support.stage import Stage, packets

SetUp = Callable[..., AbstractAsyncContextManager[Stage]]
PLAYBACK = ("webPlayback", "playlist", "license", "cdn")


async def settled(stage: Stage, *wanted: Preparation, account: str = "") -> list[PreparedAudio]:
    """Wait until the list is as far as wanted, or has failed."""
    while True:
        found = list(await stage.music.audio.prepared(account=account))
        if [each.preparation for each in found] == list(wanted):
            return found


def asked(stage: Stage) -> dict[str, int]:
    return {name: stage.simulator.world.requests.count(name) for name in PLAYBACK}


@pytest.mark.parametrize("container", [AudioContainer.FMP4, AudioContainer.ADTS])
async def test_a_prepared_song_starts_with_no_request_to_apple(
    stage: Stage, container: AudioContainer
) -> None:
    song = max(stage.songs, key=lambda each: each.duration_ms)
    original = packets((await stage.asset(song)).clear_path.read_bytes())
    await stage.music.audio.prepare([song.id], container=container)
    [prepared] = await settled(stage, Preparation.READY)
    assert prepared.expire_time is not None
    while prepared.byte_count < 100_000:  # the rest of the first range
        [prepared] = await stage.music.audio.prepared()
    stage.simulator.world.requests.clear()
    async with stage.music.audio.stream(song.id, container=container) as stream:
        chunks = aiter(stream)
        first = await anext(chunks)
        before = {**asked(stage), "cdn": 0}  # the second range may be on its way by now
        assert before == dict.fromkeys(PLAYBACK, 0)
        audio = bytes(first) + b"".join([bytes(chunk) async for chunk in chunks])
    assert stream.header.preparation is Preparation.READY
    assert packets(audio) == original
    assert asked(stage)["webPlayback"] == asked(stage)["license"] == 0
    assert await stage.metric("applemusic_prepared_starts_total", result="hit") == 1
    assert (
        await stage.metric("applemusic_stream_first_byte_seconds_count", preparation="ready") == 1
    )


async def test_the_first_audio_comes_while_apple_answers_nothing(stage: Stage) -> None:
    await stage.music.audio.prepare([stage.song.id])
    await settled(stage, Preparation.READY)
    for endpoint in PLAYBACK:
        stage.fault(endpoint, "hang", count=None)
    async with stage.music.audio.stream(stage.song.id) as stream:
        first = await anext(aiter(stream))
    assert len(first) > 10_000
    assert stream.header.preparation is Preparation.READY


async def test_a_short_song_is_held_whole(stage: Stage) -> None:
    """Not one request once it is prepared, to its last byte."""
    stage.simulator.world.playback.change("6s", "default")
    song = min(stage.songs, key=lambda each: each.duration_ms)
    size = (await stage.asset(song)).index.size
    await stage.music.audio.prepare([song.id])
    [prepared] = await settled(stage, Preparation.READY)
    stage.simulator.world.requests.clear()
    await stage.play(song.id)
    ranges = -(-max(0, size - prepared.byte_count) // (512 * 1024))
    assert asked(stage) == {"webPlayback": 0, "playlist": 0, "license": 0, "cdn": ranges}


async def until_asked(stage: Stage, endpoint: str) -> None:
    while not asked(stage)[endpoint]:
        await stage.music.audio.prepared()


async def test_the_third_is_resolved_and_needs_its_licence_and_its_range(stage: Stage) -> None:
    one, two, three = (song.id for song in stage.songs[:3])
    await stage.music.audio.prepare([one, two, three])
    await settled(stage, Preparation.READY, Preparation.READY, Preparation.RESOLVED)
    stage.simulator.world.requests.clear()
    async with stage.music.audio.stream(three) as stream:
        async for _ in stream:
            break
    assert stream.header.preparation is Preparation.RESOLVED
    seen = [entry.endpoint for entry in stage.simulator.world.requests]
    assert sorted(seen[:2]) == ["cdn", "license"]
    assert not {"webPlayback", "playlist"} & set(seen)


async def test_to_prepare_twice_costs_once(stage: Stage) -> None:
    await stage.music.audio.prepare([stage.song.id])
    await stage.music.audio.prepare([stage.song.id])
    await settled(stage, Preparation.READY)
    await stage.music.audio.prepare([stage.song.id])
    assert asked(stage) == dict.fromkeys(PLAYBACK, 1)


async def test_a_stream_joins_what_is_under_way(stage: Stage) -> None:
    stage.simulator.world.conditions.latency["webPlayback"] = 0.2
    await stage.music.audio.prepare([stage.song.id])
    await until_asked(stage, "webPlayback")
    async with stage.music.audio.stream(stage.song.id) as stream:
        async for _ in stream:
            break
    assert stream.header.preparation is Preparation.COLD
    assert {asked(stage)[name] for name in ("webPlayback", "playlist", "license")} == {1}
    assert await stage.metric("applemusic_prepared_starts_total", result="joined") == 1


async def test_a_skip_cancels_what_is_not_wanted_any_more(stage: Stage) -> None:
    stage.simulator.world.conditions.latency["webPlayback"] = 0.3
    one, two, three = (song.id for song in stage.songs[:3])
    await stage.music.audio.prepare([one, two])
    await until_asked(stage, "webPlayback")
    await stage.music.audio.prepare([three])
    await settled(stage, Preparation.READY)
    assert asked(stage) == {"webPlayback": 2, "playlist": 1, "license": 1, "cdn": 1}
    assert await stage.metric("applemusic_prepare_outcomes_total", outcome="cancelled") == 2
    assert await stage.music.audio.prepare([]) == ()
    assert await stage.music.audio.prepared() == ()


async def test_a_failure_is_visible_and_harmless(stage: Stage) -> None:
    stage.fault("webPlayback", "failure", code="3076", count=None, subject=stage.songs[1].id)
    heard: list[AudioEvent] = []
    original = packets((await stage.asset(stage.song)).clear_path.read_bytes())
    audio = await stage.play(
        stage.song.id,
        next_song_ids=[stage.songs[1].id, stage.songs[2].id],
        on_event=heard.append,
    )
    assert packets(audio) == original
    bad, _ = await settled(stage, Preparation.COLD, Preparation.READY)
    assert bad.failure_reason is ErrorReason.CONTENT_UNAVAILABLE
    assert bad.failure_message
    told = {(each.kind, each.song_id): each.reason for each in heard}
    # A short song may be sent before there is anything to tell.
    assert set(told) <= {
        (AudioEventKind.PREPARE_FAILED, stage.songs[1].id),
        (AudioEventKind.PREPARED, stage.songs[2].id),
    }


async def test_what_has_ended_is_not_used(stage_of: SetUp) -> None:
    offset = 0.0
    async with stage_of(clock=lambda: time.monotonic() + offset) as stage:
        await stage.music.audio.prepare([stage.song.id])
        await settled(stage, Preparation.READY)
        offset = 3600.0
        stage.simulator.world.requests.clear()
        async with stage.music.audio.stream(stage.song.id) as stream:
            async for _ in stream:
                break
        assert stream.header.preparation is Preparation.COLD
        assert asked(stage)["webPlayback"] == 1


async def test_prepared_songs_are_no_streams(stage_of: SetUp) -> None:
    async with stage_of(playback={"max_account_streams": 1}) as stage:
        one, two = stage.songs[:2]
        await stage.music.audio.prepare([two.id])
        await settled(stage, Preparation.READY)
        assert await stage.play(one.id)
        with pytest.raises(errors.InvalidFieldError):
            await stage.music.audio.prepare([one.id] * 6)


async def test_two_accounts_share_nothing(stage: Stage) -> None:
    token = stage.simulator.music_user_token
    await stage.music.auth.submit_music_user_token(token(), account="guest")
    for account in ("default", "guest"):
        await stage.music.audio.prepare([stage.song.id], account=account)
        await settled(stage, Preparation.READY, account=account)
    assert asked(stage) == dict.fromkeys(PLAYBACK, 2)
    async with stage.music.audio.stream(stage.song.id, account="guest") as stream:
        async for _ in stream:
            break
    assert stream.header.preparation is Preparation.READY
    assert await stage.music.audio.prepared(account="guest") == ()
    assert len(await stage.music.audio.prepared(account="default")) == 1


async def test_whoever_signs_in_anew_finds_nothing_prepared(stage: Stage) -> None:
    await stage.music.audio.prepare([stage.song.id])
    await settled(stage, Preparation.READY)
    await stage.music.auth.submit_music_user_token(stage.simulator.music_user_token())
    assert await stage.music.audio.prepared() == ()


async def test_sign_out_drops_what_was_prepared(stage: Stage) -> None:
    await stage.music.audio.prepare([stage.song.id])
    await settled(stage, Preparation.READY)
    await stage.music.auth.sign_out("default")
    assert await stage.metric("applemusic_prepared_songs") == 0
    assert await stage.metric("applemusic_prepared_bytes") == 0


async def test_a_transition_to_a_prepared_song_is_counted_as_such(stage: Stage) -> None:
    one, two = stage.songs[:2]
    await stage.play(one.id, next_song_ids=[two.id])
    await settled(stage, Preparation.READY)
    await stage.play(two.id)
    assert await stage.metric("applemusic_transition_seconds_count", preparation="ready") == 1
    assert await stage.metric("applemusic_transition_seconds_sum", preparation="ready") < 1


async def test_the_server_stops_while_it_prepares(stage_of: SetUp) -> None:
    before = asyncio.all_tasks()
    async with stage_of() as stage:
        stage.simulator.world.conditions.latency["license"] = 30.0
        await stage.music.audio.prepare([song.id for song in stage.songs[:3]])
        await until_asked(stage, "license")
    assert asyncio.all_tasks() <= before


async def test_a_seek_asks_the_file_server_only(stage: Stage) -> None:
    stage.simulator.world.playback.change("6s", "default")
    song = max(stage.songs, key=lambda each: each.duration_ms)
    async with stage.music.audio.stream(song.id) as playing:
        await anext(aiter(playing))
        stage.simulator.world.requests.clear()
        async with stage.music.audio.stream(song.id, start_offset=timedelta(seconds=13)) as there:
            await anext(aiter(there))
    assert there.header.preparation is Preparation.LICENSED
    assert {**asked(stage), "cdn": 0} == dict.fromkeys(PLAYBACK, 0)


async def test_the_capability_says_so(stage: Stage) -> None:
    info = await stage.music.server.info()
    assert info.capabilities
    assert info.capabilities.prepare
