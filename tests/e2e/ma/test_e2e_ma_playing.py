"""Playing through the provider: a queue, seeking, skipping, and what goes wrong."""

from contextlib import aclosing
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from music_assistant_models.enums import ContentType, MediaType, ProviderFeature, StreamType
from music_assistant_models.errors import (
    AudioError,
    LoginFailed,
    MediaNotFoundError,
    UnsupportedFeaturedException,
)
from music_assistant_models.streamdetails import StreamDetails

from applemusic.models import AccountEvent, AccountEventKind, AccountState, Availability
from applemusic_simulator.model import Song
from tests.e2e.ma.conftest import Loaded
from tests.support.library_stage import until
from tests.support.ma.host import Generation, as_sent, round_trip
from tests.support.stage import packets, samples

SECOND = 44_100 * 2 * 4


async def details(ma: Loaded, song: Song) -> StreamDetails:
    found: StreamDetails = await ma.provider.get_stream_details(song.id, MediaType.TRACK)
    return found


async def play(ma: Loaded, stream: StreamDetails, seek: int = 0) -> bytes:
    return b"".join([chunk async for chunk in ma.provider.get_audio_stream(stream, seek)])


async def test_stream_details_say_how(ma: Loaded) -> None:
    found = await details(ma, ma.stage.song)
    assert (found.provider, found.item_id) == (ma.host.instance_id, ma.stage.song.id)
    assert (found.stream_type, found.media_type) == (StreamType.CUSTOM, MediaType.TRACK)
    assert found.audio_format.content_type is ContentType.MP4
    assert found.audio_format.codec_type is ContentType.AAC
    assert (found.allow_seek, found.can_seek) == (True, True)
    assert as_sent(round_trip(found)) == as_sent(found)
    with pytest.raises(UnsupportedFeaturedException):
        await ma.provider.get_stream_details("1", MediaType.PODCAST_EPISODE)


async def test_a_song_is_the_original_bit_for_bit(ma: Loaded) -> None:
    audio = await play(ma, await details(ma, ma.stage.song))
    asset = await ma.stage.asset(ma.stage.song)
    assert packets(audio) == packets(asset.clear_path.read_bytes())


async def test_seeking_begins_at_the_frame(ma: Loaded) -> None:
    ma.stage.simulator.world.playback.change("6s", "default")
    song = max(ma.stage.songs, key=lambda each: each.duration_ms)
    original = packets((await ma.stage.asset(song)).clear_path.read_bytes())
    for seek in (1, 5, 13):
        rest = packets(await play(ma, await details(ma, song), seek))
        assert original[-len(rest) :] == rest
        begins = (len(original) - len(rest)) * 1024 / 44_100
        assert seek - 0.05 < begins <= seek + 0.01
    assert await play(ma, await details(ma, song), 3600) == b"", "behind the end is nothing"


async def test_a_host_that_holds_a_song_from_its_beginning_seeks_behind_it(ma: Loaded) -> None:
    stream = await details(ma, ma.stage.song)
    async with aclosing(ma.provider.get_audio_stream(stream)) as chunks:
        await anext(chunks)
        stream.buffer = object()  # as the host keeps it
        stream.seek_position = 3600
        assert stream.buffer is None, "the host begins anew"
        assert [chunk async for chunk in chunks] == [], "and nobody reads the old one"
    await drained(ma)
    stream.seek_position = 5
    assert len(packets(await play(ma, stream))) == len(packets(await play(ma, stream)))


async def test_an_upload_is_sought_too(ma: Loaded) -> None:
    upload = await playable_upload(ma)
    stream = await ma.provider.get_stream_details(upload, MediaType.TRACK)
    assert stream.audio_format.content_type is ContentType.UNKNOWN
    whole = samples(await play(ma, stream))
    rest = samples(await play(ma, stream, 2))
    assert (len(whole) - len(rest)) / SECOND == pytest.approx(2, abs=0.3)


async def playable_upload(ma: Loaded) -> str:
    for each in await ma.stage.music.library.songs().to_list():
        if each.availability is Availability.UPLOADED:
            return each.library_id
    raise AssertionError("the simulator's library has uploads")


async def test_a_queue_of_ten_is_prepared_ahead(ma: Loaded) -> None:
    for song in ma.stage.songs:
        stream = await details(ma, song)
        again = await details(ma, song)  # the host asks twice
        assert again.item_id == stream.item_id
        await until_ready(ma, song.id)
        async with aclosing(ma.provider.get_audio_stream(stream)) as chunks:
            await anext(chunks)
            async for _ in chunks:
                pass
    assert len(ma.stage.songs) == 10
    started = "applemusic_stream_first_byte_seconds_count"
    assert await ma.stage.metric(started, preparation="ready") == 10
    assert ma.provider.playback._coming == {}


async def until_ready(ma: Loaded, song_id: str) -> None:
    ready = False
    while not ready:
        states = await ma.stage.music.audio.prepared()
        ready = any(each.song_id == song_id and str(each.preparation) == "ready" for each in states)


async def test_asking_twice_is_one_preparation(ma: Loaded) -> None:
    await details(ma, ma.stage.song)
    prepared = ma.provider.playback._coming[ma.stage.song.id]
    await details(ma, ma.stage.song)
    assert ma.provider.playback._coming[ma.stage.song.id] == prepared


async def test_what_was_asked_for_last_is_prepared_first_and_the_others_stay(ma: Loaded) -> None:
    for song in ma.stage.songs[:7]:
        await details(ma, song)
    listed = [each.song_id for each in await ma.stage.music.audio.prepared()]
    assert listed == [each.id for each in reversed(ma.stage.songs[2:7])]


