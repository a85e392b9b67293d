"""Bytes of a plain file as pieces that know their place."""

from datetime import timedelta

from applemusic_server.domain.media import MOST_PIECE_BYTES, AudioPiece
from applemusic_server.media.file_times import FileTimes


class FilePieces:
    """Passes bytes on as they are.

    Args:
        times: Which byte is heard when.
        position: Offset in the file of the first byte that will be fed.
        byte_offset: Byte of the stream with which the first piece begins.
        prefix: What leaves before that, first.
    """

    def __init__(
        self, times: FileTimes, *, position: int, byte_offset: int, prefix: bytes = b""
    ) -> None:
        self._times = times
        self._position = position
        self._byte_offset = byte_offset
        self._prefix = prefix

    def feed(self, data: bytes | memoryview) -> list[AudioPiece]:
        """Take the next bytes of the file, best 32 KiB at a time."""
        prefix, self._prefix = self._prefix, b""
        begin = self._times.time_at(self._position)
        pieces = [self._piece(part, begin, 0.0) for part in _parts(prefix)]
        for part in _parts(bytes(data)):
            self._position += len(part)
            end = self._times.time_at(self._position)
            pieces.append(self._piece(part, begin, max(0.0, end - begin)))
            begin = end
        return pieces

    def close(self) -> list[AudioPiece]:
        """The file is at its end: nothing is held back."""
        return self.feed(b"")

    def _piece(self, data: bytes, begin: float, duration: float) -> AudioPiece:
        offset, self._byte_offset = self._byte_offset, self._byte_offset + len(data)
        return AudioPiece(data, offset, timedelta(seconds=begin), duration)


def _parts(data: bytes) -> list[bytes]:
    return [data[at : at + MOST_PIECE_BYTES] for at in range(0, len(data), MOST_PIECE_BYTES)]
