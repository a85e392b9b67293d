"""Where each fragment begins in the ADTS form of a song, as far as that is known."""

from bisect import bisect_right


class AdtsIndex:
    """A table of ADTS offsets that grows with every fragment read, from the first on.

    An ADTS offset depends on the number and the sizes of all earlier frames, which only their
    `moof` boxes tell. Keep the index with the song while it plays: a resume by offset then begins
    at the right segment. Where it does not reach, read on from `known_segments` (or ask for the
    first 16 KiB of each missing segment), or let the client resume by media time, which needs no
    table (see `AdtsWriter`).
    """

    def __init__(self) -> None:
        self._ends = [0]

    @property
    def known_segments(self) -> int:
        """How many segments, from the first on, have a known size."""
        return len(self._ends) - 1

    @property
    def known_bytes(self) -> int:
        """ADTS bytes of these segments."""
        return self._ends[-1]

    def note(self, segment: int, adts_bytes: int) -> None:
        """Learn the size of a segment (the sum of `adts_size` of its fragments).

        What is known already, or leaves a gap, is not noted.
        """
        if segment == self.known_segments:
            self._ends.append(self._ends[-1] + adts_bytes)

    def locate(self, byte_offset: int) -> tuple[int, int] | None:
        """The segment that holds an offset and the bytes to drop in it; None if not known."""
        if not 0 <= byte_offset < self.known_bytes:
            return None
        segment = bisect_right(self._ends, byte_offset) - 1
        return segment, byte_offset - self._ends[segment]
