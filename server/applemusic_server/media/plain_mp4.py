"""An ordinary MP4 as listeners upload it: one index for all samples, nothing encrypted."""

from collections.abc import Generator
from dataclasses import dataclass, field, replace
from typing import NamedTuple, TypeVar

from applemusic_server.domain.errors import DataLossError, FailedPreconditionError, Reason
from applemusic_server.media.audio_format import AudioFormat, parse_esds
from applemusic_server.media.boxes import (
    HEADER_BYTES,
    LARGE_HEADER_BYTES,
    Box,
    Fields,
    Header,
    children,
    only,
    optional,
    printable,
    read_header,
)
from applemusic_server.media.failures import malformed
from applemusic_server.media.itunes_words import Gapless, read_gapless
from applemusic_server.media.movie import read_edits
from applemusic_server.media.sample_table import SampleTable, read_sample_table

MOST_INDEX_BYTES = 16 * 1024 * 1024
"""Of one track: four million samples."""

_MOST_BOXES = 64
_MOST_FTYP_BYTES = 4096
# Boxes around iTunes' words, and the bytes before what they hold.
_AROUND_WORDS = {b"udta": 0, b"meta": 4, b"ilst": 0}
_MOST_WORDS_BYTES = 16 * 1024
_INDEX_KINDS = (b"mvhd", b"trak", b"mvex")
_PROTECTED = frozenset({b"drms", b"enca", b"drmi"})
# Further fields of a QuickTime sample entry, by its version.
_ENTRY_MORE = {0: 0, 1: 16}
_MOST_CHANNELS = 8
_RATES = range(8_000, 768_001)

T = TypeVar("T")


class Span(NamedTuple):
    """Bytes of a file that are asked for: `start <= i < end`."""

    start: int
    end: int


Ask = Generator[Span, bytes, T]
"""A parser that asks for the bytes it needs, and is sent exactly those."""


@dataclass(frozen=True, slots=True)
class PlainMovie:
    """What an index says.

    Attributes:
        codec: RFC 6381, as far as it is known.
        audio: The facts of AAC; None for another codec.
        timescale: Units per second of the track.
        movie_timescale: Units per second of the movie around it.
        priming: Units at the beginning that are not to be heard.
        presentation: Units that are to be heard, 0 when it does not say.
        duration: Units of all samples; 0 when it does not say.
        table: Where the samples are; None for a fragmented file.
        index_first: Whether a player can begin before it has the whole file.
        ftyp: The box.
        mvhd: The box.
        trak: The box.
    """

    codec: str
    audio: AudioFormat | None
    sample_rate: int
    channels: int
    timescale: int
    movie_timescale: int
    priming: int
    presentation: int
    duration: int
    table: SampleTable | None
    index_first: bool
    ftyp: bytes = field(repr=False)
    mvhd: bytes = field(repr=False)
    trak: bytes = field(repr=False)


@dataclass(slots=True)
class _Found:
    ftyp: bytes = b""
    moov: Span | None = None
    mdat: int | None = None
    moov_head: int = 0


def read_plain_mp4(total: int) -> Ask[PlainMovie]:
    """Read the index of a file, wherever it is.

    Args:
        total: Bytes of the file.

    Raises:
        DataLossError: MEDIA_MALFORMED, broken, or without exactly one track of sound.
        FailedPreconditionError: RENDITION_NOT_FOUND, it is protected.
    """
    found = yield from _top_boxes(total)
    if found.moov is None:
        raise malformed("an MP4 without 'moov'")
    inside, words = yield from _index_boxes(found.moov.start + found.moov_head, found.moov.end)
    sound = [box for box in inside[b"trak"] if _is_sound(box)]
    if len(sound) != 1 or len(inside[b"mvhd"]) != 1:
        raise malformed(f"an MP4 with {len(sound)} tracks of sound")
    movie = _movie(
        found.ftyp,
        inside[b"mvhd"][0],
        sound[0],
        fragmented=bool(inside[b"mvex"]),
        index_first=found.mdat is None or found.moov.start < found.mdat,
        total=total,
    )
    if movie.presentation or words is None or movie.table is None:
        return movie
    gapless = yield from _gapless(words)
    return _heard(movie, gapless) if gapless else movie


