"""The `Rendition` port on one plain file: an upload, or a preview."""

from collections.abc import Callable
from datetime import datetime, timedelta

from applemusic_server.domain.audio import AudioContainer
from applemusic_server.domain.media import SongReading, SongStart
from applemusic_server.media.address_expiry import expire_time
from applemusic_server.media.file_reading import FileReading, KnownFile
from applemusic_server.media.pcm_decoding import PcmDecoding
from applemusic_server.media.pcm_reading import MOST_UNHEARD_BYTES, PcmReading, restart_times
from applemusic_server.media.song_files import SongFiles


class FileRendition:
    """A song that is a plain file at an address.

    What the first reading finds out about the file is kept for the next one, so that a seek in a
    song that plays is one round trip.

    Args:
        url: The file. May be signed.
        files: Makes readers of it.
        duration: How long it is said to play; 0 when nobody said.
        piece_bytes: Usual size of a piece.
        decoding: Decodes for PCM.
    """

    def __init__(
        self,
        url: str,
        files: Callable[[str, int], SongFiles],
        *,
        duration: timedelta,
        piece_bytes: int,
        decoding: PcmDecoding,
    ) -> None:
        self._decoding = decoding
        self._url = url
        self._files = files
        self._known = KnownFile(duration.total_seconds())
        self._piece_bytes = piece_bytes

    @property
    def protected(self) -> bool:
        """See `Rendition.protected`."""
        return False

    @property
    def key_id(self) -> bytes:
        """See `Rendition.key_id`."""
        return b""

    @property
    def key_uri(self) -> str:
        """See `Rendition.key_uri`."""
        return ""

    @property
    def total_bytes(self) -> int:
        """See `Rendition.total_bytes`."""
        return self._known.file.total_bytes if self._known.file else 0

    @property
    def duration(self) -> timedelta:
        """See `Rendition.duration`."""
        file = self._known.file
        return timedelta(seconds=file.seconds if file else self._known.seconds)

    @property
    def expire_time(self) -> datetime | None:
        """See `Rendition.expire_time`."""
        return expire_time(self._url)

    def open(self, start: SongStart, container: AudioContainer) -> SongReading:
        """See `Rendition.open`."""
        if container is AudioContainer.PCM_S16LE:
            # What is said, not what is found out: the etag must be the same for whoever goes on.
            times = restart_times((0.0,), self._known.seconds)
            return PcmReading(self._open_aac, self._decoding, times=times, start=start)
        return FileReading(
            self._files(self._url, 0),
            container,
            start,
            self._known,
            piece_bytes=self._piece_bytes,
        )

    def _open_aac(self, time: timedelta, unheard: timedelta) -> SongReading:
        file = self._known.file
        bytes_per_second = file.bit_rate / 8 if file else 0
        more_bytes = min(int(unheard.total_seconds() * bytes_per_second), MOST_UNHEARD_BYTES)
        return FileReading(
            self._files(self._url, more_bytes),
            AudioContainer.ADTS,
            SongStart(time),
            self._known,
            piece_bytes=self._piece_bytes,
            to_decode=True,
        )
