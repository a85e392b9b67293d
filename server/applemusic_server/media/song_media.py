"""The `SongMedia` port: playlists and files of Apple's as streams of clear audio."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from applemusic_server.domain.audio import AudioContainer
from applemusic_server.domain.errors import OutOfRangeError, Reason, UnimplementedError
from applemusic_server.domain.media import SongStart
from applemusic_server.domain.ports import ByteSource
from applemusic_server.media.address_expiry import expire_time
from applemusic_server.media.file_rendition import FileRendition
from applemusic_server.media.piece_maker import PIECE_BYTES
from applemusic_server.media.playlist import MediaPlaylist, parse_media_playlist
from applemusic_server.media.seek import TIME_TOLERANCE, start_at_time
from applemusic_server.media.song_etag import SongEtag, media_changed
from applemusic_server.media.song_files import SongFiles
from applemusic_server.media.song_place import past_end
from applemusic_server.media.song_reading import Mp4OrAdtsReading, StreamStart
from applemusic_server.media.tuning import Tuning

CONTAINERS = frozenset({AudioContainer.FMP4, AudioContainer.ADTS})


class PlaylistSongMedia:
    """Reads songs that a playlist describes, from a source of byte ranges.

    Args:
        source: Fetches ranges.
        tuning: Sizes and patience.
        piece_bytes: Usual size of a piece, at most 64 KiB.
        sleep: Waits between resumes, in seconds.
        jitter: A random number from 0 to 1.
    """

    def __init__(
        self,
        source: ByteSource,
        *,
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

    def check_container(self, container: AudioContainer) -> None:
        """See `SongMedia.check_container`."""
        if container not in CONTAINERS:
            raise UnimplementedError(
                Reason.CONTAINER_NOT_SUPPORTED,
                f"this server does not write {container.name}; ask for FMP4 or ADTS",
                metadata={"container": container.name},
            )

    def rendition(self, playlist: str, playlist_url: str) -> "PlaylistRendition":
        """See `SongMedia.rendition`."""
        parsed = parse_media_playlist(playlist, playlist_url)
        return PlaylistRendition(parsed, self._files, self._piece_bytes)

    def file(self, url: str, duration: timedelta) -> FileRendition:
        """See `SongMedia.file`."""
        return FileRendition(url, self._files, duration=duration, piece_bytes=self._piece_bytes)

    def _files(self, url: str) -> SongFiles:
        return SongFiles(
            self._source, url, tuning=self._tuning, sleep=self._sleep, jitter=self._jitter
        )


class PlaylistRendition:
    """The `Rendition` port on one playlist."""

    def __init__(
        self, playlist: MediaPlaylist, files: Callable[[str], SongFiles], piece_bytes: int
    ) -> None:
        self._playlist = playlist
        self._piece_bytes = piece_bytes
        self._files = files

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

    def open(self, start: SongStart, container: AudioContainer) -> Mp4OrAdtsReading:
        """See `Rendition.open`."""
        files = self._files(self._playlist.file_url)
        return Mp4OrAdtsReading(
            self._playlist,
            files,
            container,
            self._start(start, container),
            piece_bytes=self._piece_bytes,
        )

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
            return self._playlist.segments.index(
                start_at_time(self._playlist, seconds, tolerance=TIME_TOLERANCE)
            )
        except OutOfRangeError as error:
            total = f"{self._playlist.total_duration:.3f}"
            raise OutOfRangeError(error.reason, error.message, metadata={"total": total}) from None
