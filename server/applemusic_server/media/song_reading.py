"""The `SongReading` port: one stream of a protected song, from any place in it."""

from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from dataclasses import dataclass
from datetime import timedelta
from itertools import chain

from applemusic_server.domain.audio import AudioContainer
from applemusic_server.domain.content_key import ContentKey
from applemusic_server.domain.errors import OutOfRangeError
from applemusic_server.domain.media import AudioPiece, Room, SongFacts
from applemusic_server.domain.together import together
from applemusic_server.media.adts import adts_header_base
from applemusic_server.media.decryptor import Decryptor
from applemusic_server.media.failures import malformed, truncated
from applemusic_server.media.in_ranges import bytes_for, fed
from applemusic_server.media.init_segment import InitSegment, read_init, without_index
from applemusic_server.media.marked_writer import MarkedAdtsWriter, MarkedMp4Writer, MarkedWriter
from applemusic_server.media.parts import Parts
from applemusic_server.media.piece_maker import PieceMaker
from applemusic_server.media.playlist import MediaPlaylist
from applemusic_server.media.ranges import RangeReader
from applemusic_server.media.song_etag import SongEtag, digest, media_changed
from applemusic_server.media.song_facts import song_facts
from applemusic_server.media.song_files import SongFiles
from applemusic_server.media.song_place import Place, adts_place, mp4_place, stream_bytes

# Enough for ftyp and moov (under 2 KB) many times, should the playlist not say how long they are.
_INIT_PROBE_BYTES = 32 * 1024


@dataclass(frozen=True, slots=True)
class StreamStart:
    """Where a stream begins.

    Attributes:
        segment: The segment with which the whole stream begins, or began when it was first asked
            for.
        byte_offset: The byte of that stream to begin with.
        digest: What the etag's digest must be; empty checks nothing.
    """

    segment: int
    byte_offset: int
    digest: str


