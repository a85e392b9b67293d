"""What a fragmented MP4 holds: its fragments, samples and encoder delay."""

import struct
from dataclasses import dataclass

from applemusic_simulator.media.boxes import Box, find, walk

_TFHD_DURATION, _TFHD_SIZE = 0x08, 0x10
_TFHD_BASE, _TFHD_DESCRIPTION = 0x01, 0x02
_TRUN_OFFSET, _TRUN_FLAGS = 0x001, 0x004
_TRUN_DURATION, _TRUN_SIZE, _TRUN_SAMPLE_FLAGS, _TRUN_COMPOSITION = 0x100, 0x200, 0x400, 0x800


@dataclass(frozen=True, slots=True)
class Fragment:
    """One `moof` and its `mdat`.

    Attributes:
        offset: Where its `moof` begins in the file.
        size: Bytes of `moof` and `mdat` together.
        decode_time: When it begins, in timescale units, priming counted.
        duration: How long it plays, in timescale units.
        sample_sizes: Bytes of each access unit.
    """

    offset: int
    size: int
    decode_time: int
    duration: int
    sample_sizes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """The map of a file with one track.

    Attributes:
        init_size: Bytes before the first fragment, `sidx` included.
        timescale: Units per second; the sample rate for audio.
        priming: Samples the edit list tells a player to drop at the start.
    """

    init_size: int
    timescale: int
    priming: int
    fragments: tuple[Fragment, ...]

    @property
    def access_units(self) -> int:
        """How many AAC frames there are."""
        return sum(len(fragment.sample_sizes) for fragment in self.fragments)


def read_layout(data: bytes) -> Layout:
    """Map a fragmented MP4 with one track.

    Raises:
        ValueError: It is no such file.
    """
    mdhd = find(data, "moov/trak/mdia/mdhd")
    timescale = struct.unpack_from(">I", data, mdhd.body + (20 if data[mdhd.body] else 12))[0]
    fragments: list[Fragment] = []
    top = list(walk(data))
    for index, moof in enumerate(top):
        if moof.kind != "moof":
            continue
        if index + 1 >= len(top) or top[index + 1].kind != "mdat":
            raise ValueError("a moof without its mdat")
        fragments.append(_fragment(data, moof, top[index + 1]))
    if not fragments:
        raise ValueError("no fragment")
    return Layout(fragments[0].offset, timescale, _priming(data), tuple(fragments))


def _priming(data: bytes) -> int:
    elst = find(data, "moov/trak/edts/elst")
    if data[elst.body]:
        return int(struct.unpack_from(">q", data, elst.body + 16)[0])
    return int(struct.unpack_from(">i", data, elst.body + 12)[0])


def _fragment(data: bytes, moof: Box, mdat: Box) -> Fragment:
    traf = find(data, "traf", moof.body, moof.end)
    duration, size = _defaults(data, find(data, "tfhd", traf.body, traf.end))
    tfdt = find(data, "tfdt", traf.body, traf.end)
    wide = data[tfdt.body] == 1
    start = struct.unpack_from(">Q" if wide else ">I", data, tfdt.body + 4)[0]
    run = find(data, "trun", traf.body, traf.end)
    durations, sizes = read_run(data, run, duration, size)
    offset = struct.unpack_from(">i", data, run.body + 8)[0]
    begin = mdat.end - sum(sizes)
    # Vectors may lie in `mdat` before the samples.
    if begin != moof.start + offset or begin < mdat.body:
        raise ValueError("sample sizes do not add up to the mdat")
    return Fragment(moof.start, mdat.end - moof.start, start, sum(durations), tuple(sizes))


def _defaults(data: bytes, tfhd: Box) -> tuple[int, int]:
    """Return the sample duration and size that hold where `trun` gives none."""
    flags = struct.unpack_from(">I", data, tfhd.body)[0] & 0xFFFFFF
    place = tfhd.body + 8
    place += 8 * bool(flags & _TFHD_BASE) + 4 * bool(flags & _TFHD_DESCRIPTION)
    duration = size = 0
    if flags & _TFHD_DURATION:
        duration = struct.unpack_from(">I", data, place)[0]
        place += 4
    if flags & _TFHD_SIZE:
        size = struct.unpack_from(">I", data, place)[0]
    return duration, size


def read_run(data: bytes, trun: Box, duration: int, size: int) -> tuple[list[int], list[int]]:
    """Return each sample's duration and size."""
    word, count = struct.unpack_from(">II", data, trun.body)
    flags = word & 0xFFFFFF
    place = trun.body + 8 + 4 * bool(flags & _TRUN_OFFSET) + 4 * bool(flags & _TRUN_FLAGS)
    fields = [
        flag
        for flag in (_TRUN_DURATION, _TRUN_SIZE, _TRUN_SAMPLE_FLAGS, _TRUN_COMPOSITION)
        if flags & flag
    ]
    durations, sizes = [duration] * count, [size] * count
    for row in range(count):
        for flag in fields:
            value = struct.unpack_from(">I", data, place)[0]
            place += 4
            if flag == _TRUN_DURATION:
                durations[row] = value
            elif flag == _TRUN_SIZE:
                sizes[row] = value
    return durations, sizes
