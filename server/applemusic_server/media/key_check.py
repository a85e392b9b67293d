"""Is the key right? AES-CTR never says, but AAC frames begin in few ways."""

from applemusic_server.media.audio_format import AudioFormat
from applemusic_server.media.failures import key_wrong
from applemusic_server.media.fragment_reader import Sink
from applemusic_server.media.movie import Movie

# 3 of 8 ids are accepted: a wrong key gets through 16 frames by chance once in 6.5 million.
FRAMES = 16
# What may pile up behind the held frames (heads of tiny fragments) before the check ends early.
MAX_HELD_BYTES = 1 << 18
# Element ids, the first three bits of a raw_data_block (ISO/IEC 14496-3 table 4.85).
_SCE, _CPE, _DSE, _PCE, _FIL = 0, 1, 4, 5, 6
_MONO, _STEREO = 1, 2


def allowed_element_ids(audio: AudioFormat) -> frozenset[int]:
    """The element ids that a frame of this track can begin with."""
    if audio.channels == _STEREO:
        return frozenset({_CPE, _DSE, _FIL})
    if audio.channels == 0:
        return frozenset({_SCE, _CPE, _DSE, _PCE, _FIL})
    # Mono, and every layout of three and more, which begins with the centre channel.
    return frozenset({_SCE, _DSE, _FIL})


class KeyCheck:
    """A sink before the real one that lets no sample pass until 16 of them look like AAC.

    Facts and the heads of boxes before the first sample pass at once.
    """

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._allowed: frozenset[int] | None = None
        self._checked = 0
        self._held: list[bytes | tuple[list[bytes], int, list[int]]] = []
        self._held_bytes = 0
        self._passed = False

    def begin(self, movie: Movie) -> None:
        """See `Sink.begin`. A clear track needs no check."""
        self._passed = movie.protection is None
        self._allowed = allowed_element_ids(movie.audio)
        self._sink.begin(movie)

    def copy(self, data: bytes) -> None:
        """See `Sink.copy`."""
        if self._passed or not self._held:
            self._sink.copy(data)
        else:
            self._hold(data, len(data))

    def samples(self, frames: list[bytes], time: int, durations: list[int]) -> None:
        """See `Sink.samples`.

        Raises:
            DataLossError: DECRYPTION_KEY_WRONG, one of the first 16 frames is not AAC.
        """
        if self._passed:
            self._sink.samples(frames, time, durations)
            return
        allowed = self._allowed or frozenset()
        for frame in frames[: FRAMES - self._checked]:
            if frame[0] >> 5 not in allowed:
                raise key_wrong()
            self._checked += 1
        self._hold((frames, time, durations), sum(map(len, frames)))

    def conclude(self) -> None:
        """Let go of what is held: the file ended before its 16th frame."""
        self._passed, self._allowed = True, None
        for item in self._held:
            if isinstance(item, bytes):
                self._sink.copy(item)
            else:
                self._sink.samples(*item)
        self._held.clear()

    def _hold(self, item: bytes | tuple[list[bytes], int, list[int]], size: int) -> None:
        self._held.append(item)
        self._held_bytes += size
        if self._checked >= FRAMES or self._held_bytes > MAX_HELD_BYTES:
            self.conclude()
