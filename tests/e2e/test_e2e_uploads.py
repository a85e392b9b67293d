"""What only its owner has: uploads, from end to end, as they were uploaded."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from applemusic import AudioContainer, errors
from applemusic.models import AudioEventKind, AudioSource, Preparation
from applemusic_simulator.library.contents import Note
from applemusic_simulator.library.items import LibrarySong, Origin
from applemusic_simulator.media.upload import upload_format
from tests.support.stage import Stage, packets

SetUp = Callable[..., AbstractAsyncContextManager[Stage]]
KINDS = ["m4a", "mp3"]
DAY = 86_400


def upload_of(stage: Stage, kind: str) -> LibrarySong:
    """The longest upload of the simulator's listener, in a format."""
    library = stage.simulator.world.libraries.of("demo")
    songs = [library.song_of(number) for number in library.song_numbers()]
    uploads = [song for song in songs if song.origin is Origin.UPLOAD]
    fitting = [song for song in uploads if upload_format(song.words) == kind]
    return max(fitting, key=lambda song: song.words.duration_ms)


async def file_of(stage: Stage, song: LibrarySong) -> bytes:
    return (await stage.simulator.playback.store.upload(song.words)).read_bytes()


@pytest.mark.parametrize("kind", KINDS)
async def test_an_upload_comes_as_it_was_uploaded(stage: Stage, kind: str) -> None:
    song = upload_of(stage, kind)
    original = await file_of(stage, song)
    async with stage.music.audio.stream(song.id) as stream:
        audio = b"".join([bytes(chunk) async for chunk in stream])
    header = stream.header
    assert audio == original
    assert header.source is AudioSource.UPLOAD
    assert header.total_bytes == len(original) == stream.summary.byte_count
    expected = {"m4a": ("audio/mp4", "mp4a.40.2"), "mp3": ("audio/mpeg", "mp3")}
    assert (header.mime_type, header.codec) == expected[kind]
    assert (header.sample_rate_hertz, header.channel_count) == (44100, 2)
    true_length = song.words.duration_ms / 1000
    assert header.duration is not None
    assert header.duration.total_seconds() == pytest.approx(true_length, abs=0.001)
    assert header.total_samples == pytest.approx(true_length * 44100, abs=45)
    assert header.seekable
    asked = stage.simulator.world.requests
    assert (asked.count("license"), asked.count("playlist")) == (0, 0)
    assert stream.summary.media_duration.total_seconds() == pytest.approx(true_length, abs=0.1)


async def test_an_index_behind_the_samples_comes_first(stage: Stage) -> None:
    song = upload_of(stage, "m4a-index-last")
    original = await file_of(stage, song)
    async with stage.music.audio.stream(song.id) as stream:
        audio = b"".join([bytes(chunk) async for chunk in stream])
    assert original.index(b"moov") > original.index(b"mdat")
    assert audio.index(b"moov") < audio.index(b"mdat")
    assert packets(audio) == packets(original)
    assert stream.header.total_bytes == len(audio)
    offset = len(audio) // 3
    rest = await stage.play(song.id, byte_offset=offset, etag=stream.header.etag)
    assert rest == audio[offset:]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("share", [0.001, 0.4, 0.9999])
async def test_going_on_at_any_byte(stage: Stage, kind: str, share: float) -> None:
    song = upload_of(stage, kind)
    original = await file_of(stage, song)
    async with stage.music.audio.stream(song.id) as stream:
        async for _ in stream:
            break
    offset = int(len(original) * share)
    assert (
        await stage.play(song.id, byte_offset=offset, etag=stream.header.etag) == original[offset:]
    )
    with pytest.raises(errors.OffsetOutOfRangeError):
        await stage.play(song.id, byte_offset=len(original))
    with pytest.raises(errors.MediaChangedError):
        await stage.play(song.id, byte_offset=5, etag="0" * 24)


