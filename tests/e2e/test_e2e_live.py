"""Broadcast stations from end to end: over real HTTP, what is heard is what was broadcast."""

import asyncio
import contextlib
import io
from collections.abc import Callable

import av
import pytest

from applemusic import AudioContainer, errors
from applemusic.models import (
    AudioEvent,
    AudioEventKind,
    AudioSource,
    StationKind,
    StationList,
)
from applemusic_simulator.media.adts import AdtsSegment
from tests.support.library_stage import until
from tests.support.stage import Stage, packets

CONTAINERS = [AudioContainer.FMP4, AudioContainer.ADTS]


def station_id(stage: Stage) -> str:
    stations = stage.simulator.world.catalogue.stations.values()
    return next(each.id for each in stations if each.provider)


def apples_own(stage: Stage) -> str:
    stations = stage.simulator.world.catalogue.stations.values()
    return next(each.id for each in stations if each.is_live and not each.provider)


def frames_of(segment: AdtsSegment) -> list[bytes]:
    with av.open(io.BytesIO(segment.data), mode="r", format="aac") as container:
        return [bytes(packet)[7:] for packet in container.demux(audio=0) if packet.size]


async def broadcast_around(stage: Stage, first: int, count: int, kbps: int = 256) -> list[bytes]:
    loop = await stage.simulator.playback.broadcast.loop(kbps)
    numbers = range(first, first + count)
    return [frame for number in numbers for frame in frames_of(loop.segment(number)[1])]


def fetched(stage: Stage) -> list[int]:
    """Numbers of the segments that were asked for, in order."""
    return [
        int(entry.path.rpartition("/")[2].partition(".")[0])
        for entry in stage.simulator.world.requests
        if entry.endpoint == "broadcast-segment" and not entry.path.endswith("init.mp4")
    ]


@pytest.fixture
async def on_air(stage: Stage) -> Stage:
    """Segments of a second, so that a test hears several of them as they come."""
    stage.simulator.world.broadcast.change(segment_seconds=1.0)
    await stage.simulator.playback.broadcast.loop()  # made before anybody waits for it
    return stage


async def listen(
    stage: Stage, bytes_wanted: int, container: AudioContainer = AudioContainer.ADTS
) -> tuple[bytes, list[AudioEvent]]:
    events: list[AudioEvent] = []
    audio = b""
    async with stage.music.audio.stream_station(
        station_id(stage), container=container, on_event=events.append
    ) as stream:
        async for chunk in stream:
            audio += bytes(chunk)
            if len(audio) >= bytes_wanted:
                break
    return audio, events


@pytest.mark.parametrize("form", ["packed", "ts", "mp4"])
@pytest.mark.parametrize("container", CONTAINERS)
async def test_every_frame_is_that_of_the_broadcast(
    on_air: Stage, form: str, container: AudioContainer
) -> None:
    on_air.simulator.world.broadcast.change(form=form)
    audio, events = await listen(on_air, 90_000, container)
    numbers = fetched(on_air)
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    source = await broadcast_around(on_air, numbers[0], len(numbers))
    got = packets(audio)
    assert got == source[: len(got)]
    assert len(got) > 100
    told = [each for each in events if each.kind is AudioEventKind.NOW_PLAYING]
    if form == "packed":
        loop = await on_air.simulator.playback.broadcast.loop()
        song, _ = loop.segment(numbers[0])
        artist = on_air.simulator.world.catalogue.artists[song.artist_id].name
        assert (told[0].title, told[0].artist_name) == (song.name, artist)
    else:
        assert told == []


async def test_it_goes_on_as_it_is_broadcast(on_air: Stage) -> None:
    """Longer than what is there at the start: the playlist is read again and again."""
    on_air.simulator.world.broadcast.change(segment_seconds=0.5)
    audio, _ = await listen(on_air, 130_000)
    numbers = fetched(on_air)
    looks = on_air.simulator.world.requests.count("broadcast")
    assert (len(numbers) > 5, looks > 3) == (True, True)
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    source = await broadcast_around(on_air, numbers[0], len(numbers))
    got = packets(audio)
    assert got == source[: len(got)]


async def test_the_header_and_the_best_variant(on_air: Stage) -> None:
    station = station_id(on_air)
    async with on_air.music.audio.stream_station(station) as stream:
        header = stream.header
    assert (header.source, header.seekable, header.duration) == (AudioSource.LIVE, False, None)
    assert (header.total_bytes, header.song_id, header.etag) == (0, station, "")
    assert (header.mime_type, header.codec) == ("audio/mp4", "mp4a.40.2")
    assert (header.sample_rate_hertz, header.channel_count) == (44_100, 2)
    paths = [each.path for each in on_air.simulator.world.requests]
    assert any(path.endswith("/256/index.m3u8") for path in paths)
    assert not any("/64/" in path or "/mp3/" in path for path in paths)


async def test_a_listener_who_leaves_ends_everything(on_air: Stage) -> None:
    await listen(on_air, 50_000)

    while await on_air.metric("applemusic_streams_active"):  # noqa: ASYNC110 - over HTTP
        await asyncio.sleep(0)
    under_way = [each for each in on_air.simulator.world.requests if each.status is None]
    assert [each.endpoint for each in under_way if each.endpoint.startswith("broadcast")] == []


async def test_apples_own_stations_are_protected(stage: Stage) -> None:
    own = apples_own(stage)
    with pytest.raises(errors.LiveStationProtectedError) as caught:
        await stage.music.audio.stream_station(own).start()
    assert caught.value.metadata["id"] == own


