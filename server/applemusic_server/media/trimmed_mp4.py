"""An ordinary MP4 that begins in the middle of another one, or has its index in front."""

from collections.abc import Iterable

from applemusic_server.media.boxes import Box, children, only
from applemusic_server.media.failures import malformed
from applemusic_server.media.plain_mp4 import PlainMovie
from applemusic_server.media.sample_table import SampleTable

_HEAD_BYTES = 8
# Chunk offsets and the size of `mdat` have 32 bits.
_MOST_BYTES = (1 << 32) - 1


def trimmed_prefix(movie: PlainMovie, table: SampleTable, first: int) -> bytes:
    """What comes before the bytes from a sample on, so that both are a whole file.

    The samples keep their order and their bytes; other tracks, pictures and words are left out of
    the index.

    Args:
        movie: The file's index.
        table: Its samples, in order.
        first: The sample to begin with.

    Raises:
        DataLossError: MEDIA_MALFORMED, more than 4 GiB.
    """
    start = table.offset(first)
    size = len(_index(movie, table, first, 0))
    before = len(movie.ftyp) + size + _HEAD_BYTES
    if before + table.end - start > _MOST_BYTES:
        raise malformed("more than 4 GiB")
    index = _index(movie, table, first, before - start)
    head = _number(table.end - start + _HEAD_BYTES) + b"mdat"
    return movie.ftyp + index + head


def _index(movie: PlainMovie, table: SampleTable, first: int, shift: int) -> bytes:
    trak = movie.trak
    top = list(children(trak, _HEAD_BYTES, len(trak)))
    mdia = _inside(trak, only(top, b"mdia"))
    minf = _inside(trak, only(mdia, b"minf"))
    stsd = only(_inside(trak, only(minf, b"stbl")), b"stsd")
    left = table.duration - table.time(first)
    timescale = movie.movie_timescale
    length = left * timescale // movie.timescale
    new_stbl = _box(
        b"stbl", _raw(trak, stsd), _stts(table, first), *_stsc_stsz_stco(table, first, shift)
    )
    new_minf = _box(b"minf", *(_raw(trak, each) for each in minf if each.kind != b"stbl"), new_stbl)
    new_mdia = _box(
        b"mdia",
        _timed(_raw(trak, only(mdia, b"mdhd")), 16, left),
        _raw(trak, only(mdia, b"hdlr")),
        new_minf,
    )
    new_trak = _box(
        b"trak",
        _timed(_raw(trak, only(top, b"tkhd")), 20, length),
        _edits(movie, table.time(first), timescale),
        new_mdia,
    )
    return _box(b"moov", _timed(movie.mvhd, 16, length), new_trak)


def _timed(full_box: bytes, narrow: int, duration: int) -> bytes:
    """A copy of `mvhd`, `mdhd` or `tkhd` with another duration.

    Args:
        full_box: The box.
        narrow: Offset of the duration in its body in version 0.
        duration: In the box's units.
    """
    out = bytearray(full_box)
    wide = out[_HEAD_BYTES] != 0
    at, width = _HEAD_BYTES + narrow + (8 if wide else 0), 8 if wide else 4
    if len(out) < at + width:
        raise malformed("a box is shorter than its fields")
    out[at : at + width] = duration.to_bytes(width, "big")
    return bytes(out)


def _edits(movie: PlainMovie, time: int, timescale: int) -> bytes:
    """The edit list for what is left: as it was, or without the priming."""
    if not movie.presentation:
        return b""
    left = max(0, movie.priming + movie.presentation - max(time, movie.priming))
    length = left * timescale // movie.timescale
    begin = max(0, movie.priming - time)
    elst = _number(0) + _number(1) + _number(length) + _number(begin) + _number(1 << 16)
    return _box(b"edts", _box(b"elst", elst))


def _stts(table: SampleTable, first: int) -> bytes:
    ends = [*(run.first for run in table.runs[1:]), table.count]
    rows = [
        _number(end - max(run.first, first)) + _number(run.delta)
        for run, end in zip(table.runs, ends, strict=True)
        if end > first
    ]
    return _box(b"stts", _number(0), _number(len(rows)), *rows)


def _stsc_stsz_stco(table: SampleTable, first: int, shift: int) -> tuple[bytes, bytes, bytes]:
    chunk = table.chunk_of(first)
    counts = [table.firsts[chunk + 1] - first]
    counts += [table.firsts[i + 1] - table.firsts[i] for i in range(chunk + 1, len(table.chunks))]
    runs = [
        _number(place + 1) + _number(count) + _number(1)
        for place, count in enumerate(counts)
        if not place or counts[place - 1] != count
    ]
    sizes = table.sizes[first:]
    offsets = [table.offset(first), *table.chunks[chunk + 1 :]]
    return (
        _box(b"stsc", _number(0), _number(len(runs)), *runs),
        _box(b"stsz", bytes(8), _number(len(sizes)), _numbers(sizes)),
        _box(
            b"stco",
            _number(0),
            _number(len(offsets)),
            # The first time only the length counts.
            _numbers(max(0, offset + shift) & _MOST_BYTES for offset in offsets),
        ),
    )


def _inside(buffer: bytes, box: Box) -> list[Box]:
    return list(children(buffer, box.body, box.end))


def _raw(buffer: bytes, box: Box) -> bytes:
    return buffer[box.start : box.end]


def _box(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return _number(len(body) + _HEAD_BYTES) + kind + body


def _number(value: int) -> bytes:
    return value.to_bytes(4, "big")


def _numbers(values: Iterable[int]) -> bytes:
    return b"".join(value.to_bytes(4, "big") for value in values)
