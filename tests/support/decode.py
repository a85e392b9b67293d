"""What a song sounds like, by FFmpeg alone: its demuxer, its edit list, its decoder."""

import io
from fractions import Fraction

import av


def decode(data: bytes, container_format: str = "mp4") -> bytes:
    """Signed 16-bit samples, interleaved, as a player that knows edit lists plays them."""
    resampler = av.AudioResampler("s16")
    parts: list[bytes] = []

    def add(frame: av.AudioFrame | None) -> None:
        for part in resampler.resample(frame):
            size = part.samples * part.layout.nb_channels * 2
            parts.append(bytes(part.planes[0])[:size])

    with av.open(io.BytesIO(data), "r", format=container_format) as container:
        stream = container.streams.audio[0]
        for frame in container.decode(stream):
            frame.pts, frame.time_base = None, Fraction(1, frame.sample_rate)
            add(frame)
    add(None)
    return b"".join(parts)