@pytest.mark.parametrize("kind", KINDS)
async def test_seeking(stage: Stage, kind: str) -> None:
    song = upload_of(stage, kind)
    original = packets(await file_of(stage, song))
    async with stage.music.audio.stream(song.id) as stream:  # plays, so that it is known
        async for _ in stream:
            break
    stage.simulator.world.requests.clear()
    wanted = timedelta(seconds=9)
    async with stage.music.audio.stream(song.id, start_offset=wanted) as stream:
        audio = b"".join([bytes(chunk) async for chunk in stream])
    came = packets(audio)
    assert original[-len(came) :] == came
    begins = stream.header.start_offset
    assert wanted - timedelta(seconds=0.2) < begins <= wanted
    frame = {"m4a": 1024, "mp3": 1152}[kind] / 44100
    assert begins.total_seconds() == pytest.approx((len(original) - len(came)) * frame, abs=0.03)
    assert stream.header.preparation is Preparation.LICENSED
    assert stage.simulator.world.requests.count("webPlayback") == 0
    half = len(audio) // 2
    rest = await stage.play(song.id, byte_offset=half, etag=stream.header.etag)
    assert rest == audio[half:]


async def test_adts_of_an_upload(stage: Stage) -> None:
    song = upload_of(stage, "m4a")
    async with stage.music.audio.stream(song.id, container=AudioContainer.ADTS) as stream:
        audio = b"".join([bytes(chunk) async for chunk in stream])
    assert packets(audio) == packets(await file_of(stage, song))
    assert stream.header.mime_type == "audio/aac"


@pytest.mark.parametrize("kind", ["m4a", "m4a-index-last"])
async def test_pcm_of_an_upload_needs_no_device_either(stage_of: SetUp, kind: str) -> None:
    pytest.importorskip("av")
    async with stage_of(widevine=False) as stage:
        song = upload_of(stage, kind)
        pcm = AudioContainer.PCM_S16LE
        async with stage.music.audio.stream(song.id, container=pcm) as stream:
            audio = b"".join([bytes(chunk) async for chunk in stream])
        assert len(audio) == stream.header.total_bytes == stream.header.total_samples * 4
        true_length = song.words.duration_ms / 1000
        assert len(audio) / 4 / 44100 == pytest.approx(true_length, abs=0.001)
        half = len(audio) // 2 + 1
        rest = await stage.play(song.id, container=pcm, byte_offset=half, etag=stream.header.etag)
        assert rest == audio[half:]


async def test_an_mp3_is_no_adts(stage: Stage) -> None:
    with pytest.raises(errors.ContainerNotSupportedError) as caught:
        await stage.play(upload_of(stage, "mp3").id, container=AudioContainer.ADTS)
    assert caught.value.metadata["container"] == "ADTS"
    assert "audio/mpeg" in caught.value.message


@pytest.mark.parametrize("kind", KINDS)
async def test_an_upload_needs_no_widevine_device(stage_of: SetUp, kind: str) -> None:
    async with stage_of(widevine=False) as stage:
        song = upload_of(stage, kind)
        [prepared] = await stage.music.audio.prepare([song.id])
        while prepared.preparation is not Preparation.READY:
            [prepared] = await stage.music.audio.prepared()
            assert not prepared.failure_message
        assert await stage.play(song.id) == await file_of(stage, song)
        twin = stage.simulator.world.libraries.of("demo").song_with(stage.song.id)
        assert twin is not None
        with pytest.raises(errors.WidevineDeviceMissingError):
            await stage.play(twin.id)
        can = (await stage.music.server.info(account="default")).capabilities
        assert can is not None
        assert (can.upload_playback, can.playback) == (True, False)


@pytest.mark.parametrize("kind", KINDS)
async def test_a_prepared_upload_starts_with_no_request(stage: Stage, kind: str) -> None:
    song = upload_of(stage, kind)
    [prepared] = await stage.music.audio.prepare([song.id])
    while prepared.byte_count < 100_000:
        [prepared] = await stage.music.audio.prepared()
    assert prepared.expire_time is not None
    stage.simulator.world.requests.clear()
    async with stage.music.audio.stream(song.id) as stream:
        chunks = aiter(stream)
        first = await anext(chunks)
        assert stage.simulator.world.requests.count("webPlayback") == 0
        audio = bytes(first) + b"".join([bytes(chunk) async for chunk in chunks])
    assert stream.header.preparation is Preparation.READY
    assert stream.header.source is AudioSource.UPLOAD
    assert audio == await file_of(stage, song)
    assert stage.simulator.world.requests.count("webPlayback") == 0