def _gapless(words: Span) -> Ask[Gapless | None]:
    """Look for iTunes' own words, in `udta`, `meta` and `ilst`, as far as it costs nothing."""
    at, stop = words
    for _ in range(_MOST_BOXES):
        if at >= stop:
            break
        header = yield from _header(at, stop)
        if header.kind in _AROUND_WORDS:
            at += header.length + _AROUND_WORDS[header.kind]
            continue
        if header.size > _MOST_WORDS_BYTES:
            break  # a picture: what is behind it is not worth a request
        if header.kind == b"----":
            gapless = read_gapless((yield Span(at, at + header.size)))
            if gapless:
                return gapless
        at += header.size
    return None


def _heard(movie: PlainMovie, gapless: Gapless) -> PlainMovie:
    """The index with what is to be heard, if there are so many samples."""
    priming = gapless.priming * movie.timescale // movie.sample_rate
    heard = gapless.heard * movie.timescale // movie.sample_rate
    if not heard or priming + heard > movie.duration:
        return movie
    return replace(movie, priming=priming, presentation=heard)


def _index_boxes(at: int, stop: int) -> Ask[tuple[dict[bytes, list[bytes]], Span | None]]:
    """What `moov` holds, and where its words are: pictures are not even asked for."""
    words: Span | None = None
    inside: dict[bytes, list[bytes]] = {kind: [] for kind in _INDEX_KINDS}
    for _ in range(_MOST_BOXES):
        if at >= stop:
            break
        header = yield from _header(at, stop)
        end = at + header.size
        if header.kind in inside:
            if header.size > MOST_INDEX_BYTES:
                raise malformed("an index that is too big")
            box = yield Span(at, end)
            inside[header.kind].append(box)
        elif header.kind == b"udta":
            words = Span(at, end)
        at = end
    return inside, words


def _top_boxes(total: int) -> Ask[_Found]:
    found, at = _Found(), 0
    for _ in range(_MOST_BOXES):
        if at >= total or found.moov is not None:
            break
        header = yield from _header(at, total)
        end = at + header.size
        if header.kind == b"ftyp":
            if header.size > _MOST_FTYP_BYTES:
                raise malformed("an 'ftyp' that is too big")
            found.ftyp = yield Span(at, end)
        elif header.kind == b"moov":
            found.moov, found.moov_head = Span(at, end), header.length
        elif header.kind == b"mdat" and found.mdat is None:
            found.mdat = at
        at = end
    return found


def _header(at: int, end: int) -> Ask[Header]:
    head = yield Span(at, min(end, at + LARGE_HEADER_BYTES))
    if head[:4] == bytes(4) and len(head) >= 8:  # noqa: PLR2004 - size and kind
        return Header(head[4:8], end - at, 8)  # to the end of what is around it
    header = read_header(head)
    if header is None or at + header.size > end:
        raise malformed("a box is larger than what is around it")
    return header


def _boxes(buffer: bytes, box: Box) -> list[Box]:
    return list(children(buffer, box.body, box.end))


def _whole(buffer: bytes) -> Box:
    header = read_header(buffer)
    if header is None or (header.size, header.length) != (len(buffer), HEADER_BYTES):
        raise malformed("a box of another size than it says")
    return Box(header.kind, 0, header.length, header.size)


def _is_sound(trak: bytes) -> bool:
    mdia = _boxes(trak, only(_boxes(trak, _whole(trak)), b"mdia"))
    handler = Fields.of(trak, only(mdia, b"hdlr"))
    handler.take(8)
    return handler.take(4) == b"soun"


