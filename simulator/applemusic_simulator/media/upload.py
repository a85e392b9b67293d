"""What listeners uploaded: plain files as their own programs made them."""

import io
import struct

import av
import numpy as np
from av.audio.stream import AudioStream
from numpy.typing import NDArray

from applemusic_simulator.media.boxes import find, walk
from applemusic_simulator.media.encode import encode_plain
from applemusic_simulator.model import Song
from applemusic_simulator.music.voices import SAMPLE_RATE

_KBPS = 192
_FORMATS = ("mp3", "m4a", "m4a-index-last")
CONTENT_TYPES = {"m4a": "audio/x-m4a", "m4a-index-last": "audio/x-m4a", "mp3": "audio/mpeg"}


def upload_format(song: Song) -> str:
    """A key of `CONTENT_TYPES`; some programs write an index in front, others behind."""
    return _FORMATS[song.seed % len(_FORMATS)]


def encode_upload(pcm: NDArray[np.int16], file_format: str) -> bytes:
    """Return an unencrypted file.

    Args:
        pcm: Interleaved stereo at 44.1 kHz, shape (samples, 2).
        file_format: A key of `CONTENT_TYPES`.
    """
    if file_format != "mp3":
        plain = encode_plain(pcm, _KBPS)
        return plain if file_format == "m4a" else _index_last(plain)
    result = io.BytesIO()
    # The libraries' names and versions stay out of the file: equal input is equal output.
    options = {"fflags": "+bitexact", "write_xing": "1"}
    with av.open(result, "w", format="mp3", options=options) as output:
        stream = output.add_stream("libmp3lame", rate=SAMPLE_RATE, options={"flags": "+bitexact"})
        if not isinstance(stream, AudioStream):
            raise TypeError("the MP3 encoder made no audio stream")
        stream.bit_rate = _KBPS * 1000
        stream.layout = "stereo"
        stream.format = "s16p"
        frame = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(pcm.T), format="s16p", layout="stereo"
        )
        frame.sample_rate = SAMPLE_RATE
        frame.pts = 0
        output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return result.getvalue()


def _index_last(plain: bytes) -> bytes:
    """The same file with its index behind the samples, which then lie that much earlier."""
    boxes = list(walk(plain, 0, len(plain)))
    index = next(each for each in boxes if each.kind == "moov")
    moov = bytearray(plain[index.start : index.end])
    table = find(bytes(moov), "moov/trak/mdia/minf/stbl/stco")
    _, count = struct.unpack_from(">II", moov, table.body)
    offsets = struct.unpack_from(f">{count}I", moov, table.body + 8)
    earlier = [offset - len(moov) for offset in offsets]
    struct.pack_into(f">{count}I", moov, table.body + 8, *earlier)
    others = [plain[each.start : each.end] for each in boxes if each.kind != "moov"]
    return b"".join((*others, moov))
