"""A `moof` box: the samples of one fragment, their sizes, durations and vectors."""

import sys
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, repeat
from typing import overload

from applemusic_server.media.boxes import Box, Fields, children, only, optional
from applemusic_server.media.failures import malformed
from applemusic_server.media.movie import Movie, refuse_key_groups
from applemusic_server.media.sample_vectors import (
    HIDDEN,
    VectorPlace,
    Vectors,
    find_records,
    read_senc,
    record_lengths,
)

# 8 IV bytes per sample in a moof of at most 1 MiB; nearly an hour of AAC.
MAX_SAMPLES = 1 << 17
# AAC allows 768 bytes per channel and frame; eight channels stay below.
MAX_SAMPLE_BYTES = 1 << 14

_BASE_DATA_OFFSET, _DESCRIPTION_INDEX = 0x1, 0x2
_DEFAULT_DURATION, _DEFAULT_SIZE, _DEFAULT_FLAGS = 0x8, 0x10, 0x20
_DURATION_IS_EMPTY = 0x10000
_DATA_OFFSET, _FIRST_SAMPLE_FLAGS = 0x1, 0x4
_SAMPLE_DURATION, _SAMPLE_SIZE, _SAMPLE_FLAGS, _SAMPLE_COMPOSITION = 0x100, 0x200, 0x400, 0x800
_UNSIGNED_16, _UNSIGNED_32 = "H", "I"


@dataclass(frozen=True, slots=True)
class Fragment:
    """The samples of one fragment, in order. The lists have one entry per sample.

    A paced stream holds one of these for minutes, so numbers lie in arrays.

    Attributes:
        sizes: Bytes of each sample.
        ends: Where each sample ends, counted from the first byte of the first one.
        durations: Media units of each sample.
        vectors: How they are encrypted, or where behind `moof` that is written.
        data_offset: From the first byte of `moof` to the first byte of the first sample.
        decode_time: Media time of the first sample; None if the fragment does not say.
        header_bytes: Size of the `moof`.
    """

    sizes: Sequence[int]
    ends: Sequence[int]
    durations: Sequence[int]
    vectors: Vectors | VectorPlace
    data_offset: int
    decode_time: int | None
    header_bytes: int

    @property
    def data_bytes(self) -> int:
        """Bytes of all samples together."""
        return self.ends[-1]

    @property
    def duration(self) -> int:
        """Media units of all samples together."""
        return sum(self.durations)

    def after(self, count: int) -> "Fragment":
        """The same without its first samples; `ends` counts from where it did."""
        return replace(
            self,
            sizes=self.sizes[count:],
            ends=self.ends[count:],
            durations=self.durations[count:],
        )


def parse_fragment(moof: bytes, movie: Movie, position: int = 0) -> tuple[Fragment, bytes]:
    """Read a whole `moof` box.

    Args:
        moof: The box, head included.
        movie: The facts of the init segment.
        position: Offset of the box in the file; needed for absolute data offsets only.

    Returns:
        The samples, and the same box as a clear file has it: `senc`, `saiz`, `saio` and `pssh`
        named `free`, every other byte and the length unchanged.

    Raises:
        DataLossError: MEDIA_MALFORMED, broken, counts or sizes that disagree, or a feature that
            this server does not know.
    """
    clean = bytearray(moof)
    top = list(children(moof, 8, len(moof)))
    traf = list(children(moof, (box := only(top, b"traf")).body, box.end))
    for hidden in [b for b in top if b.kind == b"pssh"] + [b for b in traf if b.kind in HIDDEN]:
        clean[hidden.start + 4 : hidden.start + 8] = b"free"
    refuse_key_groups(moof, traf)
    defaults = _Defaults.read(moof, only(traf, b"tfhd"), movie, position)
    sizes = array(_UNSIGNED_32)
    durations = array(_UNSIGNED_32)
    data_offset: int | None = None
    runs: list[int] = []
    for trun in (b for b in traf if b.kind == b"trun"):
        so_far = sum(sizes)
        before = len(sizes)
        offset = _read_run(moof, trun, defaults, sizes, durations)
        runs.append(len(sizes) - before)
        if data_offset is None:
            data_offset = defaults.base + (offset or 0)
        elif offset is not None and defaults.base + offset != data_offset + so_far:
            raise malformed("the runs of a fragment do not follow each other")
    if not sizes:
        raise malformed("a fragment without samples")
    # Looked through three times: half as long as a list.
    numbers = sizes.tolist()
    fragment = Fragment(
        sizes=_checked_sizes(numbers),
        ends=array(_UNSIGNED_32, accumulate(numbers)),
        durations=_checked_durations(durations, movie.timescale),
        vectors=_encryption(moof, traf, defaults, runs, sizes),
        data_offset=data_offset or 0,
        decode_time=_decode_time(moof, optional(traf, b"tfdt")),
        header_bytes=len(moof),
    )
    return fragment, bytes(clean)


