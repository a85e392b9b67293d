"""Plain files of audio as listeners' own programs make them, and a file server in memory."""

import io
import tempfile
from collections.abc import Generator
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import av
import numpy as np

from applemusic_server.domain.audio import AudioContainer
from applemusic_server.domain.errors import OutOfRangeError, Reason
from applemusic_server.domain.media import AudioPiece, SongFacts, SongStart, Unlimited
from applemusic_server.media.file_rendition import FileRendition
from applemusic_server.media.pcm_decoding import PcmDecoding
from applemusic_server.media.plain_mp4 import Span
from applemusic_server.media.song_files import SongFiles
from applemusic_server.media.tuning import Tuning

T = TypeVar("T")
RATE = 44100
URL = "https://store-001.blobstore.test/song"


@dataclass(frozen=True, slots=True)
class _Recipe:
    name: str
    codec: str
    options: tuple[tuple[str, str], ...] = ()
    rate: int = RATE
    layout: str = "stereo"
    vbr: bool = False


_TAGGED = (("write_xing", "1"),)
_RECIPES = {
    "m4a": _Recipe("ipod", "aac", (("movflags", "faststart"),)),
    "m4a-last": _Recipe("ipod", "aac"),
    "m4a-fragmented": _Recipe(
        "mp4", "aac", (("movflags", "empty_moov+default_base_moof+delay_moov"),)
    ),
    "alac": _Recipe("ipod", "alac"),
    "alac-96k": _Recipe("ipod", "alac", rate=96_000),
    "mp3": _Recipe("mp3", "libmp3lame", _TAGGED),
    "mp3-vbr": _Recipe("mp3", "libmp3lame", _TAGGED, vbr=True),
    "mp3-untagged": _Recipe("mp3", "libmp3lame", (("write_xing", "0"), ("id3v2_version", "0"))),
    "mp3-mono": _Recipe("mp3", "libmp3lame", _TAGGED, RATE // 2, "mono"),
    "adts": _Recipe("adts", "aac"),
    "wav": _Recipe("wav", "pcm_s16le"),
}


@cache
def plain_file(kind: str, seconds: float = 12.0) -> bytes:
    """A file of noise and tones.

    Args:
        kind: A key of the recipes: `m4a-last` has its index behind the samples, `mp3-vbr` a rate
            that varies, `mp3-mono` half the samples.
        seconds: How long.
    """
    recipe = _RECIPES[kind]
    if recipe.name == "ipod":
        # The index is moved to the front in a file that has a name.
        with tempfile.NamedTemporaryFile(suffix=".m4a") as file:
            _encode(file.name, recipe, seconds)
            return Path(file.name).read_bytes()
    out = io.BytesIO()
    _encode(out, recipe, seconds)
    return out.getvalue()


def _encode(out: Any, recipe: _Recipe, seconds: float) -> None:
    rate, layout, codec = recipe.rate, recipe.layout, recipe.codec
    count = int(seconds * rate)
    time = np.arange(count) / rate
    loud = (np.sin(2 * np.pi * time / 5) > 0).astype(np.float32)  # so that a rate can vary
    noise = np.random.default_rng(7).standard_normal(count) * 0.2 * loud
    mono = 0.3 * np.sin(2 * np.pi * 440 * time) + noise
    pcm = (np.stack([mono, mono]) if layout == "stereo" else mono[np.newaxis]) * 20000
    pcm = np.clip(pcm, -32000, 32000).astype(np.int16)
    with av.open(out, "w", format=recipe.name, options=dict(recipe.options)) as container:
        stream: Any = container.add_stream(codec, rate=rate)
        stream.layout = layout
        if recipe.vbr:
            stream.options = {"compression_level": "0", "q": "4"}
            stream.codec_context.qscale = True
            stream.codec_context.global_quality = 4 * 118
        elif codec not in {"pcm_s16le", "alac"}:
            stream.bit_rate = 128_000
        if codec == "aac":
            stream.options = {"aac_pns": "0"}  # made-up noise would be another at each decoding
        frame = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(pcm.T.reshape(1, -1)), format="s16", layout=layout
        )
        frame.sample_rate = rate
        frame.pts = 0
        resampler = av.AudioResampler(stream.codec_context.format or "s16p", layout, rate)
        for part in resampler.resample(frame):
            container.mux(stream.encode(part))
        container.mux(stream.encode(None))


def decoded(audio: bytes) -> Any:
    """The sound of a file, first channel, as FFmpeg decodes it."""
    with av.open(io.BytesIO(audio), mode="r") as container:
        frames = [frame.to_ndarray() for frame in container.decode(audio=0)]
        planar = len(frames[0]) > 1 or frames[0].dtype == np.float32
    step = 1 if planar else 2
    sound = np.concatenate([frame[0][::step] for frame in frames]).astype(np.float64)
    return sound / (32768 if frames[0].dtype == np.int16 else 1)


def run_over(ask: Generator[Span, bytes, T], data: bytes) -> tuple[T, list[Span]]:
    """Answer a parser's questions out of memory; also returns what it asked."""
    asked = []
    try:
        span = next(ask)
        while True:
            assert 0 <= span.start <= span.end <= len(data), "asks inside the file only"
            asked.append(span)
            span = ask.send(data[span.start : span.end])
    except StopIteration as stop:
        return stop.value, asked


@dataclass
class MemoryFile:
    """A `ByteSource` with one file."""

    data: bytes
    etag: str | None = '"one"'
    piece: int = 16 * 1024
    asked: list[tuple[int, int | None]] = field(default_factory=list)
    open_ranges: int = 0

    async def open_range(
        self, url: str, start: int, end: int | None, *, validator: str | None = None
    ) -> "_Range":
        assert url == URL
        self.asked.append((start, end))
        if start >= len(self.data):
            raise OutOfRangeError(Reason.OFFSET_OUT_OF_RANGE, "416")
        if validator is not None and validator != self.etag:
            start, end = 0, None
        self.open_ranges += 1
        return _Range(self, start, min(end or len(self.data), len(self.data)))


class _Range:
    def __init__(self, file: MemoryFile, start: int, end: int) -> None:
        self._file = file
        self.start = self._at = start
        self.end: int | None = end
        self.total: int | None = len(file.data)
        self.validator = file.etag
        self._open = True

    async def read(self) -> bytes:
        assert self.end is not None
        data = self._file.data[self._at : min(self.end, self._at + self._file.piece)]
        self._at += len(data)
        return data

    async def aclose(self) -> None:
        self._file.open_ranges -= self._open
        self._open = False


def rendition_of(file: MemoryFile, seconds: float = 0.0) -> FileRendition:
    """A rendition of a file in memory."""

    async def never(_: float) -> None:
        raise AssertionError("nothing breaks here")

    def files(url: str, more_bytes: int) -> SongFiles:
        assert more_bytes >= 0
        return SongFiles(file, url, tuning=Tuning(), sleep=never, jitter=lambda: 1.0)

    return FileRendition(
        URL,
        files,
        duration=timedelta(seconds=seconds),
        piece_bytes=32 * 1024,
        decoding=PcmDecoding(),
    )


async def read_all(
    rendition: FileRendition,
    start: SongStart | None = None,
    container: AudioContainer = AudioContainer.FMP4,
) -> tuple[SongFacts, timedelta, list[AudioPiece]]:
    """Facts, time of the first piece, and all pieces."""
    reading = rendition.open(start or SongStart(), container)
    try:
        facts = await reading.open()
        begins = await reading.unlock(None)
        return facts, begins, [piece async for piece in reading.pieces(Unlimited())]
    finally:
        await reading.aclose()
