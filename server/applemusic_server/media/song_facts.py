"""What a listener is told about a song before its first byte."""

from datetime import timedelta

from applemusic_server.domain.audio import AudioContainer
from applemusic_server.domain.media import SongFacts
from applemusic_server.media.movie import Movie
from applemusic_server.media.playlist import MediaPlaylist

_MIME_TYPES = {AudioContainer.FMP4: "audio/mp4", AudioContainer.ADTS: "audio/aac"}
# MPEG-4 channel configuration 7 is the one that does not count its channels.
_SEVEN_ONE, _SEVEN_ONE_CHANNELS = 7, 8
# The playlist's durations are rounded; a frame that is there for a hundredth is not there.
_ROUNDING = 0.01


def song_facts(
    playlist: MediaPlaylist,
    movie: Movie,
    container: AudioContainer,
    *,
    total_bytes: int,
    byte_offset: int,
    etag: str,
) -> SongFacts:
    """Put together what playlist and init segment say."""
    rate, timescale = movie.audio.sample_rate, movie.timescale
    priming = movie.priming * rate // timescale
    total = (movie.presentation or 0) * rate // timescale
    media_seconds = movie.duration / timescale if movie.duration else playlist.total_duration
    frame = movie.audio.frame_samples
    # A decoder makes whole frames, however short the file says that the last one is.
    decoded = -int(-(media_seconds * rate / frame - _ROUNDING) // 1) * frame
    return SongFacts(
        mime_type=_MIME_TYPES[container],
        codec=movie.audio.codec,
        sample_rate_hertz=rate,
        channel_count=(
            _SEVEN_ONE_CHANNELS if movie.audio.channels == _SEVEN_ONE else movie.audio.channels
        ),
        bit_rate=round(playlist.total_bytes * 8 / playlist.total_duration),
        duration=timedelta(
            seconds=total / rate if total else media_seconds - movie.priming / timescale
        ),
        total_bytes=total_bytes,
        priming_samples=priming,
        padding_samples=max(0, decoded - priming - total) if total else 0,
        total_samples=total,
        byte_offset=byte_offset,
        etag=etag,
    )
