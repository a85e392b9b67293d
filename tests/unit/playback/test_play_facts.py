"""What the header says, from what file and playlist say."""

from dataclasses import replace
from datetime import timedelta

import pytest

from applemusic_server.domain.audio import AudioContainer
from applemusic_server.domain.media import SongFacts
from applemusic_server.media.init_segment import read_init
from applemusic_server.media.movie import Movie
from applemusic_server.media.playlist import parse_media_playlist
from applemusic_server.media.song_facts import song_facts
from tests.support.cenc import Packaged


@pytest.fixture
def movie(play_song: Packaged) -> Movie:
    init = read_init(play_song.data)
    assert init is not None
    return init.movie


def facts(song: Packaged, movie: Movie, seconds: float) -> SongFacts:
    playlist = parse_media_playlist(song.playlist(seconds), "https://cdn.test/p.m3u8")
    return song_facts(playlist, movie, AudioContainer.FMP4, total_bytes=1, byte_offset=0, etag="x")


@pytest.mark.parametrize("in_file", [True, False])
def test_priming_song_and_padding_are_whole_frames(
    play_song: Packaged, movie: Movie, *, in_file: bool
) -> None:
    song = 40 * 44100
    frames = -(-(1024 + song) // 1024)
    known = replace(movie, presentation=song, duration=1024 + song if in_file else None)
    found = facts(play_song, known, (1024 + song) / 44100)
    assert (found.priming_samples, found.total_samples) == (1024, song)
    assert found.priming_samples + found.total_samples + found.padding_samples == frames * 1024
    assert found.duration == timedelta(seconds=40)


def test_times_in_another_scale(play_song: Packaged, movie: Movie) -> None:
    known = replace(movie, timescale=1000, priming=20, presentation=40_000, duration=None)
    found = facts(play_song, known, 40.1)
    assert (found.priming_samples, found.total_samples) == (882, 40 * 44100)


def test_eight_channels(play_song: Packaged, movie: Movie) -> None:
    known = replace(movie, audio=replace(movie.audio, channels=7))
    assert facts(play_song, known, 40.0).channel_count == 8
