"""Test audio, and a packager that encrypts it: independent of the server's own parser."""

import io
import itertools
import random
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

import av
import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB

KEY = bytes.fromhex("00112233445566778899aabbccddeeff")
KEY_ID = bytes.fromhex("00000000010203040506070809101112")
WRONG_KEY = bytes.fromhex("ffeeddccbbaa99887766554433221100")


def encode_song(
    seconds: float = 12.0,
    *,
    rate: int = 44100,
    layout: str = "stereo",
    fragment_seconds: float = 4.0,
    encryption: bool = False,
    kbps: int = 0,
    noise_level: float = 0.05,
) -> bytes:
    """A fragmented MP4 of AAC-LC, by FFmpeg; encrypted by FFmpeg (8-byte vectors) if asked."""
    options = {
        "movflags": "empty_moov+default_base_moof+delay_moov",
        "frag_duration": str(int(fragment_seconds * 1e6)),
    }
    if encryption:
        options |= {
            "encryption_scheme": "cenc-aes-ctr",
            "encryption_key": KEY.hex(),
            "encryption_kid": KEY_ID.hex(),
        }
    out = io.BytesIO()
    count = int(seconds * rate)
    time = np.arange(count) / rate
    noise = np.random.default_rng(7).standard_normal(count) * noise_level
    left = 0.4 * np.sin(2 * np.pi * 440 * time) + noise
    right = 0.3 * np.sin(2 * np.pi * 554 * time * (1 + 0.01 * time)) + noise
    channels = {"mono": [left], "stereo": [left, right], "5.1": [left, right, left / 2] * 2}
    samples = np.stack(channels[layout]).astype(np.float32)
    with av.open(out, "w", format="mp4", options=options) as container:
        stream = container.add_stream("aac", rate=rate, layout=layout)
        stream.bit_rate = kbps * 1000 or (256_000 if layout == "stereo" else 128_000)
        for start in range(0, count, 1024):
            part = np.ascontiguousarray(samples[:, start : start + 1024])
            frame = av.AudioFrame.from_ndarray(part, format="fltp", layout=layout)
            frame.sample_rate = rate
            frame.pts = start
            for packet in stream.encode(frame):
                container.mux(packet)
        for packet in stream.encode(None):
            container.mux(packet)
    return out.getvalue()


def with_edit_list(clear: bytes, samples: int, priming: int = 1024) -> bytes:
    """The same clear file with an edit list that says how long the song is.

    `samples` and `priming` count in the track's timescale; the movie's becomes the same.
    """
    out = bytearray(clear)
    places = {kind: start for kind, start, _ in walk(clear)}
    timescale = struct.unpack_from(">I", clear, places[b"mdhd"] + 20)[0]
    struct.pack_into(">I", out, places[b"mvhd"] + 20, timescale)
    struct.pack_into(">Ii", out, places[b"elst"] + 16, samples, priming)
    return bytes(out)


def packets(data: bytes, container_format: str = "mp4") -> list[bytes]:
    """The AAC frames of a clear file, read by FFmpeg."""
    with av.open(io.BytesIO(data), "r", format=container_format) as container:
        return [bytes(packet) for packet in container.demux(audio=0) if packet.size]


def remux_to_adts(data: bytes) -> bytes:
    """What `ffmpeg -c copy -f adts` makes of a clear file."""
    out = io.BytesIO()
    with (
        av.open(io.BytesIO(data), "r", format="mp4") as source,
        av.open(out, "w", format="adts") as target,
    ):
        stream = target.add_stream_from_template(source.streams.audio[0])
        for packet in source.demux(audio=0):
            if packet.size:
                packet.stream = stream
                target.mux(packet)
    return out.getvalue()


def top_boxes(data: bytes) -> list[tuple[bytes, int, int]]:
    """Kind, start and end of each top-level box."""
    return [(kind, start, end) for kind, start, _, end in _boxes(data, 0, len(data))]


def walk(data: bytes, start: int = 0, end: int | None = None) -> Iterator[tuple[bytes, int, int]]:
    """Kind, start and end of every box on every level, children after their parents."""
    for kind, at, body, stop in _boxes(data, start, len(data) if end is None else end):
        yield kind, at, stop
        skip = _PARENTS.get(kind)
        if skip is not None:
            yield from walk(data, body + skip, stop)


_PARENTS = dict.fromkeys(
    (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"mvex", b"edts", b"moof", b"traf", b"sinf"), 0
) | {b"stsd": 8, b"enca": 28, b"mp4a": 28, b"schi": 0}


