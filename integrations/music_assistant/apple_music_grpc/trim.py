"""Leaving out the first frames of AAC with ADTS headers: a seek that begins where it was asked to.

The server begins with the fragment that holds the position, up to 15 s before it.
"""

from typing import Final

SAMPLES_PER_FRAME: Final = 1024
_HEADER_BYTES: Final = 7
_SYNC_WORD, _LAYER_MASK = 0xFFF0, 0xF6  # twelve ones; the layer is always 0


class FrameTrim:
    """Takes pieces of a stream and gives back what comes after so many frames."""

    def __init__(self, frames: int) -> None:
        """Note how many frames to leave out."""
        self._left = max(0, frames)
        self._held = b""

    def feed(self, data: bytes) -> bytes:
        """Take the next piece, and return what of it (and of those before) is to be played.

        A stream that is no ADTS, or is none any more, is left as it is from there on.
        """
        if not self._left:
            return data
        self._held += data
        position = 0
        while self._left and len(self._held) - position >= _HEADER_BYTES:
            size = frame_size(self._held, position)
            if size < _HEADER_BYTES:
                self._left = 0
                break
            if len(self._held) - position < size:
                break
            position += size
            self._left -= 1
        rest, self._held = self._held[position:], b""
        if self._left:
            self._held = rest
            return b""
        return rest


def frame_size(data: bytes, position: int) -> int:
    """Return how long a frame is, its header included; 0 where none begins."""
    if data[position] << 8 | data[position + 1] & _LAYER_MASK != _SYNC_WORD:
        return 0
    return (data[position + 3] & 0x03) << 11 | data[position + 4] << 3 | data[position + 5] >> 5