async def test_a_skip_ends_the_stream_on_the_server(ma: Loaded) -> None:
    async with aclosing(ma.provider.get_audio_stream(await details(ma, ma.stage.song))) as chunks:
        await anext(chunks)
        assert not ma.provider.playback._idle.is_set()
    assert ma.provider.playback._idle.is_set()
    await drained(ma)


async def drained(ma: Loaded) -> None:
    while (await ma.stage.music.server.info()).active_stream_count:
        pass  # asking lets the server go on


async def test_as_many_slots_as_the_server_has_streams(ma: Loaded) -> None:
    info = await ma.stage.music.server.info()
    assert ma.provider.max_concurrent_streams == info.max_account_stream_count == 8
    assert ma.provider.slots._bound_value == 8


async def test_a_song_that_cannot_be_played_is_refused_with_a_reason(ma: Loaded) -> None:
    withdrawn = next(
        each for each in ma.stage.simulator.world.catalogue.songs.values() if not each.playable
    )
    with pytest.raises(MediaNotFoundError):
        await play(ma, await details(ma, withdrawn))


async def test_a_broadcast_plays_on_and_cannot_be_sought(ma: Loaded) -> None:
    stations = ma.stage.simulator.world.catalogue.stations.values()
    station = await ma.provider.get_radio(next(each.id for each in stations if each.provider))
    (mapping,) = station.provider_mappings
    assert mapping.available
    stream = await ma.provider.get_stream_details(station.item_id, MediaType.RADIO)
    assert (stream.allow_seek, stream.can_seek, stream.duration) == (False, False, None)
    async with aclosing(ma.provider.get_audio_stream(stream)) as chunks:
        assert sum([len(await anext(chunks)) for _ in range(4)]) > 10_000
    assert stream.stream_title, "the station says what it plays"


async def test_apples_own_live_stations_are_refused_with_a_reason(ma: Loaded) -> None:
    stations = ma.stage.simulator.world.catalogue.stations.values()
    own = next(each.id for each in stations if each.is_live and not each.provider)
    stream = await ma.provider.get_stream_details(own, MediaType.RADIO)
    with pytest.raises(AudioError, match="protected"):
        await play(ma, stream)


async def test_where_live_stations_are_not_played_that_is_said(ma: Loaded) -> None:
    station = await ma.search(MediaType.RADIO, "simulated")
    session = ma.provider._session
    session.info = replace(
        session.info, capabilities=replace(session.capabilities, live_playback=False)
    )
    with pytest.raises(AudioError, match="protected"):
        await ma.provider.get_stream_details(station.item_id, MediaType.RADIO)


@pytest.mark.parametrize("generation", list(Generation), ids=lambda each: each.value)
async def test_a_sign_in_that_dies_in_mid_queue(ma: Loaded, generation: Generation) -> None:
    first, second = ma.stage.songs[:2]
    provider = ma.provider
    async with aclosing(ma.provider.get_audio_stream(await details(ma, first))) as chunks:
        begun = await anext(chunks)
        for token in ma.stage.simulator.world.user_tokens:
            ma.stage.simulator.world.user_tokens.revoke(token)
        with pytest.raises(LoginFailed, match="sign"):
            await play(ma, await ma.provider.get_stream_details(second.id, MediaType.TRACK))
        assert ma.host.provider is not None, "not while a song plays"
        begun += b"".join([chunk async for chunk in chunks])
    asset = await ma.stage.asset(first)
    assert packets(begun) == packets(asset.clear_path.read_bytes()), (
        "what had begun is played to its end"
    )
    await until(lambda: ma.host.provider is None)
    shown = ma.host.last_error
    assert "sign in again" in str(shown)
    assert isinstance(shown, LoginFailed) is (generation is Generation.SETUP_FLOW)
    assert "sign in again" in provider.warnings()[0].label
    await ma.stage.music.auth.submit_music_user_token(ma.stage.simulator.music_user_token())
    assert await ma.host.load() is not None, "signed in again, it loads"


async def test_a_sign_in_that_ends_soon_is_told(ma: Loaded, caplog: Any) -> None:
    account = ma.provider._session.account
    expiring = replace(account, state=AccountState.EXPIRING)
    ma.provider._take(
        AccountEvent(
            kind=AccountEventKind.EXPIRING,
            account=expiring,
            remaining_duration=timedelta(days=13, hours=5),
        )
    )
    (warning,) = await ma.provider.get_config_entries()
    assert "in 13 days" in warning.label
    assert "in 13 days" in caplog.text
    ma.provider._take(AccountEvent(kind=AccountEventKind.RENEWED, account=account))
    assert await ma.provider.get_config_entries() == ()
    assert ma.host.provider is ma.provider, "a warning takes nothing away"


async def test_features_follow_what_the_server_can_do(ma: Loaded) -> None:
    assert ProviderFeature.LIBRARY_TRACKS_EDIT in ma.provider.supported_features
    undocumented = ma.stage.simulator.world.libraries.settings("demo").undocumented
    undocumented.update(dict.fromkeys(undocumented, "403"))
    track = (await ma.library("tracks"))[0]
    with pytest.raises(UnsupportedFeaturedException):
        await ma.provider.library_remove(track.item_id, MediaType.TRACK)
    await until(lambda: ProviderFeature.LIBRARY_TRACKS_EDIT not in ma.provider.supported_features)
    await until(lambda: any(str(name) == "providers_updated" for name, _, _ in ma.host.events))
