"""Packaging: a clear fragmented MP4 becomes one under Common Encryption (`cenc`, AES-CTR)."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CTR

from applemusic_simulator.media.boxes import box, find, full_box, walk
from applemusic_simulator.media.fragments import Fragment, read_layout
from applemusic_simulator.media.variant import Variant

# Children of an `mp4a` entry begin behind the fields of AudioSampleEntry.
_AUDIO_ENTRY_FIELDS = 28
# Two runs a sample, so that a reader must carry the key stream over from one to the next.
_CLEAR_BEFORE, _FIRST_ENCRYPTED, _CLEAR_BETWEEN = 5, 35, 11
_SENC_SUBSAMPLES = 0x02


@dataclass(frozen=True, slots=True)
class ContentKey:
    """A song's key. Neither part may show up in logs, so `repr` leaves the key out.

    Attributes:
        kid: 16 bytes by which the playlist and the licence name the key.
        key: 16 bytes, AES-128.
        iv_seed: 8 bytes from which the IVs count up.
    """

    kid: bytes
    key: bytes = field(repr=False)
    iv_seed: bytes = field(repr=False)


def encrypt(clear: bytes, key: ContentKey, variant: Variant) -> bytes:
    """Re-box and encrypt a clear fragmented MP4 with one audio track.

    Args:
        clear: The original, with `default-base-is-moof` fragments.
        key: Key, key id and the start of the IVs.
        variant: Which of the allowed ways to take.

    Raises:
        ValueError: `clear` is not such a file.
    """
    layout = read_layout(clear)
    packager = _Packager(clear, key, variant)
    parts = [packager.fragment(fragment) for fragment in layout.fragments]
    head = b"".join(
        bytes(clear[top.start : top.end]) if top.kind != "moov" else packager.moov(top.start)
        for top in walk(clear, 0, layout.init_size)
    )
    if variant.sidx:
        head += _sidx(layout.timescale, layout.fragments, [len(part) for part in parts])
    return b"".join((head, *parts))


class _Packager:
    def __init__(self, clear: bytes, key: ContentKey, variant: Variant) -> None:
        self._clear = clear
        self._key = key
        self._variant = variant
        self._ivs = self._count_ivs()
        mode = CTR(bytes(16))
        self._cipher: CipherContext = Cipher(AES(key.key), mode).encryptor()

    def _count_ivs(self) -> Iterator[bytes]:
        """IVs that never repeat under one key: 8 bytes that count, with 16 the block number too."""
        number = int.from_bytes(self._key.iv_seed, "big") >> 1
        while True:
            iv = number.to_bytes(8, "big")
            # A sample is far shorter than 2^32 blocks, so the low half can begin anywhere below.
            low = bytes(4) + self._key.iv_seed[:4] if self._variant.iv_size == 16 else b""  # noqa: PLR2004
            yield iv + low
            number += 1

    # Rebuilding the tree of boxes down to the sample entry.

    def moov(self, start: int) -> bytes:
        return self._rebuild(start, ("trak", "mdia", "minf", "stbl", "stsd"))

    def _rebuild(self, start: int, path: tuple[str, ...]) -> bytes:
        """Copy the box at `start`, replacing the sample entry that `path` leads to."""
        clear = self._clear
        size, kind = struct.unpack_from(">I4s", clear, start)
        name = kind.decode("latin-1")
        if not path:
            entry = start + 16  # behind the header, version and count of `stsd`
            return box(name, clear[start + 8 : entry], self._sample_entry(entry))
        parts = [
            self._rebuild(child.start, path[1:])
            if child.kind == path[0]
            else clear[child.start : child.end]
            for child in walk(clear, start + 8, start + size)
            if child.kind != "udta"  # the encoder's name is of no use here
        ]
        return box(name, *parts)

    def _sample_entry(self, start: int) -> bytes:
        size, kind = struct.unpack_from(">I4s", self._clear, start)
        if kind != b"mp4a":
            raise ValueError("the sample entry is not mp4a")
        tenc = full_box("tenc", 0, 0, bytes((0, 0, 1, self._variant.iv_size)), self._key.kid)
        protection = box(
            "sinf",
            box("frma", kind),
            full_box("schm", 0, 0, b"cenc", struct.pack(">I", 0x0001_0000)),
            box("schi", tenc),
        )
        return box("enca", self._clear[start + 8 : start + size], protection)

    # Fragments.

    def fragment(self, fragment: Fragment) -> bytes:
        """Return the encrypted fragment, `moof` and `mdat`."""
        samples, entries = self._samples(fragment)
        moof = self._moof(fragment, entries)
        return moof + box("mdat", *self._before_samples(entries), *samples)

    def _before_samples(self, entries: list[bytes]) -> list[bytes]:
        return entries if self._variant.auxiliary == "mdat" else []

    def _samples(self, fragment: Fragment) -> tuple[list[bytes], list[bytes]]:
        """Return the encrypted samples and the auxiliary entry (IV, sub-samples) of each."""
        place = fragment.offset + fragment.size - sum(fragment.sample_sizes)
        samples, entries = [], []
        for size in fragment.sample_sizes:
            iv = next(self._ivs)
            self._cipher.reset_nonce(iv.ljust(16, b"\0"))
            sample, listing = self._sample(self._clear[place : place + size])
            samples.append(sample)
            entries.append(iv + listing)
            place += size
        return samples, entries

    def _sample(self, clear: bytes) -> tuple[bytes, bytes]:
        update = self._cipher.update
        if not self._variant.subsamples:
            return update(clear), b""
        runs = _runs(len(clear))
        parts, place = [], 0
        for open_bytes, hidden in runs:
            parts.append(clear[place : place + open_bytes])
            parts.append(update(clear[place + open_bytes : place + open_bytes + hidden]))
            place += open_bytes + hidden
        listing = struct.pack(">H", len(runs)) + b"".join(
            struct.pack(">HI", open_bytes, hidden) for open_bytes, hidden in runs
        )
        return b"".join(parts), listing

    def _moof(self, fragment: Fragment, entries: list[bytes]) -> bytes:
        clear = self._clear
        moof = find(clear, "moof", fragment.offset, fragment.offset + fragment.size)
        size = len(self._build_moof(moof.start, entries, 0, 0))
        in_mdat = size + 8
        data_offset = in_mdat + sum(map(len, self._before_samples(entries)))
        # saio counts from the start of the moof to the first entry's first byte.
        if self._variant.auxiliary == "mdat":
            return self._build_moof(moof.start, entries, data_offset, in_mdat)
        aux = self._build_moof(moof.start, entries, data_offset, 0)
        return self._build_moof(moof.start, entries, data_offset, _aux_offset(aux))

    def _build_moof(self, start: int, entries: list[bytes], data_offset: int, aux: int) -> bytes:
        size = struct.unpack_from(">I", self._clear, start)[0]
        parts = []
        for child in walk(self._clear, start + 8, start + size):
            if child.kind == "traf":
                parts.append(self._traf(child.start, child.end, entries, data_offset, aux))
            else:
                parts.append(self._clear[child.start : child.end])
        return box("moof", *parts)

    def _traf(
        self, start: int, end: int, entries: list[bytes], data_offset: int, aux: int
    ) -> bytes:
        parts = []
        for child in walk(self._clear, start + 8, end):
            body = bytearray(self._clear[child.start : child.end])
            if child.kind == "trun":
                struct.pack_into(">i", body, 16, data_offset)
            parts.append(bytes(body))
        if self._variant.auxiliary != "senc":
            parts.append(_saiz(entries))
            parts.append(full_box("saio", 0, 0, struct.pack(">II", 1, aux)))
        listing = b"".join(entries)
        if self._variant.auxiliary == "saiz":
            parts.append(box("free", listing))  # found by its offset alone
        elif self._variant.auxiliary != "mdat":
            flags = _SENC_SUBSAMPLES if self._variant.subsamples else 0
            parts.append(full_box("senc", 0, flags, struct.pack(">I", len(entries)), listing))
        return box("traf", *parts)


def _runs(size: int) -> list[tuple[int, int]]:
    """Split a sample into clear and encrypted bytes, by turns."""
    head = _CLEAR_BEFORE + _FIRST_ENCRYPTED + _CLEAR_BETWEEN
    if size <= head:
        return [(min(size, _CLEAR_BEFORE), max(0, size - _CLEAR_BEFORE))]
    return [(_CLEAR_BEFORE, _FIRST_ENCRYPTED), (_CLEAR_BETWEEN, size - head)]


def _saiz(entries: list[bytes]) -> bytes:
    sizes = {len(entry) for entry in entries}
    if len(sizes) == 1:
        return full_box("saiz", 0, 0, struct.pack(">BI", sizes.pop(), len(entries)))
    listing = bytes(len(entry) for entry in entries)
    return full_box("saiz", 0, 0, struct.pack(">BI", 0, len(entries)), listing)


def _aux_offset(moof: bytes) -> int:
    traf = find(moof, "moof/traf")
    for child in walk(moof, traf.body, traf.end):
        if child.kind == "senc":
            return child.body + 8
        if child.kind == "free":
            return child.body
    raise ValueError("no auxiliary information")


def _sidx(timescale: int, fragments: tuple[Fragment, ...], sizes: list[int]) -> bytes:
    rows = b"".join(
        struct.pack(">III", size, fragment.duration, 0x9000_0000)
        for fragment, size in zip(fragments, sizes, strict=True)
    )
    head = struct.pack(">IIIIHH", 1, timescale, fragments[0].decode_time, 0, 0, len(fragments))
    return full_box("sidx", 0, 0, head, rows)
