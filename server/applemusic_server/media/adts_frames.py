"""ADTS bytes, cut anywhere, as whole frames again."""

from applemusic_server.media.adts import HEADER_BYTES
from applemusic_server.media.failures import malformed

FRAME_SAMPLES = 1024
"""Samples per channel in a frame: the only number that ADTS knows."""

_SYNC_WORD, _SYNC_BITS = 0xFFF0, 0xFFF6  # the bits between are the MPEG version and "no CRC"


class AdtsFrames:
    """Takes an ADTS stream piece by piece and returns its frames, headers included."""

    def __init__(self) -> None:
        self._rest = b""

    @property
    def partial(self) -> bool:
        """Whether a frame has begun and not ended."""
        return bool(self._rest)

    def feed(self, data: bytes) -> list[bytes]:
        """Take bytes and return the frames that are whole now.

        Raises:
            DataLossError: MEDIA_MALFORMED, it is not ADTS.
        """
        data = self._rest + data if self._rest else data
        frames, at = [], 0
        while at + HEADER_BYTES <= len(data):
            sync = data[at] << 8 | data[at + 1]
            size = (data[at + 3] & 3) << 11 | data[at + 4] << 3 | data[at + 5] >> 5
            if sync & _SYNC_BITS != _SYNC_WORD or size <= HEADER_BYTES:
                raise malformed("an AAC frame does not begin where the one before ends")
            if at + size > len(data):
                break
            frames.append(data[at : at + size])
            at += size
        self._rest = data[at:]
        return frames