def _boxes(data: bytes, start: int, end: int) -> Iterator[tuple[bytes, int, int, int]]:
    while start < end:
        size, kind = struct.unpack_from(">I4s", data, start)
        yield kind, start, start + 8, start + size
        start += size


def box(kind: bytes, *parts: bytes) -> bytes:
    """A box of these contents."""
    body = b"".join(parts)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def full_box(kind: bytes, flags: int, *parts: bytes, version: int = 0) -> bytes:
    """A box that begins with a version and flags."""
    return box(kind, struct.pack(">I", version << 24 | flags), *parts)


@dataclass(frozen=True, slots=True)
class Packaging:
    """How to encrypt.

    Attributes:
        iv_size: 8 or 16 bytes on disk.
        subsamples: Encrypt alternating parts of a sample and not the whole.
        auxiliary: Write `saiz` and `saio` beside `senc`.
        records: Where vectors and sub-samples are: in `senc`, or, found by `saiz` and `saio` alone,
            in a `free` box of `traf`, in a box between `moof` and `mdat`, or in `mdat` before the
            samples.
        runs: How many `trun` boxes a fragment has.
        place_per_run: Let `saio` say for each of them where its records are.
        wide: Use 64 bits for that.
        typed: Let `saiz` and `saio` say what they are about, and put others beside them.
        sidx: Put a `sidx` before the first fragment.
        pssh: Put a `pssh` into `moov`, one into each `moof` and one beside them.
        absolute: Give absolute data offsets in `tfhd`, not relative to `moof`.
        wrap_counter: Let the block counter overflow inside each sample (16-byte vectors only).
        key: The content key.
    """

    iv_size: int = 8
    subsamples: bool = False
    auxiliary: bool = True
    records: Literal["senc", "free", "beside", "mdat"] = "senc"
    runs: int = 1
    place_per_run: bool = False
    wide: bool = False
    typed: bool = False
    sidx: bool = False
    pssh: bool = False
    absolute: bool = False
    wrap_counter: bool = False
    scheme: bytes = b"cenc"
    key: bytes = KEY


@dataclass(frozen=True, slots=True)
class Packaged:
    """An encrypted file and what it must become.

    Attributes:
        data: The encrypted file.
        clean: The same file, with the encryption's boxes freed and clear samples.
        init_end: Offset after `moov`.
        fragments: Start and end of each `moof`+`mdat`.
    """

    data: bytes = field(repr=False)
    clean: bytes = field(repr=False)
    init_end: int
    fragments: tuple[tuple[int, int], ...]

    def playlist(self, seconds: float, name: str = "song.mp4") -> str:
        """The ctrp256 playlist of this file; each fragment is a segment."""
        lines = [
            "#EXTM3U",
            "#EXT-X-VERSION:7",
            '#EXT-X-KEY:METHOD=ISO-23001-7,URI="data:;base64,AAAAAAECAwQFBgcICRAREg=="',
            f'#EXT-X-MAP:URI="{name}",BYTERANGE="{self.init_end}@0"',
        ]
        for start, end in self.fragments:
            duration = seconds / len(self.fragments)
            lines += [f"#EXTINF:{duration:.6f},", f"#EXT-X-BYTERANGE:{end - start}@{start}", name]
        return "\n".join([*lines, "#EXT-X-ENDLIST"])


def package(clear: bytes, how: Packaging | None = None) -> Packaged:
    """Encrypt a clear fragmented MP4 of ours."""
    how = how or Packaging()
    rng = random.Random(11)
    secret, clean = bytearray(), bytearray()
    fragments: list[tuple[int, int]] = []
    init_end = 0
    boxes = top_boxes(clear)
    for index, (kind, start, end) in enumerate(boxes):
        part = clear[start:end]
        if kind == b"moov":
            secret += _moov(part, how)
            clean += _freed(_moov(part, how))
            init_end = len(secret)
            if how.sidx:
                extra = full_box(b"sidx", 0, bytes(32)) + _pssh(how)
                secret += extra
                clean += _freed(extra)
        elif kind == b"moof":
            begin = len(secret)
            mdat = clear[boxes[index + 1][1] + 8 : boxes[index + 1][2]]
            moof, data = _fragment(part, mdat, how, rng, begin)
            secret += moof + box(b"mdat", data)
            clean += _freed(moof) + box(b"mdat", data[: len(data) - len(mdat)], mdat)
            fragments.append((begin, len(secret)))
        elif kind not in (b"mdat", b"mfra"):
            secret += part
            clean += part
    return Packaged(bytes(secret), bytes(clean), init_end, tuple(fragments))


