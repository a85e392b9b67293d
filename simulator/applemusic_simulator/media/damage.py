"""A file as the CDN serves it: whole, or spoilt in one of the ways a CDN spoils files."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from applemusic_simulator.media.asset import Asset
from applemusic_simulator.media.fragments import read_layout

KINDS = frozenset({"other-bytes", "corrupt-box", "truncate-at"})
"""The kinds of fault that `damaged` knows."""

_INVERT = bytes(byte ^ 0xFF for byte in range(256))
_GARBAGE = bytes.fromhex("ffffffff21213f3f")
# Inside `moof`, behind its own header and that of its first child.
_IN_BOX = 20


@dataclass(frozen=True, slots=True)
class ServedFile:
    """What a client sees of a file.

    Attributes:
        size: Bytes it seems to have.
        etag: Quoted, as in the header.
        patches: Bytes that differ from the disk's, by offset.
        inverted: Ranges, from and to before, whose bytes are all inverted.
    """

    path: Path
    size: int
    etag: str
    patches: tuple[tuple[int, bytes], ...] = ()
    inverted: tuple[tuple[int, int], ...] = ()

    def read(self, start: int, end: int) -> bytes:
        """Return the bytes from `start` to before `end`."""
        with self.path.open("rb") as file:
            file.seek(start)
            data = bytearray(file.read(min(end, self.size) - start))
        for offset, patch in self.patches:
            low, high = max(start, offset), min(start + len(data), offset + len(patch))
            if low < high:
                data[low - start : high - start] = patch[low - offset : high - offset]
        for first, last in self.inverted:
            low, high = max(start, first) - start, min(start + len(data), last) - start
            if low < high:
                data[low:high] = data[low:high].translate(_INVERT)
        return bytes(data)


def served(path: Path) -> ServedFile:
    """Return a file as it is."""
    size = path.stat().st_size
    return ServedFile(path, size, _etag(path.name, size, ""))


def damaged(asset: Asset, kind: str, place: str, after_bytes: int) -> ServedFile:
    """Return a song's file, spoilt.

    Args:
        asset: The song.
        kind: `other-bytes`: the file was replaced: another ETag, the same boxes, and other
            samples from `after_bytes` on. `corrupt-box`: the first child of the first `moof`
            at or behind `after_bytes` has an impossible size and name. `truncate-at`: the file
            ends early.
        place: Where `truncate-at` cuts the first fragment at or behind `after_bytes` (the last
            one if there is none): `fragment` cuts before it, `box` inside its `moof`,
            `sample` inside its last sample but one. Empty is `sample`.
        after_bytes: See above; 0 for the first fragment, or in `truncate-at` for the last.

    Raises:
        ValueError: The kind or the place is not known.
    """
    whole = served(asset.encrypted_path)
    if kind == "other-bytes":
        other = _etag(whole.path.name, whole.size, kind)
        ranges = _sample_ranges(asset, after_bytes)
        return ServedFile(whole.path, whole.size, other, inverted=ranges)
    fragments = asset.index.fragments
    chosen = next((part for part in fragments if part.offset >= after_bytes), fragments[-1])
    if kind == "corrupt-box":
        patch = (chosen.offset + 8, _GARBAGE)
        return ServedFile(whole.path, whole.size, whole.etag, (patch,))
    if kind != "truncate-at":
        raise ValueError(f"{kind!r} is no way to damage a file")
    chosen = chosen if after_bytes else fragments[-1]
    if place == "fragment":
        size = chosen.offset
    elif place == "box":
        size = chosen.offset + _IN_BOX
    elif place in ("", "sample"):
        size = _inside_sample(asset, chosen.offset)
    else:
        raise ValueError(f"cannot cut at {place!r}: fragment, box or sample")
    return ServedFile(whole.path, size, _etag(whole.path.name, size, kind))


def _sample_ranges(asset: Asset, after_bytes: int) -> tuple[tuple[int, int], ...]:
    layout = read_layout(asset.encrypted_path.read_bytes())
    ends = [(part.offset + part.size, sum(part.sample_sizes)) for part in layout.fragments]
    return tuple((max(end - length, after_bytes), end) for end, length in ends if end > after_bytes)


def _inside_sample(asset: Asset, offset: int) -> int:
    layout = read_layout(asset.encrypted_path.read_bytes())
    fragment = next(part for part in layout.fragments if part.offset == offset)
    *_, sample, last = (0, *fragment.sample_sizes)
    return fragment.offset + fragment.size - last - sample // 2


def _etag(name: str, size: int, note: str) -> str:
    return f'"{hashlib.sha256(f"{name}:{size}:{note}".encode()).hexdigest()[:32]}"'
