"""PCM: the same samples as FFmpeg's own decoder gives, from wherever one begins."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from applemusic_server.domain.audio import AudioContainer, Preparation
from applemusic_server.domain.errors import FailedPreconditionError, Reason, UnimplementedError
from applemusic_server.media.pcm_decoding import NewDecoder, PcmDecoding
from tests.support.cenc import Packaged, encode_song, package, with_edit_list
from tests.support.decode import decode
from tests.support.play import Stage, at_once

PCM = AudioContainer.PCM_S16LE
RATE, SAMPLE = 44_100, 4
FEW = settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
NewStage = Callable[..., Stage]


@pytest.fixture(scope="session")
def play_samples(play_clear: bytes) -> bytes:
    """What is to be heard of the song: 40 s."""
    return decode(play_clear)[: 40 * RATE * SAMPLE]


async def test_a_whole_song_is_what_ffmpeg_decodes(stage: Stage, play_samples: bytes) -> None:
    heard = await stage.hear(container=PCM)
    assert heard.error is None
    assert heard.data == play_samples
    header = heard.header
    assert header.container is PCM
    assert (header.mime_type, header.codec) == ("audio/L16;rate=44100;channels=2", "")
    assert (header.sample_rate_hertz, header.channel_count) == (RATE, 2)
    assert (header.priming_samples, header.padding_samples) == (0, 0)
    assert header.start_offset == timedelta(0)
    assert heard.summary.byte_count == len(play_samples)
    assert heard.summary.media_duration.total_seconds() == pytest.approx(40)


async def test_chunks_say_where_they_belong(stage: Stage) -> None:
    heard = await stage.hear(container=PCM)
    at = 0
    for chunk in heard.chunks:
        assert 0 < len(chunk.data) <= 64 * 1024
        assert chunk.byte_offset == at
        assert chunk.media_offset.total_seconds() == pytest.approx(at / SAMPLE / RATE, abs=1e-6)
        at += len(chunk.data)


async def test_a_time_begins_at_the_very_sample(new_stage: NewStage, play_samples: bytes) -> None:
    for sample in (1, 1023, 1024, 5 * RATE, 777_777, 40 * RATE - 1):
        stage = new_stage()
        begun = stage.clock.now
        heard = await stage.hear(
            container=PCM, start_offset=timedelta(microseconds=round(sample * 1e6 / RATE))
        )
        assert heard.data == play_samples[sample * SAMPLE :], sample
        assert heard.header.byte_offset == 0
        position = heard.header.start_offset.total_seconds()
        assert position == pytest.approx(sample / RATE, abs=1e-6)
        assert heard.chunks[0].media_offset == heard.header.start_offset
        # One request for what is skipped and the first of what is heard.
        assert heard.timed_chunks[0][0] - begun == pytest.approx(0.24)


@pytest.fixture(scope="session")
def noisy_song() -> Packaged:
    """30 s in which the encoder left noise out, for the decoder to make up; cut to the sample."""
    clear = encode_song(30.0, fragment_seconds=3.0, kbps=64, noise_level=0.3)
    return package(with_edit_list(clear, 30 * RATE - 777, 1024 + 99))


@pytest.fixture(scope="session")
def noisy_samples(noisy_song: Packaged) -> bytes:
    """What is to be heard of it."""
    return decode(noisy_song.clean)


def stage_of(song: Packaged, seconds: float, piece: int = 16 * 1024) -> Stage:
    stage = Stage(song, seconds=seconds)
    stage.apple.piece = piece
    return stage


async def test_an_edit_list_is_kept_to_the_sample(
    noisy_song: Packaged, noisy_samples: bytes
) -> None:
    heard = await stage_of(noisy_song, 30).hear(container=PCM)
    header = heard.header
    assert header.total_samples == 30 * RATE - 777
    assert header.total_bytes == len(heard.data) == (30 * RATE - 777) * SAMPLE
    assert header.duration
    assert header.duration.total_seconds() == pytest.approx((30 * RATE - 777) / RATE, abs=1e-6)
    # FFmpeg has one decoder for the whole song, and later other noise than ours. It begins at the
    # same sample, and of an edit list in fragmented MP4 it does not know the end.
    assert heard.data[: 2 * RATE * SAMPLE] == noisy_samples[: 2 * RATE * SAMPLE]
    assert 0 <= len(noisy_samples) - len(heard.data) < 1024 * SAMPLE


@FEW
@given(data=st.data())
@pytest.mark.parametrize("start", [None, timedelta(seconds=12.345678)])
async def test_a_resume_continues_the_bytes(
    noisy_song: Packaged, data: st.DataObject, start: timedelta | None
) -> None:
    whole = await stage_of(noisy_song, 30).hear(container=PCM, start_offset=start)
    assert whole.error is None
    size = len(whole.data)
    assert whole.header.total_bytes == size
    offset = data.draw(
        st.one_of(
            st.integers(0, size - 1), st.integers(0, 8000), st.integers(size - 2000, size - 1)
        )
    )
    rest, trickle = [
        await stage_of(noisy_song, 30, piece).hear(
            container=PCM, byte_offset=offset, etag=whole.header.etag
        )
        for piece in (16 * 1024, 700)
    ]
    assert rest.error is None
    assert rest.data == trickle.data == whole.data[offset:]
    assert trickle.header == rest.header
    assert (rest.header.etag, rest.header.total_bytes) == (
        whole.header.etag,
        whole.header.total_bytes,
    )
    assert rest.header.byte_offset == rest.chunks[0].byte_offset == offset
    assert rest.chunks[0].media_offset == rest.header.start_offset


async def test_a_seek_in_made_up_noise_gives_the_samples_of_the_whole(noisy_song: Packaged) -> None:
    whole = await stage_of(noisy_song, 30).hear(container=PCM)
    for sample in (5, 2048, 3 * RATE, 3 * RATE + 5000, 400_000, 1_000_000):
        start = timedelta(microseconds=round(sample * 1e6 / RATE))
        heard = await stage_of(noisy_song, 30).hear(container=PCM, start_offset=start)
        assert heard.data == whole.data[sample * SAMPLE :], sample


@pytest.mark.parametrize(
    ("rate", "layout"),
    [(48_000, "mono"), (22_050, "stereo"), (8_000, "mono"), (48_000, "5.1")],
)
async def test_other_rates_and_channels(rate: int, layout: str) -> None:
    size = {"mono": 2, "stereo": 4, "5.1": 12}[layout]
    clear = encode_song(9.0, rate=rate, layout=layout, fragment_seconds=2.0, kbps=24 * size)
    song = package(with_edit_list(clear, 9 * rate - 50))
    heard = await stage_of(song, 9).hear(container=PCM)
    assert (heard.header.sample_rate_hertz, heard.header.channel_count) == (rate, size // 2)
    assert heard.header.mime_type == f"audio/L16;rate={rate};channels={size // 2}"
    assert len(heard.data) == (9 * rate - 50) * size
    assert heard.data[: 2 * rate * size] == decode(song.clean)[: 2 * rate * size]
    assert all(len(chunk.data) % size == 0 for chunk in heard.chunks)
    offset = len(heard.data) // 3 * 2 + 1
    for etag in ("", heard.header.etag):  # without one, the format is not what was guessed
        rest = await stage_of(song, 9).hear(container=PCM, byte_offset=offset, etag=etag)
        assert rest.data == heard.data[offset:]


@pytest.mark.parametrize("drift", [0.97, 1.03])
async def test_a_playlist_with_wrong_times_costs_time_and_no_sample(
    stage: Stage, new_stage: NewStage, play_song: Packaged, drift: float
) -> None:
    whole = await stage.hear(container=PCM)

    def drifting() -> Stage:
        stage = new_stage()
        stage.apple.playlist_text = re.sub(
            r"#EXTINF:([0-9.]+)",
            lambda found: f"#EXTINF:{float(found[1]) * drift:.6f}",
            play_song.playlist(40.0),
        )
        return stage

    expected = (await drifting().hear(container=PCM)).data
    assert expected == whole.data
    heard = await drifting().hear(container=PCM, start_offset=timedelta(seconds=30.5))
    assert heard.data == expected[round(30.5 * RATE) * SAMPLE :]


@pytest.mark.parametrize("more", [0, 1, 1 << 50])
async def test_at_and_past_the_end(noisy_song: Packaged, more: int) -> None:
    whole = await stage_of(noisy_song, 30).hear(container=PCM)
    for etag in ("", whole.header.etag):
        heard = await stage_of(noisy_song, 30).hear(
            container=PCM, byte_offset=len(whole.data) + more, etag=etag
        )
        assert heard.reason is Reason.OFFSET_OUT_OF_RANGE
        assert heard.error
        assert heard.error.metadata["total"] == str(len(whole.data))
        assert heard.frames == []
    late = await stage_of(noisy_song, 30).hear(container=PCM, start_offset=timedelta(seconds=29.99))
    assert late.reason is Reason.OFFSET_OUT_OF_RANGE


@pytest.mark.parametrize(
    "etag",
    ["x", "0" * 24, "0" * 24 + "-44100x2-0", "0" * 24 + "-48000x1-0", "0" * 24 + "-0x2-0", "é"],
)
async def test_another_songs_etag(stage: Stage, etag: str) -> None:
    heard = await stage.hear(container=PCM, byte_offset=1000, etag=etag)
    assert heard.reason is Reason.MEDIA_CHANGED
    assert heard.frames == []


async def test_an_etag_is_of_one_container(new_stage: NewStage) -> None:
    adts = await new_stage().hear(container=AudioContainer.ADTS)
    pcm = await new_stage().hear(container=PCM)
    for container, etag in ((PCM, adts.header.etag), (AudioContainer.ADTS, pcm.header.etag)):
        heard = await new_stage().hear(container=container, byte_offset=1000, etag=etag)
        assert heard.reason is Reason.MEDIA_CHANGED


async def test_a_prepared_start_asks_nobody(new_stage: NewStage) -> None:
    expected = (await new_stage().hear(container=PCM)).data
    stage = new_stage()

    async def work() -> None:
        await stage.preparer.prepare("", ["900"], PCM)
        while (await stage.preparer.prepared(""))[0].preparation is not Preparation.READY:
            await stage.clock.sleep(0.1)
        await stage.clock.sleep(5)
        held = (await stage.preparer.prepared(""))[0].byte_count
        assert 64 * 1024 < held < 256 * 1024  # AAC waits, not ten times as much PCM
        begun = stage.clock.now
        heard = await stage._hear(stage.stream(container=PCM), lambda _: 0.0)
        assert heard.header.preparation is Preparation.READY
        assert heard.timed_chunks[0][0] == begun
        assert heard.data == expected

    await stage.run(work())


async def test_an_address_that_expires_on_the_way(new_stage: NewStage) -> None:
    expected = (await new_stage().hear(container=PCM)).data
    stage = new_stage()

    def fault(number: int) -> None:
        if number == 3:
            raise FailedPreconditionError(Reason.UPSTREAM_REFUSED, "403")

    stage.apple.faults["range"] = fault
    heard = await stage.hear(container=PCM)
    assert heard.error is None
    assert "RENEWED" in heard.event_names
    assert heard.data == expected


async def test_a_file_that_is_cut_off(new_stage: NewStage, play_song: Packaged) -> None:
    stage = new_stage()
    cut = play_song.fragments[-1][0] + 50_000
    stage.apple.body = lambda _: play_song.data[:cut]
    heard = await stage.hear(container=PCM)
    assert heard.reason is Reason.MEDIA_TRUNCATED
    whole = await new_stage().hear(container=PCM)
    assert whole.data.startswith(heard.data)


async def test_an_edit_list_that_promises_too_much(play_clear: bytes) -> None:
    there = len(decode(play_clear)) // SAMPLE
    for missing in (0, 1, 1024):
        song = package(with_edit_list(play_clear, there + missing))
        heard = await stage_of(song, 40).hear(container=PCM)
        assert heard.data == decode(play_clear) + bytes(missing * SAMPLE)
    song = package(with_edit_list(play_clear, there + 1025))
    heard = await stage_of(song, 40).hear(container=PCM)
    assert heard.reason is Reason.MEDIA_TRUNCATED


async def test_a_frame_that_is_no_aac(play_clear: bytes) -> None:
    broken = bytearray(play_clear)
    place = play_clear.rindex(b"mdat") + 20_000
    broken[place : place + 3000] = b"\x20" + b"\xff" * 2999
    stage = stage_of(package(bytes(broken)), 40)
    heard = await stage.hear(container=PCM)
    assert heard.reason is Reason.MEDIA_MALFORMED
    assert len(heard.data) > 30 * RATE * SAMPLE


async def test_without_the_extra_it_says_what_to_install(play_song: Packaged) -> None:
    decoding = PcmDecoding(installed=lambda: False, elsewhere=at_once)
    stage = Stage(play_song, seconds=40, decoding=decoding)
    assert not decoding.works
    heard = await stage.hear(container=PCM)
    assert isinstance(heard.error, UnimplementedError)
    assert heard.reason is Reason.CONTAINER_NOT_SUPPORTED
    assert "applemusic-grpc-server[pcm]" in heard.error.message
    assert heard.error.metadata == {"container": "PCM_S16LE"}
    with pytest.raises(UnimplementedError):
        await stage.preparer.prepare("", ["900"], PCM)
    assert stage.apple.log == []


async def test_an_extra_that_does_not_load_is_no_extra(play_song: Packaged) -> None:
    def load() -> NewDecoder:
        raise ImportError("libavcodec.so.62: cannot open shared object file")

    decoding = PcmDecoding(installed=lambda: True, load=load, elsewhere=at_once)
    stage = Stage(play_song, seconds=40, decoding=decoding)
    assert decoding.works
    for _ in range(2):
        heard = await stage.hear(container=PCM)
        assert heard.reason is Reason.CONTAINER_NOT_SUPPORTED
        assert heard.error
        assert "libavcodec.so.62" in heard.error.message
        assert not decoding.works
