"""Playlist, ranges and decryption together: a stream that breaks goes on exactly."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from applemusic_server.domain.content_key import ContentKey
from applemusic_server.media.adts import AdtsWriter
from applemusic_server.media.boxes import read_header
from applemusic_server.media.decryptor import Decryptor
from applemusic_server.media.movie import Movie, parse_movie
from applemusic_server.media.playlist import MediaPlaylist, parse_media_playlist
from applemusic_server.media.ranges import RangeReader
from applemusic_server.media.seek import (
    TIME_TOLERANCE,
    segment_at_time,
    start_at_byte,
)
from tests.support.cenc import KEY, KEY_ID, Packaged, remux_to_adts

CONTENT_KEY = ContentKey(KEY_ID, KEY)


class File:
    """A file server with one file."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.requests = 0

    async def open_range(
        self, url: str, start: int, end: int | None, *, validator: str | None = None
    ) -> "Part":
        assert url.endswith("song.mp4")
        assert validator in (None, '"v1"')
        self.requests += 1
        return Part(self._data, start, end or len(self._data))


class Part:
    validator = '"v1"'

    def __init__(self, data: bytes, start: int, end: int) -> None:
        self.start, self.end, self.total = start, end, len(data)
        self._left = data[start:end]

    async def read(self) -> bytes:
        data, self._left = self._left[:16_384], self._left[16_384:]
        return data

    async def aclose(self) -> None:
        pass


def playlist_of(song: Packaged, seconds: float = 12.0) -> MediaPlaylist:
    return parse_media_playlist(song.playlist(seconds), "https://files.example/a/b.m3u8")


def movie_of(song: Packaged) -> Movie:
    at = 0
    while (header := read_header(song.data, at)) and header.kind != b"moov":
        at += header.size
    assert header is not None
    return parse_movie(song.data[at : at + header.size])[0]


async def stream(song: Packaged, decryptor: Decryptor, start: int) -> bytes:
    playlist = playlist_of(song)
    ranges = RangeReader(File(song.data), playlist.file_url, start=start, end=playlist.total_bytes)
    out = bytearray()
    async with ranges:
        async for data in ranges:
            out += decryptor.feed(data)
    return bytes(out) + (decryptor.close() if start < playlist.total_bytes else b"")


@settings(max_examples=25, deadline=None)
@given(place=st.floats(0, 1))
async def test_clean_mp4_goes_on_at_any_byte(song: Packaged, place: float) -> None:
    byte_offset = round(place * len(song.data))
    point = start_at_byte(playlist_of(song), byte_offset)
    decryptor = Decryptor(
        CONTENT_KEY,
        movie=movie_of(song) if point.needs_movie else None,
        position=point.fetch_from,
    )
    rest = await stream(song, decryptor, point.fetch_from)
    assert rest[point.drop_bytes :] == song.clean[byte_offset:]


@settings(max_examples=25, deadline=None)
@given(frame=st.integers(0, 515))
async def test_adts_goes_on_at_any_frame(song: Packaged, clear_song: bytes, frame: int) -> None:
    whole = remux_to_adts(clear_song)
    at = 0
    for _ in range(frame):
        at += (whole[at + 3] & 3) << 11 | whole[at + 4] << 3 | whole[at + 5] >> 5
    # As the wire carries it: a duration with nanoseconds.
    seconds = Fraction(round(Fraction(frame * 1024, 44100) * 10**9), 10**9)
    playlist = playlist_of(song)
    segment = playlist.segments[segment_at_time(playlist, float(seconds), tolerance=TIME_TOLERANCE)]
    decryptor = Decryptor(
        CONTENT_KEY, AdtsWriter(seconds), movie=movie_of(song), position=segment.offset
    )
    assert await stream(song, decryptor, segment.offset) == whole[at:]


@pytest.mark.parametrize("frame", [*range(168, 178), *range(341, 350)])
def test_no_frame_is_lost_where_the_playlist_is_rounded(song: Packaged, frame: int) -> None:
    seconds = Fraction(frame * 1024, 44100)
    playlist = playlist_of(song, 11.95)  # its segments seem to begin too early
    segment = playlist.segments[segment_at_time(playlist, float(seconds), tolerance=TIME_TOLERANCE)]
    first = Decryptor(CONTENT_KEY)
    first.feed(song.data[: segment.offset])
    assert first.media_seconds <= seconds
