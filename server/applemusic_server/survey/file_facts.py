"""What the head of a file of Apple's says, read more leniently than it is for playing.

Only the head is read: nothing in it is audio, and no key is needed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from applemusic_server.domain.errors import AppleMusicError
from applemusic_server.media.boxes import read_header
from applemusic_server.media.movie import Movie, parse_movie
from applemusic_server.survey.words import box_word

_TENC_IV: Final = 11  # From its name: version and flags, two reserved bytes, isProtected, this.
_SCHM_SCHEME: Final = 8
_MOST_BOXES: Final = 24


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What was found.

    Attributes:
        boxes: Kinds of the first boxes, in order, up to the first fragment.
        movie: As the server reads `moov` for playing; None when it would refuse it.
        iv_size: Bytes of the initialisation vectors in the file; None when it is not told.
        scheme: Of the encryption, e.g. `cenc`; empty when it is not told.
        inside: Kinds of boxes somewhere in `moov` that are worth knowing of.
    """

    boxes: tuple[str, ...] = ()
    movie: Movie | None = field(default=None, repr=False)
    iv_size: int | None = None
    scheme: str = ""
    inside: tuple[str, ...] = ()

    @property
    def has_index(self) -> bool:
        """Whether a `sidx` box is before the first fragment."""
        return "sidx" in self.boxes

    def encryption(self) -> Sequence[str]:
        """Return how samples are encrypted."""
        size = "not told" if self.iv_size is None else f"{self.iv_size} bytes"
        return [
            f"initialisation vectors: {size}; scheme: {self.scheme or 'not told'}",
            f"the server {'can' if self.movie else 'cannot'} read moov",
        ]

    def sound(self) -> Sequence[str]:
        """Return what is said of the sound."""
        movie = self.movie
        if movie is None:
            return ["the server cannot read moov"]
        audio = movie.audio
        edits = "an edit list" if "elst" in self.inside else "no edit list"
        return [
            f"{edits}; priming {movie.priming} of {movie.timescale} units a second",
            f"{audio.sample_rate} Hz, {audio.channels} channels",
            (
                "the length without priming and padding is "
                f"{'told' if movie.presentation else 'not told'}"
            ),
        ]


def read_head(head: bytes) -> FileFacts:
    """Look at the first bytes of a file; whatever they are, no error is raised."""
    boxes: list[str] = []
    moov = b""
    at = 0
    while len(boxes) < _MOST_BOXES:
        try:
            header = read_header(head, at)
        except AppleMusicError:
            boxes.append("broken")
            break
        if header is None:
            break
        boxes.append(box_word(header.kind))
        if header.kind in (b"moof", b"mdat"):
            break
        if header.kind == b"moov" and at + header.size <= len(head):
            moov = head[at : at + header.size]
        at += header.size
    return FileFacts(
        boxes=tuple(boxes),
        movie=_movie(moov),
        iv_size=_byte(moov, b"tenc", _TENC_IV),
        scheme=_scheme(moov),
        inside=tuple(
            kind.decode() for kind in (b"elst", b"pssh", b"sgpd", b"mehd") if kind in moov
        ),
    )


def _movie(moov: bytes) -> Movie | None:
    try:
        return parse_movie(moov)[0] if moov else None
    except AppleMusicError:
        return None


def _byte(moov: bytes, kind: bytes, distance: int) -> int | None:
    place = moov.find(kind)
    return moov[place + distance] if 0 <= place < len(moov) - distance else None


def _scheme(moov: bytes) -> str:
    place = moov.find(b"schm")
    kind = moov[place + _SCHM_SCHEME : place + _SCHM_SCHEME + 4]
    return box_word(kind) if place >= 0 and len(kind) == 4 else ""  # noqa: PLR2004 - four letters