class Same(Sequence[int]):
    """One number many times: AAC frames are all of one length."""

    __slots__ = ("_count", "_number")

    def __init__(self, number: int, count: int) -> None:
        self._number = number
        self._count = count

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: int) -> int: ...
    @overload
    def __getitem__(self, index: slice) -> "Same": ...
    def __getitem__(self, index: "int | slice") -> "int | Same":
        found = range(self._count)[index]
        return Same(self._number, len(found)) if isinstance(found, range) else self._number

    def __iter__(self) -> Iterator[int]:
        return repeat(self._number, self._count)


@dataclass(frozen=True, slots=True)
class _Defaults:
    base: int
    duration: int
    size: int
    vector_size: int

    @classmethod
    def read(cls, moof: bytes, tfhd: Box, movie: Movie, position: int) -> "_Defaults":
        fields = Fields.of(moof, tfhd)
        _, flags = fields.version_and_flags()
        if fields.unsigned(4) != movie.track_id:
            raise malformed("a fragment of another track")
        base = fields.unsigned(8) - position if flags & _BASE_DATA_OFFSET else 0
        if flags & _DESCRIPTION_INDEX and fields.unsigned(4) != 1:
            raise malformed("a fragment names a sample entry that is not there")
        duration = fields.unsigned(4) if flags & _DEFAULT_DURATION else movie.default_duration
        size = fields.unsigned(4) if flags & _DEFAULT_SIZE else movie.default_size
        if flags & _DEFAULT_FLAGS:
            fields.take(4)
        if flags & _DURATION_IS_EMPTY:
            raise malformed("a fragment without samples")
        vector_size = movie.protection.iv_size if movie.protection else 0
        return cls(base, duration, size, vector_size)


def _read_run(
    moof: bytes, trun: Box, defaults: _Defaults, sizes: "array[int]", durations: "array[int]"
) -> int | None:
    """Append a run's samples; return its data offset if it has one."""
    fields = Fields.of(moof, trun)
    _, flags = fields.version_and_flags()
    count = fields.unsigned(4)
    if len(sizes) + count > MAX_SAMPLES:
        raise malformed(f"more than {MAX_SAMPLES} samples in a fragment")
    offset = fields.signed(4) if flags & _DATA_OFFSET else None
    if flags & _FIRST_SAMPLE_FLAGS:
        fields.take(4)
    columns = [
        flag
        for flag in (_SAMPLE_DURATION, _SAMPLE_SIZE, _SAMPLE_FLAGS, _SAMPLE_COMPOSITION)
        if flags & flag
    ]
    if fields.left != 4 * count * len(columns):
        raise malformed("a run's length does not fit its sample count")
    words = array(_UNSIGNED_32, fields.take(fields.left))
    if sys.byteorder == "little":
        words.byteswap()
    table = {flag: words[index :: len(columns)] for index, flag in enumerate(columns)}
    sizes.extend(table.get(_SAMPLE_SIZE) or array(_UNSIGNED_32, [defaults.size]) * count)
    durations.extend(
        table.get(_SAMPLE_DURATION) or array(_UNSIGNED_32, [defaults.duration]) * count
    )
    return offset


def _checked_sizes(sizes: list[int]) -> "array[int]":
    if not all(sizes) or max(sizes) > MAX_SAMPLE_BYTES:
        raise malformed(f"a sample of 0 or of more than {MAX_SAMPLE_BYTES} bytes")
    return array(_UNSIGNED_16, sizes)


def _checked_durations(durations: "array[int]", timescale: int) -> Sequence[int]:
    """A frame lasts 23 ms. A broken duration would make the pacer wait for hours."""
    same = durations.tobytes() == durations[:1].tobytes() * len(durations)
    if (durations[0] if same else max(durations)) > timescale:
        raise malformed("a sample that lasts longer than a second")
    if same:
        return Same(durations[0], len(durations))
    return array(_UNSIGNED_16, durations) if max(durations) < 1 << 16 else durations


def _decode_time(moof: bytes, tfdt: Box | None) -> int | None:
    if tfdt is None:
        return None
    fields = Fields.of(moof, tfdt)
    version, _ = fields.version_and_flags()
    return fields.unsigned(8 if version else 4)


def _encryption(
    moof: bytes, traf: list[Box], defaults: _Defaults, runs: list[int], sizes: "array[int]"
) -> Vectors | VectorPlace:
    size = defaults.vector_size
    if not size:
        return Vectors()
    senc = optional(traf, b"senc")
    if senc is not None:
        record_lengths(moof, traf, len(sizes))
        return read_senc(moof, senc, size, sizes)
    place = find_records(moof, traf, defaults.base, runs, size)
    return place.read(moof, 0, sizes) if place.end <= len(moof) else place
