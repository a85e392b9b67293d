"""How samples are encrypted: as `senc` says, or as it stands where `saiz` and `saio` point."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate

from applemusic_server.media.boxes import Box, Fields
from applemusic_server.media.failures import malformed

Subsamples = tuple[tuple[int, int], ...]
"""Alternating lengths (clear, encrypted) that add up to the sample."""

HIDDEN = (b"senc", b"saiz", b"saio")
"""The boxes that only say this: a clear file does not have them."""

# Records that lie outside of `moof` are kept until the samples come: 9 bytes a sample, usually.
MAX_RECORD_BYTES = 1 << 20
_SENC_OVERRIDE, _SENC_SUBSAMPLES = 0x1, 0x2
_SCHEME = b"cenc"
_AES_BLOCK = 16
_COUNTER_BLOCKS = 1 << 64
_PAIR_BYTES = 6


@dataclass(frozen=True, slots=True)
class Vectors:
    """How the samples of a fragment are encrypted.

    Attributes:
        data: The initialisation vectors of all samples, one behind the other.
        size: Bytes of each, 8 or 16.
        subsamples: The clear and encrypted lengths inside each sample; empty if every sample is
            encrypted as a whole. An empty inner tuple is a sample encrypted as a whole.
        wraps: Whether some sample's 64-bit block counter overflows (then the cipher's own 128-bit
            counter would be wrong).
    """

    data: bytes = b""
    size: int = 0
    subsamples: Sequence[Subsamples] = field(default=())
    wraps: bool = False

    def counter(self, index: int) -> bytes:
        """The 16-byte initial counter block of a sample."""
        at = index * self.size
        return self.data[at : at + self.size] + bytes(_AES_BLOCK - self.size)

    def after(self, count: int) -> "Vectors":
        """The same without those of the first samples."""
        return Vectors(
            self.data[count * self.size :], self.size, self.subsamples[count:], self.wraps
        )


@dataclass(frozen=True, slots=True)
class VectorPlace:
    """Where the records of a fragment's samples lie; each is a vector and its sub-samples.

    Attributes:
        spans: Begin and end of each run of records, counted from the first byte of `moof`, and how
            many samples they are for.
        lengths: Bytes of each sample's record.
        vector_size: Bytes of a vector.
    """

    spans: tuple[tuple[int, int, int], ...]
    lengths: bytes
    vector_size: int

    @property
    def begin(self) -> int:
        """Where the first record begins."""
        return min(begin for begin, _, _ in self.spans)

    @property
    def end(self) -> int:
        """Where the last one ends."""
        return max(end for _, end, _ in self.spans)

    @property
    def total(self) -> int:
        """Bytes of all records."""
        return sum(self.lengths)

    def read(self, data: bytes, at: int, sizes: Sequence[int]) -> Vectors:
        """Read the records.

        Args:
            data: All of them, and perhaps more.
            at: Where that begins, counted from the first byte of `moof`.
            sizes: Bytes of each sample.

        Raises:
            DataLossError: MEDIA_MALFORMED, they are not there, or do not fit the samples.
        """
        if self.begin < at or self.end > at + len(data):
            raise malformed("'saio' does not point at the vectors")
        vectors, subsamples, index = bytearray(), [], 0
        for begin, end, count in self.spans:
            fields = Fields(data, begin - at, end - at)
            for _ in range(count):
                record = fields.take(self.lengths[index])
                vectors += record[: self.vector_size]
                subsamples.append(_pairs(record[self.vector_size :], sizes[index]))
                index += 1
        return vectors_of(bytes(vectors), self.vector_size, subsamples, sizes)


def vectors_of(
    data: bytes, size: int, subsamples: list[Subsamples], sizes: Sequence[int]
) -> Vectors:
    """Put vectors together and look at their counters."""
    return Vectors(
        data,
        size,
        subsamples if any(subsamples) else (),
        wraps=size == _AES_BLOCK and _any_wraps(data, sizes),
    )


def read_senc(moof: bytes, senc: Box, vector_size: int, sizes: Sequence[int]) -> Vectors:
    """Read a `senc` box.

    Raises:
        DataLossError: MEDIA_MALFORMED.
    """
    fields = Fields.of(moof, senc)
    _, flags = fields.version_and_flags()
    if flags & _SENC_OVERRIDE:
        raise malformed("a fragment with encryption parameters of its own")
    count = fields.unsigned(4)
    if count != len(sizes):
        raise malformed(f"{count} initialisation vectors for {len(sizes)} samples")
    if not flags & _SENC_SUBSAMPLES:
        if fields.left != count * vector_size:
            raise malformed("'senc' has not one initialisation vector per sample")
        return vectors_of(fields.take(fields.left), vector_size, [], sizes)
    vectors, subsamples = bytearray(), []
    for size in sizes:
        vectors += fields.take(vector_size)
        listing = fields.take(2)
        listing += fields.take(_PAIR_BYTES * int.from_bytes(listing, "big"))
        subsamples.append(_pairs(listing, size))
    if fields.left:
        raise malformed("'senc' is longer than its samples")
    return vectors_of(bytes(vectors), vector_size, subsamples, sizes)


def record_lengths(moof: bytes, traf: Sequence[Box], samples: int) -> bytes | None:
    """Read `saiz`: the bytes of each sample's record; None if there is no such box.

    Raises:
        DataLossError: MEDIA_MALFORMED, broken, or for another number of samples.
    """
    _, fields = _of_the_scheme(moof, traf, b"saiz")
    if fields is None:
        return None
    default, count = fields.take(1), fields.unsigned(4)
    if count != samples:
        raise malformed("'saiz' has another number of samples than the fragment")
    lengths = default * count if default != b"\0" else fields.take(count)
    if fields.left:
        raise malformed("'saiz' is longer than its samples")
    return lengths


def find_records(
    moof: bytes, traf: Sequence[Box], base: int, runs: Sequence[int], vector_size: int
) -> VectorPlace:
    """Find the records by `saiz` and `saio`.

    Args:
        moof: The fragment's head.
        traf: The boxes in its `traf`.
        base: What `saio` counts from, in `moof`.
        runs: Samples of each `trun`.
        vector_size: Bytes of a vector.

    Raises:
        DataLossError: MEDIA_MALFORMED, there are none, or they lie where they cannot.
    """
    lengths = record_lengths(moof, traf, sum(runs))
    offsets = _record_offsets(moof, traf)
    if lengths is None or not offsets:
        raise malformed("an encrypted fragment without 'senc', or 'saiz' and 'saio'")
    if len(offsets) not in (1, len(runs)):
        raise malformed(f"{len(offsets)} places of vectors for {len(runs)} runs of samples")
    if min(lengths) < vector_size:
        raise malformed("samples without an initialisation vector")
    counts = [len(lengths)] if len(offsets) == 1 else list(runs)
    ends = list(accumulate(counts))
    spans = tuple(
        (base + offset, base + offset + sum(lengths[end - count : end]), count)
        for offset, count, end in zip(offsets, counts, ends, strict=True)
    )
    place = VectorPlace(spans, lengths, vector_size)
    if place.begin < 0 or place.end > len(moof) + MAX_RECORD_BYTES:
        raise malformed("'saio' points out of the fragment")
    return place


def _record_offsets(moof: bytes, traf: Sequence[Box]) -> list[int]:
    version, fields = _of_the_scheme(moof, traf, b"saio")
    if fields is None:
        return []
    count = fields.unsigned(4)
    width = 8 if version else 4
    if version > 1 or fields.left != count * width:
        raise malformed("'saio' has not the offsets that it announces")
    return [fields.unsigned(width) for _ in range(count)]


def _of_the_scheme(
    moof: bytes, traf: Sequence[Box], kind: bytes
) -> tuple[int, Fields] | tuple[int, None]:
    """Version and fields, behind the type, of the one box of a kind that is about encryption.

    Auxiliary information of another type may stand beside it.
    """
    found: list[tuple[int, Fields]] = []
    for box in traf:
        if box.kind == kind:
            fields = Fields.of(moof, box)
            version, flags = fields.version_and_flags()
            if not flags & 1 or fields.take(8)[:4] == _SCHEME:
                found.append((version, fields))
    if len(found) > 1:
        raise malformed(f"{kind.decode()!r} occurs {len(found)} times")
    return found[0] if found else (0, None)


def _pairs(listing: bytes, size: int) -> Subsamples:
    """Sub-samples as they stand in a record behind the vector; nothing is the whole sample."""
    if not listing:
        return ()
    fields = Fields(listing, 0, len(listing))
    count = fields.unsigned(2)
    if fields.left != _PAIR_BYTES * count:
        raise malformed("a record of another length than its sub-samples")
    pairs = tuple(struct.iter_unpack(">HI", fields.take(fields.left)))
    if pairs and sum(clear + encrypted for clear, encrypted in pairs) != size:
        raise malformed("sub-samples that do not add up to their sample")
    return pairs


def _any_wraps(counters: bytes, sizes: Sequence[int]) -> bool:
    return any(
        wrap_point(counters[_AES_BLOCK * index : _AES_BLOCK * (index + 1)]) < size
        for index, size in enumerate(sizes)
    )


def wrap_point(counter: bytes) -> int:
    """How many bytes the low 64 bits of a counter block last before they start over at 0."""
    return (_COUNTER_BLOCKS - int.from_bytes(counter[8:], "big")) * _AES_BLOCK