def _freed(data: bytes) -> bytes:
    out = bytearray(data)
    for kind, start, _ in walk(data):
        if kind == b"enca":
            out[start + 4 : start + 8] = b"mp4a"
        elif kind in (b"sinf", b"senc", b"saiz", b"saio", b"pssh"):
            out[start + 4 : start + 8] = b"free"
    return bytes(out)


def _pssh(how: Packaging) -> bytes:
    system = bytes.fromhex("edef8ba979d64acea3c827dcd51d21ed")
    return full_box(b"pssh", 0, system, struct.pack(">I", 4), b"\x12\x02ab") if how.pssh else b""


def _rebuild(data: bytes, start: int, end: int, change: dict[bytes, bytes]) -> bytes:
    """The boxes in `data[start:end]` with some replaced, parents resized."""
    out = b""
    for kind, at, body, stop in _boxes(data, start, end):
        if kind in change:
            out += change[kind]
        elif kind in _PARENTS and kind != b"mp4a":
            skip = _PARENTS[kind]
            inner = _rebuild(data, body + skip, stop, change)
            out += box(kind, data[body : body + skip], inner)
        else:
            out += data[at:stop]
    return out


def _moov(moov: bytes, how: Packaging) -> bytes:
    start, end = next((at, stop) for kind, at, stop in walk(moov) if kind == b"mp4a")
    tenc = full_box(b"tenc", 0, bytes([0, 0, 1, how.iv_size]), KEY_ID)
    sinf = box(
        b"sinf",
        box(b"frma", b"mp4a"),
        full_box(b"schm", 0, how.scheme, struct.pack(">I", 0x10000)),
        box(b"schi", tenc),
    )
    entry = box(b"enca", moov[start + 8 : end], sinf)
    built = _rebuild(moov, 0, len(moov), {b"mp4a": entry})
    return box(b"moov", built[8:], _pssh(how))


def _sizes(moof: bytes) -> list[int]:
    start = next(at for kind, at, _ in walk(moof) if kind == b"trun")
    flags, count, at = *struct.unpack_from(">II", moof, start + 8), start + 16
    at += 4 * bool(flags & 1) + 4 * bool(flags & 4)
    columns = [flag for flag in (0x100, 0x200, 0x400, 0x800) if flags & flag]
    words = struct.unpack_from(f">{count * len(columns)}I", moof, at)
    if 0x200 in columns:
        return list(words[columns.index(0x200) :: len(columns)])
    start = next(at for kind, at, _ in walk(moof) if kind == b"tfhd")
    flags = struct.unpack_from(">I", moof, start + 8)[0]
    at = start + 16 + sum(size for flag, size in ((1, 8), (2, 4), (8, 4)) if flags & flag)
    return [struct.unpack_from(">I", moof, at)[0]] * count


def _fragment(
    moof: bytes, mdat: bytes, how: Packaging, rng: random.Random, position: int
) -> tuple[bytes, bytes]:
    vectors, encrypted, records, at = [], [], [], 0
    for size in _sizes(moof):
        vector = rng.randbytes(how.iv_size)
        if how.wrap_counter:
            vector = rng.randbytes(8) + struct.pack(">Q", (1 << 64) - rng.randint(1, 9))
        parts = _parts(size, rng) if how.subsamples else []
        encrypted.append(_encrypt(mdat[at : at + size], vector, parts, how.key))
        pairs = b"".join(struct.pack(">HI", *pair) for pair in parts)
        vectors.append(vector)
        records.append(vector + (struct.pack(">H", len(parts)) + pairs if how.subsamples else b""))
        at += size
    return _lay_out(moof, how, records, b"".join(encrypted), position)


def _lay_out(
    moof: bytes, how: Packaging, records: list[bytes], samples: bytes, position: int
) -> tuple[bytes, bytes]:
    """The new `moof` (with what lies behind it) and the contents of `mdat`."""
    listing = b"".join(records)
    before = listing if how.records == "mdat" else b""
    beside = box(b"uuid", bytes(16), listing) if how.records == "beside" else b""

    def build(data: int, auxiliary: int) -> bytes:
        return _assemble(moof, _auxiliary_boxes(how, records, auxiliary), how, data, position)

    size = len(build(0, 0))
    begins = {
        "mdat": size + 8,
        "beside": size + 24,
        "senc": build(0, 0).find(listing),
        "free": build(0, 0).find(listing),
    }
    data = size + len(beside) + 8 + len(before)
    return build(data, begins[how.records]) + beside, before + samples


