"""AAC frames in, 16-bit samples out, through FFmpeg's decoder.

This module alone imports PyAV, which costs 24 MB and 80 ms. It is imported when PCM is first asked
for, see `pcm_decoding`.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

import av
from av.audio.codeccontext import AudioCodecContext

from applemusic_server.media.adts_frames import FRAME_SAMPLES
from applemusic_server.media.failures import malformed
from applemusic_server.media.pcm_stream import PcmFormat


class PcmDecoder:
    """Decodes one song's frames, from any of its restarts on, always to the same samples.

    What a frame sounds like depends on the one before, with which it overlaps, and, where the
    encoder left out noise, on a random number that every frame changes. So that a stream that
    begins in the middle equals one that came by, a new decoder takes over at fixed frames, the
    restarts. That frame itself is still the old one's: the new one only takes its half of the
    overlap from it.

    Not for the event loop: 0.5 ms per second of audio.

    Args:
        format_: What must come out.
        restarts: Numbers of frames, ascending, the first one 0.
    """

    def __init__(self, format_: PcmFormat, restarts: Sequence[int]) -> None:
        self._format = format_
        self._restarts = restarts
        self._codec: AudioCodecContext | None = None
        self._resampler = av.AudioResampler("s16")

    def start_of(self, frame: int) -> int:
        """With which frame to begin to decode, so that this one comes out right."""
        return self._restarts[max(0, bisect_left(self._restarts, frame) - 1)]

    def decode(self, number: int, frames: Sequence[bytes], skip: int = 0) -> bytes:
        """Decode frames that follow each other and those of the call before.

        Args:
            number: Of the first one; in the first call a restart, or any frame before the second.
            frames: With ADTS headers; at least one.
            skip: So many of them are decoded for the sake of the others only.

        Returns:
            Samples, interleaved, little-endian; `FRAME_SAMPLES` per frame that is not skipped.

        Raises:
            DataLossError: MEDIA_MALFORMED, it is not AAC, or not of that format.
        """
        kept = av.AudioFifo()
        for place, data in enumerate(frames, number):
            codec = self._codec
            if codec is None or self._is_restart(place):
                self._codec = _new_codec()
                heard = self._one(self._codec, data)
            if codec is not None:
                heard = self._one(codec, data)
            if place >= number + skip:
                kept.write(heard)
        return self._converted(kept) if skip < len(frames) else b""

    def _is_restart(self, place: int) -> bool:
        at = bisect_right(self._restarts, place) - 1
        return at > 0 and self._restarts[at] == place

    def _one(self, codec: AudioCodecContext, data: bytes) -> av.AudioFrame:
        try:
            decoded = codec.decode(av.Packet(data))
        except av.FFmpegError as error:
            raise malformed("an AAC frame cannot be decoded") from error
        if len(decoded) != 1 or decoded[0].samples != FRAME_SAMPLES:
            raise malformed("an AAC frame does not hold 1024 samples")
        frame = decoded[0]
        if PcmFormat(frame.sample_rate, frame.layout.nb_channels) != self._format:
            raise malformed("an AAC frame of another sample rate or number of channels")
        frame.pts = None  # frames are numbered here, not there
        return frame

    def _converted(self, kept: av.AudioFifo) -> bytes:
        """The same samples, rounded to 16 bits."""
        size = kept.samples * self._format.sample_bytes
        parts = self._resampler.resample(kept.read())
        data = b"".join(
            memoryview(part.planes[0])[: part.samples * self._format.sample_bytes] for part in parts
        )
        if len(data) != size:
            raise RuntimeError(f"{len(data)} bytes of samples where {size} were due")
        return data


def _new_codec() -> AudioCodecContext:
    codec = av.CodecContext.create("aac", "r")
    if not isinstance(codec, AudioCodecContext):
        raise TypeError("FFmpeg's AAC decoder is none of audio")
    return codec
