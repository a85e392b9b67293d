"""One song's file, opened as often as a stream needs it, counted and closed together."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from applemusic_server.domain.errors import OutOfRangeError
from applemusic_server.domain.ports import ByteSource, RangeResponse
from applemusic_server.media.failures import truncated
from applemusic_server.media.ranges import RangeReader
from applemusic_server.media.song_etag import media_changed
from applemusic_server.media.tuning import Tuning


class SongFiles:
    """Makes readers of one file and keeps them together.

    Args:
        source: Fetches ranges.
        url: The file.
        tuning: Sizes and patience.
        sleep: Waits between resumes, in seconds.
        jitter: A random number from 0 to 1.
    """

    def __init__(
        self,
        source: ByteSource,
        url: str,
        *,
        tuning: Tuning,
        sleep: Callable[[float], Awaitable[None]],
        jitter: Callable[[], float],
    ) -> None:
        self._source = _PlaylistSource(source)
        self._url = url
        self._tuning = tuning
        self._sleep = sleep
        self._jitter = jitter
        self._readers: list[tuple[int, RangeReader]] = []

    @property
    def upstream_bytes(self) -> int:
        """How many bytes all readers delivered."""
        return sum(reader.position - start for start, reader in self._readers)

    @property
    def resumes(self) -> int:
        """How many broken transfers all readers took up again."""
        return sum(reader.resumes for _, reader in self._readers)

    def reader(self, start: int, end: int | None, *, first_bytes: int = 0) -> RangeReader:
        """Make a reader of `start <= i < end`.

        Args:
            start: First byte.
            end: The byte after the last one; None is the end of the file.
            first_bytes: Size of the first range, if it is not the usual one.
        """
        tuning = self._tuning
        if first_bytes:
            tuning = replace(tuning, first_range_bytes=first_bytes)
        reader = RangeReader(
            self._source,
            self._url,
            start=start,
            end=end,
            tuning=tuning,
            sleep=self._sleep,
            jitter=self._jitter,
        )
        self._readers.append((start, reader))
        return reader

    def validator(self) -> str | None:
        """The file's validator, as far as the file server told.

        Raises:
            AbortedError: MEDIA_CHANGED, two readers were told different ones.
        """
        told = {reader.validator for _, reader in self._readers if reader.validator is not None}
        if len(told) > 1:
            raise media_changed()
        return told.pop() if told else None

    async def aclose(self) -> None:
        """Close every reader."""
        for _, reader in self._readers:
            await reader.aclose()


class _PlaylistSource:
    """A source that is asked for nothing behind the playlist's end."""

    def __init__(self, source: ByteSource) -> None:
        self._source = source

    async def open_range(
        self, url: str, start: int, end: int | None, *, validator: str | None = None
    ) -> RangeResponse:
        """See `ByteSource.open_range`."""
        try:
            return await self._source.open_range(url, start, end, validator=validator)
        except OutOfRangeError as error:
            # To a listener that reason is the end of the song, which this is not.
            raise truncated("it is shorter than its playlist says") from error