def _movie(
    ftyp: bytes, mvhd: bytes, trak: bytes, *, fragmented: bool, index_first: bool, total: int
) -> PlainMovie:
    movie_timescale, _ = timescale_and_duration(mvhd, _whole(mvhd))
    top = _boxes(trak, _whole(trak))
    mdia = _boxes(trak, only(top, b"mdia"))
    timescale, duration = timescale_and_duration(trak, only(mdia, b"mdhd"))
    stbl = _boxes(trak, only(_boxes(trak, only(mdia, b"minf")), b"stbl"))
    codec, audio, rate, channels = _sample_entry(trak, only(stbl, b"stsd"), timescale)
    table = None if fragmented else read_sample_table(trak, stbl, total)
    priming, presentation = _edits(trak, optional(top, b"edts"))
    units = table.duration if table else duration
    presentation = presentation * timescale // movie_timescale
    return PlainMovie(
        codec=codec,
        audio=audio,
        sample_rate=rate,
        channels=channels,
        timescale=timescale,
        movie_timescale=movie_timescale,
        priming=min(priming, units),
        presentation=min(presentation, max(0, units - priming)),
        duration=units,
        table=table,
        index_first=index_first,
        ftyp=ftyp,
        mvhd=mvhd,
        trak=trak,
    )


def timescale_and_duration(buffer: bytes, box: Box) -> tuple[int, int]:
    """What `mvhd` and `mdhd` say; a duration that is not known is 0."""
    fields = Fields.of(buffer, box)
    version, _ = fields.version_and_flags()
    width = 8 if version else 4
    fields.take(2 * width)
    timescale, duration = fields.unsigned(4), fields.unsigned(width)
    if timescale == 0:
        raise malformed("a timescale of 0")
    return timescale, 0 if duration == (1 << 8 * width) - 1 else duration


def _edits(trak: bytes, edts: Box | None) -> tuple[int, int]:
    try:
        return read_edits(trak, edts)
    except DataLossError:
        return 0, 0  # several edits, say: a player knows what to do, and the header says nothing


def _sample_entry(
    trak: bytes, stsd: Box, timescale: int
) -> tuple[str, AudioFormat | None, int, int]:
    """Codec, AAC's facts, samples per second and channels.

    An entry cannot name more than 65,535 samples per second; the track's units can.
    """
    fields = Fields.of(trak, stsd)
    fields.version_and_flags()
    if fields.unsigned(4) != 1:
        raise malformed("more than one sample entry")
    entry = next(children(trak, fields.position, stsd.end), None)
    if entry is None:
        raise malformed("no sample entry")
    if entry.kind in _PROTECTED:
        raise FailedPreconditionError(
            Reason.RENDITION_NOT_FOUND,
            f"the file is protected in a way that this server does not play "
            f"({printable(entry.kind)})",
        )
    head = Fields.of(trak, entry)
    head.take(8)
    version = head.unsigned(2)
    head.take(6)
    channels = head.unsigned(2)
    head.take(6)
    rate = head.unsigned(4) >> 16
    audio = None
    if entry.kind == b"mp4a" and version in _ENTRY_MORE:
        head.take(_ENTRY_MORE[version])
        audio = _aac(trak, Box(entry.kind, entry.start, head.position, entry.end))
    if audio is not None:
        codec, rate = audio.codec, audio.sample_rate
        channels = audio.channels or channels
    else:
        codec = entry.kind.decode("ascii", "replace")
        rate = timescale if timescale in _RATES else rate
    if not 0 < channels <= _MOST_CHANNELS or not rate:
        raise malformed(f"{channels} channels at {rate} Hz")
    return codec, audio, rate, channels


def _aac(trak: bytes, entry: Box) -> AudioFormat | None:
    """The facts of AAC; None for what only a player has to understand."""
    try:
        inside = _boxes(trak, entry)
        wave = optional(inside, b"wave")
        if wave is not None:
            inside = _boxes(trak, wave)
        esds = optional(inside, b"esds")
        return parse_esds(Fields.of(trak, esds)) if esds else None
    except DataLossError:
        return None
