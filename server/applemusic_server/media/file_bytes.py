"""The bytes of a plain file that are needed before it can be sent on."""

from applemusic_server.media.failures import truncated
from applemusic_server.media.plain_mp4 import Ask, Span, T
from applemusic_server.media.ranges import RangeReader
from applemusic_server.media.song_files import SongFiles

# What is nearer than this is read over: less than a request costs.
_NEAR_BYTES = 128 * 1024
_PROBE_BYTES = 16 * 1024


class FileBytes:
    """Answers a parser's questions, mostly out of the range that is to be sent on anyway.

    Args:
        files: Makes readers of the file.
    """

    def __init__(self, files: SongFiles) -> None:
        self._files = files
        self._main: RangeReader | None = None
        self._base = 0
        self._held = bytearray()
        self._aside = Span(0, 0)
        self._aside_bytes = b""

    @property
    def held_bytes(self) -> int:
        """How many bytes wait in memory."""
        return len(self._held)

    async def begin(self, start: int) -> RangeReader:
        """Begin to read at an offset.

        Raises:
            AppleMusicError: See `RangeReader`.
        """
        self._main, self._base = self._files.reader(start, None), start
        await self._main.open()
        return self._main

    async def answer(self, ask: Ask[T]) -> T:
        """Run a parser to its end.

        Raises:
            AppleMusicError: See `RangeReader`, and whatever the parser raises.
        """
        try:
            span = next(ask)
            while True:
                span = ask.send(await self._bytes(span))
        except StopIteration as stop:
            found: T = stop.value
            return found

    async def main_at(self, start: int) -> tuple[RangeReader, bytes]:
        """The reader that goes on at an offset, and what of its bytes is there already."""
        main = self._main
        if main is None or not self._base <= start <= self._base + len(self._held) + _NEAR_BYTES:
            if main is not None:
                await main.aclose()
            self._held.clear()
            return await self.begin(start), b""
        await self._read_to(main, start)
        held = bytes(self._held[start - self._base :])
        self._held.clear()
        return main, held

    async def _bytes(self, span: Span) -> bytes:
        main = self._main
        if main is None:
            main = await self.begin(span.start)
        if self._base <= span.start <= self._base + len(self._held) + _NEAR_BYTES:
            await self._read_to(main, span.end)
            return bytes(self._held[span.start - self._base : span.end - self._base])
        if not (self._aside.start <= span.start and span.end <= self._aside.end):
            await self._read_aside(span, main.total or span.end)
        start = span.start - self._aside.start
        return self._aside_bytes[start : start + span.end - span.start]

    async def _read_to(self, main: RangeReader, end: int) -> None:
        while self._base + len(self._held) < end:
            data = await anext(main, None)
            if data is None:
                raise truncated("it is shorter than it was")
            self._held += data

    async def _read_aside(self, span: Span, total: int) -> None:
        end = min(total, max(span.end, span.start + _PROBE_BYTES))
        reader = self._files.reader(span.start, end, first_bytes=end - span.start)
        self._aside_bytes = b"".join([data async for data in reader])
        self._aside = Span(span.start, end)
