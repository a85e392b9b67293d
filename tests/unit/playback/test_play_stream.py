"""A song that plays: order of calls, header, chunks, summary."""

from datetime import timedelta

import pytest

from applemusic_server.domain.audio import AudioContainer, AudioSource, Preparation
from applemusic_server.domain.audio import Stage as StageName
from applemusic_server.domain.media import MOST_PIECE_BYTES
from tests.support.cenc import Packaged, packets, remux_to_adts
from tests.support.play import Stage


async def test_three_round_trips_to_the_first_byte(stage: Stage) -> None:
    begun = stage.clock.now
    heard = await stage.hear()
    first = heard.timed_chunks[0][0]
    assert first - begun == pytest.approx(3 * 0.08)
    assert heard.frames[0][0] == first  # the header comes with it
    names = [name for name, _ in stage.apple.log]
    assert names[:4] == ["offer asked", "offer answered", "playlist asked", "playlist answered"]
    # Both were asked before either was answered.
    assert set(names[4:6]) == {"license asked", "range asked"}
    assert stage.apple.calls["license"] == 1
    assert heard.summary.first_byte_duration.total_seconds() == pytest.approx(0.24)
    assert [stage for stage, _ in heard.summary.stages] == [
        StageName.WEB_PLAYBACK,
        StageName.PLAYLIST,
        StageName.LICENSE,
        StageName.FIRST_RANGE,
        StageName.DECRYPT,
    ]
    # For who watches, the header knows them already, and whose stream it is.
    assert heard.header.stages == heard.summary.stages
    assert heard.header.account_id == "home"
    times = dict(heard.summary.stages)
    assert times[StageName.WEB_PLAYBACK].total_seconds() == pytest.approx(0.08)
    assert times[StageName.LICENSE].total_seconds() == pytest.approx(0.08)
    assert times[StageName.FIRST_RANGE].total_seconds() == pytest.approx(0.08)


async def test_mp4_is_the_clear_song(stage: Stage, play_song: Packaged, play_clear: bytes) -> None:
    heard = await stage.hear()
    assert heard.error is None
    assert heard.data == play_song.clean
    assert packets(heard.data) == packets(play_clear)
    header = heard.header
    assert (header.song_id, header.container) == ("900", AudioContainer.FMP4)
    assert (header.mime_type, header.codec) == ("audio/mp4", "mp4a.40.2")
    assert (header.sample_rate_hertz, header.channel_count) == (44100, 2)
    assert header.bit_rate == pytest.approx(len(play_song.data) * 8 / 40, rel=0.001)
    assert header.duration is not None
    assert header.duration.total_seconds() == pytest.approx(40.0 - 1024 / 44100)
    assert header.total_bytes == len(play_song.data)
    assert (header.byte_offset, header.start_offset) == (0, timedelta(0))
    assert (header.source, header.preparation) == (AudioSource.CATALOG, Preparation.COLD)
    assert header.seekable
    assert header.stream_id == "stream-1"
    summary = heard.summary
    assert summary.byte_count == summary.upstream_byte_count == len(play_song.data)
    assert summary.media_duration.total_seconds() == pytest.approx(40.0, abs=0.05)
    assert (summary.stall_count, summary.resume_count) == (0, 0)
    assert heard.events == []


async def test_samples_that_the_file_does_not_tell_are_0(stage: Stage) -> None:
    header = (await stage.hear()).header  # FFmpeg's edit list has no length
    assert (header.priming_samples, header.padding_samples, header.total_samples) == (1024, 0, 0)


async def test_adts_is_what_ffmpeg_makes(stage: Stage, play_clear: bytes) -> None:
    heard = await stage.hear(container=AudioContainer.ADTS)
    assert heard.data == remux_to_adts(play_clear)
    assert heard.header.mime_type == "audio/aac"
    assert heard.header.total_bytes == 0
    assert heard.summary.byte_count == len(heard.data)


@pytest.mark.parametrize("container", [AudioContainer.FMP4, AudioContainer.ADTS])
async def test_chunks_join(stage: Stage, container: AudioContainer) -> None:
    chunks = (await stage.hear(container=container)).chunks
    position, before = 0, timedelta(0)
    for chunk in chunks:
        assert chunk.byte_offset == position
        assert 0 < len(chunk.data) <= MOST_PIECE_BYTES
        assert chunk.media_offset >= before
        position += len(chunk.data)
        before = chunk.media_offset
    sizes = sorted(len(chunk.data) for chunk in chunks)
    assert 24 * 1024 < sizes[len(sizes) // 2] < 40 * 1024


async def test_to_stop_at_the_summary_is_to_hear_it_all(stage: Stage) -> None:
    async def run() -> None:
        frames = stage.stream()
        async for frame in frames:
            if type(frame).__name__ == "AudioSummary":
                break
        await frames.aclose()

    await stage.clock.drive(run())
    stage.check_closed()


async def test_library_songs_are_asked_for_as_they_are(stage: Stage) -> None:
    heard = await stage.hear(song_id="i.abc")
    assert heard.header.song_id == "i.abc"