async def test_a_broadcast_that_turns_out_to_be_protected(stage: Stage) -> None:
    stage.fault("broadcast", "protected", count=None)
    with pytest.raises(errors.LiveStationProtectedError):
        await stage.music.audio.stream_station(station_id(stage)).start()


async def test_stations_of_songs_lead_to_next_tracks(stage: Stage) -> None:
    stations = stage.simulator.world.catalogue.stations.values()
    (personal,) = await stage.music.radio.stations(StationList.PERSONAL).to_list()
    seeded = f"ra.{stage.song.id}"
    for each in (next(s.id for s in stations if s.genre), personal.id, seeded):
        with pytest.raises(errors.StationNotLiveError) as caught:
            await stage.music.audio.stream_station(each).start()
        assert "NextTracks" in caught.value.message
        assert (await stage.music.radio.next_tracks(each)).songs


async def test_unknown_stations_and_no_subscription(stage: Stage) -> None:
    with pytest.raises(errors.ResourceNotFoundError) as caught:
        await stage.music.audio.stream_station("ra.404404").start()
    assert caught.value.metadata["resourceType"] == "STATION"
    stage.simulator.world.accounts["demo"].subscribed = False
    with pytest.raises(errors.SubscriptionRequiredError):
        await stage.music.audio.stream_station(station_id(stage)).start()


async def test_a_gap_is_told_and_counted(on_air: Stage) -> None:
    broadcast = on_air.simulator.playback.broadcast
    loop = await broadcast.loop()
    # The third segment of those that are there at the start.
    missing = loop.finished(on_air.simulator.world.clock()) - 1
    on_air.fault("broadcast-segment", "status", status=404, subject=f"/{missing}.", count=None)
    audio, events = await listen(on_air, 100_000)
    told = [each for each in events if each.kind is AudioEventKind.GAP]
    assert len(told) == 1
    numbers = fetched(on_air)
    heard = [number for number in numbers if number != missing]
    source = [f for n in heard for f in await broadcast_around(on_air, n, 1)]
    got = packets(audio)
    assert got == source[: len(got)]
    assert await on_air.metric("applemusic_stream_gaps_total") == 1
    code = {"endpoint": "live.segment", "code": "404"}
    assert await on_air.metric("applemusic_upstream_requests_total", **code) == 1

    await until(lambda: any(line["event"] == "stream ended" for line in on_air.log))
    (line,) = [line for line in on_air.log if line["event"] == "stream ended"]
    assert (line["station_id"], line["gaps"]) == (station_id(on_air), 1)


async def test_a_connection_that_breaks_in_a_segment_is_taken_up_again(on_air: Stage) -> None:
    on_air.fault("broadcast-segment", "cut", after_bytes=9000)
    on_air.fault("broadcast-segment", "reset", subject="")
    audio, events = await listen(on_air, 100_000)
    numbers = list(dict.fromkeys(fetched(on_air)))
    source = await broadcast_around(on_air, numbers[0], len(numbers))
    got = packets(audio)
    assert got == source[: len(got)]
    assert AudioEventKind.GAP not in {each.kind for each in events}


async def test_a_broadcast_that_ends_is_complete(on_air: Stage) -> None:
    on_air.fault("broadcast", "ended", count=None)
    async with on_air.music.audio.stream_station(station_id(on_air)) as stream:
        audio = b"".join([bytes(chunk) async for chunk in stream])
    assert stream.complete
    assert stream.summary.byte_count == len(audio)
    assert {each.name for each in stream.summary.stages} == {"play_assets", "first_range"}


async def test_a_server_that_goes_down_does_not_wait_for_broadcasts(on_air: Stage) -> None:
    async with on_air.music.audio.stream_station(station_id(on_air)) as stream:
        assert await stream.read()
        stopping = asyncio.ensure_future(on_air.server.stop())
        with pytest.raises(errors.ServerDrainingError):
            _ = [chunk async for chunk in stream]
        await stopping


async def test_a_broadcast_of_an_account_that_is_signed_out_ends_and_says_why(
    on_air: Stage,
) -> None:
    async with on_air.music.audio.stream_station(station_id(on_air)) as stream:
        assert await stream.read()
        (account,) = await on_air.music.auth.accounts().to_list()
        await on_air.music.auth.sign_out(account.id)
        with pytest.raises(errors.AccountNotFoundError, match="signed out"):
            _ = [chunk async for chunk in stream]


async def test_a_token_that_is_renewed_while_a_broadcast_plays(on_air: Stage) -> None:
    world = on_air.simulator.world
    world.renewal.revoke_old = True
    async with on_air.music.audio.stream_station(station_id(on_air)) as stream:
        assert await stream.read()
        await on_air.music.auth.renew_music_user_token()
        # So that Apple is asked for the broadcast with a token again.
        on_air.fault("broadcast", "status", status=403)
        while AudioEventKind.RENEWED not in [each.kind for each in stream.events]:
            assert await stream.read()
    assert (await on_air.music.auth.get_account()).state.name == "ACTIVE"


async def test_broadcasts_need_no_widevine_device(
    stage_of: Callable[..., contextlib.AbstractAsyncContextManager[Stage]],
) -> None:
    async with stage_of(widevine=False) as stage:
        info = await stage.music.server.info()
        assert info.capabilities is not None
        assert (info.capabilities.live_playback, info.capabilities.playback) == (True, False)
        await stage.music.audio.stream_station(station_id(stage)).start()


async def test_broadcasts_are_listed_as_playable(stage: Stage) -> None:
    station = await stage.music.catalog.get_station(station_id(stage))
    assert (station.kind, station.playable) == (StationKind.BROADCAST, True)
    own = await stage.music.catalog.get_station(apples_own(stage))
    assert (own.kind, own.playable) == (StationKind.LIVE, False)
