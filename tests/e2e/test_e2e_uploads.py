"""What only its owner has: uploads, from end to end, as they were uploaded."""

from datetime import timedelta

import pytest

from applemusic import AudioContainer, errors
from applemusic.models import AudioSource, Preparation
from applemusic_simulator.library.items import LibrarySong, Origin
from applemusic_simulator.media.upload import upload_format
from tests.support.stage import Stage, packets, samples

KINDS = ["m4a", "mp3"]


def upload_of(stage: Stage, kind: str) -> LibrarySong:
    """An upload of the simulator's listener, in a format."""
    library = stage.simulator.world.libraries.of("demo")
    songs = map(library.song_of, library.song_numbers())
    return next(
        song for song in songs if song.origin is Origin.UPLOAD and upload_format(song.words) == kind
    )


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
    assert header.total_bytes == len(original)
    expected = {"m4a": ("audio/mp4", "mp4a.40.2"), "mp3": ("audio/mpeg", "mp3")}
    assert (header.mime_type, header.codec) == expected[kind]
    assert (header.sample_rate_hertz, header.channel_count) == (44100, 2)
    assert header.duration is not None
    assert header.duration.total_seconds() == pytest.approx(song.words.duration_ms / 1000, abs=0.1)
    assert header.seekable
    print(header, stream.summary, len(samples(audio)))
