"""A song from end to end: what comes out equals what went in, wherever one begins."""

from datetime import timedelta

import pytest

from applemusic import AudioContainer, errors
from applemusic.models import AudioSource, Preparation
from tests.support.stage import Stage, packets, samples

CONTAINERS = [AudioContainer.FMP4, AudioContainer.ADTS]


@pytest.mark.parametrize("container", CONTAINERS)
async def test_every_packet_equals_the_original(stage: Stage, container: AudioContainer) -> None:
    original = (await stage.asset(stage.song)).clear_path.read_bytes()
    audio = await stage.play(stage.song.id, container=container)
    assert packets(audio) == packets(original)
    if container is AudioContainer.FMP4:
        assert samples(audio) == samples(original)


VARIANTS = [
    *("6s", "10s-iv16", "15s-subsamples", "6s-sidx", "15s-senc"),
    *("6s-saiz", "10s-saiz-iv16-subsamples", "6s-mdat-sidx", "10s-mdat-iv16-subsamples"),
]


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("layout", ["default", "compact", "many-keys"])
async def test_every_form_in_which_apple_may_pack_a_song(
    stage: Stage, variant: str, layout: str
) -> None:
    playback = stage.simulator.world.playback
    playback.change(variant, layout)
    original = (await stage.asset(stage.song)).clear_path.read_bytes()
    assert packets(await stage.play(stage.song.id)) == packets(original)


@pytest.mark.parametrize("layout", ["uri-first", "many-keys-compact", "absolute"])
async def test_every_wording_of_the_playlist(stage: Stage, layout: str) -> None:
    stage.simulator.world.playback.change("6s-saiz", layout)
    original = (await stage.asset(stage.song)).clear_path.read_bytes()
    assert packets(await stage.play(stage.song.id)) == packets(original)


async def test_a_file_that_is_not_apples_is_not_fetched(stage: Stage) -> None:
    stage.simulator.world.playback.change("15s", "foreign")
    with pytest.raises(errors.UpstreamAddressRefusedError):
        await stage.play(stage.song.id)


@pytest.mark.parametrize("variant", ["6s-saiz", "6s-mdat-subsamples"])
@pytest.mark.parametrize("container", CONTAINERS)
async def test_going_on_where_the_vectors_lie_elsewhere(
    stage: Stage, variant: str, container: AudioContainer
) -> None:
    stage.simulator.world.playback.change(variant, "compact")
    async with stage.music.audio.stream(stage.song.id, container=container) as stream:
        whole = b"".join([bytes(chunk) async for chunk in stream])
    for share in (0.2, 0.9):
        offset = int(len(whole) * share)
        rest = await stage.play(
            stage.song.id, container=container, byte_offset=offset, etag=stream.header.etag
        )
        assert rest == whole[offset:]


async def test_the_header_says_what_comes(stage: Stage) -> None:
    asset = await stage.asset(stage.song)
    async with stage.music.audio.stream(stage.song.id) as stream:
        audio = b"".join([bytes(chunk) async for chunk in stream])
    header, summary = stream.header, stream.summary
    assert header.song_id == stage.song.id
    assert (header.mime_type, header.codec) == ("audio/mp4", "mp4a.40.2")
    assert (header.sample_rate_hertz, header.channel_count) == (44100, 2)
    assert header.total_bytes == len(audio) == asset.index.size == summary.byte_count
    assert header.priming_samples == asset.index.priming
    assert header.source is AudioSource.CATALOG
    assert header.preparation is Preparation.COLD
    assert header.duration is not None
    assert header.total_samples == asset.index.samples
    decoded = header.priming_samples + header.total_samples + header.padding_samples
    assert decoded == len(packets(audio)) * 1024
    true_length = asset.index.samples / 44100
    assert header.duration.total_seconds() == pytest.approx(true_length, abs=0.000_001)
    assert {stage.name for stage in summary.stages} >= {
        "web_playback",
        "playlist",
        "license",
        "first_range",
    }


async def test_three_round_trips_to_the_first_byte_and_two_of_them_side_by_side(
    stage: Stage,
) -> None:
    stage.simulator.world.requests.clear()
    async with stage.music.audio.stream(stage.song.id) as stream:
        async for _ in stream:
            break
    seen = [entry.endpoint for entry in stage.simulator.world.requests]
    assert seen[:2] == ["webPlayback", "playlist"]
    assert sorted(seen[2:4]) == ["cdn", "license"]


@pytest.mark.parametrize("container", CONTAINERS)
@pytest.mark.parametrize("share", [0.0, 0.0001, 0.01, 0.3, 0.77, 0.9999])
async def test_going_on_at_any_byte(stage: Stage, container: AudioContainer, share: float) -> None:
    async with stage.music.audio.stream(stage.song.id, container=container) as stream:
        whole = b"".join([bytes(chunk) async for chunk in stream])
    offset = int(len(whole) * share)
    rest = await stage.play(
        stage.song.id, container=container, byte_offset=offset, etag=stream.header.etag
    )
    assert rest == whole[offset:]


@pytest.mark.parametrize("container", CONTAINERS)
async def test_seeking_begins_with_the_fragment_that_holds_the_position(
    stage: Stage, container: AudioContainer
) -> None:
    stage.simulator.world.playback.change("6s", "default")
    song = max(stage.songs, key=lambda song: song.duration_ms)
    original = packets((await stage.asset(song)).clear_path.read_bytes())
    wanted = timedelta(seconds=13)
    async with stage.music.audio.stream(
        song.id, container=container, start_offset=wanted
    ) as stream:
        audio = b"".join([bytes(chunk) async for chunk in stream])
    begins = stream.header.start_offset
    assert timedelta(seconds=6) < begins <= wanted
    came = packets(audio)
    assert original[-len(came) :] == came
    skipped = (len(original) - len(came)) * 1024 / 44100
    assert begins.total_seconds() == pytest.approx(skipped, abs=0.001)


@pytest.mark.parametrize("container", CONTAINERS)
async def test_past_the_end_is_out_of_range(stage: Stage, container: AudioContainer) -> None:
    with pytest.raises(errors.OffsetOutOfRangeError) as byte_error:
        await stage.play(stage.song.id, container=container, byte_offset=10**12)
    assert int(byte_error.value.metadata["total"]) > 0
    with pytest.raises(errors.OffsetOutOfRangeError):
        await stage.play(stage.song.id, container=container, start_offset=timedelta(hours=9))


async def test_negative_offsets_name_their_field(stage: Stage) -> None:
    for values in ({"byte_offset": -1}, {"start_offset": timedelta(seconds=-1)}):
        with pytest.raises(errors.InvalidFieldError) as caught:
            await stage.play(stage.song.id, **values)
        assert caught.value.violations[0].field in values


async def test_another_rendition_is_not_joined_to_the_first(stage: Stage) -> None:
    async with stage.music.audio.stream(stage.song.id) as stream:
        async for _ in stream:
            break
    stage.simulator.world.playback.change("6s", "default")
    for other in stage.songs[1:3]:  # the last two songs of an account are remembered as they were
        async with stage.music.audio.stream(other.id) as another:
            async for _ in another:
                break
    with pytest.raises(errors.MediaChangedError):
        await stage.play(stage.song.id, byte_offset=5000, etag=stream.header.etag)
    with pytest.raises(errors.MediaChangedError):
        await stage.play(stage.song.id, byte_offset=5000, etag="made up")
