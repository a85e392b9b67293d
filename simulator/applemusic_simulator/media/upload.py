"""What listeners uploaded: plain files as their own programs made them."""

import io

import av
import numpy as np
from av.audio.stream import AudioStream
from numpy.typing import NDArray

from applemusic_simulator.media.encode import encode_plain
from applemusic_simulator.model import Song
from applemusic_simulator.music.voices import SAMPLE_RATE

_KBPS = 192
_MP3_SHARE = 3
CONTENT_TYPES = {"m4a": "audio/x-m4a", "mp3": "audio/mpeg"}


def upload_format(song: Song) -> str:
    """`m4a`, or for every third song `mp3`."""
    return "m4a" if song.seed % _MP3_SHARE else "mp3"


def encode_upload(pcm: NDArray[np.int16], file_format: str) -> bytes:
    """Return an unencrypted file.

    Args:
        pcm: Interleaved stereo at 44.1 kHz, shape (samples, 2).
        file_format: A key of `CONTENT_TYPES`.
    """
    if file_format == "m4a":
        return encode_plain(pcm, _KBPS)
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
