"""PCM from end to end: a continuous mix without a gap, to the sample."""

import asyncio
import importlib.util
import subprocess
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from pathlib import Path

import imageio_ffmpeg
import pytest

from applemusic import AudioContainer, errors
from applemusic.models import Preparation
from applemusic_simulator.media.store import mix_part
from tests.support.decode import decode
from tests.support.stage import Stage, samples

PCM = AudioContainer.PCM_S16LE
RATE, SAMPLE = 44_100, 4


async def uncut(stage: Stage, by: Callable[[Path], bytes]) -> bytes:
    """The samples of the two songs of the mix in the piece that they were cut from."""
    one, other = stage.mix
    whole = await stage.simulator.playback.store.whole(one)
    begin, end = mix_part(one)[0], mix_part(other)[1]
    return (await asyncio.to_thread(by, whole))[begin * SAMPLE : end * SAMPLE]


def by_pyav(path: Path) -> bytes:
    return decode(path.read_bytes())


def by_another_ffmpeg(path: Path) -> bytes:
    """An FFmpeg that is neither the server's nor the simulator's: another build and version."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", str(path), "-f", "s16le", "-"]
    return subprocess.run(command, check=True, capture_output=True).stdout  # noqa: S603 - our own words only


@pytest.mark.parametrize("by", [by_pyav, by_another_ffmpeg])
async def test_two_songs_of_a_mix_equal_the_uncut_original(
    stage: Stage, by: Callable[[Path], bytes]
) -> None:
    one, other = stage.mix
    joined = bytearray()
    async with stage.music.audio.stream(one.id, container=PCM, next_song_ids=[other.id]) as stream:
        async for chunk in stream:
            assert len(chunk) % stream.header.sample_bytes == 0
            joined += chunk
        assert len(joined) == stream.header.total_bytes
        assert stream.header.total_samples == stream.header.total_bytes // SAMPLE
        assert (stream.header.priming_samples, stream.header.padding_samples) == (0, 0)
    async with stage.music.audio.stream(other.id, container=PCM) as stream:
        assert stream.header.preparation is Preparation.READY
        async for chunk in stream:
            joined += chunk
    assert bytes(joined) == await uncut(stage, by)


async def test_as_fmp4_a_player_that_trims_by_the_header_hears_the_same(stage: Stage) -> None:
    joined = b""
    for song in stage.mix:
        async with stage.music.audio.stream(song.id) as stream:
            audio = b"".join([bytes(chunk) async for chunk in stream])
        heard = decode(audio)  # the edit list's begin is FFmpeg's own work
        total = stream.header.total_samples * SAMPLE
        assert 0 <= len(heard) - total < 1024 * SAMPLE
        joined += heard[:total]
    assert joined == await uncut(stage, by_pyav)


async def test_as_adts_the_priming_is_played(stage: Stage) -> None:
    one, _ = stage.mix
    async with stage.music.audio.stream(one.id, container=AudioContainer.ADTS) as stream:
        audio = b"".join([bytes(chunk) async for chunk in stream])
    header = stream.header
    assert header.sample_bytes == 0
    whole = header.priming_samples + header.total_samples + header.padding_samples
    assert header.priming_samples >= 1024
    assert len(decode(audio, "aac")) == whole * SAMPLE
    assert samples(audio)


@pytest.mark.parametrize("variant", ["6s-iv16", "10s-subsamples-sidx"])
async def test_beginning_anywhere(stage: Stage, variant: str) -> None:
    stage.simulator.world.playback.change(variant, "default")
    one, _ = stage.mix
    whole = await stage.play(one.id, container=PCM)
    for sample in (1, 6 * RATE, 777_777, len(whole) // SAMPLE - 1):
        async with stage.music.audio.stream(
            one.id, container=PCM, start_offset=timedelta(seconds=sample / RATE)
        ) as stream:
            rest = b"".join([bytes(chunk) async for chunk in stream])
        assert rest == whole[sample * SAMPLE :]
        position = stream.header.start_offset.total_seconds()
        assert position == pytest.approx(sample / RATE, abs=1e-6)
        for offset in (0, 3, len(rest) - 1):
            more = await stage.play(
                one.id, container=PCM, byte_offset=offset, etag=stream.header.etag
            )
            assert more == rest[offset:]
    with pytest.raises(errors.OffsetOutOfRangeError) as caught:
        await stage.play(one.id, container=PCM, byte_offset=len(whole))
    assert caught.value.metadata["total"] == str(len(whole))


async def test_the_capability_says_so(stage: Stage) -> None:
    capabilities = (await stage.music.server.info()).capabilities
    assert capabilities
    assert capabilities.pcm


async def test_without_the_extra_it_says_what_to_install(
    stage_of: Callable[..., AbstractAsyncContextManager[Stage]], monkeypatch: pytest.MonkeyPatch
) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(
        "importlib.util.find_spec", lambda name, *more: None if name == "av" else find(name, *more)
    )
    async with stage_of() as stage:
        capabilities = (await stage.music.server.info()).capabilities
        assert capabilities
        assert capabilities.adts
        assert not capabilities.pcm
        with pytest.raises(
            errors.ContainerNotSupportedError, match=r"grpc-server\[pcm\]"
        ) as caught:
            await stage.play(stage.song.id, container=PCM)
        assert caught.value.metadata["container"] == "PCM_S16LE"
        with pytest.raises(errors.ContainerNotSupportedError):
            await stage.music.audio.prepare([stage.song.id], container=PCM)
        assert await stage.play(stage.song.id, container=AudioContainer.ADTS)


@pytest.mark.parametrize(("seconds", "ranges"), [(13, 1), (18, 2)])
async def test_a_seek_in_a_playing_song_costs_one_round_trip(
    stage: Stage, seconds: int, ranges: int
) -> None:
    one, _ = stage.mix
    async with stage.music.audio.stream(one.id, container=PCM) as stream:
        await stream.read()
    stage.simulator.world.requests.clear()
    async with stage.music.audio.stream(
        one.id, container=PCM, start_offset=timedelta(seconds=seconds)
    ) as stream:
        await stream.read()
    # What is skipped and the first that is heard come in one range; in front of the second
    # fragment, the init segment comes beside it.
    assert [entry.endpoint for entry in stage.simulator.world.requests] == ["cdn"] * ranges