class Mp4OrAdtsReading:
    """Reads an encrypted song and gives it out as clear MP4 or as ADTS.

    From the beginning there is one reader, whose first range holds the init segment too. From
    another fragment there are two, which begin at the same time. A byte in the middle of an ADTS
    stream must be looked for first (see `song_place`): that alone costs round trips more.
    """

    def __init__(
        self,
        playlist: MediaPlaylist,
        files: SongFiles,
        container: AudioContainer,
        start: StreamStart,
        *,
        piece_bytes: int,
    ) -> None:
        self._playlist = playlist
        self._files = files
        self._container = container
        self._start = start
        self._piece_bytes = piece_bytes
        self._init: InitSegment | None = None
        self._place: Place | None = None
        self._main: RangeReader | None = None
        # Encrypted bytes that were read and not proven: another key may be tried on them.
        self._held: list[bytes] = []
        self._ready: list[AudioPiece] = []
        # What was read with the proven bytes and comes after them: decrypted when it is its turn.
        self._rest: list[memoryview] = []
        self._maker: PieceMaker | None = None
        self._ended = False

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
        encrypted = sum(map(len, self._held)) + sum(map(len, self._rest))
        return encrypted + sum(len(piece.data) for piece in self._ready)

    async def aclose(self) -> None:
        """See `SongReading.aclose`."""
        await self._files.aclose()
        self._held.clear()
        self._ready.clear()
        self._rest.clear()

    async def open(self) -> SongFacts:
        """See `SongReading.open`."""
        with _InsideThePlaylist():
            init = self._init = await self._open()
        if self._container is AudioContainer.ADTS:
            adts_header_base(init.movie.audio)
        found = digest(self._playlist, self._container, init.data, self._files.validator())
        if self._start.digest not in ("", found):
            raise media_changed()
        total = 0
        if self._container is AudioContainer.FMP4:
            total = stream_bytes(self._playlist, self._start.segment, len(init.data))
        return song_facts(
            self._playlist,
            init.movie,
            self._container,
            total_bytes=total,
            byte_offset=self._start.byte_offset,
            etag=str(SongEtag(found, self._start.segment)),
        )

    async def _open(self) -> InitSegment:
        place = self._place_without_init()
        if place and place.from_head:
            self._place, self._main = place, self._reader(0)
            return await self._init_on_the_way(self._main)
        if place:
            main = self._reader(place.fetch_from)
            init, _ = await together(self._init_alone(), main.open())
        else:
            init = await self._init_alone()
            place = await self._place_with(init)
            main = self._reader(place.fetch_from)
            await main.open()
        self._place, self._main = place, main
        return init

    def _reader(self, start: int) -> RangeReader:
        return self._files.reader(start, self._playlist.total_bytes)

    def _place_without_init(self) -> Place | None:
        """Where to begin, if the playlist alone tells."""
        start = self._start
        if self._container is AudioContainer.ADTS:
            if start.byte_offset:
                return None
            offset = self._playlist.segments[start.segment].offset if start.segment else 0
            return Place(offset, 0, with_init=False)
        if start.segment and not self._playlist.init_end:
            return None
        return mp4_place(
            self._playlist, start.segment, start.byte_offset, self._playlist.init_end or 0
        )

    async def _place_with(self, init: InitSegment) -> Place:
        start = self._start
        if self._container is AudioContainer.FMP4:
            return mp4_place(self._playlist, start.segment, start.byte_offset, len(init.data))
        return await adts_place(
            self._playlist, start.segment, start.byte_offset, init.movie, self._files.reader
        )

    async def _init_on_the_way(self, reader: RangeReader) -> InitSegment:
        head = bytearray()
        async for data in reader:
            self._held.append(data)
            head += data
            if init := read_init(head, self._playlist.init_end):
                return init
        raise truncated("it ends before the first fragment")

    async def _init_alone(self) -> InitSegment:
        end = self._playlist.init_end or min(_INIT_PROBE_BYTES, self._playlist.total_bytes)
        # In one range, read to its end: the connection stays for the next one.
        reader = self._files.reader(0, end, first_bytes=end)
        head = b"".join([data async for data in reader])
        init = read_init(head, self._playlist.init_end)
        if init is None:
            raise malformed("its init segment is not whole")
        return init

    async def unlock(self, key: ContentKey | None) -> timedelta:
        """See `SongReading.unlock`."""
        maker = self._make(key)
        rest: Iterator[memoryview] = chain.from_iterable(map(self._parts, self._held))
        ready = next(filter(None, map(maker.feed, rest)), [])
        with _InsideThePlaylist():
            while not ready and not self._ended:
                data = await anext(self._opened(), None)
                if data is None:
                    self._ended = True
                    ready = maker.close()
                    break
                if not maker.proven:
                    self._held.append(data)
                rest = self._parts(data)
                ready = next(filter(None, map(maker.feed, rest)), [])
        if not ready:
            raise truncated("it ends before the first byte asked for")
        self._rest = list(rest)
        self._held.clear()
        # No other key will be tried.
        self._init = self._place = None
        self._maker, self._ready = maker, ready
        return ready[0].media_offset

    async def hold(self, most_bytes: int) -> None:
        """See `SongReading.hold`."""
        main, maker = self._opened(), self._maker
        if maker is None:
            raise RuntimeError("hold() before unlock()")
        self._ready += self._decrypted(maker)
        with _InsideThePlaylist():
            async with aclosing(main.rest_of_range(most_bytes - self.held_bytes)) as rest:
                async for data in rest:
                    self._rest += self._parts(data)
                    self._ready += self._decrypted(maker)

    async def pieces(self, room: Room) -> AsyncGenerator[AudioPiece, None]:
        """See `SongReading.pieces`."""
        main, maker = self._opened(), self._maker
        if maker is None:
            raise RuntimeError("pieces() before unlock()")
        while self._ready:
            yield self._ready.pop(0)
        early = self._decrypted(maker)
        while (piece := next(early, None)) is not None:
            yield piece
            del piece  # a stream waits long for the next one
        if self._ended:
            return
        byterate = self._playlist.total_bytes / self._playlist.total_duration
        main.limit(bytes_for(room, bytes_per_second=byterate, piece_bytes=self._piece_bytes))
        parts = Parts(self._piece_bytes)
        with _InsideThePlaylist():
            async for data in main:
                pieces = fed(maker, parts, data, flush=main.between_ranges)
                del data
                while (piece := next(pieces, None)) is not None:
                    yield piece
                del pieces
        for piece in maker.feed(parts.rest()) + maker.close():
            yield piece
        if main.position != self._playlist.total_bytes:
            raise truncated(f"it ends at byte {main.position} of {self._playlist.total_bytes}")

    def _decrypted(self, maker: PieceMaker) -> Iterator[AudioPiece]:
        """The pieces of what was read already, each made when it is asked for."""
        while self._rest:
            yield from maker.feed(self._rest.pop(0))

    def _parts(self, data: bytes) -> Iterator[memoryview]:
        size, view = self._piece_bytes, memoryview(data)
        return (view[at : at + size] for at in range(0, len(data), size))

    def _opened(self) -> RangeReader:
        if self._main is None:
            raise RuntimeError("the song is not open yet")
        return self._main

    def _make(self, key: ContentKey | None) -> PieceMaker:
        init, place = self._init, self._place
        if init is None or place is None:
            raise RuntimeError("the song is not open yet")
        adts = self._container is AudioContainer.ADTS
        writer: MarkedWriter = MarkedAdtsWriter() if adts else MarkedMp4Writer()
        prefix = b""
        if place.from_head or place.with_init:
            decryptor = Decryptor(key, writer, known=init.moov)
        else:
            decryptor = Decryptor(key, writer, movie=init.movie, position=place.fetch_from)
        if place.with_init:
            prefix = without_index(decryptor.feed(init.data))
            decryptor.jump(place.fetch_from)
        return PieceMaker(
            decryptor,
            writer,
            init.movie,
            byte_offset=self._start.byte_offset,
            drop=place.drop,
            prefix=prefix,
        )


class _InsideThePlaylist:
    """The offsets asked for are the playlist's: a file that ends before them is cut off."""

    __slots__ = ()

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: object, error: BaseException | None, _traceback: object) -> None:
        # What has a total is the listener's own offset, compared with the playlist.
        if isinstance(error, OutOfRangeError) and "total" not in error.metadata:
            raise truncated("it is shorter than its playlist says") from error
