"""The `SongMedia` port: playlists and files of Apple's as streams of clear audio."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta

from applemusic_server.domain.audio import AudioContainer
from applemusic_server.domain.errors import OutOfRangeError
from applemusic_server.domain.media import SongReading, SongStart
from applemusic_server.domain.ports import ByteSource
from applemusic_server.media.address_expiry import expire_time
from applemusic_server.media.file_rendition import FileRendition
from applemusic_server.media.pcm_decoding import PcmDecoding
from applemusic_server.media.pcm_reading import MOST_UNHEARD_BYTES, PcmReading, restart_times
from applemusic_server.media.piece_maker import PIECE_BYTES
from applemusic_server.media.playlist import MediaPlaylist, parse_media_playlist
from applemusic_server.media.seek import TIME_TOLERANCE, segment_at_time
from applemusic_server.media.song_etag import SongEtag, media_changed
from applemusic_server.media.song_files import SongFiles
from applemusic_server.media.song_place import past_end
from applemusic_server.media.song_reading import Mp4OrAdtsReading, StreamStart
from applemusic_server.media.tuning import Tuning


class PlaylistSongMedia:
    """Reads songs that a playlist describes, from a source of byte ranges.

    Args:
        source: Fetches ranges.
        tuning: Sizes and patience.
        piece_bytes: Usual size of a piece, at most `MOST_PIECE_BYTES`.
        sleep: Waits between resumes, in seconds.
        jitter: A random number from 0 to 1.
        decoding: Decodes for PCM.
    """

    def __init__(
        self,
        source: ByteSource,
        *,
        decoding: PcmDecoding | None = None,
        tuning: Tuning | None = None,
        piece_bytes: int = PIECE_BYTES,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        jitter: Callable[[], float] = lambda: 1.0,
    ) -> None:
        self._source = source
        self._tuning = tuning or Tuning()
        self._piece_bytes = piece_bytes
        self._sleep = sleep
        self._jitter = jitter
        self._decoding = decoding or PcmDecoding()

    def check_container(self, container: AudioContainer) -> None:
        """See `SongMedia.check_container`."""
        if container is AudioContainer.PCM_S16LE:
            self._decoding.check()

    def rendition(self, playlist: str, playlist_url: str) -> "PlaylistRendition":
        """See `SongMedia.rendition`."""
        parsed = parse_media_playlist(playlist, playlist_url)
        return PlaylistRendition(parsed, self._files, self._piece_bytes, self._decoding)

    def file(self, url: str, duration: timedelta) -> FileRendition:
        """See `SongMedia.file`."""
        return FileRendition(
            url,
            self._files,
            duration=duration,
            piece_bytes=self._piece_bytes,
            decoding=self._decoding,
        )

    def _files(self, url: str, more_bytes: int) -> SongFiles:
        tuning = self._tuning
        if more_bytes:
            tuning = replace(tuning, first_range_bytes=tuning.first_range_bytes + more_bytes)
        return SongFiles(self._source, url, tuning=tuning, sleep=self._sleep, jitter=self._jitter)


class PlaylistRendition:
    """The `Rendition` port on one playlist."""

    def __init__(
        self,
        playlist: MediaPlaylist,
        files: Callable[[str, int], SongFiles],
        piece_bytes: int,
        decoding: PcmDecoding,
    ) -> None:
        self._playlist = playlist
        self._piece_bytes = piece_bytes
        self._files = files
        self._decoding = decoding

    @property
    def protected(self) -> bool:
        """See `Rendition.protected`."""
        return True

    @property
    def key_id(self) -> bytes:
        """See `Rendition.key_id`."""
        return self._playlist.key_id

    @property
    def key_uri(self) -> str:
        """See `Rendition.key_uri`."""
        return self._playlist.key_uri

    @property
    def total_bytes(self) -> int:
        """See `Rendition.total_bytes`."""
        return self._playlist.total_bytes

    @property
    def duration(self) -> timedelta:
        """See `Rendition.duration`."""
        return timedelta(seconds=self._playlist.total_duration)

    @property
    def expire_time(self) -> datetime | None:
        """See `Rendition.expire_time`."""
        return expire_time(self._playlist.file_url)

    def open(self, start: SongStart, container: AudioContainer) -> SongReading:
        """See `Rendition.open`."""
        if container is AudioContainer.PCM_S16LE:
            begins = [segment.start for segment in self._playlist.segments]
            times = restart_times(begins, self._playlist.total_duration)
            self._check_time(start)
            return PcmReading(self._open_aac, self._decoding, times=times, start=start)
        return self._open(self._start(start, container), container)

    def _open_aac(self, time: timedelta, unheard: timedelta) -> SongReading:
        segment = self._playlist.segments[self._segment_at(time.total_seconds())]
        end = (time + unheard).total_seconds()
        share = (end - segment.start) / segment.duration if unheard and segment.duration else 0.0
        more = min(round(share * segment.length), MOST_UNHEARD_BYTES)
        start = self._start(SongStart(time), AudioContainer.ADTS)
        return self._open(start, AudioContainer.ADTS, more)

    def _open(
        self, start: StreamStart, container: AudioContainer, more_bytes: int = 0
    ) -> Mp4OrAdtsReading:
        return Mp4OrAdtsReading(
            self._playlist,
            self._files(self._playlist.file_url, more_bytes),
            container,
            start,
            piece_bytes=self._piece_bytes,
        )

    def _check_time(self, start: SongStart) -> None:
        if start.byte_offset is None:
            self._segment_at(start.time.total_seconds())

    def _start(self, start: SongStart, container: AudioContainer) -> StreamStart:
        if start.byte_offset is None:
            return StreamStart(self._segment_at(start.time.total_seconds()), 0, "")
        etag = SongEtag.parse(start.etag) if start.etag else SongEtag("", 0)
        if etag.segment >= len(self._playlist.segments):
            raise media_changed()
        total = self._playlist.total_bytes
        whole = container is AudioContainer.FMP4 and not etag.segment
        if whole and start.byte_offset >= total:
            raise past_end(start.byte_offset, total)
        return StreamStart(etag.segment, start.byte_offset, etag.digest)

    def _segment_at(self, seconds: float) -> int:
        try:
            return segment_at_time(self._playlist, seconds, tolerance=TIME_TOLERANCE)
        except OutOfRangeError as error:
            total = f"{self._playlist.total_duration:.3f}"
            raise OutOfRangeError(error.reason, error.message, metadata={"total": total}) from None
