"""The `SongReading` port: a plain file, sent on as it is, from any place in it."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from applemusic_server.domain.audio import AudioContainer
from applemusic_server.domain.content_key import ContentKey
from applemusic_server.domain.media import AudioPiece, Room, SongFacts, SongStart
from applemusic_server.media.audio_file import AudioFile, read_audio_file
from applemusic_server.media.failures import truncated
from applemusic_server.media.file_bytes import FileBytes
from applemusic_server.media.file_pieces import FilePieces
from applemusic_server.media.file_plan import FilePlan, check_container, plan_file
from applemusic_server.media.in_ranges import bytes_for, fed
from applemusic_server.media.marked_writer import MarkedAdtsWriter
from applemusic_server.media.parts import Parts
from applemusic_server.media.piece_maker import PieceMaker
from applemusic_server.media.ranges import RangeReader
from applemusic_server.media.sample_cutter import SampleCutter, plain_movie_facts
from applemusic_server.media.song_etag import media_changed
from applemusic_server.media.song_files import SongFiles


@dataclass(slots=True)
class KnownFile:
    """What the readings of one file have found out and need not find out again.

    Attributes:
        seconds: How long it is said to play; 0 when nobody said.
        file: What it is.
        validator: Which version of it.
    """

    seconds: float
    file: AudioFile | None = None
    validator: str | None = None


class _Maker(Protocol):
    def feed(self, data: bytes | memoryview) -> list[AudioPiece]: ...

    def close(self) -> list[AudioPiece]: ...


class FileReading:
    """Reads a plain file. There is no key: `unlock` waits for the first piece.

    Args:
        files: Makes readers of the file.
        container: In which form; FMP4 is the file as it is.
        start: Where to begin.
        known: What is known of the file; filled in.
        piece_bytes: Usual size of a piece.
        to_decode: Whether each frame's time must be known, as it is in an MP4 with AAC.
    """

    def __init__(
        self,
        files: SongFiles,
        container: AudioContainer,
        start: SongStart,
        known: KnownFile,
        *,
        piece_bytes: int,
        to_decode: bool = False,
    ) -> None:
        self._to_decode = to_decode
        self._files = files
        self._container = container
        self._start = start
        self._known = known
        self._piece_bytes = piece_bytes
        self._bytes = FileBytes(files)
        self._main: RangeReader | None = None
        self._maker: _Maker | None = None
        self._end = 0
        self._bytes_per_second = 0.0
        self._early = b""
        self._ready: list[AudioPiece] = []

    @property
    def upstream_bytes(self) -> int:
        """See `SongReading.upstream_bytes`."""
        return self._files.upstream_bytes

    @property
    def resumes(self) -> int:
        """See `SongReading.resumes`."""
        return self._files.resumes

    @property
    def held_bytes(self) -> int:
        """See `SongReading.held_bytes`."""
        ready = sum(len(piece.data) for piece in self._ready)
        return self._bytes.held_bytes + len(self._early) + ready

    async def aclose(self) -> None:
        """See `SongReading.aclose`."""
        await self._files.aclose()
        self._ready.clear()
        self._early = b""

    async def open(self) -> SongFacts:
        """See `SongReading.open`."""
        file = self._known.file or await self._find_out()
        if self._to_decode:
            check_container(file, AudioContainer.PCM_S16LE)
        validator = self._known.validator
        plan = await self._bytes.answer(plan_file(file, self._container, self._start, validator))
        self._main, self._early = await self._bytes.main_at(plan.start)
        told = self._files.validator()
        if told != validator and None not in (told, validator):
            raise media_changed()
        self._maker, self._end = self._make(file, plan), plan.end
        self._bytes_per_second = file.bit_rate / 8
        return self._facts(file, plan)

    async def _find_out(self) -> AudioFile:
        main = await self._bytes.begin(0)
        known = self._known
        file = await self._bytes.answer(read_audio_file(main.total or 0, known.seconds))
        known.file, known.validator = file, main.validator
        return file

    async def unlock(self, key: ContentKey | None) -> timedelta:
        """See `SongReading.unlock`; a key is not needed."""
        del key
        main, maker = self._opened()
        early, self._early = self._early, b""
        ready = self._feed(maker, early)
        while not ready:
            data = await anext(main, None)
            if data is None:
                ready = maker.close()
                break
            ready = self._feed(maker, self._within(main, data))
        if not ready:
            raise truncated("it ends before the first byte asked for")
        self._ready = ready
        return ready[0].media_offset

    async def hold(self, most_bytes: int) -> None:
        """See `SongReading.hold`."""
        main, maker = self._opened()
        async with aclosing(main.rest_of_range(most_bytes - self.held_bytes)) as rest:
            async for data in rest:
                self._ready += self._feed(maker, self._within(main, data))

    async def pieces(self, room: Room) -> AsyncGenerator[AudioPiece, None]:
        """See `SongReading.pieces`."""
        main, maker = self._opened()
        if self._bytes_per_second:
            main.limit(
                bytes_for(
                    room, bytes_per_second=self._bytes_per_second, piece_bytes=self._piece_bytes
                )
            )
        while self._ready:
            yield self._ready.pop(0)
        parts = Parts(self._piece_bytes)
        while main.position < self._end:
            data = await anext(main, None)
            if data is None:
                break
            pieces = fed(maker, parts, self._within(main, data), flush=main.between_ranges)
            del data
            while (piece := next(pieces, None)) is not None:
                yield piece
        for piece in maker.feed(parts.rest()) + maker.close():
            yield piece
        if main.position < self._end:
            raise truncated(f"it ends at byte {main.position} of {self._end}")

    def _within(self, main: RangeReader, data: bytes) -> bytes:
        """What of the bytes that were just read belongs to the stream."""
        beyond = main.position - self._end
        return data[: len(data) - beyond] if beyond > 0 else data

    def _feed(self, maker: _Maker, data: bytes) -> list[AudioPiece]:
        size = self._piece_bytes
        parts = [data[at : at + size] for at in range(0, len(data), size)] or [b""]
        return [piece for part in parts for piece in maker.feed(part)]

    def _opened(self) -> tuple[RangeReader, _Maker]:
        if self._main is None or self._maker is None:
            raise RuntimeError("the song is not open yet")
        return self._main, self._maker

    def _make(self, file: AudioFile, plan: FilePlan) -> _Maker:
        byte_offset = self._start.byte_offset or 0
        if plan.samples_from is None or file.movie is None or file.table is None:
            return FilePieces(
                file.times, position=plan.start, byte_offset=byte_offset, prefix=plan.prefix
            )
        writer = MarkedAdtsWriter()
        cutter = SampleCutter(file.movie, file.table, plan.samples_from, writer)
        facts = plain_movie_facts(file.movie, file.table)
        return PieceMaker(cutter, writer, facts, byte_offset=byte_offset, drop=plan.drop)

    def _facts(self, file: AudioFile, plan: FilePlan) -> SongFacts:
        return SongFacts(
            mime_type="audio/aac" if plan.samples_from is not None else file.mime_type,
            codec=file.codec,
            sample_rate_hertz=file.sample_rate,
            channel_count=file.channels,
            bit_rate=file.bit_rate,
            duration=timedelta(seconds=file.seconds),
            total_bytes=plan.total_bytes,
            priming_samples=file.priming,
            padding_samples=file.padding,
            total_samples=file.total_samples,
            byte_offset=self._start.byte_offset or 0,
            etag=plan.etag,
            seekable=file.seekable,
        )