def long_upload(stage: Stage, kind: str) -> LibrarySong:
    """An upload that takes several ranges."""
    world = stage.simulator.world
    words = replace(upload_of(stage, kind).words, id="", name=f"Long {kind}", duration_ms=30_000)
    return world.libraries.of("demo").add(Note(words, "", Origin.UPLOAD, 0.0, "Tapes", "Me"))


@pytest.mark.usefixtures("without_rests")
@pytest.mark.parametrize("kind", KINDS)
async def test_an_address_that_ends_in_mid_song_is_renewed(stage_of: SetUp, kind: str) -> None:
    playback = {"burst_seconds": 1, "lead_seconds": 60, "fill_rate": 20}
    async with stage_of(playback=playback) as stage:
        world = stage.simulator.world
        song = long_upload(stage, kind)
        original = await file_of(stage, song)
        async with stage.music.audio.stream(song.id) as stream:
            chunks = aiter(stream)
            received = bytes(await anext(chunks))
            world.clock.advance(DAY)  # the range under way goes on, the next one is refused
            received += b"".join([bytes(chunk) async for chunk in chunks])
        assert received == original
        assert world.requests.count("webPlayback") == 2
        assert AudioEventKind.RENEWED in [event.kind for event in stream.events]
        assert stream.resume_count == 0, "the server went on, not the client"


async def test_what_is_prepared_is_good_for_as_long_as_its_address(stage: Stage) -> None:
    stage.simulator.world.libraries.signer.lifetime = 200
    song = upload_of(stage, "mp3")
    [prepared] = await stage.music.audio.prepare([song.id])
    while prepared.preparation is not Preparation.READY:
        [prepared] = await stage.music.audio.prepared()
    assert prepared.expire_time is not None
    left = prepared.expire_time - datetime.now(UTC)
    assert timedelta(seconds=190) < left <= timedelta(seconds=200)


@pytest.mark.parametrize("place", [0, 2])
async def test_an_address_that_ended_before_it_was_used(stage: Stage, place: int) -> None:
    """A prepared song: with its first bytes, and with its address alone."""
    song = long_upload(stage, "mp3")
    ids = [each.id for each in stage.songs[:2]]
    ids.insert(place, song.id)
    wanted = Preparation.LICENSED if place else Preparation.READY
    found = await stage.music.audio.prepare(ids)
    while found[place].preparation is not wanted:
        found = await stage.music.audio.prepared()
    stage.simulator.world.clock.advance(DAY)
    assert await stage.play(song.id) == await file_of(stage, song)
    assert stage.simulator.world.requests.count("webPlayback") >= 2


@pytest.mark.parametrize("kind", ["reset-after", "short-body", "ignore-range"])
async def test_a_transfer_that_breaks_is_taken_up_again(stage: Stage, kind: str) -> None:
    song = upload_of(stage, "mp3")
    stage.fault("upload", kind, after_bytes=50_000)
    assert await stage.play(song.id) == await file_of(stage, song)


async def test_a_file_that_is_gone_is_an_error_that_names_the_song(stage: Stage) -> None:
    song = upload_of(stage, "mp3")
    stage.fault("upload", "status", status=404, count=None)
    with pytest.raises(errors.AppleMusicError) as caught:
        await stage.play(song.id)
    assert caught.value.reason in {"UPSTREAM_REFUSED", "RESOURCE_NOT_FOUND"}


async def test_an_upload_is_paced(stage_of: SetUp) -> None:
    """What a skipped song has cost is no more than the lead."""
    async with stage_of(playback={"burst_seconds": 2, "lead_seconds": 3}) as stage:
        song = long_upload(stage, "mp3")
        async with stage.music.audio.stream(song.id) as stream:
            count = 0

            async def take() -> None:
                nonlocal count
                async for chunk in stream:
                    count += len(chunk)

            with pytest.raises(TimeoutError):
                await asyncio.wait_for(take(), 0.5)
        assert 192_000 * 1.5 < count * 8 < 192_000 * 8


async def test_no_part_of_a_signed_address_is_logged(
    stage: Stage, library_log: pytest.LogCaptureFixture
) -> None:
    song = upload_of(stage, "mp3")
    await stage.play(song.id)
    stage.fault("upload", "status", status=403, count=None)
    with pytest.raises(errors.AppleMusicError) as caught:
        await stage.play(song.id)
    for text in (str(caught.value), str(stage.log), library_log.text):
        assert "X-Amz" not in text