def _auxiliary_boxes(how: Packaging, records: list[bytes], begin: int) -> bytes:
    """What stands in `traf` about records that begin at an offset from `moof`."""
    count = struct.pack(">I", len(records))
    kind = struct.pack(">4sI", b"cenc", 0) if how.typed else b""
    sizes = bytes(len(record) for record in records)
    out = b""
    if how.auxiliary or how.records != "senc":
        places = [begin]
        if how.place_per_run:
            firsts = [len(records) * run // how.runs for run in range(how.runs)]
            places = [begin + sum(sizes[:first]) for first in firsts]
        number = "Q" if how.wide else "I"
        listing = struct.pack(f">I{len(places)}{number}", len(places), *places)
        out += full_box(b"saio", bool(kind), kind, listing, version=how.wide)
        same = how.typed and len(set(sizes)) == 1
        table = (sizes[:1] if same else b"\0") + count + (b"" if same else sizes)
        out += full_box(b"saiz", bool(kind), kind, table)
        if how.typed:
            other = struct.pack(">4sI", b"bogo", 0)
            out += full_box(b"saiz", 1, other, b"\x05" + count)
            out += full_box(b"saio", 1, other, struct.pack(">II", 1, 0))
    if how.records == "senc":
        out += full_box(b"senc", 2 if how.subsamples else 0, count, *records)
    elif how.records == "free":
        out += box(b"free", *records)
    return out


def _assemble(moof: bytes, traf_extra: bytes, how: Packaging, offset: int, position: int) -> bytes:
    """The new `moof` with a data offset."""
    boxes = {kind: moof[at:end] for kind, at, end in walk(moof)}
    tfhd = boxes[b"tfhd"]
    if how.absolute:
        flags, track = struct.unpack_from(">II", tfhd, 8)
        rest = tfhd[16:]
        flags = flags & ~0x20000 | 1
        tfhd = box(b"tfhd", struct.pack(">IIQ", flags, track, position), rest)
    runs = _runs(boxes[b"trun"], _sizes(moof), how.runs, offset)
    traf = box(b"traf", tfhd, boxes[b"tfdt"], *runs, traf_extra)
    return box(b"moof", boxes[b"mfhd"], traf, _pssh(how))


def _runs(trun: bytes, sizes: list[int], count: int, offset: int) -> list[bytes]:
    """The same samples in several runs."""
    flags = struct.unpack_from(">I", trun, 8)[0]
    head = 20 + 4 * bool(flags & 4)
    row = 4 * sum(bool(flags & flag) for flag in (0x100, 0x200, 0x400, 0x800))
    places = [len(sizes) * run // count for run in range(count + 1)]
    return [
        box(
            b"trun",
            trun[8:12],
            struct.pack(">Ii", stop - start, offset + sum(sizes[:start])),
            trun[20:head],
            trun[head + row * start : head + row * stop],
        )
        for start, stop in itertools.pairwise(places)
    ]


def _parts(size: int, rng: random.Random) -> list[tuple[int, int]]:
    clear = min(size, rng.randint(1, 40))
    middle = (size - clear) // 2
    rest = size - clear - middle
    return [(clear, middle), (rest // 3, rest - rest // 3)]


def _encrypt(sample: bytes, vector: bytes, parts: list[tuple[int, int]], key: bytes) -> bytes:
    """CENC counter mode by the book: one block at a time, the low 64 bits count."""
    ecb = Cipher(AES(key), ECB()).encryptor()  # noqa: S305 - the raw block function, to build CTR
    high, low = vector[:8], int.from_bytes(vector[8:16].ljust(8, b"\0"), "big")
    blocks = b"".join(
        high + ((low + index) % (1 << 64)).to_bytes(8, "big")
        for index in range(len(sample) // 16 + 1)
    )
    stream = iter(ecb.update(blocks))
    out, at = bytearray(), 0
    for clear, secret in parts or [(0, len(sample))]:
        out += sample[at : at + clear]
        out += bytes(byte ^ next(stream) for byte in sample[at + clear : at + clear + secret])
        at += clear + secret
    return bytes(out)
