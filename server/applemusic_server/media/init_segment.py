"""The head of a file, before any key: where `moov` ends and what it says."""

from dataclasses import dataclass, field

from applemusic_server.media.boxes import printable, read_header
from applemusic_server.media.failures import malformed
from applemusic_server.media.fragment_reader import MAX_HEADER_BOX_BYTES
from applemusic_server.media.movie import Movie, MovieBox


@dataclass(frozen=True, slots=True)
class InitSegment:
    """What every fragment of a song needs.

    Attributes:
        data: The encrypted file's bytes from its beginning to the end of the init segment.
        moov: The box in them that tells of the track.
    """

    data: bytes = field(repr=False)
    moov: MovieBox

    @property
    def movie(self) -> Movie:
        """What they say."""
        return self.moov.movie


def read_init(head: bytes | bytearray, end: int | None = None) -> InitSegment | None:
    """Read the init segment out of the first bytes of a file; None if they are too few.

    Args:
        head: The file from its first byte.
        end: Offset after the init segment, if the playlist tells; else it ends with `moov`.

    Raises:
        DataLossError: MEDIA_MALFORMED, a broken `moov`, none where one belongs, or one that ends
            behind `end`.
    """
    at = 0
    while header := read_header(head, at):
        stop = at + header.size
        if header.kind in (b"moof", b"mdat") or header.size > MAX_HEADER_BOX_BYTES:
            raise malformed(f"{printable(header.kind)} where 'moov' belongs")
        if end is not None and stop > end:
            raise malformed("its init segment ends inside a box")
        if header.kind == b"moov":
            whole = end or stop
            if len(head) < whole:
                return None
            return InitSegment(bytes(head[:whole]), MovieBox.read(bytes(head[at:stop])))
        at = stop
    return None


def without_index(clean: bytes) -> bytes:
    """A clean init segment whose `sidx` boxes are named `free`.

    The index tells where fragments lie in the whole file. Before fragments of another place it
    would lead a player astray.
    """
    out = bytearray(clean)
    at = 0
    while header := read_header(out, at):
        if header.kind == b"sidx":
            out[at + 4 : at + 8] = b"free"
        at += header.size
    return bytes(out)
